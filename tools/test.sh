# ./build.sh test: the unit tests, the tests through a real nginx, and those in a real browser. Each suite adds to passed
# and failed.

run_tests() {
    local instrument='' quick='' long='' word
    local names=()
    passed=0 failed=0
    for word in "$@"; do
        case $word in
            --asan | --tsan) instrument=${word#--} ;;
            --quick) quick=yes ;;
            --long) long=yes ;;
            --pictures) export GATEHOUSE_README_IMAGES=$root/docs/images ;;
            -*) die "test has no option $word; see --help" ;;
            *) names+=("$word") ;;
        esac
    done
    mkdir -p build
    rm -f build/unit.json build/http.xml build/browser.xml

    trap 'say "$passed passed, $((failed + 1)) failed"' EXIT      # whatever ends this early, a build above all
    if [ "${#names[@]}" = 0 ]; then
        lint_quickly && passed=1 || failed=1
    fi
    case $instrument in
        asan) suites_under_asan ;;
        tsan) suite_under_tsan ;;
        *)
            one_at_a_time build_module
            one_at_a_time build_unit_tests build/unit -DCORE_OBJECTS="$module_tree/objs/addon"
            all_suites build/unit "${GATEHOUSE_NGINX:-/usr/sbin/nginx}" "$module"
            ;;
    esac
    trap - EXIT
    say "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

# all_suites UNIT_TESTS NGINX MODULE. They wait more than they compute, so they run side by side.
all_suites() {
    local others=()
    step "Unit tests, tests through nginx, and tests in Chromium"
    unit_suite "$1/unit_tests" > build/unit.log 2>&1 &
    others+=($!)
    if [ -n "$quick" ]; then
        pytest_suite http "$2" "$3" $((2 * jobs))
        wait "${others[@]}" || true
        cat build/unit.log
        count_results unit build/unit.json
        count_results http build/http.xml
        return
    fi
    { install_npm_packages t/browser && pytest_suite browser "$2" "$3" $((jobs + 1)); } > build/browser.log 2>&1 &
    others+=($!)
    pytest_suite http "$2" "$3" $((2 * jobs))
    wait "${others[@]}" || true
    cat build/unit.log build/browser.log
    count_results unit build/unit.json
    count_results http build/http.xml
    count_results browser build/browser.xml
}

unit_suite() {
    local filter='*'
    [ -z "$quick" ] || filter='-*account_store*:*account_mail*:*session_*:*smtp_*:*_limiter*:*pool*:*hasher*:*operation_*:*schema*:*migrations*'
    [ "${#names[@]}" = 0 ] || filter=$(printf ':*%s*' "${names[@]}")
    "$@" --gtest_brief=1 --gtest_filter="${filter#:}" --gtest_output=json:build/unit.json || true
}

# pytest_suite NAME NGINX MODULE PROCESSES: t/NAME, with http also t/faults; each process has servers of its own. Not in
# variables of these names: NGINX is nginx's own, for the sockets that it inherits.
pytest_suite() {
    local options=() folders=("t/$1")
    [ "$1" != http ] || folders+=(t/faults)
    [ "${#names[@]}" = 0 ] || options+=(-k "$(printf ' or %s' "${names[@]}" | cut -c 5-)")
    [ -n "$long" ] || options+=(-m "not long${quick:+ and quick}")
    GATEHOUSE_NGINX=$2 GATEHOUSE_MODULE=$3 GATEHOUSE_BLOCKLIST=$root/build/blocklist.txt \
        /usr/bin/python3 -m pytest -q -p no:cacheprovider --tb=short -n "$4" --junitxml="build/$1.xml" "${options[@]}" "${folders[@]}" || true
}

# A suite that crashed has left no results: one failure.
count_results() {
    local counts
    counts=$(/usr/bin/python3 tools/count_results.py "$1" "$2") || counts="0 1"
    passed=$((passed + ${counts% *}))
    failed=$((failed + ${counts#* }))
}

