# ./build.sh package: Debian packages in build/, by Debian's own tools, and what lintian has against them.

package() {
    local folder=$root/build/debian/gatehouse
    rm -rf build/debian
    mkdir -p "$folder"
    cp -r LICENSE README.md SECURITY.md config config.make module.map nginx.conf.example cpp_core debian docs mails pages sql \
        src tools "$folder"
    step "Building the packages (minutes)"
    (cd "$folder" && logged "$root/build/package.log" "dpkg-buildpackage" \
        env PATH="/usr/lib/ccache:$PATH" DEB_BUILD_OPTIONS="parallel=$jobs" dpkg-buildpackage -b -us -uc)
    step "Looking at them with lintian"
    lintian --fail-on error,warning build/debian/*.changes
    try_package
    mv build/debian/*.deb build/
    say "Built: $(cd build && ls -- *.deb | tr '\n' ' ')"
}

# The tests of the guard, with what the packages hold, put where no installed one is touched.
try_package() {
    local there=$root/build/debian/there deb
    for deb in build/debian/*.deb; do dpkg-deb -x "$deb" "$there"; done
    step "The tests of the guard with the module of the package"
    GATEHOUSE_MODULE=$there/usr/lib/nginx/modules/ngx_http_gatehouse_module.so \
        GATEHOUSE_BLOCKLIST=$there/usr/share/gatehouse/blocklist.txt GATEHOUSE_PAGES=$there/usr/share/gatehouse/pages \
        /usr/bin/python3 -m pytest -q -p no:cacheprovider --tb=short -n "$jobs" t/http/test_guard.py t/http/test_pages.py
}
