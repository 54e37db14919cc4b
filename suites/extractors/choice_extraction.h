#pragma once

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "suites/extractors/choice.h"
#include "suites/extractors/choice_labels.h"
#include "suites/extractors/choice_words.h"

namespace leitai {

/// The tiers of A4.2 over one text. Linear.
class ChoiceExtraction {
 public:
  using View = std::u32string_view;

  ChoiceExtraction(const Folded& folded, const ChoiceOptions& options)
      : folded_(folded),
        options_(options),
        source_(unwrap(folded)),
        text_(source_.text),
        low_(source_.lowered),
        words_(choice_words()),
        tokens_(find_labels(source_, options.options)) {
    join_options_of_labels();
  }

  ChoiceAnswer run();

 private:
  static constexpr std::size_t kNone = View::npos;

  static bool is_blank_or_mark(char32_t c) {
    constexpr View kMarks =
        U" \t\r\n\"'()[]<>:\u201C\u201D\u2018\u2019\u3010\u3011\u300C\u300D\u300A\u300B.";
    return kMarks.find(c) != kNone;
  }
  static bool ends_sentence(char32_t c) {
    return c == U'!' || c == U'?' || c == U';' || c == 0x3002 || c == 0xFF1B || c == 0x61B;
  }
  static bool is_small(char32_t c) { return c >= U'a' && c <= U'z'; }
  static bool is_letter(char32_t c) { return is_small(c) || (c >= U'A' && c <= U'Z'); }

  struct Found {
    std::size_t token;
    std::size_t at;  // where it ends; the last declaration wins
    int tier;
  };

  void offer(std::size_t token, std::size_t at, int tier) {
    if (!declared_ || at > declared_->at || (at == declared_->at && tier < declared_->tier))
      declared_ = Found{token, at, tier};
  }

  /// Index of the first token that begins at or behind `at`.
  std::size_t token_from(std::size_t at) const {
    return static_cast<std::size_t>(
        std::lower_bound(tokens_.begin(), tokens_.end(), at,
                         [](const LabelToken& t, std::size_t place) { return t.begin < place; }) -
        tokens_.begin());
  }

  /// An option such as "Both A and B", said in full, is one label: its own.
  void join_options_of_labels();

  // What may stand around a label ----------------------------------------------------------------

  /// Past blanks, brackets, quotes and fillers.
  std::size_t skip_fillers(std::size_t at, std::size_t limit) const;

  /// "A man", "I think": letters of the language, not labels.
  bool is_word_of_prose(const LabelToken& token) const;

  bool is_usable(const LabelToken& token) const {
    return !token.labels.empty() && !token.is_lower && !is_word_of_prose(token);
  }

  std::size_t behind(std::size_t at) const;

  /// "B is wrong", "neither B nor C is right" in any language of choice.yaml
  bool is_turned_down(const LabelToken& token) const;

  /// "not B", "rule out B"
  bool is_excluded(const LabelToken& token) const;

  /// Are tokens i and i + 1 parts of one list?
  bool are_joined(std::size_t i) const;

  // Tiers ----------------------------------------------------------------------------------------

  /// "B", "(B)", "B. text", "option B" at the beginning of `range`. Absent where it is something
  /// else.
  struct Line {
    std::size_t token;
    bool is_pure;  // nothing but the label
  };
  std::optional<Line> label_line(std::size_t begin, std::size_t end) const;

  void find_boxed();

  void find_declared();

  /// The verb's characters begin the word for "option".
  bool starts_option(std::size_t at, std::size_t size) const {
    return words_.options.at(low_, at) > size;
  }

  void by_conclusion(std::size_t end);
  void by_verb(std::size_t begin, std::size_t end);

  std::size_t trimmed_end(std::size_t at) const {
    while (at > 0 && text_[at - 1] == U' ') --at;
    return at;
  }

  void by_noun(std::size_t end, bool is_answer);

  /// The label that stands right at `place`.
  bool try_label(std::size_t noun_end, std::size_t gap_end, std::size_t place, int tier);

  bool has_colon(std::size_t begin, std::size_t end) const {
    return text_.substr(begin, end - begin).find_first_of(U":=>\u3011") != kNone;
  }

  /// "is obviously C": the first label of the sentence behind the link.
  bool loose_label(std::size_t noun_end, std::size_t begin);

  /// M4, the last one: "B is correct".
  std::optional<Found> find_praised() const;

  /// One Chinese character may be part of another word.
  bool goes_on(std::size_t at, std::size_t size) const {
    return size == 1 && low_[at] >= 0x3400 && at + 1 < low_.size() && low_[at + 1] >= 0x3400 &&
           low_[at + 1] <= 0x9FFF && words_.right_fillers.at(low_, at + 1) == 0;
  }

  /// Verdicts on each option in a row: "A: wrong B: right", "A - no", check marks. Fills
  /// `verdicts_`.
  void find_verdicts();
  /// +1 right, -1 wrong, 0 none: what is said behind (or before, by a mark that begins the line) of
  /// one label.
  int verdict_behind(const LabelToken& token) const;
  int verdict_before(const LabelToken& token) const;
  /// Is the word that ends at `end` all that is said? "right angle" is no verdict.
  bool ends_verdict(std::size_t end) const;
  /// The options that verdicts call right; absent where there is no such row.
  std::optional<ChoiceAnswer> by_verdicts() const;
  bool is_negated(const LabelToken& token) const {
    return std::any_of(token.labels.begin(), token.labels.end(), [&](std::size_t label) {
      return !verdicts_.empty() && verdicts_[label] < 0;
    });
  }

  /// "All but C are wrong."
  std::optional<Found> find_spared() const;

  /// "A > B", "A beats B": is it the second?
  bool is_beaten(std::size_t token) const;

  /// M5: the whole, the first or the last line is a label.
  std::optional<Found> find_lone_line() const;

  /// M6: one option's own words, and no other's.
  std::optional<std::size_t> option_text() const;

  bool occurs(View text, View wanted) const;

  /// M7: the last label that nobody turned down. Lists of labels are taken as one.
  std::optional<Found> last_label();

  /// "A. No wait, B.": the label that a correction behind `best` names, else `best`.
  Found corrected(const Found& best) const;

  /// Tokens that begin a line of a repeated list of options.
  std::vector<bool> echoed() const;

  // What comes of it -----------------------------------------------------------------------------

  ChoiceAnswer finish(const Found& found) const;

  ChoiceAnswer nothing() const;

  const Folded& folded_;
  const ChoiceOptions& options_;
  const ChoiceText source_;
  View text_, low_;
  const ChoiceWords& words_;
  std::vector<LabelToken> tokens_;
  std::optional<Found> declared_;
  std::vector<int> verdicts_;      // by option: +1, -1, 0; empty where there is no row of verdicts
  std::size_t verdict_token_ = 0;  // the last that is right
  std::size_t last_judged_ = 0;    // the last with a verdict
};

}  // namespace leitai
