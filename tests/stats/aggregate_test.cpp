#include <gtest/gtest.h>

#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Aggregate, AgreesWithIndependentTruth) { test::run_golden("aggregate.jsonl"); }

}  // namespace
}  // namespace leitai
