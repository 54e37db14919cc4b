#include "suites/math/equivalence.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/core/text.h"
#include "suites/extractors/folding.h"
#include "suites/extractors/words.h"
#include "suites/math/compare.h"
#include "suites/math/forms.h"
#include "suites/math/parser.h"
#include "suites/math/regions.h"
#include "suites/math/vocabulary.h"

namespace leitai::math {

namespace {

using View = std::u32string_view;
constexpr std::size_t kMaxText = 20'000;

bool is_letter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }

View trimmed(View text) {
  const auto drop = [](char32_t c) { return is_blank(c); };
  while (!text.empty() && drop(text.front())) text.remove_prefix(1);
  while (!text.empty() && drop(text.back())) text.remove_suffix(1);
  return text;
}

/// "Answer: 5", "the answer is 5" and so on, three at most.
View without_lead(View text) {
  for (int i = 0; i < 3; ++i) {
    View bare = text;
    while (!bare.empty() && View(U" $*\n").find(bare[0]) != View::npos) bare.remove_prefix(1);
    const std::u32string head = lower(bare.substr(0, 24));
    bool found = false;
    for (const std::u32string& word : vocabulary().lead) {
      if (!View(head).starts_with(word)) continue;
      if (is_letter(word.back()) && bare.size() > word.size() && is_letter(bare[word.size()]))
        continue;
      View rest = trimmed(bare.substr(word.size()));
      if (!rest.empty() && rest[0] == U':') rest = trimmed(rest.substr(1));
      if (rest.empty()) continue;
      text = rest;
      found = true;
      break;
    }
    if (!found) break;
  }
  return text;
}

/// "1/2 (approximately 0.5)": without the remark.
View without_remark(View text) {
  if (!text.ends_with(U')')) return text;
  const std::size_t open = text.rfind(U'(');
  if (open == View::npos || open == 0) return text;
  const std::u32string remark = lower(trimmed(text.substr(open + 1)));
  static constexpr std::array<View, 7> kAbout{U"approx",       U"about ",   U"roughly ", U"\u7EA6",
                                              U"\u5927\u7EA6", U"\\approx", U"\u2248"};
  for (const View word : kAbout) {
    if (remark.starts_with(word)) return trimmed(text.substr(0, open));
  }
  return text;
}

/// "101 base 2", "101 in base two" and half hours in Chinese, as formulas would have them.
std::u32string with_formulas(View text) {
  constexpr View kBase = U"base ", kHalf = U"\u534A", kOneAndHalf = U"\u4E00\u4E2A\u534A";
  const std::u32string low = text.size() < 200 ? lower(text) : std::u32string();
  if (const std::size_t at = View(low).find(kBase); at != View::npos && at > 0) {
    View digits = trimmed(View(low).substr(0, at));
    if (digits.ends_with(U" in")) digits = trimmed(digits.substr(0, digits.size() - 3));
    View base = trimmed(View(low).substr(at + kBase.size()));
    if (base.ends_with(U'.')) base.remove_suffix(1);
    const bool is_number =
        !digits.empty() && !base.empty() && digits.find_first_not_of(U"0123456789") == View::npos;
    if (is_number && base.find_first_not_of(U"0123456789") == View::npos && base.size() < 3)
      return std::u32string(digits) + U"_{" + std::u32string(base) + U"}";
    const auto said = is_number ? number_in_words(to_utf8(base)) : std::nullopt;
    if (said && said->is_integer() && said->num >= 2 && said->num <= 36)
      return std::u32string(digits) + U"_{" +
             to_utf32(std::to_string(static_cast<int>(said->num))) + U"}";
  }
  const bool is_one_and = text.starts_with(kOneAndHalf);
  if (is_one_and || text.starts_with(kHalf)) {
    const View unit = text.substr(is_one_and ? kOneAndHalf.size() : kHalf.size());
    if (!unit.empty() && is_known_unit(lower_text(unit)))
      return (is_one_and ? U"1.5" : U"0.5") + std::u32string(unit);
  }
  return std::u32string(text);
}

/// For comparison as words: wrappers, braces, dollars, the end's punctuation gone. Letters of
/// formulas keep their case.
std::string to_words(View text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == U'\\') {
      std::size_t end = i + 1;
      while (end < text.size() && is_letter(text[end])) ++end;
      const View name = text.substr(i + 1, end - i - 1);
      if (name.starts_with(U"text") || name.starts_with(U"math") || name == U"mbox" ||
          name == U"left" || name == U"right") {
        i = end - 1;
        continue;
      }
      if (name.empty() && end < text.size()) {
        ++i;  // "\," and the like
        if (View(U",;:! ").find(text[i]) == View::npos) out += text[i];
        continue;
      }
    }
    if (c == U'$' || c == U'{' || c == U'}') continue;
    if (is_blank(c)) {
      if (!out.empty() && out.back() != U' ') out += U' ';
      continue;
    }
    out += c;
  }
  while (!out.empty() &&
         (out.back() == U' ' || out.back() == U'.' || out.back() == U'!' || out.back() == 0x3002))
    out.pop_back();
  const bool formula = out.find_first_of(U"\\^_=0123456789") != View::npos;
  return formula && text.find(U"\\text") == View::npos ? to_utf8(out) : lower_text(out);
}

bool same_tokens(const std::vector<Token>& a, const std::vector<Token>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Token& x, const Token& y) {
    return x.kind == y.kind && x.text == y.text && x.number.kind == y.number.kind &&
           x.number.residue == y.number.residue && x.number.kids.empty() && y.number.kids.empty();
  });
}

/// j for i, where the other side has an i.
void engineer(Node& node) {
  if (node.is(Kind::Variable) && node.text == "j") node = Node(Kind::I);
  for (Node& kid : node.kids) engineer(kid);
}

/// "2kg" beside "2gk": variables, not kilograms.
void letters_again(Node& node) {
  const bool short_unit =
      node.is(Kind::Quantity) && node.text.size() == 2 &&
      std::all_of(node.text.begin(), node.text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (short_unit) {
    Node product = std::move(node.kids[0]);
    for (char c : node.text)
      product = binary(Kind::Multiply, std::move(product), Node(Kind::Variable, std::string(1, c)));
    node = std::move(product);
  }
  for (Node& kid : node.kids) letters_again(kid);
}

/// x^2 + k where + C is wanted: the constant of integration has no name of its own. A small letter
/// that is wanted may be a parameter: only beside a variable of integration it is the constant.
void name_constant(Node& given, const Node& wanted) {
  if (!wanted.is(Kind::Add)) return;
  const auto in = [](const std::string& name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto names = variables_of(wanted);
  std::string constant;
  for (const Node& kid : wanted.kids) {
    if (!kid.is(Kind::Variable) || !in(kid.text, {"C", "c", "K", "k"})) continue;
    if (!constant.empty()) return;
    constant = kid.text;
  }
  const bool is_plain = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return name == constant || in(name, {"x", "t", "u", "y", "z", "theta"});
  });
  if (constant.empty() || (constant != "C" && (!is_plain || names.size() < 2))) return;
  std::string other;
  for (const std::string& name : variables_of(given)) {
    if (name == constant) return;
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    if (!other.empty() || !in(name, {"C", "c", "K", "k", "C_1", "C_0", "c_1"})) return;
    other = name;
  }
  const auto rename = [&](const auto& self, Node& node) -> void {
    if (node.is(Kind::Variable) && node.text == other) node.text = constant;
    for (Node& kid : node.kids) self(self, kid);
  };
  rename(rename, given);
}

/// The money that an answer says it is in: by a sign in front of its one amount, or by its unit.
/// "" where it says none.
std::string money_of(const Reading& reading) {
  if (!reading.node) return "";
  if (reading.node->is(Kind::Quantity)) {
    const std::string dimension = resolve_unit(reading.node->text).dimension;
    const bool is_money = dimension == "dollar" || dimension == "yuan" || dimension == "euro";
    return is_money ? dimension : "";
  }
  if (!reading.node->is_expression()) return "";
  std::string out;
  const bool is_lone = std::count(reading.text.begin(), reading.text.end(), U'$') == 1;
  for (std::size_t i = 0; i < reading.text.size(); ++i) {
    const char32_t c = reading.text[i];
    // Two bare dollars are the borders of mathematics.
    const std::string_view money = c == U'$' && (is_lone || (i > 0 && reading.text[i - 1] == U'\\'))
                                       ? "dollar"
                                   : c == 0xA5 || c == 0xFFE5 ? "yuan"
                                   : c == 0x20AC              ? "euro"
                                   : c == 0xA3                ? "sterling"
                                   : c == 0x20B9              ? "rupee"
                                                              : "";
    if (money.empty()) continue;
    if (!out.empty()) return "";
    out = money;
  }
  return out;
}

/// With money as its unit, where only a sign said so.
Node in_money(const Reading& reading, const std::string& money) {
  if (reading.node->is(Kind::Quantity)) return *reading.node;
  Node out = unary(Kind::Quantity, *reading.node);
  out.text = money;
  return out;
}

bool has(const Node& node, Kind kind) {
  return any_of(node, [&](const Node& n) { return n.is(kind); });
}

/// R in blackboard letters, or the whole line as an interval.
bool is_all_reals(const Node& node) {
  if (node.is(Kind::Reals)) return true;
  if (!looks_like_region(node) && !node.is(Kind::Tuple)) return false;
  const auto region = to_region(node), line = to_region(Node(Kind::Reals));
  return region && line && *region == *line;
}

/// "0,923" for a gold decimal.
std::optional<Reading> decimal_comma(const Reading& answer, const Reading& gold) {
  if (!gold.node || !gold.node->is(Kind::Number) || !gold.node->is_decimal) return std::nullopt;
  const std::size_t comma = answer.text.find(U',');
  if (comma == View::npos || answer.text.find(U',', comma + 1) != View::npos) return std::nullopt;
  if (answer.text.find_first_not_of(U"0123456789,-$ ") != View::npos) return std::nullopt;
  std::string text = to_utf8(answer.text);
  std::replace(text.begin(), text.end(), ',', '.');
  return read(text);
}

}  // namespace

Reading read(std::string_view text) {
  Reading out;
  const Folded folded = fold(text);
  const View whole = trimmed(folded.text);
  out.text = with_formulas(without_remark(without_lead(whole)));
  if (out.text.size() > kMaxText) {
    out.words = to_utf8(out.text);
    return out;
  }
  out.words = to_words(out.text);
  out.tokens = tokenize(out.text);
  if (auto node = parse(out.tokens)) out.node = to_form(std::move(*node));
  return out;
}

Verdict compare(const Reading& answer, const Reading& gold, std::uint64_t seed) {
  if (answer.text.empty() || gold.text.empty())
    return {answer.text.empty() && gold.text.empty(), "same text"};
  if (answer.tokens.empty() || gold.tokens.empty()) return {answer.text == gold.text, "same text"};
  const std::string wanted_money = money_of(gold), given_money = money_of(answer);
  if (!wanted_money.empty() && !given_money.empty()) {
    if (wanted_money != given_money) return {false, "another currency"};
    return {are_equal(in_money(gold, wanted_money), in_money(answer, given_money), seed), "money"};
  }
  if (same_tokens(answer.tokens, gold.tokens)) return {true, "same text"};
  if (const auto special = compare_special(gold, answer)) return {*special, "form"};
  const auto as_words = [](const Reading& one) {
    return !one.node || any_of(*one.node, [](const Node& n) { return n.is(Kind::Words); });
  };
  if (as_words(answer) || as_words(gold)) {
    std::string wanted = gold.words, given = answer.words;
    bool is_empty = false;
    for (auto [reading, words] : {std::pair(&gold, &wanted), std::pair(&answer, &given)}) {
      if (!reading->node) continue;
      if (reading->node->is(Kind::EmptySet)) *words = "empty set", is_empty = true;
      if (is_all_reals(*reading->node)) *words = "all real numbers";
      if (reading->node->is(Kind::Infinity)) *words = "infinity";
      if (reading->node->is(Kind::Negate) && reading->node->kids[0].is(Kind::Infinity))
        *words = "negative infinity";
    }
    if (are_same_words(wanted, given)) return {true, "words"};
    // The empty set is the set of the solutions that are not there.
    if (is_empty && (are_same_words("no solution", wanted) || are_same_words("no solution", given)))
      return {true, "words"};
    if (as_words(gold) != as_words(answer)) {
      const Reading& formula = as_words(gold) ? answer : gold;
      if (const auto number = number_in_words(as_words(gold) ? wanted : given);
          number && formula.node)
        return {are_equal(*formula.node, number_node(*number), seed), "number in words"};
    }
    if (!answer.node || !gold.node) return {false, "words"};
    return {are_equal(*gold.node, *answer.node, seed), "structure"};
  }
  Node wanted = *gold.node, given = *answer.node;
  if (has(wanted, Kind::I) && !has(given, Kind::I)) engineer(given);
  if (variables_of(wanted).empty()) {
    if (auto unit = spaced_unit(given)) given = std::move(*unit);
  } else if (variables_of(given).empty()) {
    if (auto unit = spaced_unit(wanted)) wanted = std::move(*unit);
  } else {
    auto left = spaced_unit(wanted), right = spaced_unit(given);
    if (left && right) {
      wanted = std::move(*left);
      given = std::move(*right);
    }
  }
  name_constant(given, wanted);
  if (wanted.is(Kind::Reals) && given.is(Kind::Variable) && given.text == "R")
    return {true, "form"};
  if (!variables_of(wanted).empty()) letters_again(given);
  if (!variables_of(given).empty()) letters_again(wanted);
  if (are_equal(wanted, given, seed))
    return {true, wanted.is_expression() && given.is_expression() ? "value" : "structure"};
  if (const auto other = decimal_comma(answer, gold); other && other->node)
    return {are_equal(wanted, *other->node, seed), "decimal comma"};
  return {false, wanted.is_expression() && given.is_expression() ? "value" : "structure"};
}

}  // namespace leitai::math
