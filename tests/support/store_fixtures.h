#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/store.h"

/// Answers to put into a store.
namespace leitai::test {

struct Asked {
  Request request;
  Response response;
  std::optional<Score> score;
  Item item;
};

/// An answered request, graded as correct, whose digest follows from the arguments.
inline Asked asked(const std::string& model, const std::string& suite, const std::string& item,
                   int sample, const std::string& question) {
  Asked out;
  out.item.suite = suite;
  out.item.id = item;
  out.item.question = question;
  out.item.prompt.messages = {message(Role::User, question)};
  Request& request = out.request;
  request.model = model;
  request.suite = suite;
  request.item = item;
  request.sample = sample;
  request.prompt = out.item.prompt;
  request.wanted.max_tokens = 24;
  request.sent_json = R"({"max_tokens":24})";
  request.seed = 5;
  seal(request, model);
  out.response.outcome = Outcome::Answered;
  out.response.text = "The answer to \"" + question + "\" is " + item + ".";
  out.response.usage = {10, 12, std::nullopt, std::nullopt};
  out.score = Score{"numeric@1", ScoreStatus::Correct, 1.0, item, "T1", std::nullopt, {}, ""};
  return out;
}

inline std::int64_t record(Store& store, const std::vector<Asked>& all) {
  std::vector<AnswerView> views;
  for (const Asked& one : all)
    views.push_back({&one.request, &one.response, one.score ? &*one.score : nullptr, &one.item});
  return store.record(views);
}

}  // namespace leitai::test
