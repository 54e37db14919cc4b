#include "suites/extractors/answer_markers.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "suites/extractors/words.h"

namespace leitai {

namespace {

using View = std::u32string_view;
constexpr std::size_t kNone = View::npos;

bool is_letter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }
bool is_word(char32_t c) { return is_letter(c) || (c >= U'0' && c <= U'9'); }
bool is_latin_or_cyrillic(char32_t c) {
  return is_letter(c) || (c >= 0xC0 && c <= 0x24F) || (c >= 0x400 && c <= 0x52F) ||
         (c >= 0x1E00 && c <= 0x1EFF);
}

bool is_markup(char32_t c) {
  constexpr View kMarks = U" \t\r*_`$#>:=~|[](){}\\\"'.,!\u3002\u3010\u3011\u300C\u300D";
  return kMarks.find(c) != kNone;
}

std::size_t skip(View text, std::size_t at, View characters) {
  while (at < text.size() && characters.find(text[at]) != kNone) ++at;
  return at;
}

/// "answer" needs a verb or a colon behind it. Returns where the tail begins, or none.
std::size_t after_english(View text, std::size_t begin, std::size_t end) {
  std::size_t at = skip(text.substr(0, std::min(text.size(), end + 8)), end, U" *_`\"'");
  if (at < text.size() && (text[at] == U':' || text[at] == U'=')) return at + 1;
  static constexpr std::array<View, 11> kVerbs{
      U"is",      U"was",      U"are",          U"would be", U"will be", U"should be",
      U"must be", U"comes to", U"comes out to", U"equals",   U"becomes"};
  const View rest = text.substr(at);
  for (View verb : kVerbs) {
    if (rest.starts_with(verb) && (rest.size() == verb.size() || !is_word(rest[verb.size()])))
      return at + verb.size();
  }
  static constexpr std::array<View, 7> kLinks{U"to ", U"for ", U"of ", U"in ", U", ", U"(", U"as "};
  if (std::any_of(kLinks.begin(), kLinks.end(),
                  [&](View link) { return rest.starts_with(link); })) {
    const View near = rest.substr(0, 90);
    for (std::size_t i = 0; i < near.size(); ++i) {
      const char32_t c = near[i];
      if (c == U'\n' || c == U'!' || c == U'?' || c == U'.') break;
      if (c == U':') return at + i + 1;
      if (near.substr(i).starts_with(U" is") && (i + 3 == near.size() || !is_word(near[i + 3])))
        return at + i + 3;
    }
    return kNone;
  }
  // A heading: "Final answer" alone on its line.
  const std::size_t line_end = end + std::min(text.substr(end, 16).find(U'\n'),
                                              std::min<std::size_t>(16, text.size() - end));
  if (line_end - end > 12 || !is_markup_only(text.substr(end, line_end - end)) ||
      line_end == text.size())
    return kNone;
  std::size_t line = begin;
  while (line > 0 && begin - line < 32 && text[line - 1] != U'\n') --line;
  std::u32string head(text.substr(line, begin - line));
  for (View word : {View(U"final"), View(U"the"), View(U"my")}) {
    if (const std::size_t found = head.find(word); found != kNone) head.erase(found, word.size());
  }
  return (line == 0 || text[line - 1] == U'\n') && is_markup_only(head) ? line_end : kNone;
}

}  // namespace

bool is_markup_only(View text) { return std::all_of(text.begin(), text.end(), is_markup); }

std::vector<std::size_t> find_answer_markers(View lowered) {
  static const std::unordered_map<char32_t, std::vector<std::u32string>> kByFirst = [] {
    std::unordered_map<char32_t, std::vector<std::u32string>> out;
    for (const std::u32string& word : answer_words().markers) out[word[0]].push_back(word);
    return out;
  }();
  static const std::array<bool, 128> kAsciiFirst = [] {
    std::array<bool, 128> out{};
    for (const auto& [first, words] : kByFirst) {
      if (first < 128) out[first] = true;
    }
    return out;
  }();
  constexpr View kAnswer = U"answer";
  std::vector<std::size_t> out;
  const auto add = [&](std::size_t end) {
    for (const std::u32string& word : answer_words().negations) {
      if (lowered.substr(std::min(end, lowered.size())).starts_with(word)) return;
    }
    out.push_back(end);
  };
  for (std::size_t at = 0; at < lowered.size(); ++at) {
    const char32_t c = lowered[at];
    const bool word_before = at > 0 && is_word(lowered[at - 1]);
    if (c == U'a' && !word_before && lowered.substr(at).starts_with(kAnswer)) {
      std::size_t end = at + kAnswer.size();
      if (end < lowered.size() && lowered[end] == U's') ++end;
      if (end < lowered.size() && is_word(lowered[end])) continue;
      if (const std::size_t tail = after_english(lowered, at, end); tail != kNone) add(tail);
      at = end - 1;
      continue;
    }
    if (c < 128 && !kAsciiFirst[c]) continue;
    const auto found = kByFirst.find(c);
    if (found == kByFirst.end()) continue;
    for (const std::u32string& word : found->second) {
      if (!lowered.substr(at).starts_with(word)) continue;
      const std::size_t end = at + word.size();
      if (is_latin_or_cyrillic(c) &&
          (word_before || (at > 0 && is_latin_or_cyrillic(lowered[at - 1])) ||
           (end < lowered.size() && is_latin_or_cyrillic(lowered[end]))))
        continue;
      add(end);
      at = end - 1;
      break;
    }
  }
  return out;
}

Range marker_tail(View text, View lowered, std::size_t begin) {
  const auto line_end = [&](std::size_t at) { return std::min(text.find(U'\n', at), text.size()); };
  begin = std::min(begin, text.size());
  // Far enough to see the tail; a line is read on only where it holds nothing else.
  std::size_t end = begin + std::min(text.substr(begin, 400).find(U'\n'),
                                     std::min<std::size_t>(400, text.size() - begin));
  if (is_markup_only(text.substr(begin, end - begin))) {
    end = line_end(end);
    do {
      if (end >= text.size()) return {text.size(), text.size()};
      begin = end + 1;
      end = line_end(begin);
    } while (is_markup_only(text.substr(begin, end - begin)));
  }
  const std::size_t limit = std::min(end, begin + 120);
  std::size_t stop = begin;
  for (; stop < limit; ++stop) {
    const char32_t c = text[stop];
    if (stop > begin && (c == 0x3002 || c == 0xFF61 || c == 0x964)) break;
    if (c != U'.' && c != U'!' && c != U'?' && c != U';') continue;
    if (stop + 1 < end && text[stop + 1] != U' ') continue;
    std::size_t word = stop;
    while (word > begin && is_latin_or_cyrillic(lowered[word - 1])) --word;
    const View before = lowered.substr(word, stop - word);
    const auto& shorts = answer_words().abbreviations;
    if (c == U'.' && std::find(shorts.begin(), shorts.end(), before) != shorts.end()) continue;
    if (is_markup_only(text.substr(begin, stop - begin))) continue;
    break;
  }
  // A number at the limit is read to its end.
  while (stop == limit && stop < end && stop < begin + 200 && is_word(text[stop]) &&
         is_word(text[stop - 1]))
    ++stop;
  return {begin, stop};
}

}  // namespace leitai
