#include <gtest/gtest.h>

#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Agreement, AgreesWithIndependentTruth) { test::run_golden("agreement.jsonl"); }

}  // namespace
}  // namespace leitai
