// Graders over any bytes: a verdict always comes, what is extracted stands in the text, an answer
// equals itself.
#include <cstddef>
#include <cstdint>

#include "harness/core/error.h"
#include "suites/extractors/answer_list.h"
#include "suites/extractors/choice.h"
#include "suites/extractors/declared.h"
#include "suites/extractors/math_answer.h"
#include "suites/math/equivalence.h"

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
  return 0;
}
