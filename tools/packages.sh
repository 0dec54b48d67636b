# The Debian packages, and nothing else, that each verb needs.

build_packages=(nginx nginx-dev dpkg-dev g++ make libpq-dev libhiredis-dev libcurl4-openssl-dev libsodium-dev libqrencode-dev
                libssl-dev libcrypt-dev nlohmann-json3-dev libkainjow-mustache-dev john-data cracklib-runtime)
run_packages=(postgresql redis-server radicale python3-aiosmtpd curl util-linux openssl)
test_packages=(cmake ninja-build pkg-config libgtest-dev python3-pytest python3-pytest-xdist python3-redis python3-psycopg2
               python3-cryptography python3-fido2 python3-requests python3-h2 python3-websockets python3-django pgbouncer
               libfaketime caddy chromium fonts-liberation fcgiwrap oathtool zbar-tools git rclone cadaver vdirsyncer
               prometheus clang-format)
command -v npm > /dev/null || test_packages+=(nodejs npm)   # beside another node, Debian's would not install
bench_packages=(wrk valgrind)
instrument_packages=(gcovr)
package_packages=(debhelper lintian fakeroot)
lint_packages=(clang-tidy-16 cppcheck)
fuzz_packages=(clang-16 libclang-rt-16-dev)
every_package=("${build_packages[@]}" "${run_packages[@]}" "${test_packages[@]}" "${bench_packages[@]}"
               "${lint_packages[@]}" "${fuzz_packages[@]}" "${instrument_packages[@]}" "${package_packages[@]}")

# install_npm_packages FOLDER: what FOLDER's package.json asks for, in the versions of its lock file, into build/.
install_npm_packages() {
    local folder=build/${1##*/}
    cmp -s "$1/package-lock.json" "$folder/installed" && return
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$1/package.json" "$1/package-lock.json" "$folder"
    logged build/npm.log "npm ci" npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund
    mv "$folder/package-lock.json" "$folder/installed"
}

# Does nothing when nothing is missing.
install_packages() {
    local missing
    missing=$(comm -23 <(printf '%s\n' "$@" | sort -u) \
                       <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u))
    [ -n "$missing" ] || return 0

    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo > /dev/null || die "these packages are missing, and there is no sudo to install them:" $missing
        as_root=(sudo)
    fi
    step "Installing" $missing
    local apt_get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y)
    local install=("${apt_get[@]}" -o Dpkg::Use-Pty=0 install --no-install-recommends $missing)
    mkdir -p build
    "${install[@]}" > build/apt.log 2>&1 && return       # an old package list will often do
    logged build/apt.log "apt-get update" "${apt_get[@]}" update
    logged build/apt.log "apt-get install" "${install[@]}"
}
