#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

/// A libFuzzer target from a function that tells what is wrong with what became of its input.
#define LEITAI_FUZZ_TARGET(check)                                                                 \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {             \
    const std::string wrong = check(std::string_view(reinterpret_cast<const char*>(data), size)); \
    if (!wrong.empty()) {                                                                         \
      std::fprintf(stderr, "%s\n", wrong.c_str());                                                \
      std::abort();                                                                               \
    }                                                                                             \
    return 0;                                                                                     \
  }
