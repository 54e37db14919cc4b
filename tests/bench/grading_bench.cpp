// Speed of the extractors and graders on answers of ordinary length, one thread.
//   bench_grading [ROUNDS]

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "suites/extractors/choice.h"
#include "suites/extractors/math_answer.h"
#include "suites/extractors/numeric.h"
#include "suites/math/equivalence.h"
#include "suites/scorers/workbench.h"

namespace leitai {
namespace {

volatile std::size_t sink;

/// Best of the rounds, in microseconds.
double best_of(int rounds, const std::function<void()>& work) {
  double best = 1e300;
  for (int i = 0; i < rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    best = std::min(
        best, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
                  .count());
  }
  return best;
}

std::string essay(std::string_view end) {
  std::string out;
  while (out.size() < 1400)
    out +=
        "Let us consider each option in turn. The pressure rises with the temperature of 25 "
        "degrees, so the volume has to follow it, as $V = nRT/p$ says. ";
  return out + "\n\n" + std::string(end);
}

void text_speed(int rounds, const char* name, const std::string& text,
                const std::function<void(const Folded&)>& extract) {
  constexpr int kTexts = 200;
  const double us = best_of(rounds, [&] {
    for (int i = 0; i < kTexts; ++i) extract(fold(text));
  });
  fmt::print("{:<24}{:>8.1f} us an answer of {} bytes, {:.0f} MB/s\n", name, us / kTexts,
             text.size(), static_cast<double>(text.size()) * kTexts / us);
}

/// A whole scorer: thought split off, answer extracted and compared.
void scorer_speed(int rounds, const char* name, const std::string& text, const char* scorer,
                  const std::string& gold, const nlohmann::json& fields) {
  constexpr int kTexts = 200;
  const std::vector<std::string> golds{gold};
  GradeInput input;
  input.text = text;
  input.gold = golds;
  input.finish_reason = "stop";
  input.fields = &fields;
  const Scorer& one = find_scorer(scorer);
  const double us = best_of(rounds, [&] {
    for (int i = 0; i < kTexts; ++i) sink = one.grade(input).why.size();
  });
  fmt::print("{:<24}{:>8.1f} us an answer of {} bytes, {:.0f} MB/s\n", name, us / kTexts,
             text.size(), static_cast<double>(text.size()) * kTexts / us);
}

void run(int rounds) {
  const ChoiceOptions options{
      {{"A", "It falls"}, {"B", "It rises"}, {"C", "It stays"}, {"D", "It swings"}}};
  const std::string choice = essay("The answer is **B**."), number = essay("The answer is 42."),
                    formula = essay("The answer is \\boxed{\\frac{\\sqrt{3}}{2}}.");
  text_speed(rounds, "fold", choice, [](const Folded& text) { sink = text.size(); });
  text_speed(rounds, "choice", choice,
             [&](const Folded& text) { sink = choice_answer(text, options).labels.size(); });
  text_speed(rounds, "numeric", number,
             [](const Folded& text) { sink = numeric_answer(text, {}).extracted.size(); });
  text_speed(rounds, "math, extraction", formula,
             [&](const Folded& text) { sink = math_answer(formula, text, {}).extracted.size(); });
  const nlohmann::json fields{
      {"options", {{"A", "It falls"}, {"B", "It rises"}, {"C", "It stays"}, {"D", "It swings"}}}};
  scorer_speed(rounds, "scorer choice", choice, "choice", "B", fields);
  scorer_speed(rounds, "scorer numeric", number, "numeric", "42", {});
  std::string thinking = "<think>" + choice + "</think>\n\n" + number;
  scorer_speed(rounds, "scorer numeric, thought", thinking, "numeric", "42", {});
  scorer_speed(rounds, "scorer chrf", number.substr(0, 400), "chrf", number.substr(30, 400), {});
  scorer_speed(rounds, "scorer bleu", number.substr(0, 400), "bleu", number.substr(30, 400), {});
  const std::vector<std::pair<const char*, const char*>> pairs{
      {"\\frac{\\sqrt{3}}{2}", "\\sin 60^\\circ"},
      {"(x+1)(x+2)", "x^2+3x+2"},
      {"12", "12"},
      {"\\frac{3}{4}", "0.75"},
      {"(-\\infty,3]", "x\\le 3"},
      {"2, -5", "x=-5 \\text{ or } x=2"},
      {"\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{bmatrix}1\\\\2\\end{bmatrix}"},
      {"\\sin 2x", "2\\sin x\\cos x"}};
  for (const auto& [gold, answer] : pairs) {
    const double us = best_of(rounds, [&gold = gold, &answer = answer] {
      for (int i = 0; i < 100; ++i)
        sink = math::compare(math::read(answer), math::read(gold), 1).is_equal;
    });
    fmt::print("{:<24}{:>8.1f} us a comparison, {:.0f} a second ({})\n", gold, us / 100, 1e8 / us,
               answer);
  }
}

}  // namespace
}  // namespace leitai

int main(int argc, char** argv) { leitai::run(argc > 1 ? std::max(1, std::atoi(argv[1])) : 20); }
