// What the counts of a service show about it: cuts and thinking, without false alarms.
#include "backends/http/watch.h"

#include <gtest/gtest.h>

namespace leitai {
namespace {

/// Texts of about `bytes`, of the kinds that suites ask.
std::string of(const std::string& piece, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += piece;
  return out;
}

const std::string kProse =
    "The old harbour was quiet that morning, and the fishermen who usually gathered there had "
    "stayed at home because of the weather. ";
const std::string kCode =
    "def add_all(values, start=0):\n    total = start\n    for v in values:\n        total += v * "
    "2\n    return {\"n\": len(values), \"t\": total}\n";
const std::string kMath = "Let f(x) = 3x^2 - 12x + 7. Find all real x with f(x) = 52 (mod 97). ";
const std::string kChinese =
    "\u6e05\u6668\u7684\u6e2f\u53e3\u5f88\u5b89\u9759\uff0c\u6e14\u6c11\u4eec\u56e0\u4e3a\u5929"
    "\u6c14"
    "\u90fd\u7559\u5728\u5bb6\u91cc\u3002";

/// Bytes a token as tokenizers of today make of such text, and a chat template of 40 tokens.
std::int64_t count(const std::string& text, double bytes_a_token) {
  return 40 + static_cast<std::int64_t>(static_cast<double>(text.size()) / bytes_a_token);
}

void show(Watch& watch, const std::string& text, std::int64_t tokens) {
  Request request;
  request.prompt.messages = {message(Role::User, text)};
  Response response;
  response.outcome = Outcome::Answered;
  response.usage.prompt_tokens = tokens;
  watch.see(request, response);
}

TEST(Watch, MixturesOfProseCodeMathAndChineseRaiseNoAlarm) {
  // Current tokenizers, and one of 2023 that spends two tokens on a Chinese character.
  for (const double chinese : {4.6, 1.5}) {
    Watch watch;
    for (std::size_t i = 0; i < 40; ++i) {
      for (const std::size_t bytes : {150 + 20 * i, 700 + 30 * i, 2500 + 900 * i}) {
        const std::string prose = of(kProse, bytes), code = of(kCode, bytes);
        const std::string math = of(kMath, bytes), han = of(kChinese, bytes);
        show(watch, prose, count(prose, 4.8));
        show(watch, code, count(code, 3.1));
        show(watch, math, count(math, 2.6));
        show(watch, han, count(han, chinese));
        show(watch, prose + han, count(prose, 4.8) + count(han, chinese));
      }
    }
    EXPECT_EQ(watch.cautions("m"), std::vector<std::string>{}) << chinese;
  }
}

TEST(Watch, CutPromptsAreFoundByWhatIsUsualAndByEqualCounts) {
  Watch watch;
  for (std::size_t i = 0; i < 10; ++i) {
    const std::string text = of(kProse, 700 + 90 * i);
    show(watch, text, count(text, 4.5));
  }
  for (std::size_t i = 1; i <= 6; ++i) show(watch, of(kProse, 9500 + 4000 * i), 2048);
  for (std::size_t i = 0; i < 200; ++i) {  // does not push the others out
    const std::string text = of(kProse, 2100 + 97 * i);
    show(watch, text, count(text, 4.5));
  }
  const auto said = watch.cautions("m");
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(said[0].substr(0, 60), "m: in 6 answers the server counts far fewer prompt tokens th")
      << said[0];
  EXPECT_EQ(said[1].substr(0, 58), "m: the server counts 2,048 prompt tokens in 6 answers to p")
      << said[1];
}

TEST(Watch, ThinkingThatWasWantedAndDidNotComeIsToldWhereTheServiceWouldShowIt) {
  struct Row {
    std::vector<std::optional<std::int64_t>> counted;  // reasoning tokens of each answer
    std::vector<std::string> said;
  };
  const Row rows[] = {
      {{std::nullopt, std::nullopt}, {}},  // neither shown nor counted: nothing is known
      {{5, 9}, {}},
      {{0, 0, 0}, {"m: thinking was wanted, but 3 of 3 answers show none."}},
      {{7, 0, std::nullopt}, {"m: thinking was wanted, but 2 of 3 answers show none."}},
  };
  for (const Row& row : rows) {
    Watch watch;
    for (const auto& tokens : row.counted) {
      Request request;
      request.wanted.thinking = "on";
      Response response;
      response.outcome = Outcome::Answered;
      response.usage.reasoning_tokens = tokens;
      watch.see(request, response);
    }
    EXPECT_EQ(watch.cautions("m"), row.said);
  }
}

}  // namespace
}  // namespace leitai
