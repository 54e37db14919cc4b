#include "suites/house/ledger.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <numeric>

#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/random.h"

namespace leitai::house {

namespace {

constexpr int kNames = 7;
constexpr int kThings = 5;

/// Draws from one stream; inclusive bounds.
class Dice {
 public:
  Dice(std::uint64_t seed, std::int64_t index, int level, int attempt)
      : stream_(hash64({"house/ledger/1", std::to_string(seed), std::to_string(index),
                        std::to_string(level), std::to_string(attempt)})) {}
  std::int64_t in(std::int64_t low, std::int64_t high) {
    return low +
           static_cast<std::int64_t>(stream_.below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool coin() { return stream_.below(2) == 0; }

 private:
  SplitMix64 stream_;
};

std::string money(std::int64_t cents) {
  return cents % 100 == 0 ? std::to_string(cents / 100)
                          : fmt::format("{}.{:02}", cents / 100, cents % 100);
}

/// A story in the making: who holds how much.
struct Story {
  LedgerItem item;
  std::array<std::int64_t, kNames> held{};
  int thing = 0;

  void say(Sentence sentence) {
    sentence.thing = thing;
    item.sentences.push_back(std::move(sentence));
  }
  void start(int a, std::int64_t n) {
    held[static_cast<std::size_t>(a)] = n;
    say({.key = "start", .a = a, .n = n});
  }
  std::int64_t& of(int a) { return held[static_cast<std::size_t>(a)]; }
};

/// One event that changes what `a` (and `b`) hold; false if no sound one could be drawn.
bool event(Story& story, Dice& dice, int a, int b, std::int64_t most, bool allow_groups) {
  const std::int64_t mine = story.of(a);
  switch (dice.in(0, allow_groups ? 7 : 5)) {
    case 0: {
      const std::int64_t n = dice.in(3, most);
      story.of(a) += n;
      story.say({.key = "buy", .a = a, .n = n});
      return true;
    }
    case 1: {
      const std::int64_t n = dice.in(3, most);
      story.of(a) += n;
      story.say({.key = "find", .a = a, .n = n});
      return true;
    }
    case 2:
    case 3: {
      if (mine < 4) return false;
      const std::int64_t n = dice.in(3, std::min(most, mine - 1));
      const bool is_loss = dice.coin();
      story.of(a) -= n;
      story.say({.key = is_loss ? "lose" : "sell", .a = a, .n = n});
      return true;
    }
    case 4: {
      if (mine < 4) return false;
      const std::int64_t n = dice.in(3, std::min(most, mine - 1));
      story.of(a) -= n;
      story.of(b) += n;
      story.say({.key = "give", .a = a, .b = b, .n = n});
      return true;
    }
    case 5: {
      const std::int64_t theirs = story.of(b);
      if (theirs < 4) return false;
      const std::int64_t n = dice.in(3, std::min(most, theirs - 1));
      story.of(b) -= n;
      story.of(a) += n;
      story.say({.key = "give", .a = b, .b = a, .n = n});
      return true;
    }
    case 6: {
      const std::int64_t k = dice.in(3, 9), n = dice.in(3, 10);
      story.of(a) += k * n;
      story.say({.key = "bags", .a = a, .n = n, .k = k});
      return true;
    }
    default: {
      if (mine < 6 || mine % 2 != 0) return false;
      story.of(a) -= mine / 2;
      story.of(b) += mine / 2;
      story.say({.key = "half", .a = a, .b = b});
      return true;
    }
  }
}

std::pair<int, int> two_people(Dice& dice) {
  const int a = static_cast<int>(dice.in(0, kNames - 1));
  const int b = static_cast<int>((a + dice.in(1, kNames - 1)) % kNames);
  return {a, b};
}

/// Levels 1, 2, 3 and the counting half of 5.
bool counts(Story& story, Dice& dice, int level) {
  const auto [a, b] = two_people(dice);
  const std::int64_t most = level == 1 ? 9 : level == 2 ? 20 : 60;
  const int steps = level == 1   ? static_cast<int>(dice.in(1, 2))
                    : level == 5 ? static_cast<int>(dice.in(6, 7))
                                 : level + 1;
  story.start(a, dice.in(4, most));
  if (level > 1) story.start(b, dice.in(4, most));
  for (int step = 0; step < steps;) {
    const bool swapped = level > 1 && dice.coin();
    // At level 1 nobody else is counted, so what is given away is lost to the story.
    if (level == 1) {
      const std::int64_t mine = story.of(a);
      const bool more = mine < 4 || dice.coin();
      const std::int64_t n = dice.in(3, more ? 9 : std::min<std::int64_t>(9, mine - 1));
      if (!more && n >= mine) return false;
      story.of(a) += more ? n : -n;
      const char* const keys[] = {"buy", "find", "lose", "sell"};
      story.say({.key = keys[(more ? 0 : 2) + dice.in(0, 1)], .a = a, .n = n});
      ++step;
      continue;
    }
    if (!event(story, dice, swapped ? b : a, swapped ? a : b, most, level >= 3)) return false;
    ++step;
  }
  if (story.of(a) > 2000 || story.of(b) > 2000) return false;
  if (level == 5) story.say({.key = "distract", .a = a, .n = dice.in(3, 9)});
  const std::int64_t kind = level == 1 ? 0 : dice.in(0, 2);
  if (kind == 0) {
    story.say({.key = "ask_left", .a = a});
    story.item.answer = std::to_string(story.of(a));
  } else if (kind == 1) {
    story.say({.key = "ask_total", .a = a, .b = b});
    story.item.answer = std::to_string(story.of(a) + story.of(b));
  } else {
    const bool a_more = story.of(a) > story.of(b);
    if (story.of(a) == story.of(b)) return false;
    story.say({.key = "ask_more", .a = a_more ? a : b, .b = a_more ? b : a});
    story.item.answer = std::to_string(std::abs(story.of(a) - story.of(b)));
  }
  return true;
}

/// Level 4: a shop.
bool shop(Story& story, Dice& dice) {
  const auto [a, b] = two_people(dice);
  const int first = static_cast<int>(dice.in(0, kThings - 1));
  const int second = static_cast<int>((first + dice.in(1, kThings - 1)) % kThings);
  const std::int64_t price1 = dice.in(3, 40) * 5, price2 = dice.in(3, 40) * 5;  // cents
  const std::int64_t n1 = dice.in(3, 9), n2 = dice.in(3, 9);
  std::int64_t total = price1 * n1 + price2 * n2;
  const auto say = [&](int thing, Sentence sentence) {
    sentence.thing = thing;
    story.item.sentences.push_back(std::move(sentence));
  };
  say(first, {.key = "price", .text = money(price1)});
  say(second, {.key = "price", .text = money(price2)});
  if (dice.coin()) say(first, {.key = "distract", .a = b, .n = dice.in(3, 9)});
  say(first, {.key = "purchase", .a = a, .n = n1});
  say(second, {.key = "purchase", .a = a, .n = n2});
  if (dice.coin()) {
    const std::int64_t percents[] = {10, 20, 25, 50};
    const std::int64_t percent = percents[dice.in(0, 3)];
    if (total * percent % 100 != 0) return false;
    total -= total * percent / 100;
    say(first, {.key = "discount", .k = percent});
  }
  if (dice.coin()) {
    const std::int64_t note = (total / 1000 + 1) * 1000;
    say(first, {.key = "pays", .a = a, .k = note / 100});
    say(first, {.key = "ask_change", .a = a});
    story.item.answer = money(note - total);
  } else {
    say(first, {.key = "ask_cost", .a = a});
    story.item.answer = money(total);
  }
  return true;
}

/// The other half of level 5: fractions of what is left of a full tank.
bool tank(Story& story, Dice& dice) {
  Ratio left{1, 1};
  // Two steps would give too few different stories.
  const int steps = static_cast<int>(dice.in(3, 4));
  story.item.sentences.push_back({.key = "tank"});
  for (int step = 0; step < steps; ++step) {
    const std::int64_t den = dice.in(3, 8), num = dice.in(1, den - 2);
    if (std::gcd(num, den) != 1) return false;
    left = {left.num * (den - num), left.den * den};
    const std::int64_t shared = std::gcd(left.num, left.den);
    left = {left.num / shared, left.den / shared};
    story.item.sentences.push_back(
        {.key = "drain", .k = step + 1, .text = fmt::format("{}/{}", num, den)});
  }
  if (left.den == 1 || left.den > 500) return false;
  story.item.sentences.push_back({.key = "ask_tank"});
  story.item.answer = fmt::format("{}/{}", left.num, left.den);
  return true;
}

}  // namespace

LedgerItem make_ledger(std::uint64_t seed, std::int64_t index, int level, int salt) {
  LEITAI_CHECK(level >= 1 && level <= 5, std::to_string(level));
  // Draws that are not sound are rare: a thousand of them keep salts apart.
  for (int attempt = 1000 * salt;; ++attempt) {
    Dice dice(seed, index, level, attempt);
    Story story;
    story.thing = static_cast<int>(dice.in(0, kThings - 1));
    const bool sound = level == 4                  ? shop(story, dice)
                       : level == 5 && dice.coin() ? tank(story, dice)
                                                   : counts(story, dice, level);
    if (sound) return std::move(story.item);
  }
}

std::string solve_ledger(const LedgerItem& item) {
  std::map<int, std::int64_t> held;
  std::map<int, std::int64_t> cents;  // price by thing
  std::int64_t bill = 0, paid = 0;
  std::int64_t num = 1, den = 1;
  const auto parse_cents = [](const std::string& text) {
    const std::size_t dot = text.find('.');
    return std::stoll(text.substr(0, dot)) * 100 +
           (dot == std::string::npos ? 0 : std::stoll(text.substr(dot + 1)));
  };
  for (const Sentence& s : item.sentences) {
    if (s.key == "start" || s.key == "buy" || s.key == "find") held[s.a] += s.n;
    if (s.key == "lose" || s.key == "sell") held[s.a] -= s.n;
    if (s.key == "give") {
      held[s.a] -= s.n;
      held[s.b] += s.n;
    }
    if (s.key == "bags") held[s.a] += s.k * s.n;
    if (s.key == "half") {
      const std::int64_t moved = held[s.a] / 2;
      LEITAI_CHECK(moved * 2 == held[s.a], "half of an odd number");
      held[s.a] -= moved;
      held[s.b] += moved;
    }
    if (s.key == "price") cents[s.thing] = parse_cents(s.text);
    if (s.key == "purchase") bill += s.n * cents.at(s.thing);
    if (s.key == "discount") bill = bill * (100 - s.k) / 100;
    if (s.key == "pays") paid = s.k * 100;
    if (s.key == "drain") {
      const std::size_t slash = s.text.find('/');
      const std::int64_t up = std::stoll(s.text.substr(0, slash)),
                         down = std::stoll(s.text.substr(slash + 1));
      num *= down - up;
      den *= down;
    }
    for (const auto& [who, n] : held) LEITAI_CHECK(n >= 0, "a negative quantity");
    if (s.key == "ask_left") return std::to_string(held[s.a]);
    if (s.key == "ask_total") return std::to_string(held[s.a] + held[s.b]);
    if (s.key == "ask_more") return std::to_string(held[s.a] - held[s.b]);
    if (s.key == "ask_cost") return money(bill);
    if (s.key == "ask_change") return money(paid - bill);
    if (s.key == "ask_tank")
      return fmt::format("{}/{}", num / std::gcd(num, den), den / std::gcd(num, den));
  }
  return "";
}

}  // namespace leitai::house
