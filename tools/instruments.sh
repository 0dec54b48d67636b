# The tests under instruments: sanitizers, and the coverage of the core by the tests.

suites_under_asan() {
    export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:detect_odr_violation=0
    export UBSAN_OPTIONS=print_stacktrace=1
    export LSAN_OPTIONS=suppressions=$root/tools/leaks.txt:print_suppressions=0
    one_at_a_time build_asan_nginx
    build_instrumented_unit_tests asan "-fsanitize=address,undefined;-fno-sanitize-recover=undefined;-fno-omit-frame-pointer"
    all_suites build/unit-asan "$root/build/nginx-asan/objs/nginx" ""
}

# Threads share memory in the unit tests only: hashing, and many workers at one shared table. No address is randomised:
# the sanitizer of g++ 12 knows where it wants its memory.
suite_under_tsan() {
    export TSAN_OPTIONS=halt_on_error=0:exitcode=66:second_deadlock_stack=1
    one_at_a_time build_tsan_objects
    build_instrumented_unit_tests tsan "-fsanitize=thread"
    unit_suite setarch --addr-no-randomize build/unit-tsan/unit_tests 2>&1 | tee build/tsan.log
    count_results unit build/unit.json
    count_reports "WARNING: ThreadSanitizer" build/tsan.log
}

build_instrumented_unit_tests() {
    one_at_a_time build_unit_tests "build/unit-$1" -DINSTRUMENT="$2" -DCORE_OBJECTS="$root/build/nginx-$1/objs/addon"
}

# count_reports WORD FILE: a file without WORD is one more test that passed.
count_reports() {
    if grep -q "$1" "$2"; then
        failed=$((failed + 1))
        say "see $2: $(grep -c "$1" "$2") lines of reports"
    else
        passed=$((passed + 1))
    fi
}

# forget_counts FOLDER: of its objects. nginx's workers, who are nobody, write there what the master has begun.
forget_counts() {
    local object
    find "$1" -name '*.gcno' | while read -r object; do
        : > "${object%.gcno}.gcda"
        chmod 666 "${object%.gcno}.gcda"
    done
}

# coverage [NAME…]: the lines of cpp_core/ that the tests run; without names, fewer than 92 % are a failure.
coverage() {
    local names=("$@") quick='' long='' report=(gcovr --root "$root" --filter cpp_core/ -j "$jobs")
    passed=0 failed=0
    trap 'say "$passed passed, $((failed + 1)) failed"' EXIT      # whatever ends this early, too little coverage above all
    one_at_a_time build_coverage_nginx
    build_instrumented_unit_tests coverage "--coverage"
    find build/unit-coverage -name '*.gcda' -delete
    forget_counts build/nginx-coverage/objs/addon
    unit_suite build/unit-coverage/unit_tests > build/unit.log 2>&1 &
    pytest_suite http "$root/build/nginx-coverage/objs/nginx" "" $((2 * jobs))
    wait
    cat build/unit.log
    count_results unit build/unit.json
    count_results http build/http.xml
    [ "${#names[@]}" != 0 ] || report+=(--fail-under-line 92)
    step "Counting lines"
    "${report[@]}" --exclude-throw-branches --html-details build/coverage.html --json build/coverage.json \
        --txt build/coverage.txt build/nginx-coverage/objs/addon
    trap - EXIT
    say "build/coverage.html shows each line; $(tail -n 2 build/coverage.txt | head -n 1)"
    say "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}
