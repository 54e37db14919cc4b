#include <gtest/gtest.h>

#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Quantile, AgreesWithIndependentTruth) { test::run_golden("quantile.jsonl"); }

}  // namespace
}  // namespace leitai
