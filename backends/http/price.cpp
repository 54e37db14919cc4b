#include "backends/http/price.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/core/text.h"

namespace leitai {

namespace {

constexpr double kMillion = 1e6;
constexpr int kUsualLength = 8192;      // of an answer whose length nobody bounds
constexpr int kLongestThought = 38912;  // where it does not count as length and no budget is given

/// "2026-08-16T16:00:00Z" of a moment: ISO 8601 in UTC compares as text.
std::string iso(std::int64_t unix_time) {
  const auto at = static_cast<std::time_t>(unix_time);
  std::tm parts{};
  gmtime_r(&at, &parts);
  std::array<char, 32> out{};
  std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return out.data();
}

/// "01:30" -> minutes; absent otherwise.
std::optional<int> minutes(const nlohmann::json& text) {
  if (!text.is_string()) return std::nullopt;
  const auto& word = text.get_ref<const std::string&>();
  const std::size_t colon = word.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto hour = parse_int(std::string_view(word).substr(0, colon)),
             minute = parse_int(std::string_view(word).substr(colon + 1));
  if (!hour || !minute) return std::nullopt;
  return static_cast<int>(*hour * 60 + *minute);
}

/// "Mon-Fri" or "Sat": is the day (0 = Sunday) within?
bool holds_day(const std::string& days, int day) {
  static constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                            "Thu", "Fri", "Sat"};
  const auto index = [&](std::string_view name) {
    return static_cast<int>(std::find(kDays.begin(), kDays.end(), name) - kDays.begin());
  };
  const std::size_t dash = days.find('-');
  if (dash == std::string::npos) return index(days) == day;
  const int from = index(std::string_view(days).substr(0, dash)),
            to = index(std::string_view(days).substr(dash + 1));
  return from <= to ? day >= from && day <= to : day >= from || day <= to;
}

double output_price(const PriceRow& row, bool is_thinking) {
  return is_thinking ? row.reasoning.value_or(row.output) : row.output;
}

}  // namespace

const PriceRow* price_row(const Provider& provider, std::string_view model,
                          std::int64_t unix_time) {
  const std::string now = iso(unix_time);
  for (const PriceRow& row : provider.prices) {
    const bool fits = std::any_of(row.models.begin(), row.models.end(),
                                  [&](const std::string& one) { return glob_match(one, model); });
    if (fits && !(row.from && now < *row.from) && !(row.until && now >= *row.until)) return &row;
  }
  return nullptr;
}

double peak_factor(const PriceRow& row, std::int64_t unix_time) {
  if (!row.peak.is_object()) return 1;
  const auto at = static_cast<std::time_t>(unix_time);
  std::tm parts{};
  gmtime_r(&at, &parts);
  if (row.peak.contains("days") && row.peak["days"].is_string() &&
      !holds_day(row.peak["days"], parts.tm_wday))
    return 1;
  const int now = parts.tm_hour * 60 + parts.tm_min;
  for (const auto& window : row.peak.value("hours_utc", nlohmann::json::array())) {
    if (!window.is_array() || window.size() != 2) continue;
    const auto from = minutes(window[0]), to = minutes(window[1]);
    if (from && to && now >= *from && now < *to) return row.peak.value("factor", 1.0);
  }
  return 1;
}

std::optional<Price> price_of(const Provider& provider, std::string_view model, const Usage& usage,
                              bool is_thinking, std::int64_t unix_time) {
  const PriceRow* row = price_row(provider, model, unix_time);
  if (!row || (!usage.prompt_tokens && !usage.completion_tokens)) return std::nullopt;
  const auto prompt = static_cast<double>(usage.prompt_tokens.value_or(0)),
             cached = std::min(prompt, static_cast<double>(usage.cached_tokens.value_or(0))),
             output = static_cast<double>(usage.completion_tokens.value_or(0));
  const bool thought = is_thinking || usage.reasoning_tokens.value_or(0) > 0;
  const double amount = (prompt - cached) * row->input + cached * row->cached.value_or(row->input) +
                        output * output_price(*row, thought);
  return Price{amount / kMillion * peak_factor(*row, unix_time), row->currency};
}

TokensAtMost tokens_at_most(const Provider& provider, const Request& request) {
  TokensAtMost out = estimated_tokens(request);
  if (request.mode == Mode::LogLikelihood) return out;
  out.completion =
      request.wanted.max_tokens.value_or(provider.length_default.value_or(kUsualLength));
  out.thinks = is_thinking(provider, request.wanted);
  if (out.thinks && !provider.length_counts_reasoning)
    out.completion += parse_int(request.wanted.thinking.value_or("")).value_or(kLongestThought);
  return out;
}

std::optional<Price> price_at_most(const Provider& provider, std::string_view model,
                                   const Request& request, std::int64_t unix_time) {
  const PriceRow* row = price_row(provider, model, unix_time);
  if (!row) return std::nullopt;
  const bool thinks = is_thinking(provider, request.wanted);
  const TokensAtMost tokens = tokens_at_most(provider, request);
  const double amount =
      static_cast<double>(tokens.prompt) * row->input +
      static_cast<double>(tokens.completion) * std::max(row->output, output_price(*row, thinks));
  return Price{amount / kMillion * peak_factor(*row, unix_time), row->currency};
}

std::optional<PriceNote> price_note(const Provider& provider, std::string_view model,
                                    std::int64_t unix_time) {
  const PriceRow* row = price_row(provider, model, unix_time);
  if (!row) return std::nullopt;
  PriceNote out{row->currency, row->input, row->output, row->cached, {}, row->as_of, row->source};
  if (row->peak.is_object()) out.peak_factor = row->peak.value("factor", 1.0);
  return out;
}

}  // namespace leitai
