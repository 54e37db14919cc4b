#include "harness/core/backend.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "tests/engine/tiny_model.h"
#include "tests/support/support.h"

namespace leitai {

extern const BackendFactory engine;

namespace {

using nlohmann::json;

class EngineBackend : public testing::Test {
 protected:
  void open(std::map<std::string, std::string> options = {}) {
    if (!std::filesystem::exists(folder_ / "config.json")) tiny_.write(folder_.path());
    Model model{.spec = "engine:tiny",
                .backend = "engine",
                .target = "tiny",
                .options = std::move(options)};
    model.options["path"] = folder_.path().string();
    backend_ = engine.make(model, answers_);
  }

  static Request chat(const std::string& text) {
    Request request;
    request.mode = Mode::Chat;
    request.prompt.messages = {message(Role::User, text)};
    request.wanted.max_tokens = 12;
    request.seed = 9;
    return request;
  }

  Response ask(Request request) {
    backend_->prepare(request);
    backend_->submit(std::move(request));
    return answers_.pop()->response;
  }

  test::TempDir folder_;
  test::TinyModel tiny_;
  Channel<Answer> answers_{1000};
  std::unique_ptr<Backend> backend_;
};

TEST_F(EngineBackend, ChatAppliesTheTemplateAndSaysWhatItApplied) {
  open({{"threads", "1"}});
  Request request = chat("Hello");
  backend_->prepare(request);
  const json sent = json::parse(request.sent_json);
  EXPECT_EQ(sent["temperature"], 0);
  EXPECT_EQ(sent["max_tokens"], 12);
  EXPECT_FALSE(sent.contains("seed")) << "greedy: the seed changes nothing";
  const Response response = ask(request);
  // <s> <|im_start|> user \n Hello <|im_end|> \n <|im_start|> assistant \n
  EXPECT_EQ(response.usage.prompt_tokens, 1 + 1 + 5 + 5 + 1 + 1 + 1 + 10);
  EXPECT_GE(*response.usage.completion_tokens, 1);
  EXPECT_EQ(response.served_model, "tiny");
  EXPECT_TRUE(response.outcome == Outcome::Answered || response.outcome == Outcome::Truncated ||
              response.outcome == Outcome::Empty);
  EXPECT_TRUE(response.timing.total_ms && response.timing.queued_ms);
}

TEST_F(EngineBackend, AnswersDependOnTheSeedAndNotOnThreadsOrMates) {
  open({{"threads", "1"}});
  const auto hot = [&](std::uint64_t seed) {
    Request request = chat("Say something");
    request.wanted.temperature = 1.5;
    request.wanted.max_tokens = 40;
    request.seed = seed;
    return request;
  };
  std::vector<std::string> alone;
  for (std::uint64_t seed = 0; seed < 8; ++seed) alone.push_back(ask(hot(seed)).text);
  EXPECT_NE(alone[0], alone[1]);
  open({{"threads", "2"}});
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    Request request = hot(seed);
    request.id = static_cast<std::int64_t>(seed);
    backend_->prepare(request);
    EXPECT_EQ(json::parse(request.sent_json)["seed"], seed);
    backend_->submit(std::move(request));
  }
  for (int i = 0; i < 8; ++i) {
    const Answer answer = *answers_.pop();
    EXPECT_EQ(answer.response.text, alone[static_cast<std::size_t>(answer.response.request_id)]);
  }
}

TEST_F(EngineBackend, ScoresContinuations) {
  open();
  Request request;
  request.mode = Mode::LogLikelihood;
  request.prompt.text = "The answer is ";
  request.prompt.continuations = {"A", "B", "", "two words"};
  const Response response = ask(request);
  EXPECT_EQ(response.outcome, Outcome::Answered);
  ASSERT_EQ(response.continuation_logprobs.size(), 4u);
  // The context's trailing space goes to the continuation; a token is a byte here.
  EXPECT_EQ(response.continuation_tokens, (std::vector<int>{2, 2, 1, 10}));
  EXPECT_LT(response.continuation_logprobs[0], response.continuation_logprobs[2])
      << "one token more is less likely";
}

TEST_F(EngineBackend, PromptsThatDoNotFitAndUnknownModesFailWithWords) {
  open({{"context", "40"}});
  const Response response = ask(chat("A question that has more than forty characters in it."));
  EXPECT_EQ(response.outcome, Outcome::Failed);
  EXPECT_EQ(response.failure->kind, FailureKind::Context);
  Request thinking = chat("x");
  thinking.wanted.thinking = "on";
  EXPECT_THROW(backend_->prepare(thinking), Error) << "this template has no switch for thinking";
}

TEST_F(EngineBackend, AMissingChatTemplateIsSaidBeforeAnythingIsAsked) {
  tiny_.chat_template = "";
  open();
  Request request = chat("x");
  EXPECT_THROW(backend_->prepare(request), Error);
  request.mode = Mode::Completion;
  request.prompt.text = "Once";
  EXPECT_NE(ask(request).outcome, Outcome::Failed);
}

TEST_F(EngineBackend, BadOptionsAreRefused) {
  EXPECT_THROW(open({{"device", "cuda:0"}}), Error);
  EXPECT_THROW(open({{"dtype", "int8"}}), Error);
  EXPECT_THROW(open({{"threads", "none"}}), Error);
  EXPECT_THROW(open({{"memory", "lots"}}), Error);
  EXPECT_NO_THROW(open({{"device", "cpu"}, {"dtype", "f32"}, {"memory", "64MB"}}));
}

TEST_F(EngineBackend, CancelGivesEveryAnswerAndTheEndIsPrompt) {
  open();
  for (int i = 0; i < 50; ++i) {
    Request request = chat("A longer task");
    request.wanted.max_tokens = 400;
    backend_->prepare(request);
    backend_->submit(std::move(request));
  }
  backend_->cancel();
  for (int i = 0; i < 50; ++i) {
    const Response response = answers_.pop()->response;
    if (response.outcome == Outcome::Failed) {
      EXPECT_EQ(response.failure->kind, FailureKind::Network);
    }
  }
  for (int i = 0; i < 50; ++i) backend_->submit(chat("Never answered"));
  backend_.reset();
}

}  // namespace
}  // namespace leitai
