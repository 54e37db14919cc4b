#include "harness/core/error.h"

#include <cstdio>
#include <cstdlib>

namespace leitai {

void check_failed(const char* expression, const char* file, int line, const std::string& values) {
  std::fprintf(stderr, "leitai: internal error: %s does not hold at %s:%d: %s\n", expression, file,
               line, values.c_str());
  std::abort();
}

}  // namespace leitai
