#include "suites/extractors/math_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/core/text.h"
#include "suites/extractors/answer_markers.h"
#include "suites/extractors/boxes.h"
#include "suites/extractors/number.h"
#include "suites/extractors/words.h"

namespace leitai {

namespace {

using View = std::u32string_view;
constexpr std::size_t kNone = View::npos;
constexpr std::size_t kScanned = 64 * 1024;  // of the end of the text, by the last tiers
constexpr std::size_t kLongest = 4000;       // of a declared answer

struct Formula {
  std::size_t outer_begin, begin, end, outer_end;
};

/// $...$, $$...$$, \(...\), \[...\] in order. Linear.
std::vector<Formula> formulas_in(View text) {
  std::vector<Formula> out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    View close;
    std::size_t open = 0;
    if (text[i] == U'\\' && i + 1 < text.size()) {
      if (text[i + 1] == U'(') {
        close = U"\\)";
        open = 2;
      } else if (text[i + 1] == U'[') {
        close = U"\\]";
        open = 2;
      } else {
        ++i;
        continue;
      }
    } else if (text[i] == U'$') {
      open = text.substr(i).starts_with(U"$$") ? 2 : 1;
      close = open == 2 ? View(U"$$") : View(U"$");
    } else {
      continue;
    }
    std::size_t at = i + open;
    const std::size_t limit = std::min(text.size(), at + kLongest);
    while (at < limit && !text.substr(at).starts_with(close)) {
      if (text[at] == U'\\' && close[0] != U'\\') ++at;
      if (at < limit && text[at] == U'\n' && close == U"$") break;
      ++at;
    }
    if (at >= limit || !text.substr(at).starts_with(close)) {
      i += open - 1;
      continue;
    }
    out.push_back({i, i + open, at, at + close.size()});
    i = at + close.size() - 1;
  }
  return out;
}

class MathExtraction {
 public:
  MathExtraction(std::string_view source, const Folded& folded, const MathAnswerOptions& options)
      : source_(source),
        folded_(folded),
        text_(folded.text),
        lowered_(lower(folded.text)),
        options_(options) {}

  MathAnswer run() {
    MathAnswer out;
    if (boxes(out) || minerva(out) || marker(out)) return out;
    if (!options_.is_truncated && (bare(out) || formula(out) || number(out))) return out;
    out.status = declines(lowered_) ? ScoreStatus::Refused : ScoreStatus::NoAnswer;
    return out;
  }

 private:
  std::string cut(std::size_t begin, std::size_t end) const {
    return std::string(
        source_.substr(folded_.from[begin], folded_.from[end] - folded_.from[begin]));
  }

  bool take(MathAnswer& out, std::size_t begin, std::size_t end, const char* tier) const {
    while (begin < end && is_blank(text_[begin])) ++begin;
    while (end > begin && is_blank(text_[end - 1])) --end;
    if (begin >= end) return false;
    out.begin = folded_.from[begin];
    out.end = folded_.from[end];
    out.extracted = cut(begin, end);
    out.all = {out.extracted};
    out.tier = tier;
    return true;
  }

  bool boxes(MathAnswer& out) const {
    const std::vector<Box> found = find_boxes(text_);
    if (found.empty()) return false;
    std::size_t first = found.size() - 1;
    while (first > 0 && are_adjacent(text_, found[first - 1], found[first])) --first;
    if (!take(out, found.back().begin, found.back().end, "box")) return false;
    if (first > 0) out.flags.push_back("multi_box");
    if (first + 1 < found.size()) {
      out.all.clear();
      for (std::size_t i = first; i < found.size(); ++i)
        out.all.push_back(std::string(trim_blank(cut(found[i].begin, found[i].end))));
      out.extracted = fmt::format("{}", fmt::join(out.all, ", "));
      out.begin = folded_.from[found[first].begin];
    }
    return true;
  }

  /// "Final Answer: The final answer is X. I hope it is correct."
  bool minerva(MathAnswer& out) const {
    const std::size_t end = lowered_.rfind(U"i hope it is correct");
    if (end == kNone) return false;
    constexpr View kBegin = U"final answer is";
    const std::size_t begin = end == 0 ? kNone : lowered_.rfind(kBegin, end - 1);
    if (begin == kNone || end - begin > kLongest) return false;
    return declared(out, begin + kBegin.size(), end, "minerva");
  }

  bool marker(MathAnswer& out) const {
    const std::vector<std::size_t> ends = find_answer_markers(lowered_);
    for (std::size_t i = ends.size(); i-- > 0;) {
      const Range tail = marker_tail(text_, lowered_, ends[i]);
      // A display may stand on lines of its own.
      std::size_t begin = std::min(ends[i], text_.size());
      while (begin < text_.size() && begin < ends[i] + 40 &&
             View(U" \n\t:*_>").find(text_[begin]) != kNone)
        ++begin;
      const View rest = text_.substr(begin, kLongest);
      if (rest.starts_with(U"\\[") || rest.starts_with(U"$$") || rest.starts_with(U"\\(")) {
        const auto found = formulas_in(rest);
        if (!found.empty() && found[0].outer_begin == 0)
          return take(out, begin + found[0].begin, begin + found[0].end, "marker");
      }
      if (tail.begin < tail.end && declared(out, tail.begin, line_end(tail), "marker")) return true;
    }
    return false;
  }

  /// The tail, and what is left of a formula that its end cuts through.
  std::size_t line_end(const Range& tail) const {
    const View rest = text_.substr(tail.begin, kLongest);
    const View line = rest.substr(0, rest.find(U'\n'));
    for (const Formula& one : formulas_in(line)) {
      const std::size_t begin = tail.begin + one.outer_begin, end = tail.begin + one.outer_end;
      if (begin < tail.end && end > tail.end) return end;
    }
    return tail.end;
  }

  /// The formulas of a declaration if there are any (joined where only separators stand between
  /// them), else its text.
  bool declared(MathAnswer& out, std::size_t begin, std::size_t end, const char* tier) const {
    const View tail = text_.substr(begin, end - begin);
    const auto found = formulas_in(tail);
    if (!found.empty() && found[0].outer_begin <= 60) {
      std::size_t last = 0;
      while (last + 1 < found.size() &&
             separates(tail.substr(found[last].outer_end,
                                   found[last + 1].outer_begin - found[last].outer_end)))
        ++last;
      if (last > 0)
        return take(out, begin + found[0].outer_begin, begin + found[last].outer_end, tier);
      const std::size_t from = is_markup_only(tail.substr(0, found[0].outer_begin))
                                   ? with_unit(tail, found[0])
                                   : found[0].end;
      return from == found[0].end ? take(out, begin + found[0].begin, begin + found[0].end, tier)
                                  : take(out, begin + found[0].outer_begin, begin + from, tier);
    }
    std::size_t from = begin, to = end;
    // The brace closes the \text{...} that the declaration stood in.
    const auto skip_marks = [&] {
      while (from < to && View(U" :*_`\"'>}").find(text_[from]) != kNone) ++from;
    };
    skip_marks();
    // Chinese and Japanese copulas are no part of the answer.
    static constexpr std::array<View, 8> kCopulas{U"\u5E94\u4E3A", U"\u5E94\u662F", U"\u5C31\u662F",
                                                  U"\u7B49\u4E8E", U"\u662F",       U"\u4E3A",
                                                  U"\u70BA",       U"\u306F"};
    for (View copula : kCopulas) {
      if (!text_.substr(from, to - from).starts_with(copula)) continue;
      from += copula.size();
      skip_marks();
      break;
    }
    while (to > from &&
           (is_blank(text_[to - 1]) || View(U".*_`\"',;").find(text_[to - 1]) != kNone))
      --to;
    return take(out, from, to, tier);
  }

  /// A percent sign or degree just behind the formula belongs to it.
  static std::size_t with_unit(View tail, const Formula& formula) {
    if (formula.outer_end < tail.size() &&
        (tail[formula.outer_end] == U'%' || tail[formula.outer_end] == 0xB0))
      return formula.outer_end + 1;
    return formula.end;
  }

  static bool separates(View between) {
    if (between.size() > 12) return false;
    std::u32string bare;
    for (char32_t c : between) {
      if (View(U" ,;\u3001").find(c) == kNone) bare += c;
    }
    return bare.empty() || bare == U"and" || bare == U"or" || bare == U"\u548C" ||
           bare == U"\u6216";
  }

  /// The whole text is one short line.
  bool bare(MathAnswer& out) const {
    std::size_t begin = 0, end = text_.size();
    while (begin < end && is_blank(text_[begin])) ++begin;
    while (end > begin && is_blank(text_[end - 1])) --end;
    const View line = text_.substr(begin, end - begin);
    if (line.empty() || line.size() > 80 || line.find(U'\n') != kNone) return false;
    // Prose has words; an answer has a few at most.
    const auto spaces = std::count(line.begin(), line.end(), U' ');
    const bool formula = line.find_first_of(U"\\$=^") != kNone;
    if (!formula && spaces > 2) return false;
    if (formula && has_prose(line)) return false;
    if (!formulas_in(line).empty() && !is_one_formula(line)) return false;
    if (line.find(U"\\boxed") != kNone) return false;
    return take(out, begin, end, "bare");
  }

  /// Dollars or brackets, if any, go round all of it.
  static bool is_one_formula(View line) {
    const auto found = formulas_in(line);
    return found.size() == 1 && found[0].outer_begin == 0 &&
           is_markup_only(line.substr(found[0].outer_end));
  }

  /// Words that are no mathematics.
  static bool has_prose(View line) {
    static constexpr std::array<View, 13> kKnown{U"sin",  U"cos", U"tan", U"log", U"exp",
                                                 U"sqrt", U"and", U"cot", U"sec", U"csc",
                                                 U"ln",   U"or",  U"pi"};
    const auto is_letter = [&](std::size_t at) {
      return at < line.size() &&
             ((line[at] >= U'a' && line[at] <= U'z') || (line[at] >= U'A' && line[at] <= U'Z'));
    };
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (!is_letter(i)) continue;
      const bool explained = i > 0 && (line[i - 1] == U'\\' || line[i - 1] == U'{');
      std::size_t end = i;
      while (is_letter(end)) ++end;
      const View word = line.substr(i, end - i);
      if (!explained && word.size() > 1 && is_letter(i) &&
          std::find(kKnown.begin(), kKnown.end(), word) == kKnown.end() &&
          (word.size() > 2 || i == 0))
        return true;
      i = end;
    }
    return false;
  }

  /// The last formula; of an equation that computes, what it comes to.
  bool formula(MathAnswer& out) const {
    const std::size_t skip = text_.size() > kScanned ? text_.size() - kScanned : 0;
    const auto found = formulas_in(text_.substr(skip));
    for (std::size_t i = found.size(); i-- > 0;) {
      std::size_t begin = skip + found[i].begin;
      const std::size_t end = skip + found[i].end;
      const View content = text_.substr(begin, end - begin);
      if (content.find(U"\\boxed") != kNone) continue;
      std::size_t first_formula = i;  // "x=5 and x=7" are one answer
      const auto between = [&](std::size_t at) {
        return text_.substr(skip + found[at - 1].outer_end,
                            found[at].outer_begin - found[at - 1].outer_end);
      };
      while (first_formula > 0 && separates(between(first_formula))) --first_formula;
      if (first_formula < i && take(out, skip + found[first_formula].outer_begin,
                                    skip + found[i].outer_end, "formula")) {
        out.flags.push_back("fallback");
        return true;
      }
      const std::size_t last = content.rfind(U'=');
      if (last != kNone && last > 0 && content.find_first_of(U"<>") == kNone) {
        const std::size_t first = content.find(U'=');
        View left = content.substr(0, first);
        while (!left.empty() && left.back() == U' ') left.remove_suffix(1);
        while (!left.empty() && left.front() == U' ') left.remove_prefix(1);
        if (first != last || left.size() <= 1) begin += last + 1;
      }
      if (!take(out, begin, end, "formula")) continue;
      out.flags.push_back("fallback");
      if (skip > 0) out.flags.push_back("scan_capped");
      return true;
    }
    return false;
  }

  bool number(MathAnswer& out) const {
    const std::size_t skip = text_.size() > kScanned ? text_.size() - kScanned : 0;
    const auto found = numbers_in(text_.substr(skip), {});
    if (found.empty()) return false;
    std::size_t begin = skip + found.back().begin, end = skip + found.back().end;
    // "(-2, 2)": of a point or an interval the last number is no answer.
    if (const std::size_t close = text_.find_first_not_of(U' ', end);
        close != kNone && (text_[close] == U')' || text_[close] == U']') && found.size() > 1) {
      const std::size_t before = skip + found[found.size() - 2].end;
      const std::size_t from = end > 80 ? end - 80 : 0;
      std::size_t open = close;
      while (open > from && View(U"0123456789.,+-/ ").find(text_[open - 1]) != kNone) --open;
      const bool is_open = open > from && View(U"([").find(text_[open - 1]) != kNone;
      if (is_open && open < before && text_.substr(before, begin - before).find(U',') != kNone) {
        begin = open - 1;
        end = close + 1;
      }
    }
    if (!take(out, begin, end, "number")) return false;
    out.flags.push_back("fallback");
    if (skip > 0) out.flags.push_back("scan_capped");
    return true;
  }

  std::string_view source_;
  const Folded& folded_;
  View text_;
  std::u32string lowered_;
  MathAnswerOptions options_;
};

}  // namespace

MathAnswer math_answer(std::string_view source, const Folded& folded,
                       const MathAnswerOptions& options) {
  return MathExtraction(source, folded, options).run();
}

}  // namespace leitai
