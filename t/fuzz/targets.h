// Everything that reads bytes of strangers, each with what must hold of whatever it is given. libFuzzer makes the bytes
// (fuzzer.cpp); the unit tests replay the corpora (t/unit/fuzz_corpus_test.cpp).
#pragma once

#include <span>
#include <string_view>

namespace gatehouse::fuzz {

struct target {
  const char* name;  // of its corpus and its dictionary: corpus/NAME/, NAME.dict
  void (*run)(std::string_view bytes);
};

std::span<const target> targets();

// Ends the process where a parser breaks its word, so that libFuzzer keeps the bytes.
void demand(bool holds, const char* what);

}  // namespace gatehouse::fuzz
