#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "harness/config.h"
#include "harness/item_outcome.h"
#include "tests/support/fakes.h"

/// What early stopping needs to be driven by hand: models "a" and "b" on one suite "s".
namespace leitai::test {

inline RunConfig two_models(StopRule::Kind rule) {
  RunConfig config;
  config.models.resize(2);
  config.models[0].model.id = "a";
  config.models[1].model.id = "b";
  config.stop = StopRule{rule, 0.05};
  return config;
}

inline std::vector<std::unique_ptr<Suite>> one_suite(std::int64_t n) {
  std::vector<std::unique_ptr<Suite>> out;
  out.push_back(std::make_unique<FakeSuite>("s", n));
  return out;
}

inline ItemOutcome scored(double score) {
  ItemOutcome outcome;
  outcome.samples = 1;
  outcome.score = score;
  return outcome;
}

}  // namespace leitai::test
