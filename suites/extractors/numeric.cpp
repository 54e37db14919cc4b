#include "suites/extractors/numeric.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/core/text.h"
#include "suites/extractors/answer_markers.h"
#include "suites/extractors/boxes.h"
#include "suites/extractors/number_words.h"
#include "suites/extractors/words.h"

namespace leitai {

namespace {

using View = std::u32string_view;
constexpr std::size_t kNone = View::npos;
constexpr std::size_t kScanned = 64 * 1024;  // of the end of the text, by the last tier

bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

struct Pick {
  NumberToken token;
  bool is_ambiguous = false;
};

class Extraction {
 public:
  Extraction(View text, const NumericOptions& options)
      : text_(text), lowered_(lower(text)), options_(options) {
    numbers_.is_eu = has_decimal_comma(options.language);
    numbers_.with_ratios = options.with_ratios;
  }

  NumericAnswer run() {
    NumericAnswer out;
    if (hashes(out) || boxes(out) || markers(out) || bold(out) || last_number(out)) return out;
    out.status = declines(lowered_) ? ScoreStatus::Refused : ScoreStatus::NoAnswer;
    return out;
  }

 private:
  std::vector<NumberToken> numbers(std::size_t begin, std::size_t end) const {
    std::vector<NumberToken> out = numbers_in(text_.substr(begin, end - begin), numbers_);
    // "3,5" alone is a decimal where commas could also separate.
    if (out.size() == 2 && out[0].comma_follows && out[0].end + 1 == out[1].begin &&
        out[1].is_plain && out[1].value.is_integer() && !out[1].comma_follows) {
      const View decimals = text_.substr(begin + out[1].begin, out[1].end - out[1].begin);
      std::string digits;
      for (char32_t c : decimals) {
        if (is_digit(c)) digits += static_cast<char>(c);
      }
      const bool negative = out[0].value.is_less(Number());
      const Number part = Number::decimal("0", digits);
      out[0].value = out[0].value.plus(negative ? part.negated() : part);
      out[0].end = out[1].end;
      out[0].is_decimal = true;
      out[0].is_percent = out[1].is_percent;
      out[0].comma_follows = false;
      out.pop_back();
    }
    for (NumberToken& token : out) {
      token.begin += begin;
      token.end += begin;
    }
    return out;
  }

  /// The number that a short stretch gives: digits first, Chinese numerals where it has none.
  std::optional<Pick> pick(std::size_t begin, std::size_t end) const {
    const View part = text_.substr(begin, end - begin);
    if (part.find(U'=') != kNone) {
      std::optional<Pick> last;
      for (std::size_t stop = end;;) {
        const std::size_t equals = text_.substr(begin, stop - begin).rfind(U'=');
        const std::size_t from = equals == kNone ? begin : begin + equals + 1;
        const auto found = numbers(from, stop);
        if (found.size() == 1 && is_lone(from, stop, found[0])) return Pick{found[0]};
        if (!last && !found.empty()) last = Pick{found[0]};
        if (from == begin) break;
        stop = from - 1;
      }
      if (last) return last;
    }
    const auto found = numbers(begin, end);
    if (found.size() > 1 && is_either(found[0].end, found[1].begin) &&
        !(found[0].value == found[1].value))
      return Pick{found[0], true};
    if (!found.empty()) return Pick{found[0]};
    if (std::any_of(part.begin(), part.end(), is_digit)) return std::nullopt;
    auto numerals = chinese_numerals_in(part);
    if (numerals.empty()) {
      auto spelled = numeral_words(View(lowered_).substr(begin, end - begin));
      if (!spelled) return std::nullopt;
      spelled->begin += begin;
      spelled->end += begin;
      return Pick{*spelled};
    }
    for (NumberToken& token : numerals) {
      token.begin += begin;
      token.end += begin;
    }
    const bool both = numerals.size() > 1 && is_either(numerals[0].end, numerals[1].begin) &&
                      !(numerals[0].value == numerals[1].value);
    return Pick{numerals[0], both};
  }

  /// Nothing is calculated on this side of an equation.
  bool is_lone(std::size_t begin, std::size_t end, const NumberToken& token) const {
    constexpr View kOperators = U"+*/\u00D7\u00F7^-<>";
    for (std::size_t i = begin; i < end; ++i) {
      if (i == token.begin) i = token.end;
      if (i >= end) break;
      if (kOperators.find(text_[i]) != kNone &&
          !(text_[i] == U'*' &&
            ((i + 1 < end && text_[i + 1] == U'*') || (i > begin && text_[i - 1] == U'*'))))
        return false;
    }
    return text_.substr(begin, end - begin).find(U"\\times") == kNone &&
           text_.substr(begin, end - begin).find(U"\\cdot") == kNone;
  }

  bool is_either(std::size_t begin, std::size_t end) const {
    if (end <= begin || end - begin > 24) return false;
    std::u32string between;
    for (std::size_t i = begin; i < end; ++i) {
      if (View(U" *_$`\\").find(text_[i]) == kNone) between += lowered_[i];
    }
    for (const std::u32string& word : answer_words().either) {
      std::u32string bare;
      for (char32_t c : word) {
        if (c != U' ') bare += c;
      }
      if (between == bare) return true;
      // One character of a unit may stand before it, as in "5 ge huo 6 ge".
      if (bare[0] > 0x2E80 && between.size() == bare.size() + 1 && View(between).ends_with(bare))
        return true;
    }
    return false;
  }

  bool take(NumericAnswer& out, const Pick& pick, const char* tier) const {
    out.token = pick.token;
    out.tier = tier;
    out.extracted = display(pick.token);
    out.all = {out.extracted};
    if (pick.is_ambiguous) out.status = ScoreStatus::Ambiguous;
    return true;
  }

  std::string display(const NumberToken& token) const {
    if (!token.ratio.empty()) return token.ratio;
    if (!token.is_plain) return token.value.to_text() + (token.is_percent ? "%" : "");
    std::string out;
    for (char32_t c : text_.substr(token.begin, token.end - token.begin)) {
      if (c < 0x80 &&
          (is_digit(c) || c == U'.' || c == U',' || c == U'/' || c == U'-' || c == U'%'))
        out += static_cast<char>(c);
    }
    if (token.is_percent && out.find('%') == std::string::npos) out += '%';
    return out;
  }

  /// The end of the line at `begin`, at most `most` further.
  std::size_t line_end(std::size_t begin, std::size_t most) const {
    const View near = text_.substr(begin, most);
    return begin + std::min(near.find(U'\n'), near.size());
  }

  /// T1: the last "####" that a number follows; a numbered heading is none.
  bool hashes(NumericAnswer& out) const {
    for (std::size_t at = text_.rfind(U"####"); at != kNone;
         at = at == 0 ? kNone : text_.rfind(U"####", at - 1)) {
      const std::size_t begin = at + 4, end = line_end(begin, 200);
      if (begin < text_.size() && text_[begin] == U'#') continue;
      const auto found = numbers(begin, end);
      const auto picked = found.empty() ? pick(begin, end) : std::optional<Pick>(Pick{found[0]});
      if (!picked || picked->is_ambiguous) continue;
      const std::size_t number = picked->token.begin;
      if (!is_markup_only(text_.substr(begin, std::min(number, end) - begin))) continue;
      const std::size_t after = picked->token.end;
      const bool is_heading = after + 1 < end && (text_[after] == U'.' || text_[after] == U')') &&
                              !is_markup_only(text_.substr(after, end - after));
      if (!is_heading) return take(out, *picked, "T1");
    }
    return false;
  }

  /// T2: the last box; boxes side by side are a list.
  bool boxes(NumericAnswer& out) const {
    const std::vector<Box> found = find_boxes(text_);
    if (found.empty()) return false;
    std::vector<Pick> picks;
    std::size_t first = found.size();
    while (first > 0 &&
           (first == found.size() || are_adjacent(text_, found[first - 1], found[first]))) {
      --first;
      const auto picked = pick_box(found[first]);
      if (picked) picks.push_back(*picked);
    }
    if (picks.empty()) return false;
    std::reverse(picks.begin(), picks.end());
    take(out, picks.back(), "T2");
    if (first > 0) out.flags.push_back("multi_box");
    if (picks.size() > 1) {
      out.all.clear();
      for (const Pick& one : picks) out.all.push_back(display(one.token));
      const bool same = std::all_of(picks.begin(), picks.end(), [&](const Pick& one) {
        return one.token.value == picks[0].token.value;
      });
      if (!same) {
        out.status = ScoreStatus::Multi;
        out.extracted = fmt::format("{}", fmt::join(out.all, ", "));
      }
    }
    return true;
  }

  std::optional<Pick> pick_box(const Box& box) const {
    std::size_t begin = box.begin;
    const std::size_t end = std::min(box.end, box.begin + 2000);
    const std::size_t equals = text_.substr(begin, end - begin).rfind(U'=');
    if (equals != kNone && pick(begin + equals + 1, end)) begin += equals + 1;
    for (const NumberToken& token : numbers(begin, end)) {
      if (token.is_fraction) return Pick{token};
    }
    return pick(begin, end);
  }

  /// T3: the last declaration that a number follows.
  bool markers(NumericAnswer& out) const {
    const std::vector<std::size_t> ends = find_answer_markers(lowered_);
    for (std::size_t i = ends.size(); i-- > 0;) {
      const Range tail = marker_tail(text_, lowered_, ends[i]);
      if (tail.begin >= tail.end) continue;
      if (const auto picked = pick(tail.begin, tail.end)) return take(out, *picked, "T3");
    }
    return false;
  }

  /// T4: the last line is bold from end to end.
  bool bold(NumericAnswer& out) const {
    std::size_t end = text_.size();
    while (end > 0 && View(U" \t\r\n.\u3002").find(text_[end - 1]) != kNone) --end;
    const std::size_t line = end == 0 ? kNone : text_.substr(0, end).rfind(U'\n');
    std::size_t begin = line == kNone ? 0 : line + 1;
    while (begin < end && text_[begin] == U' ') ++begin;
    const View all = text_.substr(begin, end - begin);
    for (View mark : {View(U"**"), View(U"__")}) {
      if (all.size() <= 4 || all.size() > 400 || !all.starts_with(mark) || !all.ends_with(mark))
        continue;
      if (all.substr(2, all.size() - 4).find(mark) != kNone) continue;
      if (const auto picked = pick(begin + 2, end - 2)) return take(out, *picked, "T4");
    }
    return false;
  }

  /// T5: the last number of all, where nothing was declared.
  bool last_number(NumericAnswer& out) const {
    if (options_.is_truncated) return false;
    std::size_t begin = 0;
    if (text_.size() > kScanned) {
      begin = text_.size() - kScanned;
      while (begin < text_.size() && is_digit(text_[begin])) ++begin;
      out.flags.push_back("scan_capped");
    }
    std::vector<NumberToken> found = numbers_in(text_.substr(begin), numbers_);
    if (found.empty()) {
      std::size_t end = text_.size();
      while (end > begin && View(U" \t\r\n").find(text_[end - 1]) != kNone) --end;
      const std::size_t line = end == 0 ? kNone : text_.substr(0, end).rfind(U'\n');
      begin = std::max(begin, line == kNone ? 0 : line + 1);
      found = chinese_numerals_in(text_.substr(begin, end - std::min(begin, end)));
    }
    if (found.empty()) return false;
    for (NumberToken& token : found) {
      token.begin += begin;
      token.end += begin;
    }
    out.flags.push_back("fallback");
    return take(out, {result_among(found)}, "T5");
  }

  /// The last number that is a result: not one of a closing remark, of a bracket behind another
  /// number or of a reason behind it; an amount in bold comes before plain ones of its line.
  NumberToken result_among(const std::vector<NumberToken>& found) const {
    std::size_t n = found.size();
    const std::size_t stop = closing_begin(found[0].end);
    while (n > 1 && found[n - 1].begin >= stop) --n;
    const NumberToken& last = found[n - 1];
    const std::size_t line = line_begin(last.begin);
    std::size_t first = n - 1;  // of the last line
    while (first > 0 && found[first - 1].begin >= line) --first;
    std::optional<std::size_t> in_bold;
    for (std::size_t i = first; i < n; ++i) {
      if (!is_bold_amount(found[i])) continue;
      if (in_bold) return last;  // several: none is the one
      in_bold = i;
    }
    if (in_bold) return found[*in_bold];
    // A bracket or a reason holds few numbers: looking further back would take quadratic time.
    constexpr std::size_t kLookBack = 16;
    for (std::size_t i = n - 1; i > first && n - i <= kLookBack; --i) {
      const std::size_t behind = found[i - 1].end;
      const View between = View(lowered_).substr(behind, last.begin - behind);
      if (between.find(U". ") != kNone || between.find(0x3002) != kNone) break;
      if (is_aside(found[i - 1], last) || gives_reason(between)) return found[i - 1];
    }
    return last;
  }

  std::size_t line_begin(std::size_t at) const {
    const std::size_t line = at == 0 ? kNone : text_.substr(0, at).rfind(U'\n');
    return line == kNone ? 0 : line + 1;
  }

  /// Where closing remarks begin, at a line or a sentence behind `from`; the end where there are
  /// none.
  std::size_t closing_begin(std::size_t from) const {
    for (std::size_t at = from; at < text_.size(); ++at) {
      const char32_t before = text_[at - 1];
      const bool starts =
          before == U'\n' || before == 0x3002 ||
          (before == U' ' && at > 1 && (text_[at - 2] == U'.' || text_[at - 2] == U'!'));
      if (!starts) continue;
      std::size_t word = at;
      while (word < text_.size() && View(U"*_( ").find(text_[word]) != kNone) ++word;
      for (const std::u32string& one : answer_words().closing) {
        const std::size_t end = word + one.size();
        if (View(lowered_).substr(word).starts_with(one) &&
            (one[0] > 0x7F || end >= text_.size() || !is_small(lowered_[end])))
          return at;
      }
    }
    return text_.size();
  }

  static bool is_small(char32_t c) { return c >= U'a' && c <= U'z'; }

  /// "**$18**": the number begins what is bold, and that is no label such as "**2. Sum:**".
  bool is_bold_amount(const NumberToken& token) const {
    std::size_t begin = token.begin;
    if (begin < 2 || text_.substr(begin - 2, 2) != U"**") return false;
    const std::size_t close = text_.substr(token.end, 40).find(U"**");
    if (close == kNone) return false;
    const View rest = text_.substr(token.end, close);
    const std::size_t behind = token.end + close + 2;
    return rest.find(U':') == kNone && rest.find(U'\n') == kNone && !rest.starts_with(U".") &&
           !rest.starts_with(U")") && (behind >= text_.size() || text_[behind] != U':');
  }

  /// Is `last` in a bracket that says more than this number, behind `result` in its sentence?
  bool is_aside(const NumberToken& result, const NumberToken& last) const {
    const std::size_t open = text_.substr(0, last.begin).rfind(U'(');
    if (open == kNone || open < result.end) return false;
    const std::size_t close = text_.substr(open, last.begin - open).find(U')');
    if (close != kNone) return false;
    std::size_t end = last.end;
    while (end < text_.size() && text_[end] != U')' && text_[end] != U'\n') ++end;
    const View bracket = text_.substr(open, end - open);
    return !is_markup_only(text_.substr(open + 1, last.begin - open - 1)) &&
           bracket.find(U'=') == kNone;
  }

  /// ", since 9 eggs are sold at $2": a reason that no conclusion follows.
  bool gives_reason(View between) const {
    for (const std::u32string& word : answer_words().reasons) {
      const std::size_t at = between.find(word);
      if (at == kNone || (word[0] < 0x80 && (at == 0 || between[at - 1] != U' '))) continue;
      const View rest = between.substr(at);
      if (rest.find(U',') == kNone && rest.find(U'=') == kNone && rest.find(0xFF0C) == kNone)
        return true;
    }
    return false;
  }

  View text_;
  std::u32string lowered_;
  NumericOptions options_;
  NumberOptions numbers_;
};

/// Where the next question of a few-shot prompt begins, after some text; or none.
std::size_t next_question(View text) {
  const std::u32string low = lower(text);
  bool has_text = false;
  for (std::size_t line = 0; line < low.size();) {
    std::size_t at = line;
    while (at < low.size() && (low[at] == U' ' || low[at] == U'*' || low[at] == U'#')) ++at;
    const View rest = View(low).substr(at);
    for (const std::u32string& word : answer_words().next_question) {
      if (has_text && rest.starts_with(word)) return line;
    }
    const std::size_t end = std::min(low.find(U'\n', line), low.size());
    has_text = has_text || at < end;
    line = end + 1;
  }
  return kNone;
}

}  // namespace

bool has_decimal_comma(std::string_view language) {
  static constexpr std::array<std::string_view, 14> kLanguages{
      "de", "es", "fr", "ru", "pt", "it", "nl", "pl", "uk", "tr", "id", "vi", "cs", "sv"};
  const std::string_view base = language.substr(0, language.find_first_of("-_"));
  return std::find(kLanguages.begin(), kLanguages.end(), base) != kLanguages.end();
}

NumericAnswer numeric_answer(const Folded& folded, const NumericOptions& options) {
  const View text = folded.text;
  const std::size_t cut = next_question(text);
  if (cut != kNone) {
    NumericAnswer out = Extraction(text.substr(0, cut), options).run();
    if (!out.status || !out.tier.empty()) return out;
  }
  return Extraction(text, options).run();
}

std::optional<NumberToken> numeric_gold(std::string_view gold) {
  const Folded folded = fold(gold);
  View text = folded.text;
  if (const std::size_t hashes = text.rfind(U"####"); hashes != kNone)
    text.remove_prefix(hashes + 4);
  const auto found = numbers_in(text, {.with_ratios = true});
  if (!found.empty()) return found[0];
  const auto numerals = chinese_numerals_in(text);
  if (!numerals.empty()) return numerals[0];
  return std::nullopt;
}

NumericVerdict compare_numbers(const NumberToken& answer, const NumberToken& gold) {
  if (!answer.ratio.empty() || !gold.ratio.empty()) return {answer.ratio == gold.ratio, false};
  const auto equal = [&](const Number& value, const Number& wanted) {
    if (value == wanted) return true;
    if (!gold.is_decimal) return false;
    const double size = std::fabs(wanted.approximate());
    const double tolerance = std::min(1e-6 * std::max(1.0, size), 1e-4 * size);
    return std::fabs(value.approximate() - wanted.approximate()) <= tolerance;
  };
  if (equal(answer.value, gold.value)) return {true, false};
  if (answer.is_percent && !gold.is_percent)
    return {equal(answer.value.times_power_of_ten(-2), gold.value), true};
  if (gold.is_percent && !answer.is_percent)
    return {equal(answer.value, gold.value.times_power_of_ten(-2)), true};
  return {false, false};
}

}  // namespace leitai
