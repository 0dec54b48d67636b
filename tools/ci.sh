# ./build.sh ci: the tests, and beside them what would rot if nobody ran it. A part of it counts as one test.

run_ci() {
    ci_passed=0 ci_failed=0
    trap 'say "$ci_passed passed, $((ci_failed + 1)) failed"' EXIT
    count_last_line tests ./build.sh test
    count_last_line "the guard, the parsers and mail under sanitizers" ./build.sh test --asan "${sanitized_tests[@]}"
    count_last_line "what threads share, under ThreadSanitizer" ./build.sh test --tsan "${threaded_tests[@]}"
    count_last_line "the coverage by a few tests" ./build.sh coverage bearer
    part "cppcheck" run_cppcheck
    part "clang-tidy on what changed" lint_changed
    part "the recipe of a stranger" build_by_bare_recipe
    part "the packages" ./build.sh package
    part "a newer nginx" test_newer_nginx
    part "every parser, fuzzed" ./build.sh fuzz 1
    part "every row of the benchmark" ./build.sh bench --smoke
    part "a build that is begun anew" ./build.sh clean
    trap - EXIT
    say "$ci_passed passed, $ci_failed failed"
    [ "$ci_failed" = 0 ]
}

# What reads bytes of strangers, by parts of the tests' names: the guard, cookies, every parser, mail.
sanitized_tests=(guard cookie bearer json jwt key_set multipart phc_string imported_hash path_readings smtp_reply message
                 feed_entry email return_address test_rest test_mask)

# Where the core has threads: hashing, reading files of keys, and the workers of one nginx at one table.
threaded_tests=(hasher admission session_revocations session_zone session_feed. loop_host pool)

# part NAME COMMAND…: in a process of its own, which ends at the first failure. Not in the condition of an if: bash goes on
# after failures there.
part() {
    local name=$1 pid
    shift
    step "$name"
    (set -e; "$@") &
    pid=$!
    if wait "$pid"; then ci_passed=$((ci_passed + 1)); else ci_failed=$((ci_failed + 1)) && say "failed: $name"; fi
}

# count_last_line NAME COMMAND…: the command ends with "N passed, N failed".
count_last_line() {
    local name=$1 last
    shift
    step "$name"
    last=$("$@" 2>&1 | tee >(cat >&2) | tail -n 1) || true
    if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        ci_passed=$((ci_passed + BASH_REMATCH[1])) ci_failed=$((ci_failed + BASH_REMATCH[2]))
    else
        ci_failed=$((ci_failed + 1))
    fi
}

# As the installation guide says it to who has a source tree of nginx and none of our tools.
build_by_bare_recipe() {
    fetch_nginx_source bookworm
    rm -rf build/nginx-bare
    cp -r "$nginx_source" build/nginx-bare
    cd build/nginx-bare
    ./configure --with-compat --with-threads --add-dynamic-module="$root" > "$root/build/bare.log" 2>&1
    make -j"$jobs" modules >> "$root/build/bare.log" 2>&1
}

# The newest nginx whose source the mirror has, and the tests of the guard in it.
test_newer_nginx() {
    local release
    for release in sid trixie; do
        fetch_nginx_source "$release" && break
    done
    [ -n "$nginx_source" ] || { say "the mirror has the source of none; skipped"; return; }
    export NGX_SRC=$nginx_source
    build_module
    make_nginx "$module_tree" binary
    "$module_tree/objs/nginx" -v
    GATEHOUSE_NGINX=$module_tree/objs/nginx ./build.sh test guard
}
