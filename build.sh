#!/bin/bash
# Everything an operator or developer does with this tree; the work of each verb is in tools/.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

usage() {
    cat <<'END'
usage: ./build.sh VERB

  run             builds what is missing, then a demonstration on http://127.0.0.1:8080/ until Ctrl-C:
                  /auth/ is Gatehouse, / is a real application behind it;
                  five ports on, two hosts share one login. GATEHOUSE_PORT= moves it.
  build           build/ngx_http_gatehouse_module.so for this Debian's nginx, or for the source tree NGX_SRC=
  test [NAME…]    unit tests, tests through a real nginx and in a real browser; only those whose name contains a NAME
       --quick    a minute's worth: the parsers and rules, and one file of tests for each part of the house
       --long     the slow ones too
       --pictures every page into build/screenshots, and those of the README into docs/images
       --asan     everything under AddressSanitizer and UndefinedBehaviorSanitizer
       --tsan     the unit tests under ThreadSanitizer
  coverage [NAME…]  how much of cpp_core/ the tests run, in build/coverage.html; under 92 % of lines is a failure
  lint            format, layering, cppcheck and clang-tidy over the sources
  ci              test, part of it under each instrument, clang-tidy on what changed, a build without these tools, a
                  newer nginx, and a second of every row of the benchmark
  fuzz [SECONDS]  libFuzzer on every parser of t/fuzz, 10 s each unless told
  bench [ROW…]    measures what the module costs, all rows or those named; bench --help has the list
       --smoke    a second for each, to see that it runs
  package         build/*.deb: libnginx-mod-http-gatehouse, and gatehouse with pages, mails, database and guides
  deps            installs the Debian packages that all of the above need
  clean           removes build/

run, build, test, lint and bench install missing packages by themselves. GATEHOUSE_NGINX= names the nginx to run the
module in, for one built with NGX_SRC=.
END
}

for part in tools/{say,packages,compile,demo,test,instruments,lint,fuzz,package,ci}.sh; do . "$part"; done

verb=${1:-}
shift || true
case $verb in
    deps)  install_packages "${every_package[@]}" ;;
    build) install_packages "${build_packages[@]}"; one_at_a_time build_module; say "Built: $module" ;;
    run)   install_packages "${build_packages[@]}" "${run_packages[@]}"; one_at_a_time build_module; run_demo ;;
    test)  install_packages "${every_package[@]}"; run_tests "$@" ;;
    coverage) install_packages "${every_package[@]}"; coverage "$@" ;;
    lint)  install_packages "${build_packages[@]}" "${test_packages[@]}" "${lint_packages[@]}"; lint ;;
    ci)    install_packages "${every_package[@]}"; run_ci ;;
    fuzz)  install_packages "${build_packages[@]}" "${lint_packages[@]}" "${fuzz_packages[@]}"; one_at_a_time fuzz "$@" ;;
    bench) install_packages "${every_package[@]}"; one_at_a_time build_module; install_npm_packages bench
           exec bench/run "$@" ;;
    package) install_packages "${every_package[@]}"; one_at_a_time package ;;
    clean) rm -rf build ;;
    help | -h | --help) usage ;;
    *)     usage >&2; exit 2 ;;
esac
