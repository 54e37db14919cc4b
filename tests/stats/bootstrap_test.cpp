#include <gtest/gtest.h>

#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Bootstrap, AgreesWithIndependentTruth) { test::run_golden("bootstrap.jsonl"); }

}  // namespace
}  // namespace leitai
