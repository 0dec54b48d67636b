# ./build.sh test: the unit tests, then the tests through a real nginx. Each suite adds to passed and failed.

run_tests() {
    local asan='' long='' word
    local names=()
    passed=0 failed=0
    for word in "$@"; do
        case $word in
            --asan) asan=yes ;;
            --long) long=yes ;;
            -*) die "test has no option $word; see --help" ;;
            *) names+=("$word") ;;
        esac
    done
    mkdir -p build
    rm -f build/unit.json build/http.xml

    trap 'say "$passed passed, $((failed + 1)) failed"' EXIT      # whatever ends this early, a build above all
    if [ "${#names[@]}" = 0 ]; then
        lint_quickly && passed=1 || failed=1
    fi
    if [ -n "$asan" ]; then
        sanitizer_settings
        one_at_a_time build_asan_nginx
        one_at_a_time build_unit_tests build/unit-asan -DASAN=ON -DCORE_OBJECTS="$root/build/nginx-asan/objs/addon"
        both_suites build/unit-asan "$root/build/nginx-asan/objs/nginx" ""
    else
        one_at_a_time build_module
        one_at_a_time build_unit_tests build/unit -DCORE_OBJECTS="$module_tree/objs/addon"
        both_suites build/unit "${GATEHOUSE_NGINX:-/usr/sbin/nginx}" "$module"
    fi
    trap - EXIT
    say "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

# Both wait more than they compute, so they run side by side.
both_suites() {
    step "Unit tests, and tests through nginx"
    unit_suite "$1" > build/unit.log 2>&1 &
    http_suite "$2" "$3"
    wait $!
    cat build/unit.log
    count_results unit build/unit.json
    count_results http build/http.xml
}

unit_suite() {
    local filter='*'
    [ "${#names[@]}" = 0 ] || filter=$(printf ':*%s*' "${names[@]}")
    "$1/unit_tests" --gtest_brief=1 --gtest_filter="${filter#:}" --gtest_output=json:build/unit.json || true
}

# http_suite NGINX MODULE. Not in variables of these names: NGINX is nginx's own, for the sockets it inherits.
http_suite() {
    local options=()
    [ "${#names[@]}" = 0 ] || options+=(-k "$(printf ' or %s' "${names[@]}" | cut -c 5-)")
    [ -n "$long" ] || options+=(-m 'not long')
    GATEHOUSE_NGINX=$1 GATEHOUSE_MODULE=$2 GATEHOUSE_BLOCKLIST=$root/build/blocklist.txt \
        /usr/bin/python3 -m pytest -q -p no:cacheprovider --tb=short --junitxml=build/http.xml "${options[@]}" t/http || true
}

# A suite that crashed has left no results: one failure.
count_results() {
    local counts
    counts=$(/usr/bin/python3 tools/count_results.py "$1" "$2") || counts="0 1"
    passed=$((passed + ${counts% *}))
    failed=$((failed + ${counts#* }))
}

sanitizer_settings() {
    export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:detect_odr_violation=0
    export UBSAN_OPTIONS=print_stacktrace=1
    export LSAN_OPTIONS=suppressions=$root/tools/leaks.txt:print_suppressions=0
}
