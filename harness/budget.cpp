#include "harness/budget.h"

#include <fmt/format.h>

#include <cmath>

#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

bool is_currency(std::string_view text) {
  if (text.size() != 3) return false;
  for (const char c : text)
    if (c < 'A' || c > 'Z') return false;
  return true;
}

}  // namespace

Price parse_money(std::string_view text, std::string_view where) {
  const std::string_view trimmed = trim(text);
  const std::size_t letters = trimmed.find_first_not_of("0123456789.");
  const auto amount =
      letters == std::string_view::npos ? std::nullopt : parse_double(trimmed.substr(0, letters));
  const std::string_view currency =
      letters == std::string_view::npos ? std::string_view() : trim(trimmed.substr(letters));
  if (!amount || !(*amount >= 0) || !std::isfinite(*amount) || !is_currency(currency)) {
    throw Error(fmt::format("{}: \"{}\" is no amount of money; \"20 CNY\" or \"5 USD\" is wanted",
                            where, text));
  }
  return {*amount, std::string(currency)};
}

std::pair<std::string, double> parse_rate(std::string_view text, std::string_view where) {
  const std::size_t slash = text.find('/'), equals = text.find('=');
  const bool whole =
      slash != std::string_view::npos && equals != std::string_view::npos && slash < equals;
  const auto rate = whole ? parse_double(text.substr(equals + 1)) : std::nullopt;
  if (!rate || !(*rate > 0) || !std::isfinite(*rate) || !is_currency(text.substr(0, slash)) ||
      !is_currency(text.substr(slash + 1, equals - slash - 1))) {
    throw Error(fmt::format("{}: \"{}\" is no rate; CNY/USD=0.14 (one CNY is 0.14 USD) is wanted",
                            where, text));
  }
  return {std::string(text.substr(0, equals)), *rate};
}

std::optional<double> Budget::in_currency(const Price& price, const std::string& currency) const {
  if (price.currency == currency || price.amount == 0) return price.amount;
  if (const auto rate = limits_.rates.find(price.currency + "/" + currency);
      rate != limits_.rates.end())
    return price.amount * rate->second;
  if (const auto rate = limits_.rates.find(currency + "/" + price.currency);
      rate != limits_.rates.end())
    return price.amount / rate->second;
  return std::nullopt;
}

void Budget::check_currency(const std::string& model, const std::string& currency) const {
  const auto check = [&](const Price& limit) {
    if (in_currency({1, currency}, limit.currency)) return;
    throw Error(
        fmt::format("budget: {} is charged in {}, and the budget is in {}; amounts are never "
                    "converted silently\n        give the rate, as in --rate {}/{}=0.14, or "
                    "a budget in {}",
                    model, currency, limit.currency, currency, limit.currency, currency));
  };
  if (limits_.money) check(*limits_.money);
  if (const auto own = limits_.per_model.find(model); own != limits_.per_model.end())
    check(own->second);
}

void Budget::start(const std::string& model, const Price& spent) {
  settle(model, std::nullopt, spent);
}

bool Budget::fits(const std::string& model, const Price& most) const {
  const auto within = [&](const Price& limit, const Account& account) {
    const double amount = in_currency(most, limit.currency).value_or(most.amount);
    return account.spent + account.reserved + amount <= limit.amount * (1 + 1e-12);
  };
  if (limits_.money && !within(*limits_.money, run_)) return false;
  const auto own = limits_.per_model.find(model);
  if (own == limits_.per_model.end()) return true;
  const auto account = accounts_.find(model);
  return within(own->second, account == accounts_.end() ? Account{} : account->second);
}

bool Budget::reserve(const std::string& model, const std::optional<Price>& most) {
  if (!most) return true;
  std::lock_guard guard(mutex_);
  if (!fits(model, *most)) return false;
  if (limits_.money)
    run_.reserved += in_currency(*most, limits_.money->currency).value_or(most->amount);
  if (const auto own = limits_.per_model.find(model); own != limits_.per_model.end())
    accounts_[model].reserved += in_currency(*most, own->second.currency).value_or(most->amount);
  return true;
}

void Budget::settle(const std::string& model, const std::optional<Price>& reserved,
                    const std::optional<Price>& spent) {
  std::lock_guard guard(mutex_);
  const auto move = [&](Account& account, const std::string& currency) {
    if (reserved) account.reserved -= in_currency(*reserved, currency).value_or(reserved->amount);
    if (spent) account.spent += in_currency(*spent, currency).value_or(spent->amount);
    if (account.reserved < 1e-12) account.reserved = 0;
  };
  if (limits_.money) move(run_, limits_.money->currency);
  if (const auto own = limits_.per_model.find(model); own != limits_.per_model.end())
    move(accounts_[model], own->second.currency);
}

bool Budget::is_exhausted(const std::string& model, const std::optional<Price>& most) const {
  if (!most) return false;
  std::lock_guard guard(mutex_);
  if (fits(model, *most)) return false;
  const auto account = accounts_.find(model);
  return run_.reserved == 0 && (account == accounts_.end() || account->second.reserved == 0);
}

std::string Budget::why(const std::string& model) const {
  std::lock_guard guard(mutex_);
  if (const auto own = limits_.per_model.find(model); own != limits_.per_model.end()) {
    const auto account = accounts_.find(model);
    const double spent = account == accounts_.end() ? 0 : account->second.spent;
    const bool is_it =
        !limits_.money || own->second.amount - spent < limits_.money->amount - run_.spent;
    if (is_it)
      return fmt::format("the budget of {:g} {} for {} is reached ({:.4g} spent)",
                         own->second.amount, own->second.currency, model, spent);
  }
  if (!limits_.money) return "";
  return fmt::format("the budget of {:g} {} is reached ({:.4g} spent)", limits_.money->amount,
                     limits_.money->currency, run_.spent);
}

}  // namespace leitai
