#include "harness/cli/version.h"

#include <fmt/format.h>

#include "build_info.h"

namespace leitai::cli {

std::string version_number() { return LEITAI_VERSION; }

std::string short_version() { return "leitai " LEITAI_VERSION; }

std::string version_text() {
  std::string targets = "portable";
#if defined(__x86_64__)
  __builtin_cpu_init();
  targets = "SSE2";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) targets = "AVX2";
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl"))
    targets = "AVX-512";
#endif
  return fmt::format(
      "{} (commit {})\ncompiler  {} {}\nCUDA      not in this build\nCPU       best usable target "
      "here: {}",
      short_version(), LEITAI_COMMIT, LEITAI_COMPILER, LEITAI_COMPILER_VERSION, targets);
}

}  // namespace leitai::cli
