#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/backend.h"
#include "harness/core/suite.h"

namespace leitai::test {

/// Arithmetic items "what is I + I?"; item I is made when asked for.
class FakeSuite final : public Suite {
 public:
  FakeSuite(std::string name, std::int64_t size) {
    info_.name = std::move(name);
    info_.version = "1";
    info_.family = "reasoning";
    info_.kind = "number";
    info_.size = info_.whole = size;
    info_.params.max_tokens = 8;
  }
  const SuiteInfo& info() const override { return info_; }
  Item item(std::int64_t index) const override {
    Item out;
    out.suite = info_.name;
    out.id = std::to_string(index);
    out.question = fmt::format("What is {} + {}?", index, index);
    out.prompt.messages = {message(Role::User, out.question)};
    out.grading = {"fake", {std::to_string(2 * index)}, ""};
    return out;
  }

 private:
  SuiteInfo info_;
};

/// Answers at once on the caller's thread, by a function of the request.
class FakeBackend final : public Backend {
 public:
  FakeBackend(Channel<Answer>& answers, std::function<Response(const Request&)> reply)
      : answers_(answers), reply_(std::move(reply)) {
    traits_.identity = "fake/1";
  }
  const BackendTraits& traits() const override { return traits_; }
  void prepare(Request& request) const override { request.sent_json = "{}"; }
  void submit(Request request) override {
    Response response = reply_(request);
    response.request_id = request.id;
    answers_.push({std::move(request), std::move(response)});
  }
  void cancel() override {}
  BackendTraits& mutable_traits() { return traits_; }

 private:
  Channel<Answer>& answers_;
  std::function<Response(const Request&)> reply_;
  BackendTraits traits_;
};

inline Response answered(std::string text) {
  Response out;
  out.outcome = Outcome::Answered;
  out.text = std::move(text);
  out.finish_reason = FinishReason::Stop;
  return out;
}

}  // namespace leitai::test
