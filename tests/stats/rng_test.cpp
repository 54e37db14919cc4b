#include <gtest/gtest.h>

#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Rng, AgreesWithIndependentTruth) { test::run_golden("rng.jsonl"); }

}  // namespace
}  // namespace leitai
