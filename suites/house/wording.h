#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace leitai::house {

/// The file wordings/NAME, which must be there.
nlohmann::json wording_file(std::string_view name);

/// A fact or a question, free of any language: the key of a sentence and what fills it.
struct Sentence {
  std::string key;
  int a = -1;  // people, as positions in the list of names
  int b = -1;
  int c = -1;
  int thing = -1;      // position in the list of things
  std::int64_t n = 0;  // {n}, and {count} of `thing`
  std::int64_t k = 0;  // {k}
  std::string text;    // {text}: a price or a fraction, the same in every language
  int weekday = -1;    // {weekday}: 0 is Monday
  std::string from;    // "2031-03-05": {date}, and {month} its month and year; "22:45": {start}
  std::string to;      // {until}; {end}
};

/// The sentences of one generator in one language, from wordings/<name>.<language>.json:
///   names      list of names
///   things     list of {count, in, howmany, plural, the}: the words for so many of them, the same
///   as a subject, "how many of
///              them", and two further forms that the sentences use as the language needs
///   sentences  key -> text with {a} {b} {c} {n} {k} {text} {count} {in} {howmany} {plural} {the}
///              also {n:a|b|c} and {k:a|b|c}, the form that the class of the number picks; {each}
///              of a thing ("each": its price is for one); {nth}, of the list "ordinals"
///   date, months, month   how a date is written, with {d} {m} {y}, and a month of a year;
///   date_first where the first day of a month differs, month_names where a month alone does
///   weekdays   from Monday
///   long, short   the instruction lines
///   joiner, decimal   what stands between sentences, and the decimal mark of prices
/// `count` and `in` are one pattern, or one for each class of number: of Arabic {"few": 3-10,
/// "many": 11-99, "hundred": others}; with "plural": "slavic" {"one": 1, 21, ..., "few": 2-4,
/// 22-24, ..., "many": others}.
class Wording {
 public:
  /// Throws Error for a name or language that is not embedded.
  Wording(std::string_view name, std::string_view language);

  std::string say(const Sentence& sentence) const;
  const std::string& instruction(bool is_short) const { return is_short ? short_ : long_; }
  std::size_t names() const { return names_.size(); }
  const std::string& joiner() const { return joiner_; }

 private:
  struct Thing {
    std::array<std::string, 3> count;  // patterns around {n}, one for each class of number
    std::array<std::string, 3> in;     // the same as a subject
    std::string howmany, plural, the, each;
  };
  std::string date_in(const std::string& pattern, const std::string& iso,
                      const std::vector<std::string>& months) const;
  std::size_t class_of(std::int64_t n) const;

  std::vector<std::string> names_;
  std::vector<Thing> things_;
  std::map<std::string, std::string, std::less<>> sentences_;
  std::string date_, date_first_, month_;
  std::vector<std::string> months_, month_names_, weekdays_, ordinals_;
  bool is_slavic_ = false;
  std::string long_, short_, joiner_, decimal_;
};

/// Languages that have a wording of this name, English first.
std::vector<std::string> languages_of(std::string_view name);

}  // namespace leitai::house
