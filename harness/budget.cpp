#include "harness/budget.h"

#include <fmt/format.h>

#include <algorithm>
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

/// "3", "0.25", "0.0000819": never with an exponent.
std::string amount_text(double amount) {
  if (amount == 0 || amount >= 1e-4) return fmt::format("{:.4g}", amount);
  std::string out = fmt::format("{:.9f}", amount);
  return out.substr(0, out.find_last_not_of('0') + 1);
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

std::int64_t parse_token_count(std::string_view text, std::string_view where) {
  std::string_view digits = trim(text);
  double unit = 1;
  if (!digits.empty()) {
    const char last = digits.back();
    if (last == 'k' || last == 'K') unit = 1e3;
    if (last == 'm' || last == 'M') unit = 1e6;
    if (unit > 1) digits.remove_suffix(1);
  }
  const auto number = parse_double(digits);
  if (!number || !(*number >= 0) || *number * unit > 1e15)
    throw Error(fmt::format("{}: \"{}\" is no number of tokens; 2000000, 500k or 2M is wanted",
                            where, text));
  return static_cast<std::int64_t>(*number * unit + 0.5);
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
  const auto check = [&](const std::optional<Price>& limit) {
    if (!limit || in_currency({1, currency}, limit->currency)) return;
    throw Error(fmt::format(
        "budget: {} is charged in {}, and the budget is in {}; amounts are never "
        "converted silently\n        give the rate, as in --rate {}/{}=R (one {} is R {}), or "
        "a budget in {}",
        model, currency, limit->currency, currency, limit->currency, currency, limit->currency,
        currency));
  };
  check(limits_.run.money);
  if (const Allowance* own = limit_of(model)) check(own->money);
}

void Budget::refuse_unknown_price(const std::string& model) const {
  const Allowance* own = limit_of(model);
  if (!limits_.run.money && !(own && own->money)) return;
  throw Error(fmt::format(
      "budget: no price is known for {}: a budget of money cannot hold it\n        bound it by "
      "--max-total-tokens or --max-requests, or give its price in a provider record of your own "
      "(--providers DIR; leitai ls providers NAME shows what is known)",
      model));
}

bool Budget::extend(const std::string& model, const Price& charged) {
  const Spending more{0, 0, charged};
  std::lock_guard guard(mutex_);
  for (const std::string& account : {model, std::string()})
    if (!blocked(account, more).empty()) return false;
  for (const std::string& account : {model, std::string()}) {
    const Allowance* limit = limit_of(account);
    if (limit && limit->money)
      accounts_[account].reserved_money +=
          in_currency(charged, limit->money->currency).value_or(charged.amount);
  }
  return true;
}

const Allowance* Budget::limit_of(const std::string& account) const {
  if (account.empty()) return &limits_.run;
  const auto own = limits_.per_model.find(account);
  return own == limits_.per_model.end() ? nullptr : &own->second;
}

void Budget::start(const std::string& model, const Spending& spent) {
  settle(model, {.requests = 0, .tokens = 0, .money = {}}, spent);
}

void Budget::start_time(const std::string& model, double seconds) {
  std::lock_guard guard(mutex_);
  accounts_[model].time_s += seconds;
}

std::optional<Price> Budget::money_left() const {
  std::lock_guard guard(mutex_);
  std::optional<Price> out = limits_.run.money;
  const auto run = accounts_.find("");
  if (out && run != accounts_.end()) out->amount = std::max(0.0, out->amount - run->second.money);
  return out;
}

std::string Budget::blocked(const std::string& account, const Spending& most) const {
  const Allowance* limit = limit_of(account);
  if (!limit) return "";
  const auto found = accounts_.find(account);
  const Account at = found == accounts_.end() ? Account{} : found->second;
  const std::string whose = account.empty() ? "" : " for " + account;
  if (limit->money && most.money) {
    const Price& bound = *limit->money;
    const double amount = in_currency(*most.money, bound.currency).value_or(most.money->amount);
    if (at.money + at.reserved_money + amount > bound.amount * (1 + 1e-12))
      return fmt::format(
          "the budget of {:g} {}{} is reached ({} spent; the next request may cost {})",
          bound.amount, bound.currency, whose, amount_text(at.money), amount_text(amount));
  }
  if (limit->money && !most.money && most.is_charged && at.money >= limit->money->amount)
    return fmt::format("the budget of {:g} {}{} is reached ({} spent)", limit->money->amount,
                       limit->money->currency, whose, amount_text(at.money));
  if (limit->requests && most.requests > 0 &&
      at.requests + at.reserved_requests + most.requests > *limit->requests)
    return fmt::format("the budget of {} requests{} is reached", with_commas(*limit->requests),
                       whose);
  if (limit->tokens && most.tokens > 0 &&
      at.tokens + at.reserved_tokens + most.tokens > *limit->tokens)
    return at.tokens + at.reserved_tokens == 0
               ? fmt::format(
                     "the budget of {} tokens{} is less than one request may take ({}); "
                     "bound the answers by max_tokens",
                     with_commas(*limit->tokens), whose, with_commas(most.tokens))
               : fmt::format(
                     "the budget of {} tokens{} is reached ({} used; the next request may "
                     "take {})",
                     with_commas(*limit->tokens), whose, with_commas(at.tokens),
                     with_commas(most.tokens));
  return "";
}

bool Budget::reserve(const std::string& model, const Spending& most) {
  std::lock_guard guard(mutex_);
  for (const std::string& account : {model, std::string()})
    if (!blocked(account, most).empty()) return false;
  for (const std::string& account : {model, std::string()}) {
    const Allowance* limit = limit_of(account);
    if (!limit) continue;
    Account& at = accounts_[account];
    ++at.open;
    at.reserved_requests += most.requests;
    at.reserved_tokens += most.tokens;
    if (limit->money && most.money)
      at.reserved_money +=
          in_currency(*most.money, limit->money->currency).value_or(most.money->amount);
  }
  return true;
}

void Budget::settle(const std::string& model, const Spending& reserved, const Spending& spent) {
  std::lock_guard guard(mutex_);
  for (const std::string& account : {model, std::string()}) {
    const Allowance* limit = limit_of(account);
    if (!limit) continue;
    Account& at = accounts_[account];
    if (at.open > 0) --at.open;
    at.reserved_requests -= reserved.requests;
    at.reserved_tokens -= reserved.tokens;
    at.requests += spent.requests;
    at.tokens += spent.tokens;
    if (!limit->money) continue;
    const std::string& currency = limit->money->currency;
    if (reserved.money)
      at.reserved_money -= in_currency(*reserved.money, currency).value_or(reserved.money->amount);
    if (spent.money) at.money += in_currency(*spent.money, currency).value_or(spent.money->amount);
    if (at.open == 0 || at.reserved_money < 1e-12) at.reserved_money = 0;
  }
}

bool Budget::is_exhausted(const std::string& model, const Spending& most) const {
  std::lock_guard guard(mutex_);
  for (const std::string& account : {model, std::string()}) {
    const auto found = accounts_.find(account);
    const bool is_open = found != accounts_.end() && found->second.open > 0;
    if (!is_open && !blocked(account, most).empty()) return true;
  }
  return false;
}

std::string Budget::why(const std::string& model, const Spending& most) const {
  std::lock_guard guard(mutex_);
  const std::string own = blocked(model, most);
  return own.empty() ? blocked("", most) : own;
}

std::string Budget::why_time(const std::string& model, double seconds) const {
  std::lock_guard guard(mutex_);
  const Allowance* limit = limit_of(model);
  if (!limit || !limit->time_s) return "";
  const auto found = accounts_.find(model);
  const double before = found == accounts_.end() ? 0 : found->second.time_s;
  if (before + seconds < *limit->time_s) return "";
  return fmt::format("the time of {:g} s{} is over{}", *limit->time_s,
                     model.empty() ? "" : " for " + model,
                     before > 0 ? fmt::format(" ({:.0f} s of it by earlier calls)", before) : "");
}

}  // namespace leitai
