#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "harness/core/response.h"

namespace leitai {

/// Bounds of a run or of one of its models; absent: none.
struct Allowance {
  std::optional<Price> money;
  std::optional<std::int64_t> requests;
  std::optional<std::int64_t> tokens;  // prompt and completion
  std::optional<double> time_s;        // of asking

  bool is_empty() const { return !money && !requests && !tokens && !time_s; }
};

/// What a run may spend. Amounts of different currencies are never added up without a rate that the
/// user gave.
struct BudgetLimits {
  Allowance run;
  std::map<std::string, Allowance> per_model;  // by model id
  /// "CNY/USD" -> 0.14: one CNY is 0.14 USD. Both directions follow from one.
  std::map<std::string, double> rates;

  bool is_empty() const { return run.is_empty() && per_model.empty(); }
};

/// What asking took, or may take at most.
struct Spending {
  std::int64_t requests = 1;
  std::int64_t tokens = 0;
  std::optional<Price> money;  // absent: free, or a price that nobody knows
  bool is_charged = false;     // money will be asked for, though nobody knows how much
};

/// "20 CNY", "12.5USD". Throws Error naming `where`.
Price parse_money(std::string_view text, std::string_view where);

/// "2000000", "500k", "2M", "1.5M". Throws Error naming `where`.
std::int64_t parse_token_count(std::string_view text, std::string_view where);

/// "CNY/USD=0.14": the pair and its rate. Throws Error naming `where`.
std::pair<std::string, double> parse_rate(std::string_view text, std::string_view where);

/// Hard limits: what a request may take at most is set aside before it is sent and settled with
/// what it did take. So a limit is exceeded by nothing, unless a service charges more than its
/// prices or its length limit say. Thread-safe.
class Budget {
 public:
  explicit Budget(BudgetLimits limits) : limits_(std::move(limits)) {}

  /// What earlier calls of the run spent.
  void start(const std::string& model, const Spending& spent);
  /// For how long they asked `model`, or ("") all.
  void start_time(const std::string& model, double seconds);

  /// Of the run's money, what is not spent; absent without such a limit.
  std::optional<Price> money_left() const;

  /// Throws Error if amounts in `currency` cannot be held against the limits of `model`.
  void check_currency(const std::string& model, const std::string& currency) const;

  /// Throws Error if money is limited for `model`, which charges what nobody knows.
  void refuse_unknown_price(const std::string& model) const;

  /// Sets `charged` aside for an attempt of `model` that was paid for and is to be repeated; the
  /// request's settling gives it back. False if it does not fit.
  bool extend(const std::string& model, const Price& charged);

  /// False if `most` does not fit beside what is spent and set aside.
  bool reserve(const std::string& model, const Spending& most);

  /// The answer to a request with that reservation is there.
  void settle(const std::string& model, const Spending& reserved, const Spending& spent);

  /// Nothing of it would fit, and nothing is set aside that could come back.
  bool is_exhausted(const std::string& model, const Spending& most) const;

  /// "the budget of 20 CNY is reached (19.97 spent)": why `most` does not fit; "" where it does.
  std::string why(const std::string& model, const Spending& most) const;

  /// Why time is up after asking for `seconds` in this call; "" while there is some. Model "": of
  /// the whole run.
  std::string why_time(const std::string& model, double seconds) const;

 private:
  struct Account {
    double money = 0, reserved_money = 0;  // in the currency of its limit
    std::int64_t requests = 0, reserved_requests = 0;
    std::int64_t tokens = 0, reserved_tokens = 0;
    std::int64_t open = 0;  // reservations
    double time_s = 0;
  };
  /// `price` in `currency`; absent without a rate.
  std::optional<double> in_currency(const Price& price, const std::string& currency) const;
  const Allowance* limit_of(const std::string& account) const;
  /// Why `most` does not fit into this account ("" is the run's); "" where it does.
  std::string blocked(const std::string& account, const Spending& most) const;

  BudgetLimits limits_;
  mutable std::mutex mutex_;
  std::map<std::string, Account> accounts_;  // by model, "" of the run; guarded by mutex_
};

}  // namespace leitai
