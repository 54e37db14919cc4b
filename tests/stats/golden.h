#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "harness/core/error.h"
#include "harness/stats/function.h"
#include "tests/support/support.h"

namespace leitai::test {

/// The workbench function of that name, or nullptr.
inline const StatFunction* find_stat(std::string_view name) {
  for (const StatSubject* subject : stat_subjects())
    for (const StatFunction& function : subject->functions)
      if (function.name == name) return &function;
  return nullptr;
}

/// Equal within `tolerance`, relative above 1 and absolute below; walks lists and objects; members
/// that are not wanted are free.
inline bool near(const nlohmann::json& got, const nlohmann::json& want, double tolerance) {
  if (want.is_number()) {
    return got.is_number() && std::abs(got.get<double>() - want.get<double>()) <=
                                  tolerance * std::max(1.0, std::abs(want.get<double>()));
  }
  if (want.is_array()) {
    return got.is_array() && got.size() == want.size() &&
           std::equal(got.begin(), got.end(), want.begin(),
                      [&](const auto& a, const auto& b) { return near(a, b, tolerance); });
  }
  if (want.is_object()) {
    return got.is_object() &&
           std::all_of(want.items().begin(), want.items().end(), [&](const auto& item) {
             return got.contains(item.key()) && near(got[item.key()], item.value(), tolerance);
           });
  }
  return got == want;
}

/// Holds every row of golden/stats/`file` against the function it names.
inline void run_golden(const std::string& file) {
  LEITAI_NEEDS_SHARED("golden/stats/" + file);
  int compared = 0;
  for (const nlohmann::json& row : read_jsonl(shared_dir() / "golden/stats" / file)) {
    const auto name = row.at("fn").get<std::string>();
    const StatFunction* function = find_stat(name);
    if (!function) {
      ADD_FAILURE() << row["id"] << ": no function " << name;
      continue;
    }
    nlohmann::json got;
    try {
      got = function->evaluate(row.at("input"), nlohmann::json::object());
    } catch (const std::exception& error) {
      ADD_FAILURE() << row["id"] << ' ' << name << ": " << error.what();
      continue;
    }
    const double tolerance = std::max(row.value("tol", 0.0), 1e-12);
    for (const auto& [key, want] : row.at("expected").items()) {
      const nlohmann::json value = got.is_object() && got.contains(key) ? got[key] : "(absent)";
      EXPECT_TRUE(near(value, want, tolerance))
          << row["id"] << ' ' << name << ' ' << key << ": " << value << " instead of " << want;
    }
    ++compared;
  }
  EXPECT_GT(compared, 0);
  count_compared("stats: " + file, compared);
}

}  // namespace leitai::test
