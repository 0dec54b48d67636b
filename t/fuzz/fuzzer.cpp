// libFuzzer's entry: GATEHOUSE_FUZZ_TARGET=NAME fuzzer [OPTIONS] CORPUS. ./build.sh fuzz calls it for each target.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "targets.h"

namespace {

void (*chosen)(std::string_view) = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* wanted = std::getenv("GATEHOUSE_FUZZ_TARGET");
  for (const gatehouse::fuzz::target& each : gatehouse::fuzz::targets()) {
    if (wanted != nullptr && std::strcmp(each.name, wanted) == 0) chosen = each.run;
    if (wanted == nullptr) std::puts(each.name);
  }
  if (chosen == nullptr) std::exit(wanted == nullptr ? 0 : 2);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  chosen({reinterpret_cast<const char*>(data), size});
  return 0;
}
