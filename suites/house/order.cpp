#include "suites/house/order.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/random.h"

namespace leitai::house {

namespace {

constexpr int kNames = 7;

int place(int person, const std::vector<int>& queue) {
  return static_cast<int>(std::find(queue.begin(), queue.end(), person) - queue.begin()) + 1;
}

/// A clue about `queue` that is true, of a kind that the level allows.
Sentence true_clue(const std::vector<int>& queue, int level, SplitMix64& dice) {
  const auto n = static_cast<int>(queue.size());
  const auto draw = [&](int bound) {
    return static_cast<int>(dice.below(static_cast<std::uint64_t>(bound)));
  };
  const int i = draw(n - 1), j = i + 1 + draw(n - 1 - i);
  const int front = queue[static_cast<std::size_t>(i)], back = queue[static_cast<std::size_t>(j)];
  switch (level == 1 ? draw(2) : draw(7)) {
    case 0:
      return {.key = "before", .a = front, .b = back};
    case 1:
      return {.key = "directly",
              .a = queue[static_cast<std::size_t>(i)],
              .b = queue[static_cast<std::size_t>(i + 1)]};
    case 2:
      return {.key = "not_first", .a = queue[static_cast<std::size_t>(1 + draw(n - 1))]};
    case 3:
      return {.key = "not_last", .a = queue[static_cast<std::size_t>(draw(n - 1))]};
    case 4:
      return {.key = "end", .a = draw(2) == 0 ? queue.front() : queue.back()};
    case 5: {
      if (j - i < 2) return {.key = "before", .a = front, .b = back};
      const int between = queue[static_cast<std::size_t>(i + 1 + draw(j - i - 1))];
      const bool swapped = draw(2) == 0;
      return {
          .key = "between", .a = between, .b = swapped ? back : front, .c = swapped ? front : back};
    }
    default: {
      if (j - i < 3) return {.key = "before", .a = front, .b = back};
      const bool swapped = draw(2) == 0;
      return {
          .key = "apart", .a = swapped ? back : front, .b = swapped ? front : back, .n = j - i - 1};
    }
  }
}

/// A set of orders, one bit for each permutation.
using Mask = std::vector<std::uint64_t>;

enum class Clue { Before, Directly, NotFirst, NotLast, End, Apart, Between };
constexpr int kClues = 7;

Clue kind_of(const std::string& key) {
  if (key == "before") return Clue::Before;
  if (key == "directly") return Clue::Directly;
  if (key == "not_first") return Clue::NotFirst;
  if (key == "not_last") return Clue::NotLast;
  if (key == "end") return Clue::End;
  if (key == "apart") return Clue::Apart;
  LEITAI_CHECK(key == "between", key);
  return Clue::Between;
}

/// Does a clue hold where its people stand at a, b and c of `last`?
bool holds_at(Clue kind, std::int64_t gap, int last, int a, int b, int c) {
  switch (kind) {
    case Clue::Before:
      return a < b;
    case Clue::Directly:
      return a + 1 == b;
    case Clue::NotFirst:
      return a != 1;
    case Clue::NotLast:
      return a != last;
    case Clue::End:
      return a == 1 || a == last;
    case Clue::Apart:
      return std::abs(a - b) - 1 == gap;
    case Clue::Between:
      return std::min(b, c) < a && a < std::max(b, c);
  }
  return false;
}

/// All orders of n people, and for every possible clue the set of those that fulfil it. Made once
/// for each n.
class Orders {
 public:
  explicit Orders(int people) : n_(people) {
    std::vector<std::int8_t> row(static_cast<std::size_t>(n_));
    for (int i = 0; i < n_; ++i) row[static_cast<std::size_t>(i)] = static_cast<std::int8_t>(i + 1);
    do {
      places_.insert(places_.end(), row.begin(), row.end());
      ++count_;
    } while (std::next_permutation(row.begin(), row.end()));
    masks_.resize(kClues * kMost * kMost * kMost * kMost);
    for (int kind = 0; kind < kClues; ++kind) {
      for (int a = 0; a < n_; ++a) {
        for (int b = 0; b < n_; ++b) {
          for (int c = 0; c < n_; ++c) fill(static_cast<Clue>(kind), a, b, c);
        }
      }
    }
    everything_.resize((count_ + 63) / 64);
    for (std::size_t i = 0; i < count_; ++i) everything_[i / 64] |= std::uint64_t{1} << (i % 64);
  }

  const Mask& everything() const { return everything_; }
  const Mask& of(Clue kind, int a, int b, int c, int gap) const {
    return masks_[index(kind, a, b, c, gap)];
  }

 private:
  static constexpr int kMost = 7;

  std::size_t index(Clue kind, int a, int b, int c, int gap) const {
    return static_cast<std::size_t>(
        (((static_cast<int>(kind) * kMost + a) * kMost + b) * kMost + c) * kMost + gap);
  }

  /// Masks of one kind for people a, b and c; those that a kind does not look at are person 0.
  void fill(Clue kind, int a, int b, int c) {
    const bool one = kind == Clue::NotFirst || kind == Clue::NotLast || kind == Clue::End;
    if (one                     ? b != 0 || c != 0
        : kind == Clue::Between ? a == b || a == c || b == c
                                : a == b || c != 0)
      return;
    for (int gap = kind == Clue::Apart ? 1 : 0; gap <= (kind == Clue::Apart ? n_ - 2 : 0); ++gap) {
      Mask& mask = masks_[index(kind, a, b, c, gap)];
      mask.resize((count_ + 63) / 64);
      for (std::size_t i = 0; i < count_; ++i) {
        const std::int8_t* row = &places_[i * static_cast<std::size_t>(n_)];
        if (holds_at(kind, gap, n_, row[a], row[b], row[c]))
          mask[i / 64] |= std::uint64_t{1} << (i % 64);
      }
    }
  }

  int n_;
  std::size_t count_ = 0;
  std::vector<std::int8_t> places_;  // row i: the position (1 = front) of each person
  std::vector<Mask> masks_;
  Mask everything_;
};

const Orders& orders_of(int n) {
  static const Orders kOrders[] = {Orders(3), Orders(4), Orders(5), Orders(6), Orders(7)};
  return kOrders[n - 3];
}

/// The orders of `people` that fulfil one clue.
const Mask& mask_of(const Sentence& clue, const std::vector<int>& people) {
  const auto index = [&](int person) {
    return person < 0
               ? 0
               : static_cast<int>(std::find(people.begin(), people.end(), person) - people.begin());
  };
  return orders_of(static_cast<int>(people.size()))
      .of(kind_of(clue.key), index(clue.a), index(clue.b), index(clue.c), static_cast<int>(clue.n));
}

/// Orders that fulfil all clues but number `left_out`.
int solutions(const std::vector<const Mask*>& masks, std::size_t left_out, const Mask& everything) {
  int found = 0;
  for (std::size_t word = 0; word < everything.size(); ++word) {
    std::uint64_t bits = everything[word];
    for (std::size_t i = 0; i < masks.size(); ++i)
      bits &= i == left_out ? ~std::uint64_t{0} : (*masks[i])[word];
    found += std::popcount(bits);
  }
  return found;
}

}  // namespace

bool holds(const Sentence& clue, const std::vector<int>& queue) {
  const auto at = [&](int person) { return person < 0 ? 0 : place(person, queue); };
  return holds_at(kind_of(clue.key), clue.n, static_cast<int>(queue.size()), at(clue.a), at(clue.b),
                  at(clue.c));
}

OrderItem make_order(std::uint64_t seed, std::int64_t index, int level, int salt) {
  LEITAI_CHECK(level >= 1 && level <= 5, std::to_string(level));
  std::string draw = "house/order/1";
  if (salt > 0) draw += "/" + std::to_string(salt);
  SplitMix64 dice(
      hash64({draw, std::to_string(seed), std::to_string(index), std::to_string(level)}));
  const auto shuffle = [&](std::vector<int>& list) {
    for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[dice.below(i)]);
  };
  std::vector<int> names(kNames);
  for (int i = 0; i < kNames; ++i) names[static_cast<std::size_t>(i)] = i;
  shuffle(names);
  OrderItem out;
  out.people.assign(names.begin(), names.begin() + level + 2);
  out.queue = out.people;
  shuffle(out.queue);
  const Mask& everything = orders_of(level + 2).everything();
  constexpr auto kNone = static_cast<std::size_t>(-1);
  std::vector<const Mask*> masks;
  while (solutions(masks, kNone, everything) > 1) {
    const Sentence clue = true_clue(out.queue, level, dice);
    const bool known = std::any_of(out.clues.begin(), out.clues.end(), [&](const Sentence& other) {
      return other.key == clue.key && other.a == clue.a && other.b == clue.b && other.c == clue.c;
    });
    if (known) continue;
    out.clues.push_back(clue);
    masks.push_back(&mask_of(clue, out.people));
  }
  for (std::size_t i = out.clues.size(); i-- > 0;) {
    if (solutions(masks, i, everything) > 1) continue;
    out.clues.erase(out.clues.begin() + static_cast<std::ptrdiff_t>(i));
    masks.erase(masks.begin() + static_cast<std::ptrdiff_t>(i));
  }
  for (std::size_t i = out.clues.size(); i > 1; --i)
    std::swap(out.clues[i - 1], out.clues[dice.below(i)]);
  const auto n = static_cast<int>(out.queue.size());
  const int asked = static_cast<int>(dice.below(static_cast<std::uint64_t>(n)));
  const int person = out.queue[static_cast<std::size_t>(asked)];
  switch (dice.below(level == 1 ? 1 : 3)) {
    case 0:
      out.question = {.key = "ask_position", .a = person};
      out.answer = std::to_string(asked + 1);
      break;
    case 1:
      out.question = {.key = "ask_ahead", .a = person};
      out.answer = std::to_string(asked);
      break;
    default: {
      const int other =
          (asked + 1 + static_cast<int>(dice.below(static_cast<std::uint64_t>(n - 1)))) % n;
      out.question = {
          .key = "ask_between", .a = person, .b = out.queue[static_cast<std::size_t>(other)]};
      out.answer = std::to_string(std::abs(asked - other) - 1);
      break;
    }
  }
  return out;
}

}  // namespace leitai::house
