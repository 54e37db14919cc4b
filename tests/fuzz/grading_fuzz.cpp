// Graders over any bytes: a verdict always comes, what is extracted stands in the text, an answer
// equals itself.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "suites/extractors/answer_list.h"
#include "suites/extractors/choice.h"
#include "suites/extractors/declared.h"
#include "suites/extractors/math_answer.h"
#include "suites/ifeval/checker.h"
#include "suites/math/equivalence.h"

namespace {

/// Every kind of verifiable instruction of one language; what is strictly followed is so loosely.
void check_instructions_of(std::string_view text, const char* language) {
  static const nlohmann::json kGiven = nlohmann::json::parse(R"({
    "keywords": ["a"], "forbidden_words": ["zz"], "keyword": "a", "letter": "a", "language": "en",
    "first_word": "a", "postscript_marker": "P.S.", "section_spliter": "Section", "end_phrase": "a",
    "prompt_to_repeat": "a", "ending": "a", "forbidden_char": "a", "word_to_accentuate": {"a": "b"},
    "frequency": 1, "let_frequency": 1, "num_sentences": 1, "num_words": 1, "num_letters": 1,
    "num_paragraphs": 1, "nth_paragraph": 1, "num_placeholders": 1, "num_bullets": 1,
    "num_items": 1, "num_highlights": 1, "num_sections": 1, "capital_frequency": 1,
    "kanji_limit": 1, "count": 1, "relation": "at least", "let_relation": "at least",
    "capital_relation": "at least"})");
  nlohmann::json ids = nlohmann::json::array(), kwargs = nlohmann::json::array();
  for (const std::string& type : leitai::ifeval::types_of(language)) {
    ids.push_back(type);
    kwargs.push_back(kGiven);
  }
  const auto verdicts = leitai::ifeval::check_instructions(text, ids, kwargs, language);
  for (std::size_t i = 0; i < ids.size(); ++i)
    LEITAI_CHECK(verdicts.loose[i] || !verdicts.strict[i], ids[i].get<std::string>());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leitai;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t bar = std::min(text.find('\n'), text.size());
  const math::Reading gold = math::read(text.substr(0, bar));
  const math::Reading answer = math::read(text.substr(std::min(bar + 1, text.size())));
  math::compare(answer, gold, size);
  LEITAI_CHECK(math::compare(gold, gold, size).is_equal, "an answer that is not itself");

  const Folded folded = fold(text);
  const MathAnswer found = math_answer(text, folded, {});
  LEITAI_CHECK(found.begin <= found.end && found.end <= text.size(), "span of math");
  ChoiceOptions options;
  options.options = {{"A", "first"}, {"B", "the second"}, {"C", "3"}, {"D", ""}};
  options.is_multi_select = size % 2 == 1;
  const ChoiceAnswer choice = choice_answer(folded, options);
  LEITAI_CHECK(choice.begin <= choice.end && choice.end <= text.size(), "span of choice");
  LEITAI_CHECK(choice.status || !choice.labels.empty(), "a choice of nothing");
  const AnswerList list = answer_list(folded, 1 + size % 5, "ABCDEFG");
  LEITAI_CHECK(list.begin <= list.end && list.end <= text.size(), "span of blanks");
  for (const bool is_closed : {false, true}) {
    DeclaredOptions words;
    if (is_closed) words.choices = {"yes", "no"};
    const DeclaredAnswer declared = declared_answer(text, folded, words);
    LEITAI_CHECK(declared.begin <= declared.end && declared.end <= text.size(), "span of words");
    LEITAI_CHECK(declared.status || !declared.readings.empty(), "words of nothing");
  }

  constexpr const char* kLanguages[] = {"en", "es", "fr", "ja", "zh"};
  check_instructions_of(text.substr(0, 4096), kLanguages[size % 5]);
  return 0;
}
