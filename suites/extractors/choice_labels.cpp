#include "suites/extractors/choice_labels.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "suites/extractors/words.h"

namespace leitai {

namespace {

using View = std::u32string_view;

bool is_alnum(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= U'0' && c <= U'9');
}
bool is_word(char32_t c) {
  if (c < 0x80) return is_alnum(c) || c == U'_' || c == U'\'';
  return c == 0x2019 || (c >= 0xC0 && c <= 0x24F) || (c >= 0x1E00 && c <= 0x1EFF) ||
         (c >= 0x400 && c <= 0x52F);  // Latin, Cyrillic
}
/// Letters of one script whose words have no mark between their letters; 0 for others.
int script_of(char32_t c) {
  if (c >= 0x620 && c <= 0x6D3) return 1;    // Arabic
  if (c >= 0xE01 && c <= 0xE4E) return 2;    // Thai
  if (c >= 0x3041 && c <= 0x30FE) return 3;  // kana
  if (c >= 0xAC00 && c <= 0xD7A3) return 4;  // Hangul
  return 0;
}

/// Places of the letters by which options are numbered in other scripts, where every order of
/// theirs agrees: Cyrillic a b . g d (the third looks like a Latin B), Thai ko kho kho ngo, Arabic
/// alif ba jim dal. `n` or more for others.
std::size_t local_place(char32_t c, std::size_t n) {
  constexpr View kCyrillic = U"\u0410\u0411 \u0413\u0414";
  constexpr View kThai = U"\u0E01\u0E02\u0E04\u0E07", kArabic = U"\u0623\u0628\u062C\u062F";
  if (n > (c < 0x600 ? 5 : 4)) return n;
  for (const View letters : {kCyrillic, kThai, kArabic}) {
    if (const std::size_t place = letters.find(c); place != View::npos) return place;
  }
  return n;
}

/// "B'dir": the Turkish copula behind a label.
bool is_copula(View suffix) {
  static constexpr std::array<View, 8> kForms{U"dir", U"d\u0131r", U"dur", U"d\u00FCr",
                                              U"tir", U"t\u0131r", U"tur", U"t\u00FCr"};
  return std::find(kForms.begin(), kForms.end(), suffix) != kForms.end();
}

/// Length of a command such as \text that only wraps; 0 for others.
std::size_t wrapper(View text) {
  static constexpr std::array<View, 8> kWrappers{U"\\text",   U"\\textbf", U"\\mathrm",
                                                 U"\\mathbf", U"\\textit", U"\\mbox",
                                                 U"\\textrm", U"\\mathit"};
  for (View name : kWrappers) {
    if (text.starts_with(name) && text.size() > name.size() && text[name.size()] == U'{')
      return name.size();
  }
  return 0;
}

}  // namespace

ChoiceText unwrap(const Folded& folded) {
  ChoiceText out;
  const View text = folded.text;
  out.text.resize(text.size());
  out.from.resize(text.size());
  std::size_t kept = 0;
  std::vector<bool> open;  // of each open brace: does it go
  const auto keep = [&](std::size_t i, char32_t c) {
    out.text[kept] = c;
    out.from[kept++] = static_cast<std::uint32_t>(i);
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == U'$' || c == U'*' || c == U'`') continue;
    if (c == U'_') {
      const bool inside =
          i > 0 && i + 1 < text.size() && is_alnum(text[i - 1]) && is_alnum(text[i + 1]);
      if (inside) keep(i, c);
      continue;
    }
    if (c == U'\\') {
      if (const std::size_t size = wrapper(text.substr(i, 12))) {
        i += size;
        open.push_back(true);
        continue;
      }
      const char32_t next = i + 1 < text.size() ? text[i + 1] : U'\0';
      if (next == U'(' || next == U')' || next == U'[' || next == U']') {
        ++i;
        continue;
      }
      if (next == U' ' || next == U',' || next == U';' || next == U'!') {
        keep(i, U' ');
        ++i;
        continue;
      }
    }
    if (c == U'{') open.push_back(false);
    if (c == U'}' && !open.empty()) {
      const bool goes = open.back();
      open.pop_back();
      if (goes) continue;
    }
    keep(i, c);
  }
  out.text.resize(kept);
  out.from.resize(kept);
  out.lowered = lower(out.text);
  return out;
}

std::vector<LabelToken> find_labels(
    const ChoiceText& source, const std::vector<std::pair<std::string, std::string>>& options) {
  std::unordered_map<std::u32string, std::size_t> labels;
  bool capitals = false, others = false;  // A, B ...; letters beyond ASCII
  std::size_t longest = 0;
  for (std::size_t i = 0; i < options.size(); ++i) {
    std::u32string label = fold(options[i].first).text;
    capitals = capitals || (label.size() == 1 && label[0] >= U'A' && label[0] <= U'Z');
    others = others || (!label.empty() && label[0] >= 0x80);
    longest = std::max(longest, label.size());
    labels.emplace(std::move(label), i);
  }
  std::vector<LabelToken> out;
  const View text = source.text;
  const auto look_up = [&](View run) {
    if (run.size() > longest) return options.size();
    const auto found = labels.find(std::u32string(run));
    return found == labels.end() ? options.size() : found->second;
  };
  for (std::size_t i = 0; i < text.size();) {
    if (!is_word(text[i])) {
      const bool is_local = capitals && ((text[i] >= 0xE01 && text[i] <= 0xE07) ||
                                         (text[i] >= 0x623 && text[i] <= 0x62F));
      if (text[i] >= 0x80 && (others || is_local)) {
        const std::size_t own = others ? look_up(text.substr(i, 1)) : options.size();
        const bool maps = own >= options.size() && is_local;
        const std::size_t label = maps ? local_place(text[i], options.size()) : own;
        const int script = script_of(text[i]);
        const bool alone =
            script == 0 || ((i == 0 || script_of(text[i - 1]) != script) &&
                            (i + 1 >= text.size() || script_of(text[i + 1]) != script));
        // A letter that stands for another is a label only where one is due.
        if (label < options.size() && alone) out.push_back({i, i + 1, {label}, maps});
      }
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && is_word(text[end])) ++end;
    const View run = text.substr(i, end - i);
    // Quotes around a label are no part of it.
    std::size_t first = 0, last = run.size();
    while (first < last && (run[first] == U'\'' || run[first] == 0x2019)) ++first;
    while (last > first && (run[last - 1] == U'\'' || run[last - 1] == 0x2019)) --last;
    const View bare = run.substr(first, last - first);
    LabelToken token{i + first, i + last, {}, false};
    if (bare.empty() || bare.size() > 12) {
      i = end;
      continue;
    }
    const bool number =
        std::all_of(bare.begin(), bare.end(), [](char32_t c) { return c >= U'0' && c <= U'9'; });
    const bool decimal = number && ((i > 1 && text[i - 1] == U'.') ||
                                    (end + 1 < text.size() && text[end] == U'.' &&
                                     text[end + 1] >= U'0' && text[end + 1] <= U'9'));
    if (const std::size_t whole = look_up(bare); whole < options.size() && !decimal) {
      token.labels = {whole};
      out.push_back(std::move(token));
    } else if (capitals && bare.size() == 1 && bare[0] >= 0x410 && bare[0] <= 0x414) {
      if (const std::size_t label = local_place(bare[0], options.size()); label < options.size()) {
        token.labels = {label};
        token.is_lower = true;
        out.push_back(std::move(token));
      }
    } else if (capitals && bare.size() > 4 && (bare[1] == U'\'' || bare[1] == 0x2019) &&
               look_up(bare.substr(0, 1)) < options.size() && is_copula(bare.substr(2))) {
      token.labels = {look_up(bare.substr(0, 1))};
      out.push_back(std::move(token));
    } else if (capitals && bare.size() > 1 && bare[0] >= U'A' && bare[0] <= U'Z') {
      for (std::size_t j = 0; j < bare.size(); ++j) {
        const std::size_t label = look_up(bare.substr(j, 1));
        const bool fits =
            label < options.size() && bare[j] >= U'A' && bare[j] <= U'Z' &&
            std::find(token.labels.begin(), token.labels.end(), label) == token.labels.end();
        if (!fits) {
          token.labels.clear();
          break;
        }
        token.labels.push_back(label);
      }
      if (!token.labels.empty()) out.push_back(std::move(token));
    } else if (capitals && bare.size() == 1 && bare[0] >= U'a' && bare[0] <= U'z') {
      const std::u32string upper(1, bare[0] - U'a' + U'A');
      if (const std::size_t label = look_up(upper); label < options.size()) {
        token.labels = {label};
        token.is_lower = true;
        out.push_back(std::move(token));
      }
    } else if (capitals && bare.size() == 1 && bare[0] >= U'A' && bare[0] <= U'Z') {
      out.push_back(std::move(token));  // no option's label
    }
    i = end;
  }
  return out;
}

}  // namespace leitai
