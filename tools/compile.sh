# Compiling: the dynamic module, the static nginx with sanitizers, the unit tests, the password blocklist.

root=$PWD
# Clones of this tree share what ccache holds: no path of one is in the objects of another.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
module=$root/build/ngx_http_gatehouse_module.so
jobs=$(nproc)

# one_at_a_time COMMAND…: two builds in one tree would write the same files.
one_at_a_time() {
    mkdir -p build
    exec 9> build/lock
    flock -n 9 || { step "Waiting for another build in this tree"; flock 9; }
    "$@"
    exec 9>&-
}

# The module for Debian's nginx, or for the nginx source tree NGX_SRC. Debug information has lines and no variables: it
# compiles in two thirds of the time.
build_module() {
    local source=${NGX_SRC:-/usr/share/nginx/src} tree=$root/build/nginx flags
    [ -e "$source/src/core/nginx.h" ] || die "NGX_SRC=$source is no nginx source tree: it has no src/core/nginx.h"
    [ -z "${NGX_SRC:-}" ] || tree=$root/build/nginx-given
    module_tree=$tree
    flags=(--add-dynamic-module="$root"
           --with-cc-opt="$(hardening CFLAGS) -g1 $(hardening CPPFLAGS)" --with-ld-opt="$(hardening LDFLAGS)")
    configure_nginx "$source" "$tree" "${flags[@]}"
    make_nginx "$tree" modules
    # Renamed into place: a running nginx keeps the file that it has mapped.
    if ! cmp -s "$tree/objs/ngx_http_gatehouse_module.so" "$module"; then
        cp "$tree/objs/ngx_http_gatehouse_module.so" "$module.new"
        mv "$module.new" "$module"
    fi
    build_blocklist
}

# What is to be seen inside nginx is linked into it.
static_nginx_flags=(--add-module="$root" --with-http_addition_module)

# AddressSanitizer sees most where each piece of a pool is memory of its own. UBSan looks at our objects only; nginx's own
# would not pass.
build_asan_nginx() {
    build_instrumented asan binary "-O1 -fsanitize=undefined -fno-sanitize-recover=undefined" "${static_nginx_flags[@]}" \
        --with-cc-opt="-g1 -O1 -fsanitize=address -fno-omit-frame-pointer -DNGX_DEBUG_PALLOC=1" --with-ld-opt=-fsanitize=address,undefined
}

build_coverage_nginx() {
    build_instrumented coverage binary "-O0 --coverage -fprofile-update=atomic" "${static_nginx_flags[@]}" \
        --with-cc-opt=-g1 --with-ld-opt=--coverage
}

# The objects alone: nginx has no threads that share memory beside what the unit tests run.
build_tsan_objects() {
    build_instrumented tsan modules "-O1 -fsanitize=thread" --add-dynamic-module="$root" --with-cc-opt=-g1 \
        --with-ld-opt=-fsanitize=thread
}

# build_instrumented NAME GOAL OUR_FLAGS CONFIGURE_FLAG…: in build/nginx-NAME. With instruments g++ 12 sees uninitialised
# memory where there is none.
build_instrumented() {
    local tree=$root/build/nginx-$1 goal=$2 ours=$3
    shift 3
    fetch_nginx_source bookworm || die "apt-get source nginx failed, see build/apt.log"
    GATEHOUSE_CFLAGS="$ours -Wno-maybe-uninitialized" configure_nginx "$nginx_source" "$tree" "$@"
    make_nginx "$tree" "$goal"
    build_blocklist
}

build_unit_tests() {
    local tree=$1
    shift
    logged "$tree.configure.log" "configuring the unit tests" cmake -S t/unit -B "$tree" -G Ninja "$@"
    step "Compiling the unit tests"
    logged "$tree.make.log" "compiling the unit tests" cmake --build "$tree" -j "$jobs"
}

build_blocklist() {
    local list=build/blocklist.txt source
    for source in /usr/share/john/password.lst /usr/share/dict/cracklib-small tools/blocklist; do
        [ "$list" -nt "$source" ] && continue
        tools/blocklist > "$list.new"
        mv "$list.new" "$list"
    done
}

hardening() { DEB_BUILD_MAINT_OPTIONS='hardening=+bindnow reproducible=-fixfilepath' dpkg-buildflags --get "$1"; }

# configure_nginx SOURCE TREE FLAG…: configures a copy of SOURCE in TREE, unless the last time was just the same.
configure_nginx() {
    local source=$1 tree=$2 signature flags
    shift 2
    flags=("$@")
    command -v ccache > /dev/null && flags+=(--with-cc="ccache cc")
    signature=$({ printf '%s\n' "$source" "${flags[@]}" "${GATEHOUSE_CFLAGS:-}"; find src cpp_core | sort
                  cat config config.make module.map "$source/src/core/nginx.h" /usr/share/nginx/src/conf_flags
                  dpkg-query -W nginx-dev g++; } | sha256sum)
    [ "$signature" != "$(cat "$tree.signature" 2> /dev/null)" ] || return 0

    step "Configuring nginx"
    rm -rf "$tree" "$tree.signature"
    mkdir -p "$tree"
    cp -rL "$source/." "$tree"
    rm -rf "$tree/objs"
    logged "$tree.configure.log" "configuring nginx" configure_like_debian "$tree" "${flags[@]}"
    echo "$signature" > "$tree.signature"
}

configure_like_debian() (
    . /usr/share/nginx/src/conf_flags
    cd "$1"
    shift
    [ -x configure ] || ln -s auto/configure configure      # a tree from nginx's repository
    ./configure "${NGX_CONF_FLAGS[@]}" "$@"
)

# make_nginx TREE GOAL: says so only when there is something to do.
make_nginx() {
    local command=(make -C "$1" -f objs/Makefile "$2")
    "${command[@]}" -q > /dev/null 2>&1 && return
    step "Compiling the module (minutes the first time)"
    logged "$1.make.log" "compiling the module" "${command[@]}" -j "$jobs"
}

# Debian's source of nginx in its release RELEASE (bookworm: what is installed), over package lists of our own: a system
# has no deb-src lines by default. The newest version that the mirror really has: some keep no sources of security
# updates. Sets nginx_source; fails where the mirror has none.
fetch_nginx_source() {
    local release=$1 apt=$root/build/apt-$1 folder=build/nginx-src-$1 private version
    if ! compgen -G "$folder/nginx-*/src/core/nginx.h" > /dev/null; then
        step "Fetching the source of nginx in $release"
        rm -rf "$folder" "$apt"
        mkdir -p "$folder" "$apt"/lists/partial "$apt"/archives/partial
        apt-get indextargets --format 'deb-src $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
            grep -E ' bookworm(-security|-updates)? ' | sort -u | sources_of "$release" > "$apt/sources.list"
        private=(-o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$apt/lists"
                 -o Dir::Cache="$apt" -o APT::Sandbox::User="$(id -un)" -o APT::Get::List-Cleanup=0)
        apt-get -qq "${private[@]}" update > build/apt.log 2>&1
        cd "$folder"
        for version in $(apt-cache "${private[@]}" showsrc nginx | sed -n 's/^Version: //p' | sort -Vru); do
            apt-get -qq "${private[@]}" source "nginx=$version" > "$root/build/apt.log" 2>&1 && break
        done
        cd "$root"
    fi
    nginx_source=$(compgen -G "$root/$folder/nginx-*/")
}

# The same mirror's lists for another release; only its main suite is sure to be there.
sources_of() {
    if [ "$1" = bookworm ]; then cat; else sed -n "s/ bookworm / $1 /p"; fi
}
