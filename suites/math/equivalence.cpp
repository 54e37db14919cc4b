#include "suites/math/equivalence.h"

#include <algorithm>
#include <cmath>

#include "harness/core/text.h"
#include "suites/extractors/folding.h"
#include "suites/extractors/words.h"
#include "suites/math/compare.h"
#include "suites/math/forms.h"
#include "suites/math/parser.h"
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

/// x^2 + c where + C is wanted: the constant of integration has no name of its own.
void name_constant(Node& given, const Node& wanted) {
  const auto is_constant = [](const Node& kid) {
    return kid.is(Kind::Variable) && kid.text == "C";
  };
  if (!wanted.is(Kind::Add) || std::none_of(wanted.kids.begin(), wanted.kids.end(), is_constant))
    return;
  const auto names = variables_of(wanted);
  std::string other;
  for (const std::string& name : variables_of(given)) {
    if (name == "C") return;
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    if (!other.empty() || (name != "c" && name != "K" && name != "k")) return;
    other = name;
  }
  const auto rename = [&](const auto& self, Node& node) -> void {
    if (node.is(Kind::Variable) && node.text == other) node.text = "C";
    for (Node& kid : node.kids) self(self, kid);
  };
  rename(rename, given);
}

bool has(const Node& node, Kind kind) {
  return any_of(node, [&](const Node& n) { return n.is(kind); });
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
  const Folded folded = fold(text.substr(0, 4 * kMaxText));
  const View whole = trimmed(folded.text);
  out.text = std::u32string(without_lead(whole));
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
  if (!variables_of(wanted).empty()) letters_again(given);
  if (!variables_of(given).empty()) letters_again(wanted);
  if (are_equal(wanted, given, seed))
    return {true, wanted.is_expression() && given.is_expression() ? "value" : "structure"};
  if (const auto other = decimal_comma(answer, gold); other && other->node)
    return {are_equal(wanted, *other->node, seed), "decimal comma"};
  return {false, wanted.is_expression() && given.is_expression() ? "value" : "structure"};
}

}  // namespace leitai::math
