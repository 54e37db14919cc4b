#include <gtest/gtest.h>

#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Rank, AgreesWithIndependentTruth) { test::run_golden("rank.jsonl"); }

}  // namespace
}  // namespace leitai
