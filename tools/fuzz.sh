# ./build.sh fuzz [SECONDS]: libFuzzer on every parser of t/fuzz, so long on each; what it finds stays in build/fuzz.

# The files of the core that a parser needs; each room is compiled as one piece, as in nginx's build.
fuzzed_sources='base/*.cpp token/*.cpp gate/[!ak]*.cpp gate/assurance.cpp body/*.cpp dialect/*.cpp
    jsonapi/jsonapi_body.cpp account/email.cpp factor/webauthn.cpp password/argon2.cpp password/base64.cpp
    password/crypt_hash.cpp password/digest_hash.cpp password/imported_hash.cpp password/md5_hash.cpp
    password/parameters.cpp password/phc_string.cpp redis/reply.cpp session/feed_entry.cpp session/mark.cpp
    smtp/reply.cpp view/language.cpp'

fuzz() {
    local seconds=${1:-10} target found='' options
    [[ $seconds =~ ^[1-9][0-9]*$ ]] || die "fuzz SECONDS: how long to try each parser; $seconds is no such number"
    build_fuzzer
    # hiredis asks for as much memory as a reply says that it has elements, and takes no for an answer.
    export ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=1024
    for target in $(build/fuzz/fuzzer); do
        step "$target, $seconds s"
        mkdir -p "build/fuzz/$target"
        options=(-max_total_time="$seconds" -max_len=4096 -timeout=5 -malloc_limit_mb=1000000 -print_final_stats=1
                 -artifact_prefix="build/fuzz/$target-")
        [ ! -e "t/fuzz/$target.dict" ] || options+=(-dict="t/fuzz/$target.dict")
        if GATEHOUSE_FUZZ_TARGET=$target build/fuzz/fuzzer "${options[@]}" "build/fuzz/$target" "t/fuzz/corpus/$target" \
            > "build/fuzz/$target.log" 2>&1; then
            say "  $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$target.log") executions," \
                "$(grep -o 'cov: [0-9]*' "build/fuzz/$target.log" | tail -n 1)"
        else
            say "  found something: $(grep -m1 -E 'broken:|ERROR|runtime error' "build/fuzz/$target.log") (build/fuzz/$target.log)"
            found=yes
        fi
    done
    [ -z "$found" ]
}

build_fuzzer() {
    local room folder=build/fuzz objects=() flags
    flags=(-std=c++20 -O1 -g1 -Wall -Wextra -D_GLIBCXX_ASSERTIONS -fsanitize=address,undefined -fno-sanitize-recover=undefined
           -isystem "$(pg_config --includedir)" -Icpp_core -It/unit -It/fuzz)
    mkdir -p "$folder"
    step "Compiling the fuzzer"
    printf '%s\n' "$(cd cpp_core && ls $fuzzed_sources)" > "$folder/sources"
    for room in $(sed 's|/.*||' "$folder/sources" | sort -u); do
        grep "^$room/" "$folder/sources" | sed 's/.*/#include "&"/' > "$folder/$room.cpp"
        objects+=("$folder/$room.o")
    done
    printf '%s\n' "${objects[@]%.o}" | xargs -P "$jobs" -I{} clang++-16 "${flags[@]}" -fsanitize=fuzzer-no-link -c {}.cpp -o {}.o
    clang++-16 "${flags[@]}" -fsanitize=fuzzer t/fuzz/*.cpp "${objects[@]}" -o "$folder/fuzzer" \
        -lpq -lhiredis -lsodium -lcrypt -lcrypto
}
