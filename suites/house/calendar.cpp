#include "suites/house/calendar.h"

#include <fmt/format.h>

#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/random.h"

namespace leitai::house {

namespace {

constexpr int kNames = 7;
constexpr int kFirstYear = 1985;
constexpr int kLastYear = 2059;
constexpr int kMonthDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

struct Date {
  int year = 2000;
  int month = 1;
  int day = 1;

  bool operator==(const Date&) const = default;
  auto operator<=>(const Date&) const = default;
};

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }
int days_in(int year, int month) {
  return month == 2 && is_leap(year) ? 29 : kMonthDays[month - 1];
}

/// Days since 1 January 1970, which was a Thursday.
std::int64_t number_of(const Date& date) {
  std::int64_t out = 0;
  for (int year = 1970; year < date.year; ++year) out += is_leap(year) ? 366 : 365;
  for (int month = 1; month < date.month; ++month) out += days_in(date.year, month);
  return out + date.day - 1;
}

Date later(Date date, std::int64_t days) {
  for (; days > 0; --days) {
    if (++date.day <= days_in(date.year, date.month)) continue;
    date.day = 1;
    if (++date.month <= 12) continue;
    date.month = 1;
    ++date.year;
  }
  return date;
}

int weekday_of(const Date& date) { return static_cast<int>((number_of(date) + 3) % 7); }

std::string iso(const Date& date) {
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}
std::string clock(std::int64_t minutes) {
  return fmt::format("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : stream_(seed) {}
  std::int64_t in(std::int64_t low, std::int64_t high) {
    return low +
           static_cast<std::int64_t>(stream_.below(static_cast<std::uint64_t>(high - low + 1)));
  }
  int small(int low, int high) { return static_cast<int>(in(low, high)); }
  Date date(int first_year = kFirstYear, int last_year = kLastYear) {
    Date out{small(first_year, last_year), small(1, 12), 1};
    out.day = small(1, days_in(out.year, out.month));
    return out;
  }

 private:
  SplitMix64 stream_;
};

/// One question in the making.
struct Asked {
  CalendarItem item;

  void say(Sentence sentence) { item.sentences.push_back(std::move(sentence)); }
  void ask(Sentence sentence, std::int64_t answer) {
    say(std::move(sentence));
    item.answer = std::to_string(answer);
  }
};

/// What day is it, seen from the day before yesterday and the like.
void near_days(Asked& out, Dice& dice) {
  struct View {
    const char* key;  // "the day before yesterday was ..."
    int offset;       // of today, from there
  };
  constexpr View kKnown[] = {{"was_before_yesterday", 2},
                             {"was_yesterday", 1},
                             {"is_tomorrow", -1},
                             {"is_after_tomorrow", -2}};
  constexpr View kAsked[] = {{"ask_before_yesterday", -2},
                             {"ask_yesterday", -1},
                             {"ask_tomorrow", 1},
                             {"ask_after_tomorrow", 2}};
  const int known = dice.small(0, 3);
  const int asked = known < 2 ? dice.small(2, 3) : dice.small(0, 1);
  const Date from = dice.date();
  const int days = kKnown[known].offset + kAsked[asked].offset;
  // Backwards by looking for the day from which it is so many days to `from`.
  Date to = from;
  if (days >= 0) {
    to = later(from, days);
  } else {
    for (Date start{from.year - 1, 12, 1}; number_of(start) <= number_of(from) + days;
         start = later(start, 1))
      to = start;
  }
  out.say({.key = kKnown[known].key, .from = iso(from)});
  out.ask({.key = kAsked[asked].key}, to.day);
}

void journey(Asked& out, Dice& dice, bool is_overnight) {
  const std::int64_t start =
      is_overnight ? dice.in(17 * 60, 24 * 60 - 1) : dice.in(5 * 60, 14 * 60);
  const std::int64_t end =
      is_overnight ? dice.in(0, 11 * 60) + 24 * 60 : dice.in(start + 17, 23 * 60);
  out.ask({.key = is_overnight ? "ask_journey_night" : "ask_journey",
           .from = clock(start),
           .to = clock(end)},
          end - start);
}

void some_days_later(Asked& out, Dice& dice) {
  const Date today = dice.date();
  const std::int64_t days = dice.in(5, 75);
  out.say({.key = "today", .from = iso(today)});
  out.ask({.key = "ask_day_later", .n = days}, later(today, days).day);
}

/// The Chinese thirds of a month: the last one is what lies behind the 20th.
void last_third(Asked& out, Dice& dice) {
  const Date month{dice.small(kFirstYear, kLastYear), dice.small(1, 12), 1};
  const std::int64_t pages = dice.in(3, 40);
  out.ask({.key = "ask_last_third", .a = dice.small(0, kNames - 1), .n = pages, .from = iso(month)},
          pages * (days_in(month.year, month.month) - 20));
}

void days_until(Asked& out, Dice& dice, int max_years) {
  const Date today = dice.date();
  Date then = max_years == 0 ? dice.date(today.year, today.year)
                             : dice.date(today.year + 1, today.year + max_years);
  if (then == today) then = later(then, 30);
  const bool is_turned = then < today;
  const std::int64_t days = number_of(then) - number_of(today);
  out.say({.key = "today", .from = iso(is_turned ? then : today)});
  out.ask({.key = "ask_days_until", .from = iso(is_turned ? today : then)},
          days < 0 ? -days : days);
}

void weekday_later(Asked& out, Dice& dice) {
  const Date today = dice.date();
  const std::int64_t days = dice.in(9, 500);
  out.say({.key = "is_weekday", .weekday = weekday_of(today), .from = iso(today)});
  out.say({.key = "numbers"});
  out.ask({.key = "ask_weekday_later", .n = days}, (weekday_of(today) + days) % 7 + 1);
}

void age(Asked& out, Dice& dice) {
  const Date born = dice.date(1950, 2000);
  Date then = dice.date(2010, kLastYear);
  // Half of the time close to the birthday.
  if (dice.in(0, 1) == 0) {
    then.month = born.month;
    then.day = dice.small(1, days_in(then.year, then.month));
  }
  const bool is_before_birthday =
      then.month < born.month || (then.month == born.month && then.day < born.day);
  const int who = dice.small(0, kNames - 1);
  out.say({.key = "born", .a = who, .from = iso(born)});
  out.ask({.key = "ask_age", .a = who, .from = iso(then)},
          then.year - born.year - (is_before_birthday ? 1 : 0));
}

/// The third Friday, from the weekday of another day of the same year.
void nth_weekday(Asked& out, Dice& dice) {
  const Date known = dice.date();
  const Date first{known.year, dice.small(1, 12), 1};
  const int weekday = dice.small(0, 6), n = dice.small(2, 4);
  const int day = 1 + (weekday - weekday_of(first) + 7) % 7 + 7 * (n - 1);
  out.say({.key = "is_weekday", .weekday = weekday_of(known), .from = iso(known)});
  out.ask({.key = "ask_nth", .n = n, .weekday = weekday, .from = iso(first)}, day);
}

/// How many days of a span are a certain weekday, or working days.
void count_days(Asked& out, Dice& dice) {
  const Date from = dice.date();
  const std::int64_t days = dice.in(40, 300);
  const Date to = later(from, days);
  const bool is_work = dice.in(0, 1) == 0;
  const int weekday = is_work ? -1 : dice.small(0, 6);
  std::int64_t found = 0;
  for (std::int64_t i = 0; i <= days; ++i) {
    const auto each = static_cast<int>((weekday_of(from) + i) % 7);
    found += is_work ? each < 5 : each == weekday;
  }
  out.say({.key = "is_weekday", .weekday = weekday_of(from), .from = iso(from)});
  out.ask({.key = is_work ? "ask_work_days" : "ask_count_weekday",
           .weekday = weekday,
           .from = iso(from),
           .to = iso(to)},
          found);
}

void weekday_of_other_year(Asked& out, Dice& dice) {
  const Date known = dice.date();
  Date asked = dice.date();
  if (asked.year == known.year) asked.year += asked.year < kLastYear ? 1 : -1;
  if (asked.day > days_in(asked.year, asked.month)) asked.day = 28;
  out.say({.key = "is_weekday", .weekday = weekday_of(known), .from = iso(known)});
  out.say({.key = "numbers"});
  out.ask({.key = asked < known ? "ask_weekday_was" : "ask_weekday_is", .from = iso(asked)},
          weekday_of(asked) + 1);
}

}  // namespace

CalendarItem make_calendar(std::uint64_t seed, std::int64_t index, int level, int salt) {
  LEITAI_CHECK(level >= 1 && level <= 5, std::to_string(level));
  Dice dice(hash64({"house/calendar/1", std::to_string(seed), std::to_string(index),
                    std::to_string(level), std::to_string(salt)}));
  Asked out;
  switch (level) {
    case 1:
      dice.in(0, 1) == 0 ? near_days(out, dice) : journey(out, dice, false);
      break;
    case 2: {
      const int kind = dice.small(0, 2);
      kind == 0   ? some_days_later(out, dice)
      : kind == 1 ? journey(out, dice, true)
                  : last_third(out, dice);
      break;
    }
    case 3: {
      const int kind = dice.small(0, 2);
      kind == 0 ? days_until(out, dice, 0) : kind == 1 ? weekday_later(out, dice) : age(out, dice);
      break;
    }
    case 4:
      dice.in(0, 1) == 0 ? days_until(out, dice, 3) : nth_weekday(out, dice);
      break;
    default:
      dice.in(0, 1) == 0 ? count_days(out, dice) : weekday_of_other_year(out, dice);
  }
  return std::move(out.item);
}

}  // namespace leitai::house
