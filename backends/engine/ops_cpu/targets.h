#pragma once

// Two vector widths: AVX2 and AVX-512. Included first by every kernel file. The compiler's baseline
// is built too, as Highway wants it, and never runs: make_cpu_stream() refuses such a processor,
// because without FMA the bits would differ.
#include <hwy/detect_targets.h>
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
