#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "harness/core/digest.h"
#include "harness/core/model.h"
#include "harness/core/prompt.h"

namespace leitai {

/// One question to one model. Done if and only if `digest` has a stored answer.
struct Request {
  std::int64_t id = 0;  // row of the store, or position in the plan before it is stored
  Digest digest;        // of (model identity, mode, prompt, sent parameters, sample)
  std::string model;    // Model::id
  std::string suite;
  std::string item;
  int sample = 0;
  Mode mode = Mode::Chat;
  Prompt prompt;          // complete: system instruction included
  SamplingParams wanted;  // after merging suite defaults, model parameters and flags
  std::string sent_json;  // what the backend will really send or apply, as a JSON object; filled by
                          // Backend::prepare
  std::string
      question;  // Item::question, for backends that look answers up by it; not part of the digest
  std::uint64_t seed = 0;  // of (run seed, item, sample); equal for all models
  std::optional<std::chrono::milliseconds> time_limit;  // from the moment work on it begins
  std::string suite_version;  // SuiteInfo::version, for backends whose answers were made for one;
                              // neither stored with the request nor part of the digest
};

}  // namespace leitai
