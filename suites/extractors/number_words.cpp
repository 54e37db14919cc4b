#include "suites/extractors/number_words.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "suites/extractors/answer_markers.h"
#include "suites/extractors/words.h"

namespace leitai {

namespace {

using View = std::u32string_view;

/// Letters of scripts with a blank or a mark between their words.
bool is_spelled(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') ||
         (c >= 0xC0 && c < 0x0E00 && c != 0xD7 && c != 0xF7 && !(c >= 0x0964 && c <= 0x0965) &&
          c != 0x60C && c != 0x61B && c != 0x61F) ||
         (c >= 0x1E00 && c <= 0x1EFF);
}

/// The word at `at`: letters up to something else.
View word_at(View text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_spelled(text[end])) ++end;
  return text.substr(at, end - at);
}

bool is_one_of(const std::vector<std::u32string>& words, View word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::optional<ScaleWord> scale_word(View text, std::size_t at) {
  using Words = std::vector<std::pair<std::u32string, int>>;
  static const std::unordered_map<char32_t, Words> kByFirst = [] {
    std::unordered_map<char32_t, Words> out;
    for (const auto& one : answer_words().scales) out[one.first[0]].push_back(one);
    return out;
  }();
  if (at >= text.size()) return std::nullopt;
  const std::u32string near = lower(text.substr(at, 24));
  const auto found = kByFirst.find(near[0]);
  if (found == kByFirst.end()) return std::nullopt;
  for (const auto& [word, power] : found->second) {
    if (!near.starts_with(word)) continue;
    // "hundred-dollar bills" are not hundreds of bills.
    const char32_t next = word.size() < near.size() ? near[word.size()] : U'\0';
    if (is_spelled(word.back()) && (is_spelled(next) || next == U'-')) continue;
    return ScaleWord{at + word.size(), power};
  }
  return std::nullopt;
}

std::optional<NumberToken> numeral_words(View lowered) {
  const AnswerWords& words = answer_words();
  std::size_t at = 0;
  const auto skip_marks = [&] {
    while (at < lowered.size() && !is_spelled(lowered[at]) && is_markup_only(lowered.substr(at, 1)))
      ++at;
  };
  skip_marks();
  for (bool again = true; again;) {
    again = false;
    for (const std::u32string& lead : words.leads) {
      const std::size_t end = at + lead.size();
      if (!lowered.substr(at).starts_with(lead) || (end < lowered.size() && lowered[end] != U' '))
        continue;
      at = end;
      skip_marks();
      again = true;
    }
  }
  NumberToken out;
  out.begin = at;
  Number total, group;  // what has been multiplied, and what waits for it
  std::size_t n_words = 0;
  int last = -1;  // the unit read last, below 100; -1 behind a scale
  bool is_open = false;
  while (true) {
    const View word = word_at(lowered, at);
    if (word.empty()) break;
    const auto unit = std::find_if(words.units.begin(), words.units.end(),
                                   [&](const auto& one) { return one.first == word; });
    const auto scale = std::find_if(words.scales.begin(), words.scales.end(),
                                    [&](const auto& one) { return one.first == word; });
    if (unit != words.units.end()) {
      const bool follows = last >= 20 && last % 10 == 0 && unit->second > 0 && unit->second < 10;
      if (last >= 0 && !follows) break;
      group = group.plus(Number::integer(unit->second));
      last = unit->second;
    } else if (scale != words.scales.end() && (is_open || n_words > 0)) {
      if (is_open || group.is_zero()) group = Number::integer(1);
      if (scale->second == 2) {
        group = group.times_power_of_ten(2);
      } else {
        total = total.plus(group.times_power_of_ten(scale->second));
        group = Number();
      }
      last = -1;
    } else if (n_words == 0 && !is_open && is_one_of(words.articles, word)) {
      is_open = true;
      at = std::min(lowered.size(), at + word.size() + 1);
      continue;
    } else {
      break;
    }
    is_open = false;
    ++n_words;
    at += word.size();
    out.end = at;
    const bool is_comma = last < 0 && lowered.substr(at).starts_with(U", ");
    if (is_comma) ++at;  // "five thousand, three hundred"
    if (at >= lowered.size() || (lowered[at] != U' ' && lowered[at] != U'-')) break;
    ++at;
    const View next = word_at(lowered, at);
    if (last < 0 && is_one_of(words.between, next)) at += next.size() + 1;
    if (at >= lowered.size()) break;
  }
  if (n_words == 0) return std::nullopt;
  out.value = total.plus(group);
  out.is_plain = false;
  for (const View half : {View(U" and a half"), View(U" and one half"), View(U" and one-half")}) {
    const View rest = lowered.substr(std::min(out.end, lowered.size()));
    if (!rest.starts_with(half) || (rest.size() > half.size() && is_spelled(rest[half.size()])))
      continue;
    out.value = out.value.plus(*Number::integer(1).divided_by(Number::integer(2)));
    out.end += half.size();
    break;
  }
  if (n_words == 1 && out.value == Number::integer(1) && out.end < lowered.size() &&
      (lowered[out.end] == U'-' || is_one_of(words.not_behind_one, word_at(lowered, out.end + 1))))
    return std::nullopt;
  return out;
}

}  // namespace leitai
