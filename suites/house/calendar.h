#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "suites/house/wording.h"

namespace leitai::house {

/// A question about dates, weekdays or times of day in the Gregorian calendar, free of any
/// language. Dates in a Sentence are "2031-03-05", times "22:45", weekdays 0 (Monday) to 6.
struct CalendarItem {
  std::vector<Sentence> sentences;
  std::string answer;  // a whole number
};

/// Item `index` of `seed` at `level` 1 to 5; another `salt` is another draw of it:
///   1  the day before yesterday, the day after tomorrow; a journey within a day
///   2  some days later, over the end of a month; a journey overnight; the last third of a month
///   3  days between two dates of a year; the weekday some weeks later; age in full years
///   4  days between dates of different years; the nth such weekday of a month
///   5  weekdays and working days in a span; the weekday years later or earlier
CalendarItem make_calendar(std::uint64_t seed, std::int64_t index, int level, int salt = 0);

}  // namespace leitai::house
