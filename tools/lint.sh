# ./build.sh lint. What takes seconds is also part of every test; clang-tidy takes minutes and is not.

lint() {
    lint_quickly || exit 1
    run_cppcheck || die "cppcheck found something"
    one_at_a_time build_unit_tests build/unit          # writes compile_commands.json
    step "clang-tidy over $(ls cpp_core/*/*.cpp | wc -l) files"
    find cpp_core -name '*.cpp' -print0 |
        xargs -0 -P "$jobs" -n 1 clang-tidy-16 -p build/unit --quiet 2> /dev/null || die "clang-tidy found something"
    say "Nothing found"
}

# It knows no coroutines: without their words they are functions to it. The headers of libraries and nginx would tell it little,
# and cost minutes.
run_cppcheck() {
    local options=(--quiet -j "$jobs" --enable=warning,performance,portability --suppressions-list=tools/cppcheck.txt
                   --error-exitcode=1)
    step "cppcheck over cpp_core/ and src/"
    cppcheck "${options[@]}" --language=c++ --std=c++20 -Dco_return=return -Dco_await= -I cpp_core cpp_core || return 1
    cppcheck "${options[@]}" --language=c --std=c99 -I cpp_core -I src src
}

# clang-tidy on the files of the core that differ from the commit before.
lint_changed() {
    local changed
    changed=$(git diff --name-only --diff-filter=d HEAD~1 -- 'cpp_core/*.cpp')
    [ -n "$changed" ] || return 0
    one_at_a_time build_unit_tests build/unit
    printf '%s\n' "$changed" | xargs -P "$jobs" -n 1 clang-tidy-16 -p build/unit --quiet 2> /dev/null
}

lint_quickly() {
    local clean=0
    clang-format --dry-run --Werror $(find cpp_core t/unit -name '*.h' -o -name '*.cpp') || clean=1
    tools/layers.py || { say 'lint: a room uses only those below it'; clean=1; }
    no_match 'every Set-Cookie is written in gate/set_cookie.cpp' \
        -rnE 'Path=/|SameSite=|"Max-Age' cpp_core src --exclude=set_cookie.cpp || clean=1
    no_match 'the core knows no nginx' -rnE '#include *[<"]ngx_|\bngx_[a-z]' cpp_core || clean=1
    no_match 'no structured binding of a co_await: newer compilers skip destructors' \
        -rnE 'auto *&*\[[^]]*\] *= *co_await' cpp_core t/unit || clean=1
    no_match 'no aggregate or lambda inside a co_await: g++ 12 destroys it twice; name it first' \
        -rnP 'co_await.*([(,] *\{|\b(?!millis\b|seconds\b)\w+\{|\[[^]]*\] *\()' cpp_core t/unit || clean=1
    no_match 'no ?: inside a co_await: g++ 12 destroys what it makes twice; name it first' \
        -rnE 'co_await [^;]*[^:]\? [^;]* : ' cpp_core t/unit || clean=1
    return $clean
}

# no_match RULE GREP-ARGUMENT…: says where the rule is broken.
no_match() {
    local rule=$1
    shift
    ! grep "$@" || {
        say "lint: $rule"
        return 1
    }
}
