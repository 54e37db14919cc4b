#include "suites/question_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "harness/core/random.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

bool is_ascii_word(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= U'0' && c <= U'9');
}

/// What may stand between a label and its option: ASCII and full-width forms.
bool is_label_end(char32_t c) {
  return c == U'.' || c == U')' || c == U':' || c == 0xFF0E || c == 0x3001 || c == 0xFF09 ||
         c == 0xFF1A;
}

bool is_open(char32_t c) { return c == U'(' || c == 0xFF08; }
bool is_blank_char(char32_t c) { return c == U' ' || c == U'\t' || c == 0x3000 || c == 0xA0; }

/// A letter that begins an option: nothing of a word before it, a mark behind it.
struct Mark {
  char letter;
  std::size_t begin, end;  // code points, marks included
};

std::vector<Mark> find_marks(std::u32string_view text) {
  std::vector<Mark> out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < U'A' || text[i] > U'Z') continue;
    if (i > 0 && (is_ascii_word(text[i - 1]) || text[i - 1] == U'.' || text[i - 1] == U'{' ||
                  text[i - 1] == U'\\'))
      continue;
    std::size_t end = i + 1;
    while (end < text.size() && is_blank_char(text[end])) ++end;
    if (end >= text.size() || !is_label_end(text[end])) continue;
    const bool opened = i > 0 && is_open(text[i - 1]);
    const bool closes = text[end] == U')' || text[end] == 0xFF09;
    if (opened && !closes) continue;
    out.push_back({static_cast<char>(text[i]), opened ? i - 1 : i, end + 1});
  }
  return out;
}

std::string text_between(std::u32string_view text, std::size_t begin, std::size_t end) {
  while (begin < end && (is_blank_char(text[begin]) || text[begin] == U'\n')) ++begin;
  while (end > begin && (is_blank_char(text[end - 1]) || text[end - 1] == U'\n')) --end;
  return to_utf8(text.substr(begin, end - begin));
}

Reordered reorder(const Options& options, const std::vector<std::size_t>& source) {
  Reordered out;
  out.moved.resize(options.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    out.options.emplace_back(options[i].first, options[source[i]].second);
    out.moved[source[i]] = i;
  }
  return out;
}

}  // namespace

Options label_options(std::vector<std::string> texts) {
  Options out;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const char letter = static_cast<char>('A' + i);
    std::u32string wide = to_utf32(texts[i].substr(0, 64));
    std::size_t at = 0;
    while (at < wide.size() && is_blank_char(wide[at])) ++at;
    const std::vector<Mark> marks = find_marks(wide);
    if (!marks.empty() && marks[0].begin == at && marks[0].letter == letter) {
      wide = to_utf32(texts[i]);
      texts[i] = text_between(wide, marks[0].end, wide.size());
    }
    out.emplace_back(std::string(1, letter), std::move(texts[i]));
  }
  return out;
}

Options options_within(std::string_view question) {
  const std::u32string text = to_utf32(question);
  const std::vector<Mark> marks = find_marks(text);
  for (std::size_t first = marks.size(); first-- > 0;) {
    if (marks[first].letter != 'A') continue;
    std::vector<Mark> list{marks[first]};
    for (std::size_t i = first + 1; i < marks.size(); ++i) {
      if (marks[i].letter == list.back().letter + 1) list.push_back(marks[i]);
    }
    if (list.size() < 2 || list.back().letter != static_cast<char>('A' + list.size() - 1)) break;
    const char last =
        std::max_element(marks.begin() + static_cast<std::ptrdiff_t>(first), marks.end(),
                         [](const Mark& a, const Mark& b) { return a.letter < b.letter; })
            ->letter;
    if (last != list.back().letter) break;  // a letter of the list is missing
    Options out;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::size_t end = i + 1 < list.size() ? list[i + 1].begin : text.size();
      out.emplace_back(std::string(1, list[i].letter), text_between(text, list[i].end, end));
    }
    return out;
  }
  return {{"A", ""}, {"B", ""}, {"C", ""}, {"D", ""}};
}

std::string list_options(const Options& options) {
  std::string out;
  for (const auto& [label, text] : options)
    out += fmt::format("{}{}. {}", out.empty() ? "" : "\n", label, text);
  return out;
}

Reordered rotate_options(const Options& options, std::size_t steps) {
  std::vector<std::size_t> source(options.size());
  for (std::size_t i = 0; i < source.size(); ++i) source[i] = (i + steps) % source.size();
  return reorder(options, source);
}

Reordered shuffle_options(const Options& options, std::uint64_t seed) {
  std::vector<std::size_t> source(options.size());
  std::iota(source.begin(), source.end(), 0);
  SplitMix64 random(seed);
  for (std::size_t i = source.size(); i > 1; --i) std::swap(source[i - 1], source[random.below(i)]);
  return reorder(options, source);
}

}  // namespace leitai
