#include "suites/house/build.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <set>

#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/random.h"

namespace leitai::house {

namespace {

using Values = BuildInput;
using std::int64_t;

/// A kind of step: how its numbers are drawn and what it does.
struct Kind {
  const char* key;
  int64_t low_n, high_n, low_k, high_k;
  Values (*apply)(const Values&, int64_t n, int64_t k);
};

template <typename Test>
Values kept(const Values& v, Test test) {
  Values out;
  for (std::size_t i = 0; i < v.size(); ++i) {
    if (test(i)) out.push_back(v[i]);
  }
  return out;
}

template <typename Change>
Values each(Values v, Change change) {
  for (int64_t& x : v) x = change(x);
  return v;
}

int64_t digit_sum(int64_t x) {
  int64_t out = 0;
  for (; x > 0; x /= 10) out += x % 10;
  return out;
}

bool is_vowel(int64_t c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'; }

Values reversed(Values v) {
  std::reverse(v.begin(), v.end());
  return v;
}
Values sorted(Values v) {
  std::sort(v.begin(), v.end());
  return v;
}

constexpr Kind kListSteps[] = {
    {"keep_rest", 2, 5, 0, 4,
     [](const Values& v, int64_t n, int64_t k) {
       return kept(v, [&](std::size_t i) { return v[i] % n == k % n; });
     }},
    {"drop_rest", 2, 5, 0, 4,
     [](const Values& v, int64_t n, int64_t k) {
       return kept(v, [&](std::size_t i) { return v[i] % n != k % n; });
     }},
    {"keep_above", 10, 40, 0, 0,
     [](const Values& v, int64_t n, int64_t) {
       return kept(v, [&](std::size_t i) { return v[i] > n; });
     }},
    {"keep_below", 30, 80, 0, 0,
     [](const Values& v, int64_t n, int64_t) {
       return kept(v, [&](std::size_t i) { return v[i] < n; });
     }},
    {"odd_places", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       return kept(v, [](std::size_t i) { return i % 2 == 0; });
     }},
    {"add", 1, 20, 0, 0,
     [](const Values& v, int64_t n, int64_t) { return each(v, [n](int64_t x) { return x + n; }); }},
    {"times", 2, 9, 31, 97,
     [](const Values& v, int64_t n, int64_t k) {
       return each(v, [n, k](int64_t x) { return x * n % k; });
     }},
    {"divide", 2, 5, 0, 0,
     [](const Values& v, int64_t n, int64_t) { return each(v, [n](int64_t x) { return x / n; }); }},
    {"digits", 0, 0, 0, 0, [](const Values& v, int64_t, int64_t) { return each(v, digit_sum); }},
    {"reverse", 0, 0, 0, 0, [](const Values& v, int64_t, int64_t) { return reversed(v); }},
    {"sort", 0, 0, 0, 0, [](const Values& v, int64_t, int64_t) { return sorted(v); }},
    {"unique", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       std::set<int64_t> seen;
       return kept(v, [&](std::size_t i) { return seen.insert(v[i]).second; });
     }},
    {"gaps", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       Values out;
       for (std::size_t i = 1; i < v.size(); ++i) out.push_back(std::abs(v[i] - v[i - 1]));
       return out;
     }},
    {"running", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       Values out = v;
       std::partial_sum(v.begin(), v.end(), out.begin());
       return out;
     }},
    {"climb", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       return kept(v, [&](std::size_t i) { return i == 0 || v[i] > v[i - 1]; });
     }},
    {"first", 3, 6, 0, 0,
     [](const Values& v, int64_t n, int64_t) {
       return kept(v, [n](std::size_t i) { return static_cast<int64_t>(i) < n; });
     }},
    {"skip", 1, 3, 0, 0,
     [](const Values& v, int64_t n, int64_t) {
       return kept(v, [n](std::size_t i) { return static_cast<int64_t>(i) >= n; });
     }},
};

constexpr Kind kListEnds[] = {
    {"sum", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       return Values{std::accumulate(v.begin(), v.end(), int64_t{0})};
     }},
    {"largest", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       return Values{v.empty() ? 0 : *std::max_element(v.begin(), v.end())};
     }},
    {"spread", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       if (v.empty()) return Values{0};
       const auto [low, high] = std::minmax_element(v.begin(), v.end());
       return Values{*high - *low};
     }},
    {"alternate", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       int64_t out = 0;
       for (std::size_t i = 0; i < v.size(); ++i) out += i % 2 == 0 ? v[i] : -v[i];
       return Values{out};
     }},
    {"product", 97, 499, 0, 0,
     [](const Values& v, int64_t n, int64_t) {
       int64_t out = 1;
       for (const int64_t x : v) out = out * (x % n) % n;
       return Values{out};
     }},
    {"weigh", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       int64_t out = 0;
       for (std::size_t i = 0; i < v.size(); ++i) out += static_cast<int64_t>(i + 1) * v[i];
       return Values{out};
     }},
};

constexpr Kind kTextSteps[] = {
    {"t_reverse", 0, 0, 0, 0, [](const Values& v, int64_t, int64_t) { return reversed(v); }},
    {"t_shift", 1, 9, 0, 0,
     [](const Values& v, int64_t n, int64_t) {
       return each(v, [n](int64_t c) { return 'a' + (c - 'a' + n) % 26; });
     }},
    {"t_no_vowels", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       return kept(v, [&](std::size_t i) { return !is_vowel(v[i]); });
     }},
    {"t_twice", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       Values out;
       for (const int64_t c : v) out.insert(out.end(), is_vowel(c) ? 2 : 1, c);
       return out;
     }},
    {"t_every", 2, 4, 0, 0,
     [](const Values& v, int64_t n, int64_t) {
       return kept(v, [n](std::size_t i) { return static_cast<int64_t>(i + 1) % n != 0; });
     }},
    {"t_runs", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       return kept(v, [&](std::size_t i) { return i == 0 || v[i] != v[i - 1]; });
     }},
    {"t_sort", 0, 0, 0, 0, [](const Values& v, int64_t, int64_t) { return sorted(v); }},
    {"t_rotate", 1, 4, 0, 0,
     [](const Values& v, int64_t n, int64_t) {
       Values out = v;
       if (!out.empty())
         std::rotate(out.begin(), out.begin() + n % static_cast<int64_t>(out.size()), out.end());
       return out;
     }},
    {"t_swap", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       Values out = v;
       for (std::size_t i = 0; i + 1 < out.size(); i += 2) std::swap(out[i], out[i + 1]);
       return out;
     }},
    {"t_first", 4, 9, 0, 0,
     [](const Values& v, int64_t n, int64_t) {
       return kept(v, [n](std::size_t i) { return static_cast<int64_t>(i) < n; });
     }},
    {"t_mirror", 0, 0, 0, 0,
     [](const Values& v, int64_t, int64_t) {
       Values out = v;
       out.insert(out.end(), v.rbegin(), v.rend());
       return out;
     }},
};

struct RuleState {
  int64_t x, s, place;  // place counts from 1
};

struct Condition {
  const char* key;
  int64_t low_n, high_n, low_k, high_k;
  bool (*holds)(const RuleState&, int64_t n, int64_t k);
};
struct Action {
  const char* key;
  int64_t low_n, high_n, low_k, high_k;
  int64_t (*next)(const RuleState&, int64_t n, int64_t k);
};

constexpr Condition kConditions[] = {
    {"c_rest", 2, 5, 0, 4,
     [](const RuleState& r, int64_t n, int64_t k) { return r.x % n == k % n; }},
    {"c_above", 15, 60, 0, 0, [](const RuleState& r, int64_t n, int64_t) { return r.x > n; }},
    {"c_state", 20, 120, 0, 0, [](const RuleState& r, int64_t n, int64_t) { return r.s > n; }},
    {"c_place", 2, 3, 0, 0,
     [](const RuleState& r, int64_t n, int64_t) { return r.place % n == 0; }},
    {"c_larger", 0, 0, 0, 0, [](const RuleState& r, int64_t, int64_t) { return r.x > r.s; }},
};
constexpr Action kActions[] = {
    {"a_add", 0, 0, 0, 0, [](const RuleState& r, int64_t, int64_t) { return r.s + r.x; }},
    {"a_times", 2, 7, 61, 197,
     [](const RuleState& r, int64_t n, int64_t k) { return (r.s * n + r.x) % k; }},
    {"a_set", 0, 0, 0, 0, [](const RuleState& r, int64_t, int64_t) { return r.x; }},
    {"a_apart", 0, 0, 0, 0,
     [](const RuleState& r, int64_t, int64_t) { return std::abs(r.s - r.x); }},
    {"a_plus", 3, 30, 0, 0, [](const RuleState& r, int64_t n, int64_t) { return r.s + n; }},
    {"a_halve", 0, 0, 0, 0, [](const RuleState& r, int64_t, int64_t) { return r.s / 2; }},
};

template <typename Table>
const auto& found(const Table& table, const std::string& key) {
  for (const auto& one : table) {
    if (key == one.key) return one;
  }
  LEITAI_CHECK(false, key);
}

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : stream_(seed) {}

  BuildItem make(int level) {
    BuildItem out;
    const int64_t kind = in(0, level == 1 ? 1 : 2);
    out.kind = static_cast<BuildItem::Kind>(kind);
    if (out.kind == BuildItem::Kind::Rules) {
      out.start = in(0, 9);
      for (int i = 1; i < level; ++i) {
        out.steps.push_back(draw(kConditions));
        out.steps.push_back(draw(kActions));
      }
      out.steps.push_back(draw(kActions));
    } else {
      for (int i = 0; i < level; ++i)
        out.steps.push_back(out.kind == BuildItem::Kind::List ? draw(kListSteps)
                                                              : draw(kTextSteps));
      if (out.kind == BuildItem::Kind::List) out.steps.push_back(draw(kListEnds));
    }
    for (const int64_t size : {6, 8, 0, 1, 2, 3, 5, 7, 9, 10, 12, 12, 14, 16})
      out.inputs.push_back(input(out.kind, size));
    return out;
  }

 private:
  int64_t in(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(stream_.below(static_cast<std::uint64_t>(high - low + 1)));
  }

  template <typename Table>
  BuildStep draw(const Table& table) {
    const auto& kind = table[static_cast<std::size_t>(in(0, std::ssize(table) - 1))];
    BuildStep out{kind.key, in(kind.low_n, kind.high_n), in(kind.low_k, kind.high_k)};
    if (out.k > 0 && kind.low_k == 0) out.k %= out.n;  // a remainder
    return out;
  }

  Values input(BuildItem::Kind kind, int64_t size) {
    Values out;
    for (int64_t i = 0; i < size; ++i) {
      const bool repeats = i > 0 && in(0, 3) == 0;  // so that runs and doubles occur
      if (kind == BuildItem::Kind::Text)
        out.push_back(repeats ? out.back() : in(0, 2) == 0 ? "aeiou"[in(0, 4)] : 'a' + in(0, 25));
      else
        out.push_back(repeats ? out[static_cast<std::size_t>(in(0, i - 1))] : in(0, 99));
    }
    return out;
  }

  SplitMix64 stream_;
};

/// The same with one step less: it must not be right by chance.
std::vector<BuildItem> weaker(const BuildItem& item) {
  std::vector<BuildItem> out;
  const bool is_rules = item.kind == BuildItem::Kind::Rules;
  const std::size_t n = item.steps.size() - (item.kind == BuildItem::Kind::Text ? 0 : 1);
  for (std::size_t i = 0; i < n; i += is_rules ? 2 : 1) {
    BuildItem less = item;
    const auto at = less.steps.begin() + static_cast<std::ptrdiff_t>(i);
    less.steps.erase(at, at + (is_rules ? 2 : 1));
    out.push_back(std::move(less));
  }
  return out;
}

/// Every step shows in two hidden tests at least, and the answer is not always the same.
bool is_sound(const BuildItem& item) {
  std::set<Values> results;
  for (std::size_t i = 2; i < item.inputs.size(); ++i)
    results.insert(result_of(item, item.inputs[i]));
  if (results.size() < 6) return false;
  for (const BuildItem& less : weaker(item)) {
    int differ = 0;
    for (std::size_t i = 2; i < item.inputs.size(); ++i)
      differ += result_of(item, item.inputs[i]) != result_of(less, item.inputs[i]);
    if (differ < 2) return false;
  }
  return true;
}

}  // namespace

BuildInput result_of(const BuildItem& item, const BuildInput& input) {
  if (item.kind == BuildItem::Kind::Rules) {
    RuleState state{0, item.start, 0};
    for (const int64_t x : input) {
      state.x = x;
      ++state.place;
      std::size_t i = 0;
      while (i + 1 < item.steps.size() &&
             !found(kConditions, item.steps[i].key).holds(state, item.steps[i].n, item.steps[i].k))
        i += 2;
      const BuildStep& action = item.steps[i + 1 < item.steps.size() ? i + 1 : i];
      state.s = found(kActions, action.key).next(state, action.n, action.k);
    }
    return {state.s};
  }
  Values out = input;
  for (std::size_t i = 0; i < item.steps.size(); ++i) {
    const BuildStep& step = item.steps[i];
    const bool is_end = item.kind == BuildItem::Kind::List && i + 1 == item.steps.size();
    const Kind& kind = is_end                               ? found(kListEnds, step.key)
                       : item.kind == BuildItem::Kind::List ? found(kListSteps, step.key)
                                                            : found(kTextSteps, step.key);
    out = kind.apply(out, step.n, step.k);
  }
  return out;
}

BuildItem make_build(std::uint64_t seed, std::int64_t index, int level, int salt) {
  LEITAI_CHECK(level >= 1 && level <= 5, std::to_string(level));
  for (int attempt = 1000 * salt;; ++attempt) {
    Maker maker(hash64({"house/build/1", std::to_string(seed), std::to_string(index),
                        std::to_string(level), std::to_string(attempt)}));
    BuildItem out = maker.make(level);
    if (is_sound(out)) return out;
  }
}

}  // namespace leitai::house
