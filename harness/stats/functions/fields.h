#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/leaderboard.h"

/// What the adapters of the workbench share: reading the fields of a line, writing results.
namespace leitai {

/// Fields of `input`; `params` fills what input does not name.
class Fields {
 public:
  Fields(const nlohmann::json& input, const nlohmann::json& params)
      : input_(input), params_(params) {
    if (!input.is_object()) throw Error("input: an object with the function's fields is wanted");
  }

  bool has(const std::string& key) const { return find(key) != nullptr; }

  /// Throws Error where the field is missing or does not fit `T`.
  template <typename T>
  T get(const std::string& key) const {
    const nlohmann::json* value = find(key);
    if (!value) throw Error("input: field \"" + key + "\" is missing");
    return as<T>(*value, key);
  }

  template <typename T>
  T get_or(const std::string& key, T fallback) const {
    const nlohmann::json* value = find(key);
    return value ? as<T>(*value, key) : fallback;
  }

  /// A level in (0, 1).
  double alpha(double fallback = 0.05) const {
    const double alpha = get_or("alpha", fallback);
    if (!(alpha > 0 && alpha < 1)) throw Error("input: alpha must lie between 0 and 1");
    return alpha;
  }

  /// 64 bits, as a number or as decimal digits in a string.
  std::uint64_t seed(std::uint64_t fallback = 0) const {
    const nlohmann::json* value = find("seed");
    if (!value) return fallback;
    if (value->is_string()) {
      const auto& digits = value->get_ref<const std::string&>();
      std::size_t used = 0;
      std::uint64_t seed = 0;
      try {
        seed = std::stoull(digits, &used);
      } catch (const std::exception&) {
        used = 0;
      }
      if (used == 0 || used != digits.size()) throw Error("input: seed must be an integer");
      return seed;
    }
    return as<std::uint64_t>(*value, "seed");
  }

 private:
  const nlohmann::json* find(const std::string& key) const {
    if (input_.contains(key)) return &input_[key];
    if (params_.is_object() && params_.contains(key)) return &params_[key];
    return nullptr;
  }

  template <typename T>
  static T as(const nlohmann::json& value, const std::string& key) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      const double number = value.is_number() ? value.get<double>() : 0.5;
      const bool whole =
          value.is_number_integer() || (number == std::floor(number) && std::abs(number) < 9.0e15);
      if (!whole) throw Error("input: field \"" + key + "\" must be an integer");
    }
    try {
      return value.get<T>();
    } catch (const nlohmann::json::exception&) {
      throw Error("input: field \"" + key + "\" does not fit: " + value.dump().substr(0, 60));
    }
  }

  const nlohmann::json& input_;
  const nlohmann::json& params_;
};

/// Throws Error("input: `what`") where the input does not fit.
inline void want(bool holds, const std::string& what) {
  if (!holds) throw Error("input: " + what);
}

/// null where the value is not defined.
inline nlohmann::json or_null(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

inline nlohmann::json to_list(const Interval& interval) { return {interval.low, interval.high}; }

}  // namespace leitai
