#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/response.h"

namespace leitai {

/// What a run may spend. Amounts of different currencies are never added up without a rate that the
/// user gave.
struct BudgetLimits {
  std::optional<Price> money;              // of the whole run
  std::map<std::string, Price> per_model;  // by model id
  /// "CNY/USD" -> 0.14: one CNY is 0.14 USD. Both directions follow from one.
  std::map<std::string, double> rates;

  bool is_empty() const { return !money && per_model.empty(); }
};

/// "20 CNY", "12.5USD". Throws Error naming `where`.
Price parse_money(std::string_view text, std::string_view where);

/// "CNY/USD=0.14": the pair and its rate. Throws Error naming `where`.
std::pair<std::string, double> parse_rate(std::string_view text, std::string_view where);

/// Hard limits of money: what a request may cost at most is set aside before it is sent and settled
/// with what it did cost. So a limit is exceeded by nothing, unless a service charges more than its
/// prices say. Thread-safe.
class Budget {
 public:
  explicit Budget(BudgetLimits limits) : limits_(std::move(limits)) {}

  /// What earlier calls of the run spent.
  void start(const std::string& model, const Price& spent);

  /// Throws Error if amounts in `currency` cannot be held against the limits of `model`.
  void check_currency(const std::string& model, const std::string& currency) const;

  /// False if `most` does not fit beside what is spent and set aside. Requests whose price nobody
  /// knows always fit.
  bool reserve(const std::string& model, const std::optional<Price>& most);

  /// The answer to a request with that reservation is there.
  void settle(const std::string& model, const std::optional<Price>& reserved,
              const std::optional<Price>& spent);

  /// Nothing of it would fit, and nothing is set aside that could come back.
  bool is_exhausted(const std::string& model, const std::optional<Price>& most) const;

  /// "the budget of 20 CNY is reached (19.97 spent)", "" while there is room for `most`.
  std::string why(const std::string& model) const;

 private:
  struct Account {
    double spent = 0;
    double reserved = 0;
  };
  /// `price` in `currency`; absent without a rate.
  std::optional<double> in_currency(const Price& price, const std::string& currency) const;
  bool fits(const std::string& model, const Price& most) const;

  BudgetLimits limits_;
  mutable std::mutex mutex_;
  Account run_;                              // in the currency of limits_.money; guarded by mutex_
  std::map<std::string, Account> accounts_;  // each in the currency of its own limit
};

}  // namespace leitai
