#include "suites/math/forms.h"

#include <algorithm>

#include "harness/core/text.h"
#include "suites/math/vocabulary.h"

namespace leitai::math {

namespace {

constexpr int kMaxSigns = 3;

int count_signs(const Node& node) {
  int n = node.is(Kind::PlusMinus) ? 1 : 0;
  for (const Node& kid : node.kids) n += count_signs(kid);
  return n;
}

bool has_lower_sign(const Node& node) {
  return any_of(node, [](const Node& n) { return n.is(Kind::PlusMinus) && n.text == "-"; });
}

/// Bit i of `signs` turns the i-th plus-minus round; with `together`, bit 0 turns all.
void choose(Node& node, unsigned signs, bool together, int& next) {
  if (node.is(Kind::PlusMinus)) {
    const bool turned = ((signs >> (together ? 0 : next)) & 1) != 0;
    ++next;
    const bool minus = (node.text == "-") != turned;
    Node inner = std::move(node.kids[0]);
    choose(inner, signs, together, next);
    node = minus ? unary(Kind::Negate, std::move(inner)) : std::move(inner);
    return;
  }
  for (Node& kid : node.kids) choose(kid, signs, together, next);
}

bool is_scalar(const Node& node) { return node.is_expression(); }

std::size_t size_of(const Node& node) {
  std::size_t n = 1;
  for (const Node& kid : node.kids) n += size_of(kid);
  return n;
}

/// A factor can be worked into the cells without growing the tree beyond bounds.
bool can_spread(const Node& scalar, const Node& matrix) {
  return is_scalar(scalar) && matrix.is(Kind::Matrix) && matrix.text.empty() &&
         size_of(scalar) * size_of(matrix) <= 10'000;
}

template <typename F>
Node each_cell(Node matrix, const F& f) {
  for (Node& row : matrix.kids) {
    for (Node& cell : row.kids) cell = f(std::move(cell));
  }
  return matrix;
}

std::optional<Node> sum_of(const Node& a, const Node& b) {
  Node out = a;
  if (a.kids.size() != b.kids.size() || a.text != b.text) return std::nullopt;
  for (std::size_t i = 0; i < a.kids.size(); ++i) {
    if (a.kids[i].kids.size() != b.kids[i].kids.size()) return std::nullopt;
    for (std::size_t j = 0; j < a.kids[i].kids.size(); ++j)
      out.kids[i].kids[j] = binary(Kind::Add, a.kids[i].kids[j], b.kids[i].kids[j]);
  }
  return out;
}

}  // namespace

std::optional<Assignment> to_assignment(const Node& node) {
  if (!node.is(Kind::Relation) || node.text.find_first_not_of('=') != std::string::npos)
    return std::nullopt;
  const Node& left = node.kids.front();
  const Node& right = node.kids.back();
  if (left.is(Kind::Variable)) return Assignment{left.text, false, &right};
  if (left.is(Kind::Tuple) && std::all_of(left.kids.begin(), left.kids.end(),
                                          [](const Node& kid) { return kid.is(Kind::Variable); })) {
    std::string name;
    for (const Node& kid : left.kids) name += kid.text + ",";
    return Assignment{name, false, &right};
  }
  if (left.is(Kind::Multiply) && left.text == "call") {
    const Node& head = left.kids[0].is(Kind::Power) ? left.kids[0].kids[0] : left.kids[0];
    return Assignment{head.text, true, &right};
  }
  if (node.kids.size() == 2 && right.is(Kind::Variable) && variables_of(left).empty())
    return Assignment{right.text, false, &left};
  // 6!/(2!4!) = 15: the last of a chain of constants
  if (std::all_of(node.kids.begin(), node.kids.end(),
                  [](const Node& kid) { return kid.is_expression() && variables_of(kid).empty(); }))
    return Assignment{"", false, &right};
  return std::nullopt;
}

bool same_name(const std::string& a, const std::string& b) {
  const auto base = [](const std::string& name) { return name.substr(0, name.find('_')); };
  if (a == b) return true;
  return base(a) == base(b) &&
         (a.find('_') != std::string::npos || b.find('_') != std::string::npos);
}

std::optional<std::vector<Node>> with_both_signs(const Node& node) {
  const int n = count_signs(node);
  if (n == 0) return std::vector<Node>{node};
  const bool together = has_lower_sign(node);
  if (n > kMaxSigns && !together) return std::nullopt;
  std::vector<Node> out;
  const unsigned all = together ? 2u : 1u << n;
  for (unsigned signs = 0; signs < all; ++signs) {
    Node copy = node;
    int next = 0;
    choose(copy, signs, together, next);
    out.push_back(std::move(copy));
  }
  return out;
}

Node to_form(Node node) {
  for (Node& kid : node.kids) kid = to_form(std::move(kid));
  switch (node.kind) {
    case Kind::Multiply:
    case Kind::Divide: {
      Node& left = node.kids[0];
      Node& right = node.kids[1];
      if (node.is(Kind::Multiply) && can_spread(left, right))
        return each_cell(std::move(right),
                         [&](Node cell) { return binary(Kind::Multiply, left, std::move(cell)); });
      if (can_spread(right, left))
        return each_cell(std::move(left),
                         [&](Node cell) { return binary(node.kind, std::move(cell), right); });
      return node;
    }
    case Kind::Negate:
      if (node.kids[0].is(Kind::Matrix) && node.kids[0].text.empty())
        return each_cell(std::move(node.kids[0]),
                         [](Node cell) { return unary(Kind::Negate, std::move(cell)); });
      if (node.kids[0].is(Kind::Quantity)) {  // -5 cm
        Node out = std::move(node.kids[0]);
        out.kids[0] = unary(Kind::Negate, std::move(out.kids[0]));
        return out;
      }
      return node;
    case Kind::Add: {
      const bool matrices = std::all_of(node.kids.begin(), node.kids.end(), [](const Node& kid) {
        return kid.is(Kind::Matrix) && kid.text.empty();
      });
      if (matrices) {
        std::optional<Node> total = node.kids[0];
        for (std::size_t i = 1; total && i < node.kids.size(); ++i)
          total = sum_of(*total, node.kids[i]);
        return total ? *total : node;
      }
      const auto is_quantity = [](const Node& kid) {
        return kid.is(Kind::Quantity) && kid.kids[0].is_expression();
      };
      if (std::all_of(node.kids.begin(), node.kids.end(), is_quantity)) {  // 1 h 30 min
        const Unit unit = resolve_unit(node.kids[0].text);
        Node total(Kind::Add);
        for (const Node& kid : node.kids) {
          Unit other = resolve_unit(kid.text);
          if (kid.text == "\u5206" && unit.dimension == "time") other = {"time", 60};
          if (kid.text == "\u5206" && unit.dimension == "yuan") other = {"yuan", 0.01L};
          if (other.dimension != unit.dimension) return node;
          Node factor(Kind::Number);
          const long double ratio = other.factor / unit.factor;
          const auto whole = make_rational(static_cast<Wide>(other.factor * 1e9L + 0.5L),
                                           static_cast<Wide>(unit.factor * 1e9L + 0.5L));
          factor = whole ? number_node(*whole) : decimal_node("0", "", false);
          factor.value = ratio;
          total.kids.push_back(binary(Kind::Multiply, kid.kids[0], std::move(factor)));
        }
        Node out = unary(Kind::Quantity, std::move(total));
        out.text = node.kids[0].text;
        return out;
      }
      return node;
    }
    case Kind::List: {
      std::vector<Node> flat;
      for (Node& kid : node.kids) {
        if (kid.is(Kind::List) && kid.text != ";" && node.text != ";") {
          for (Node& one : kid.kids) flat.push_back(std::move(one));
        } else {
          flat.push_back(std::move(kid));
        }
      }
      node.kids = std::move(flat);
      return node;
    }
    default:
      return node;
  }
}

std::optional<Node> spaced_unit(const Node& node) {
  if (!node.is(Kind::Multiply) || node.text != "spaced") return std::nullopt;
  const std::string& letter = node.kids[1].text;
  if (vocabulary().single_units.count(letter) == 0) return std::nullopt;
  Node out = unary(Kind::Quantity, node.kids[0]);
  out.text = ascii_lower(letter);
  return out;
}

}  // namespace leitai::math
