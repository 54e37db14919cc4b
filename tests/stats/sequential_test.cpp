#include <gtest/gtest.h>

#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Sequential, AgreesWithIndependentTruth) { test::run_golden("sequential.jsonl"); }

}  // namespace
}  // namespace leitai
