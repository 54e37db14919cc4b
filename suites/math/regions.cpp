#include "suites/math/regions.h"

#include <algorithm>
#include <cmath>

#include "suites/math/evaluate.h"

namespace leitai::math {

namespace {

constexpr std::size_t kMaxParts = 64;

bool same_point(long double a, long double b) {
  if (std::isinf(a) || std::isinf(b)) return a == b;
  return std::fabs(a - b) <= 1e-15L * std::max({std::fabs(a), std::fabs(b), 1e-3L});
}

/// Sorted and merged.
std::vector<Interval> merged(std::vector<Interval> parts) {
  std::sort(parts.begin(), parts.end(), [](const Interval& a, const Interval& b) {
    return a.low != b.low ? a.low < b.low : a.low_open < b.low_open;
  });
  std::vector<Interval> out;
  for (const Interval& next : parts) {
    if (!out.empty()) {
      Interval& last = out.back();
      const bool touches = same_point(last.high, next.low) && (!last.high_open || !next.low_open);
      if ((next.low < last.high && !same_point(last.high, next.low)) || touches) {
        if (same_point(next.high, last.high)) {
          last.high_open = last.high_open && next.high_open;
        } else if (next.high > last.high) {
          last.high = next.high;
          last.high_open = next.high_open;
        }
        continue;
      }
    }
    out.push_back(next);
  }
  return out;
}

std::vector<Interval> meet(const std::vector<Interval>& a, const std::vector<Interval>& b) {
  std::vector<Interval> out;
  for (const Interval& x : a) {
    for (const Interval& y : b) {
      Interval z;
      if (same_point(x.low, y.low)) {
        z.low = x.low;
        z.low_open = x.low_open || y.low_open;
      } else {
        z.low = std::max(x.low, y.low);
        z.low_open = x.low > y.low ? x.low_open : y.low_open;
      }
      if (same_point(x.high, y.high)) {
        z.high = x.high;
        z.high_open = x.high_open || y.high_open;
      } else {
        z.high = std::min(x.high, y.high);
        z.high_open = x.high < y.high ? x.high_open : y.high_open;
      }
      const bool is_point = same_point(z.low, z.high);
      if (is_point ? !z.low_open && !z.high_open : z.low < z.high) out.push_back(z);
    }
  }
  return merged(std::move(out));
}

std::vector<Interval> complement(const std::vector<Interval>& a) {
  std::vector<Interval> out{{-INFINITY, INFINITY, true, true}};
  for (const Interval& x : a) {
    std::vector<Interval> rest;
    if (!std::isinf(x.low)) rest.push_back({-INFINITY, x.low, true, !x.low_open});
    if (!std::isinf(x.high)) rest.push_back({x.high, INFINITY, !x.high_open, true});
    out = meet(out, rest);
  }
  return out;
}

/// Both speak of one variable, or at least one of none.
bool join_names(Region& into, const Region& from) {
  if (into.variable.empty()) into.variable = from.variable;
  return from.variable.empty() || into.variable == from.variable;
}

std::vector<Interval> ray(char relation, long double bound) {
  switch (relation) {
    case '<':
      return {{-INFINITY, bound, true, true}};
    case 'l':
      return {{-INFINITY, bound, true, false}};
    case '>':
      return {{bound, INFINITY, true, true}};
    case 'g':
      return {{bound, INFINITY, false, true}};
    case '=':
      return {{bound, bound, false, false}};
    default:
      return complement({{bound, bound, false, false}});
  }
}

char flipped(char relation) {
  switch (relation) {
    case '<':
      return '>';
    case '>':
      return '<';
    case 'l':
      return 'g';
    case 'g':
      return 'l';
    default:
      return relation;
  }
}

/// |x| < 2 and its like, the bound on the right.
std::optional<Region> of_distance(const Node& node) {
  if (node.kids.size() != 2 || !node.kids[0].is(Kind::Absolute) ||
      !node.kids[0].kids[0].is(Kind::Variable))
    return std::nullopt;
  const auto bound = real_value(node.kids[1]);
  if (!bound || std::isinf(*bound) || *bound <= 0) return std::nullopt;
  const std::string& name = node.kids[0].kids[0].text;
  switch (node.text[0]) {
    case '<':
      return Region{name, {{-*bound, *bound, true, true}}};
    case 'l':
      return Region{name, {{-*bound, *bound, false, false}}};
    case '>':
      return Region{name, complement({{-*bound, *bound, false, false}})};
    case 'g':
      return Region{name, complement({{-*bound, *bound, true, true}})};
    default:
      return std::nullopt;
  }
}

std::optional<Region> of_relation(const Node& node) {
  if (auto distance = of_distance(node)) return distance;
  if (node.kids.size() > 3) return std::nullopt;
  Region out;
  out.parts = {{-INFINITY, INFINITY, true, true}};
  std::size_t middle = node.kids.size();
  for (std::size_t i = 0; i < node.kids.size(); ++i) {
    if (node.kids[i].is(Kind::Variable) && middle == node.kids.size()) middle = i;
  }
  if (middle == node.kids.size() || (node.kids.size() == 3 && middle != 1)) return std::nullopt;
  out.variable = node.kids[middle].text;
  for (std::size_t i = 0; i < node.kids.size(); ++i) {
    if (i == middle) continue;
    const auto bound = real_value(node.kids[i]);
    if (!bound) return std::nullopt;
    const char relation = i > middle ? node.text[middle] : flipped(node.text[i]);
    if (std::isinf(*bound)) {
      if (relation == '=' || relation == 'n') return std::nullopt;
      continue;
    }
    out.parts = meet(out.parts, ray(relation, *bound));
  }
  return out;
}

std::optional<Region> joined(const std::vector<Node>& kids, bool all) {
  if (kids.empty() || kids.size() > kMaxParts) return std::nullopt;
  auto out = to_region(kids[0]);
  for (std::size_t i = 1; out && i < kids.size(); ++i) {
    const auto next = to_region(kids[i]);
    if (!next || !join_names(*out, *next)) return std::nullopt;
    if (all) {
      out->parts = meet(out->parts, next->parts);
    } else {
      out->parts.insert(out->parts.end(), next->parts.begin(), next->parts.end());
      out->parts = merged(std::move(out->parts));
    }
    if (out->parts.size() > kMaxParts) return std::nullopt;
  }
  return out;
}

}  // namespace

std::optional<Region> to_region(const Node& node) {
  switch (node.kind) {
    case Kind::Tuple: {
      if (node.kids.size() != 2) return std::nullopt;
      const auto low = real_value(node.kids[0]), high = real_value(node.kids[1]);
      if (!low || !high || *low >= *high) return std::nullopt;
      return Region{"",
                    {{*low, *high, node.open == '(' || std::isinf(*low),
                      node.close == ')' || std::isinf(*high)}}};
    }
    case Kind::Set: {
      Region out;
      for (const Node& kid : node.kids) {
        const auto point = real_value(kid);
        if (!point || std::isinf(*point)) return std::nullopt;
        out.parts.push_back({*point, *point, false, false});
      }
      out.parts = merged(std::move(out.parts));
      return out;
    }
    case Kind::Reals:
      return Region{"", {{-INFINITY, INFINITY, true, true}}};
    case Kind::EmptySet:
      return Region{"", {}};
    case Kind::Relation:
      return of_relation(node);
    case Kind::Region: {
      if (!node.kids[0].is(Kind::Variable)) return std::nullopt;
      auto out = to_region(node.kids[1]);
      if (out) out->variable = node.kids[0].text;
      return out;
    }
    case Kind::Union:
      return joined(node.kids, false);
    case Kind::Intersection:
    case Kind::Both:
      return joined(node.kids, true);
    case Kind::Difference: {
      auto out = to_region(node.kids[0]);
      const auto less = out ? to_region(node.kids[1]) : std::nullopt;
      if (!less) return std::nullopt;
      out->parts = meet(out->parts, complement(less->parts));
      return out;
    }
    case Kind::List: {
      if (node.text == "or") return joined(node.kids, false);
      auto out = joined(node.kids, true);
      if (out && out->parts.empty()) return joined(node.kids, false);
      return out;
    }
    default:
      return std::nullopt;
  }
}

bool looks_like_region(const Node& node) {
  switch (node.kind) {
    case Kind::Relation:
      return node.text.find_first_not_of('=') != std::string::npos;
    case Kind::Region:
      return looks_like_region(node.kids[1]) || node.kids[1].is(Kind::Tuple);
    case Kind::Union:
    case Kind::Intersection:
    case Kind::Both:
    case Kind::Difference:
    case Kind::Reals:
      return true;
    case Kind::List:
      return !node.kids.empty() &&
             std::any_of(node.kids.begin(), node.kids.end(), looks_like_region);
    default:
      return false;
  }
}

bool operator==(const Region& a, const Region& b) {
  if (!a.variable.empty() && !b.variable.empty() && a.variable != b.variable) return false;
  return std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(),
                    [](const Interval& x, const Interval& y) {
                      return same_point(x.low, y.low) && same_point(x.high, y.high) &&
                             x.low_open == y.low_open && x.high_open == y.high_open;
                    });
}

}  // namespace leitai::math
