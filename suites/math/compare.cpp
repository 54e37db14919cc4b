#include "suites/math/compare.h"

#include <algorithm>
#include <cmath>

#include "suites/math/equivalence.h"
#include "suites/math/evaluate.h"
#include "suites/math/forms.h"
#include "suites/math/regions.h"
#include "suites/math/vocabulary.h"

namespace leitai::math {

namespace {

constexpr std::size_t kMaxMatched = 64;  // elements of a set or list without order
constexpr int kMaxDepth = 40;

bool is_collection(const Node& node) { return node.is(Kind::List) || node.is(Kind::Set); }

bool has(const Node& node, Kind kind) {
  return any_of(node, [&](const Node& n) { return n.is(kind); });
}

/// A number written in decimals, with or without a sign.
const Node* decimal_literal(const Node& node) {
  const Node* inner = node.is(Kind::Negate) ? &node.kids[0] : &node;
  return inner->is(Kind::Number) && inner->is_decimal ? inner : nullptr;
}

/// Column, or list of rows, as the matrix that it is.
const std::vector<Node>* rows_of(const Node& node) {
  return node.is(Kind::Matrix) || node.is(Kind::Tuple) ? &node.kids : nullptr;
}

bool all_assign(const Node& node) {
  return is_collection(node) && node.kids.size() > 1 &&
         std::all_of(node.kids.begin(), node.kids.end(),
                     [](const Node& kid) { return to_assignment(kid).has_value(); });
}

/// x = 4, y = 7 as the point (4, 7): values in the order of the names.
std::optional<std::vector<Node>> assigned_values(const Node& node) {
  if (!all_assign(node)) return std::nullopt;
  std::vector<std::pair<std::string, Node>> named;
  for (const Node& kid : node.kids) {
    const auto one = to_assignment(kid);
    named.emplace_back(one->name, *one->value);
  }
  std::sort(named.begin(), named.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Node> out;
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (i > 0 && named[i].first == named[i - 1].first) return std::nullopt;
    out.push_back(std::move(named[i].second));
  }
  return out;
}

Node difference(const Node& relation) {
  return binary(Kind::Add, relation.kids[0], unary(Kind::Negate, relation.kids[1]));
}

char flipped(char relation) {
  constexpr std::string_view kFrom = "<>lg", kTo = "><gl";
  const std::size_t at = kFrom.find(relation);
  return at == std::string_view::npos ? relation : kTo[at];
}

bool is_chain_reversed(const Node& a, const Node& b) {
  return a.kids.size() == b.kids.size() &&
         std::equal(a.text.begin(), a.text.end(), b.text.rbegin(),
                    [](char x, char y) { return x == flipped(y); });
}

}  // namespace

bool are_equal(const Node& gold, const Node& answer, std::uint64_t seed) {
  return Comparison(seed).equal(gold, answer);
}

bool Comparison::equal(const Node& gold, const Node& answer) {
  if (--budget_ < 0 || depth_ > kMaxDepth) return false;
  struct Guard {
    int& depth;
    explicit Guard(int& d) : depth(d) { ++depth; }
    ~Guard() { --depth; }
  } guard(depth_);

  // Both signs make a list of what they are in.
  if (!is_collection(gold) && has(gold, Kind::PlusMinus)) {
    auto both = with_both_signs(gold);
    if (!both) return false;
    Node list(Kind::List, std::move(*both));
    list.text = "or";
    return equal(list, answer);
  }
  if (!is_collection(answer) && has(answer, Kind::PlusMinus)) {
    auto both = with_both_signs(answer);
    if (!both) return false;
    Node list(Kind::List, std::move(*both));
    list.text = "or";
    return equal(gold, list);
  }

  // Parts of the real line.
  if (looks_like_region(gold) || looks_like_region(answer)) {
    if (gold.is(Kind::Region) && !answer.is(Kind::Relation) && !answer.is(Kind::Region) &&
        !to_region(gold.kids[1]))
      return equal(gold.kids[1], answer);
    if (const auto wanted = to_region(gold)) {
      const auto given = to_region(answer);
      const bool is_set = is_collection(gold) || is_collection(answer);
      if (given && (!is_set || looks_like_region(gold) == looks_like_region(answer) ||
                    gold.is(Kind::Set) || answer.is(Kind::Set)))
        return *wanted == *given;
      if (!is_collection(gold) && !is_collection(answer)) return false;
    }
    if (gold.is(Kind::Region) && answer.is(Kind::Region))
      return equal(gold.kids[0], answer.kids[0]) && equal(gold.kids[1], answer.kids[1]);
    if (gold.is(Kind::Region)) return equal(gold.kids[1], answer);
    if (answer.is(Kind::Region)) return equal(gold, answer.kids[1]);
    if (gold.kind == answer.kind && !gold.is(Kind::Relation) && !gold.is(Kind::List))
      return gold.is(Kind::Difference) ? in_order(gold.kids, answer.kids)
                                       : in_any_order(gold.kids, answer.kids);
  }

  if (gold.is(Kind::Matrix) || answer.is(Kind::Matrix)) return matrices(gold, answer);
  if (is_collection(gold) || is_collection(answer)) return lists(gold, answer);
  if (gold.is(Kind::Relation) || answer.is(Kind::Relation)) return relations(gold, answer);
  if (gold.is(Kind::Tuple) || answer.is(Kind::Tuple))
    return gold.is(Kind::Tuple) && answer.is(Kind::Tuple) && gold.open == answer.open &&
           gold.close == answer.close && in_order(gold.kids, answer.kids);
  if (gold.is(Kind::Ratio) || answer.is(Kind::Ratio)) return ratios(gold, answer);
  if (gold.is(Kind::Based) || answer.is(Kind::Based)) return based(gold, answer);
  if (gold.is(Kind::Words) || answer.is(Kind::Words))
    return gold.kind == answer.kind && are_same_words(gold.text, answer.text);
  if (gold.is(Kind::Quantity) || answer.is(Kind::Quantity)) return quantities(gold, answer);
  if (!gold.is_expression() || !answer.is_expression())
    return gold.kind == answer.kind && in_order(gold.kids, answer.kids);
  if (gold.is(Kind::Percent) || answer.is(Kind::Percent)) return percents(gold, answer);
  if (gold.is(Kind::Degrees) || answer.is(Kind::Degrees)) return degrees(gold, answer);
  return expressions(gold, answer);
}

// Collections -----------------------------------------------------------------------------------

std::vector<Node> Comparison::without_repeats(const std::vector<Node>& kids) {
  std::vector<Node> out;
  for (const Node& kid : kids) {
    if (out.size() > kMaxMatched ||
        std::none_of(out.begin(), out.end(), [&](const Node& one) { return equal(one, kid); }))
      out.push_back(kid);
  }
  return out;
}

bool Comparison::lists(const Node& gold, const Node& answer) {
  // A point, written without its brackets or as named values.
  if (gold.is(Kind::Tuple) || answer.is(Kind::Tuple)) {
    const Node& tuple = gold.is(Kind::Tuple) ? gold : answer;
    const Node& list = gold.is(Kind::Tuple) ? answer : gold;
    if (!list.is(Kind::List) || tuple.open != '(' || tuple.close != ')') return false;
    const auto values = assigned_values(list);
    const std::vector<Node>& kids = values ? *values : list.kids;
    return gold.is(Kind::Tuple) ? in_order(tuple.kids, kids) : in_order(kids, tuple.kids);
  }
  if (gold.is(Kind::EmptySet) || answer.is(Kind::EmptySet)) return false;
  const auto expanded = [](const Node& node) {
    std::vector<Node> out;
    if (!is_collection(node)) return std::vector<Node>{node};
    for (const Node& kid : node.kids) {
      auto both = with_both_signs(kid);
      if (!both) return node.kids;
      for (Node& one : *both) out.push_back(std::move(one));
    }
    return out;
  };
  std::vector<Node> wanted = expanded(gold), given = expanded(answer);
  if (gold.is(Kind::List) && gold.text == ";") return in_order(wanted, given);
  if (gold.is(Kind::Set) || answer.is(Kind::Set)) {
    wanted = without_repeats(wanted);
    given = without_repeats(given);
  }
  return in_any_order(wanted, given);
}

bool Comparison::in_order(const std::vector<Node>& gold, const std::vector<Node>& answer) {
  return gold.size() == answer.size() &&
         std::equal(gold.begin(), gold.end(), answer.begin(),
                    [&](const Node& a, const Node& b) { return equal(a, b); });
}

/// A perfect matching by augmenting paths: equality with tolerances is no equivalence relation,
/// so sorting would not do.
bool Comparison::in_any_order(const std::vector<Node>& gold, const std::vector<Node>& answer) {
  const std::size_t n = gold.size();
  if (n != answer.size()) return false;
  if (n > kMaxMatched) return in_order(gold, answer);
  std::vector<signed char> known(n * n, -1);
  const auto fits = [&](std::size_t i, std::size_t j) {
    signed char& cell = known[i * n + j];
    if (cell < 0) cell = equal(gold[i], answer[j]) ? 1 : 0;
    return cell == 1;
  };
  std::vector<int> partner(n, -1);  // of answer[j]
  std::vector<char> seen;
  const auto place = [&](const auto& self, std::size_t i) -> bool {
    for (std::size_t j = 0; j < n; ++j) {
      if (seen[j] || !fits(i, j)) continue;
      seen[j] = 1;
      if (partner[j] < 0 || self(self, static_cast<std::size_t>(partner[j]))) {
        partner[j] = static_cast<int>(i);
        return true;
      }
    }
    return false;
  };
  for (std::size_t i = 0; i < n; ++i) {
    seen.assign(n, 0);
    if (!place(place, i)) return false;
  }
  return true;
}

bool Comparison::matrices(const Node& gold, const Node& answer) {
  const std::vector<Node>* wanted = rows_of(gold);
  const std::vector<Node>* given = rows_of(answer);
  if (wanted == nullptr || given == nullptr) return false;
  if (gold.is(Kind::Matrix) && answer.is(Kind::Matrix) && gold.text != answer.text) return false;
  if (gold.text == "v" || answer.text == "v")
    if (gold.kind != answer.kind) return false;
  if (wanted->size() != given->size()) return false;
  const auto cells = [](const Node& row) {
    if (row.is(Kind::List) || (row.is(Kind::Tuple) && row.open == '[')) return row.kids;
    return std::vector<Node>{row};
  };
  for (std::size_t i = 0; i < wanted->size(); ++i) {
    if (!in_order(cells((*wanted)[i]), cells((*given)[i]))) return false;
  }
  return true;
}

// Equations and inequalities --------------------------------------------------------------------

bool Comparison::relations(const Node& gold, const Node& answer) {
  const auto wanted = to_assignment(gold), given = to_assignment(answer);
  if (wanted && given) {
    if (same_name(wanted->name, given->name) || wanted->is_function != given->is_function ||
        wanted->name.empty() || given->name.empty())
      if (equal(*wanted->value, *given->value)) return true;
    return proportional(gold, answer);
  }
  if (!answer.is(Kind::Relation)) return wanted && equal(*wanted->value, answer);
  if (!gold.is(Kind::Relation)) return given && equal(gold, *given->value);
  return proportional(gold, answer);
}

bool Comparison::proportional(const Node& gold, const Node& answer) {
  if (gold.kids.size() != answer.kids.size()) return false;
  if (gold.kids.size() > 2) {
    if (gold.text == answer.text && in_order(gold.kids, answer.kids)) return true;
    if (!is_chain_reversed(gold, answer)) return false;
    const std::vector<Node> turned(answer.kids.rbegin(), answer.kids.rend());
    return in_order(gold.kids, turned);
  }
  for (const Node* side : {&gold.kids[0], &gold.kids[1], &answer.kids[0], &answer.kids[1]}) {
    if (!side->is_expression()) return gold.text == answer.text && in_order(gold.kids, answer.kids);
  }
  // A solved inequality is not the one it was solved from.
  const auto is_solved = [](const Node& node) {
    return node.text != "=" && to_region(node).has_value();
  };
  if (is_solved(gold) != is_solved(answer)) return false;
  const auto sign = proportion_sign(difference(answer), difference(gold), {.seed = seed_});
  if (!sign) return false;
  return answer.text[0] == (*sign > 0 ? gold.text[0] : flipped(gold.text[0]));
}

// Numbers of a kind -----------------------------------------------------------------------------

bool Comparison::based(const Node& gold, const Node& answer) {
  const Node& one = gold.is(Kind::Based) ? gold : answer;
  const Node& other = gold.is(Kind::Based) ? answer : gold;
  if (!other.is(Kind::Based)) return other.is(Kind::Number) && other.text == one.text;
  if (one.base == other.base) return one.text == other.text;
  const auto value = [](const Node& node) -> std::optional<std::uint64_t> {
    std::uint64_t out = 0;
    for (char c : node.text) {
      const int digit = c - '0';
      if (digit < 0 || digit >= node.base) return std::nullopt;
      out = field::add(field::multiply(out, static_cast<std::uint64_t>(node.base)),
                       static_cast<std::uint64_t>(digit));
    }
    return out;
  };
  const auto a = value(one), b = value(other);
  return a && b && *a == *b;
}

bool Comparison::ratios(const Node& gold, const Node& answer) {
  if (gold.is(Kind::Ratio) && answer.is(Kind::Ratio)) {
    if (gold.kids.size() != answer.kids.size()) return false;
    for (std::size_t i = 1; i < gold.kids.size(); ++i) {
      if (!gold.kids[i].is_expression() || !answer.kids[i].is_expression()) return false;
      if (!identical(binary(Kind::Multiply, gold.kids[i], answer.kids[0]),
                     binary(Kind::Multiply, answer.kids[i], gold.kids[0])))
        return false;
    }
    return true;
  }
  const Node& ratio = gold.is(Kind::Ratio) ? gold : answer;
  const Node& other = gold.is(Kind::Ratio) ? answer : gold;
  if (ratio.kids.size() != 2 || !other.is(Kind::Divide)) return false;
  return equal(binary(Kind::Divide, ratio.kids[0], ratio.kids[1]), other);
}

bool Comparison::quantities(const Node& gold, const Node& answer) {
  if (!gold.is(Kind::Quantity)) return equal(gold, answer.kids[0]);
  if (!answer.is(Kind::Quantity)) return equal(gold.kids[0], answer);
  const Unit wanted = resolve_unit(gold.text), given = resolve_unit(answer.text);
  if (wanted.dimension != given.dimension) {
    const bool nouns = wanted.dimension[0] == '-' && given.dimension[0] == '-';
    const bool related = nouns && (gold.text.find(answer.text) != std::string::npos ||
                                   answer.text.find(gold.text) != std::string::npos);
    return related && equal(gold.kids[0], answer.kids[0]);
  }
  if (std::fabs(wanted.factor - given.factor) <= 1e-12L * wanted.factor)
    return equal(gold.kids[0], answer.kids[0]);
  const auto a = real_value(gold.kids[0]), b = real_value(answer.kids[0]);
  if (!a || !b) return false;
  const long double left = *a * wanted.factor, right = *b * given.factor;
  return std::fabs(left - right) <= 1e-9L * std::fabs(left);
}

bool Comparison::percents(const Node& gold, const Node& answer) {
  const bool both = gold.is(Kind::Percent) && answer.is(Kind::Percent);
  if (both) return equal(gold.kids[0], answer.kids[0]);
  const Node& percent = gold.is(Kind::Percent) ? gold : answer;
  const Node& plain = gold.is(Kind::Percent) ? answer : gold;
  return expressions(plain, percent.kids[0]) || expressions(plain, percent);
}

bool Comparison::degrees(const Node& gold, const Node& answer) {
  if (gold.is(Kind::Degrees) && answer.is(Kind::Degrees))
    return equal(gold.kids[0], answer.kids[0]);
  const Node& angle = gold.is(Kind::Degrees) ? gold : answer;
  const Node& other = gold.is(Kind::Degrees) ? answer : gold;
  return equal(other, angle.kids[0]) || expressions(other, angle);
}

// Expressions -----------------------------------------------------------------------------------

bool Comparison::expressions(const Node& gold, const Node& answer) {
  if (has(gold, Kind::Infinity) || has(answer, Kind::Infinity)) {
    const auto a = real_value(gold), b = real_value(answer);
    return a && b && std::isinf(*a) && *a == *b;
  }
  const bool decimal_gold = decimal_literal(gold) != nullptr;
  const bool decimal_answer = decimal_literal(answer) != nullptr;
  if (decimal_gold != decimal_answer) {
    const Node& other = decimal_gold ? answer : gold;
    const auto exact = exact_value(other);
    if (variables_of(other).empty() && (!exact || !exact->is_terminating())) {
      const auto a = real_value(gold), b = real_value(answer);
      if (a && b) {
        // Six decimals in any case: a tolerance that grew with the number would take 6366.2 for
        // 20000/pi.
        const long double size = std::fabs(*a);
        if (std::fabs(*a - *b) <= std::min(1e-6L, 1e-4L * size)) return true;
      }
    }
  }
  return identical(gold, answer);
}

bool Comparison::identical(const Node& gold, const Node& answer) {
  if (are_identical(answer, gold, {.seed = seed_})) return true;
  const auto bare_log = [](const Node& n) {
    return n.is(Kind::Function) && n.text == "log" && n.kids.size() == 1;
  };
  if ((any_of(gold, bare_log) || any_of(answer, bare_log)) &&
      are_identical(answer, gold, {.seed = seed_, .log_is_decimal = true}))
    return true;
  return (has(gold, Kind::Degrees) || has(answer, Kind::Degrees)) &&
         are_identical(answer, gold, {.seed = seed_, .degrees_are_plain = true});
}

}  // namespace leitai::math
