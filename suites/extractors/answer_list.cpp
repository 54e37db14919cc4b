#include "suites/extractors/answer_list.h"

#include <algorithm>
#include <map>
#include <optional>

#include "suites/extractors/answer_markers.h"
#include "suites/extractors/words.h"

namespace leitai {

namespace {

using View = std::u32string_view;

constexpr std::size_t kMarkers = 200;  // the last ones: a text of nothing else is still read fast
constexpr std::size_t kBehind = 4000;  // code points behind a marker

bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool is_latin(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= 0xC0 && c <= 0x24F);
}
bool is_letter(char32_t c) { return is_latin(c) || c > 0x2E80; }
bool is_mark(char32_t c) {  // beyond ASCII, of Chinese text
  return (c >= 0x3000 && c <= 0x303F) || (c >= 0xFF00 && c <= 0xFF65);
}

/// A label, with the number of its blank where that stands before it.
struct Entry {
  std::optional<int> number;
  char32_t label;
  std::size_t begin, end;
};

struct Line {
  std::vector<Entry> entries;
  std::size_t n_leading = 0;  // of them before any other words
  bool is_pure = true;        // nothing but numbers, labels and marks
};

/// Tags around answers, which the official prompts of gaokao-bench ask for.
constexpr View kTags[] = {U"<eoa>", U"<eoe>"};

class Scan {
 public:
  Scan(const Folded& text, std::size_t n_blanks, std::string_view labels)
      : folded_(text), text_(text.text), n_(n_blanks), labels_(labels) {}

  AnswerList run() {
    std::vector<std::size_t> markers = find_answer_markers(lower(folded_.text));
    if (markers.size() > kMarkers)
      markers.erase(markers.begin(), markers.end() - static_cast<std::ptrdiff_t>(kMarkers));
    std::vector<Entry> each;  // one declaration a blank
    std::optional<std::vector<Entry>> whole, some;
    for (const std::size_t marker : markers) {
      std::vector<Entry> found = behind(marker);
      if (found.empty()) continue;
      if (found.size() == 1) each.push_back(found[0]);
      if (found.size() >= n_) whole = found;
      some = std::move(found);
    }
    if (whole) return assemble(*whole, "marker");
    if (each.size() == n_) return assemble(each, "markers");
    if (const auto lines = pure_lines(); lines.size() >= n_) return assemble(lines, "lines");
    if (some) return assemble(*some, "marker");
    return assemble(pure_lines(), "lines");
  }

 private:
  bool is_label(char32_t c) const {
    return c < 0x80 && labels_.find(static_cast<char>(c)) != std::string_view::npos;
  }

  Line read_line(std::size_t begin, std::size_t end) const {
    Line out;
    std::optional<int> number;
    const auto other_words = [&] {
      if (out.is_pure) out.n_leading = out.entries.size();
      out.is_pure = false;
    };
    for (std::size_t i = begin; i < end;) {
      const char32_t c = text_[i];
      const auto tag = std::find_if(std::begin(kTags), std::end(kTags), [&](View name) {
        return View(text_).substr(i, name.size()) == name;
      });
      if (tag != std::end(kTags)) {
        i += tag->size();
      } else if (is_digit(c)) {
        int value = 0;
        std::size_t digits = 0;
        for (; i < end && is_digit(text_[i]); ++i, ++digits)
          value = value < 10000 ? value * 10 + static_cast<int>(text_[i] - U'0') : value;
        // "36-40": the first number counts.
        const bool ends_range = number && i > begin + digits &&
                                (text_[i - digits - 1] == U'-' || text_[i - digits - 1] == U'~');
        if (!ends_range) number = value;
      } else if (is_latin(c)) {
        std::size_t stop = i;
        while (stop < end && is_latin(text_[stop])) ++stop;
        const bool fits = stop - i <= std::max<std::size_t>(n_, 1) &&
                          std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(i),
                                      text_.begin() + static_cast<std::ptrdiff_t>(stop),
                                      [&](char32_t one) { return is_label(one); });
        if (!fits) other_words();
        for (std::size_t at = i; fits && at < stop; ++at) {
          out.entries.push_back({number, text_[at], at, at + 1});
          if (number) ++*number;
        }
        i = stop;
      } else {
        if (is_letter(c) && !is_mark(c) && c != 0x7B2C && c != 0x9898 && c != 0x7A7A)
          other_words();  // but for "No.", "question" and "blank" in Chinese
        ++i;
      }
    }
    if (out.is_pure) out.n_leading = out.entries.size();
    return out;
  }

  std::size_t line_end(std::size_t begin) const {
    return std::min(text_.find(U'\n', begin), text_.size());
  }

  /// The rest of the marker's line, and lines behind it as long as they hold only answers, or begin
  /// with the number of a blank and its answer.
  std::vector<Entry> behind(std::size_t marker) const {
    std::vector<Entry> out;
    std::size_t begin = std::min(marker, text_.size());
    const std::size_t limit = std::min(text_.size(), begin + kBehind);
    for (bool first = true; begin <= limit; first = false) {
      const std::size_t end = std::min(limit, line_end(begin));
      Line line = read_line(begin, end);
      if (!line.is_pure) {
        const bool is_listed = line.n_leading > 0 && line.entries[0].number.has_value();
        if (is_listed || (first && line.n_leading > 0)) {
          line.entries.resize(line.n_leading);
        } else if (!first) {
          break;
        }
      }
      out.insert(out.end(), line.entries.begin(), line.entries.end());
      if (out.size() >= n_ || end >= limit) break;
      begin = end + 1;
    }
    return out;
  }

  std::vector<Entry> pure_lines() const {
    std::vector<Entry> out;
    for (std::size_t begin = 0; begin < text_.size();) {
      const std::size_t end = line_end(begin);
      Line line = read_line(begin, end);
      if (line.is_pure) out.insert(out.end(), line.entries.begin(), line.entries.end());
      begin = end + 1;
    }
    return out;
  }

  AnswerList assemble(const std::vector<Entry>& entries, const char* tier) const {
    AnswerList out;
    if (entries.empty()) return out;
    std::map<int, char32_t> by_number;
    for (const Entry& one : entries) {
      if (one.number) by_number[*one.number] = one.label;
    }
    if (by_number.size() == n_) {
      for (const auto& [number, label] : by_number)
        out.labels.emplace_back(1, static_cast<char>(label));
    } else {
      for (const Entry& one : entries) {
        if (out.labels.size() < n_) out.labels.emplace_back(1, static_cast<char>(one.label));
      }
    }
    out.labels.resize(n_);
    out.begin = folded_.from[entries.front().begin];
    out.end = folded_.from[entries.back().end];
    out.tier = tier;
    return out;
  }

  const Folded& folded_;
  View text_;
  std::size_t n_;
  std::string_view labels_;
};

}  // namespace

AnswerList answer_list(const Folded& text, std::size_t n_blanks, std::string_view labels) {
  return Scan(text, n_blanks, labels).run();
}

}  // namespace leitai
