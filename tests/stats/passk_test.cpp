#include <gtest/gtest.h>

#include "tests/stats/golden.h"

namespace leitai {
namespace {

TEST(Passk, AgreesWithIndependentTruth) { test::run_golden("passk.jsonl"); }

}  // namespace
}  // namespace leitai
