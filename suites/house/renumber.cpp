#include "suites/house/renumber.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "harness/core/text.h"
#include "suites/house/chain.h"
#include "suites/house/quantities.h"

namespace leitai::house {

namespace {

constexpr int kTries = 400;  // with all numbers new, and as many with some

const Rational kOne{1, 1}, kHundred{100, 1};

Rational whole(long long value) { return {value, 1}; }

/// In which form a percentage enters a computation.
enum class Form { Plain, Share, Rest, Grown, RestOfHundred, GrownHundred };

std::optional<Rational> in_form(const Rational& value, Form form) {
  const auto share = math::divide(value, kHundred);
  if (!share) return std::nullopt;
  switch (form) {
    case Form::Plain:
      return value;
    case Form::Share:
      return share;
    case Form::Rest:
      return subtract(kOne, *share);
    case Form::Grown:
      return math::add(kOne, *share);
    case Form::RestOfHundred:
      return subtract(kHundred, value);
    case Form::GrownHundred:
      return math::add(kHundred, value);
  }
  return std::nullopt;
}

constexpr Form kForms[] = {Form::Plain, Form::Share,         Form::Rest,
                           Form::Grown, Form::RestOfHundred, Form::GrownHundred};

/// Where a number of the chain comes from.
struct Source {
  enum class Kind { Variable, Step, Constant };
  Kind kind = Kind::Constant;
  std::size_t index = 0;  // of the variable or step
  Form form = Form::Plain;
};

using Mask = std::uint64_t;

struct Variable {
  Rational value;
  bool is_percent = false;
  std::vector<Rational> others;  // what it may become
};

class Template {
 public:
  Template(std::string_view question, std::vector<ChainStep> chain)
      : question_(question), chain_(std::move(chain)), quantities_(quantities_of(question)) {}

  /// Finds out which numbers may change; "" or why none may.
  std::string derive();
  /// Draws them; false where no draw is acceptable.
  bool draw(SplitMix64& dice);
  std::string question() const;
  const Rational& answer() const { return values_.back(); }
  int n_changed() const;

 private:
  void list_variables();
  void list_constants();
  std::vector<Source> sources_of(const Rational& number, std::size_t step) const;
  Mask reach(const Source& source) const;
  bool is_count(const Rational& number) const;
  bool is_bound_to(Mask free) const;
  bool accepts(const std::vector<Rational>& drawn);
  bool keeps_order(const std::vector<Rational>& drawn, const std::vector<Rational>& values) const;
  std::optional<std::vector<Rational>> compute(const std::vector<Rational>& drawn) const;

  std::string_view question_;
  std::vector<ChainStep> chain_;
  std::vector<Quantity> quantities_;
  std::vector<std::size_t> variable_of_;  // of each quantity
  std::vector<Variable> variables_;
  std::vector<Rational> constants_, said_;
  std::vector<std::pair<Rational, Rational>> made_;        // WordNumbers::made
  std::vector<std::vector<std::vector<Source>>> sources_;  // by step and number
  std::vector<Mask> depends_;                              // of each step on variables
  Mask fixed_ = 0;
  bool has_percent_ = false;
  std::vector<Rational> drawn_, values_;
};

/// A number that stands twice stays: which of the two the chain means is not known.
void Template::list_variables() {
  for (Quantity& one : quantities_) {
    has_percent_ = has_percent_ || one.is_percent;
    std::size_t at = 0;
    while (at < variables_.size() &&
           !(variables_[at].value == one.value && variables_[at].is_percent == one.is_percent))
      ++at;
    std::vector<Rational> others =
        one.is_fixed ? std::vector<Rational>{} : others_of(one, question_);
    if (at == variables_.size()) {
      variables_.push_back({one.value, one.is_percent, std::move(others)});
    } else {
      variables_[at].others.clear();
    }
    variable_of_.push_back(at);
  }
}

void Template::list_constants() {
  WordNumbers words = numbers_of_words(question_);
  made_ = std::move(words.made);
  said_ = std::move(words.said);
  constants_ = std::move(words.meant);
  constants_.insert(constants_.end(), said_.begin(), said_.end());
  if (has_percent_) {
    constants_.push_back(kOne);
    constants_.push_back(kHundred);
    constants_.push_back(*math::make_rational(1, 100));
  }
  // Fractions: 3/4 is there as a whole, by its parts, and by what is left of one.
  for (std::size_t i = 0; i + 1 < quantities_.size(); ++i) {
    const Quantity &top = quantities_[i], &bottom = quantities_[i + 1];
    if (bottom.begin != top.end + 1 || question_[top.end] != '/') continue;
    const auto ratio = math::divide(top.value, bottom.value);
    if (!ratio) continue;
    constants_.push_back(kOne);
    constants_.push_back(*ratio);
    for (const auto& more : {subtract(kOne, *ratio), math::add(kOne, *ratio),
                             subtract(bottom.value, top.value), math::add(bottom.value, top.value)})
      if (more) constants_.push_back(*more);
  }
}

std::vector<Source> Template::sources_of(const Rational& number, std::size_t step) const {
  std::vector<Source> out;
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    for (const Form form : kForms) {
      if (form != Form::Plain && !variables_[i].is_percent) break;
      if (in_form(variables_[i].value, form) == number)
        out.push_back({Source::Kind::Variable, i, form});
    }
  }
  for (std::size_t i = 0; i < step; ++i) {
    if (chain_[i].value == number) out.push_back({Source::Kind::Step, i, Form::Plain});
  }
  if (std::find(constants_.begin(), constants_.end(), number) != constants_.end())
    out.push_back({});
  return out;
}

/// Is some number of the chain written so often in a row ("5+5+5" for 3 times 5)?
bool Template::is_count(const Rational& number) const {
  for (const ChainStep& step : chain_) {
    for (const Rational& one : step.numbers) {
      const auto n = std::count(step.numbers.begin(), step.numbers.end(), one);
      if (n > 1 && number == whole(n)) return true;
    }
  }
  return false;
}

Mask Template::reach(const Source& source) const {
  if (source.kind == Source::Kind::Variable) return Mask{1} << source.index & ~fixed_;
  return source.kind == Source::Kind::Step ? depends_[source.index] & ~fixed_ : 0;
}

std::string Template::derive() {
  list_variables();
  list_constants();
  if (variables_.size() > 40) return "too many numbers";
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    if (variables_[i].others.empty() || is_count(variables_[i].value)) fixed_ |= Mask{1} << i;
  }
  // "14 days" and "two weeks" are the same.
  const auto fix = [&](const Rational& value) {
    for (std::size_t i = 0; i < variables_.size(); ++i)
      if (variables_[i].value == value) fixed_ |= Mask{1} << i;
  };
  for (const auto& [number, made] : made_) {
    const bool is_there = std::any_of(variables_.begin(), variables_.end(),
                                      [&](const Variable& one) { return one.value == made; });
    if (!is_there || number == made) continue;
    fix(made);
    fix(number);
  }
  for (std::size_t step = 0; step < chain_.size(); ++step) {
    auto& all = sources_.emplace_back();
    for (const Rational& number : chain_[step].numbers) {
      all.push_back(sources_of(number, step));
      if (all.back().empty()) return fmt::format("unexplained {}", number.approximate());
    }
  }
  // What may come from two places stays as it is, and all that leads to either.
  for (bool is_stable = false; !is_stable;) {
    is_stable = true;
    depends_.assign(chain_.size(), 0);
    for (std::size_t step = 0; step < chain_.size(); ++step) {
      for (const auto& sources : sources_[step]) {
        Mask all = 0;
        for (const Source& source : sources) all |= reach(source);
        if (sources.size() > 1 && all != 0) {
          fixed_ |= all;
          is_stable = false;
        }
        depends_[step] |= all;
      }
    }
  }
  const Mask free = depends_.back() & ~fixed_;
  if (free == 0) return "no certain number";
  if (is_bound_to(free)) return "an unused number follows from others";
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    if ((free >> i & 1) == 0) fixed_ |= Mask{1} << i;
  }
  return "";
}

/// A number that the chain does not use as often as the question says it may still be bound to
/// those that change: the whole of which they are parts, or one less than they are.
bool Template::is_bound_to(Mask free) const {
  std::vector<Rational> written = said_, unused;
  for (const std::size_t at : variable_of_) written.push_back(variables_[at].value);
  for (const Rational& value : written) {
    std::ptrdiff_t n_used = 0;
    for (const ChainStep& step : chain_)
      n_used += std::count(step.numbers.begin(), step.numbers.end(), value);
    const bool has_all_uses = std::count(written.begin(), written.end(), value) <= n_used;
    if (!has_all_uses && is_less(kOne, value)) unused.push_back(value);
  }
  for (const Rational& value : unused) {
    for (std::size_t step = 0; step < chain_.size(); ++step) {
      if (depends_[step] != 0 && chain_[step].value == value) return true;
    }
    for (std::size_t a = 0; a < variables_.size(); ++a) {
      if ((free >> a & 1) == 0) continue;
      const Rational& left = variables_[a].value;
      for (const auto& near : {math::add(left, kOne), subtract(left, kOne)})
        if (near == value) return true;
      for (const Variable& one : variables_) {
        const Rational& right = one.value;
        if (right == value) continue;
        for (const auto& made :
             {math::add(left, right), subtract(left, right), subtract(right, left),
              math::multiply(left, right), math::divide(left, right), math::divide(right, left)}) {
          if (made == value) return true;
        }
      }
    }
  }
  return false;
}

std::optional<std::vector<Rational>> Template::compute(const std::vector<Rational>& drawn) const {
  std::vector<Rational> values;
  for (std::size_t step = 0; step < chain_.size(); ++step) {
    std::vector<Rational> numbers = chain_[step].numbers;
    for (std::size_t n = 0; n < numbers.size(); ++n) {
      if (sources_[step][n].size() != 1) continue;
      const Source& from = sources_[step][n][0];
      if (from.kind == Source::Kind::Step) {
        numbers[n] = values[from.index];
      } else if (from.kind == Source::Kind::Variable) {
        const auto value = in_form(drawn[from.index], from.form);
        if (!value) return std::nullopt;
        numbers[n] = *value;
      }
    }
    const auto value = chain_[step].evaluate(numbers);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

int compare(const Rational& a, const Rational& b) { return a == b ? 0 : is_less(a, b) ? -1 : 1; }

int n_decimals(const Rational& value) {
  int out = 0;
  for (math::Wide scale = 1; out < 7 && value.num * scale % value.den != 0; scale *= 10) ++out;
  return out;
}

bool Template::keeps_order(const std::vector<Rational>& drawn,
                           const std::vector<Rational>& values) const {
  std::vector<std::pair<Rational, Rational>> amounts;  // before, after
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    if (!variables_[i].is_percent) amounts.emplace_back(variables_[i].value, drawn[i]);
  }
  for (const Rational& word : said_) amounts.emplace_back(word, word);
  for (std::size_t i = 0; i < values.size(); ++i) amounts.emplace_back(chain_[i].value, values[i]);
  for (std::size_t a = 0; a < amounts.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      if (compare(amounts[a].first, amounts[b].first) !=
          compare(amounts[a].second, amounts[b].second))
        return false;
    }
  }
  return true;
}

bool Template::accepts(const std::vector<Rational>& drawn) {
  const auto values = compute(drawn);
  if (!values || values->back() == chain_.back().value) return false;
  for (std::size_t i = 0; i < values->size(); ++i) {
    const Rational &before = chain_[i].value, &after = (*values)[i];
    if (n_decimals(after) > n_decimals(before)) return false;
    if (compare(before, {}) != compare(after, {}) || compare(before, kOne) != compare(after, kOne))
      return false;
    if (has_percent_ && compare(before, kHundred) != compare(after, kHundred)) return false;
    const long double grown = after.approximate() / before.approximate();
    if (before.num != 0 && (grown > 5 || grown < 0.2L)) return false;
  }
  return keeps_order(drawn, *values);
}

bool Template::draw(SplitMix64& dice) {
  for (int t = 0; t < 2 * kTries; ++t) {
    std::vector<Rational> drawn;
    for (std::size_t i = 0; i < variables_.size(); ++i) {
      const Variable& one = variables_[i];
      const bool stays = (fixed_ >> i & 1) != 0 || (t >= kTries && dice.below(2) == 0);
      drawn.push_back(stays ? one.value : one.others[dice.below(one.others.size())]);
    }
    if (!accepts(drawn)) continue;
    values_ = *compute(drawn);
    drawn_ = std::move(drawn);
    return true;
  }
  return false;
}

int Template::n_changed() const {
  int out = 0;
  for (const std::size_t at : variable_of_) out += drawn_[at] == variables_[at].value ? 0 : 1;
  return out;
}

std::string Template::question() const {
  std::string out;
  std::size_t done = 0;
  for (std::size_t i = 0; i < quantities_.size(); ++i) {
    const Quantity& one = quantities_[i];
    const std::size_t at = variable_of_[i];
    if (drawn_[at] == variables_[at].value) continue;
    out += question_.substr(done, one.begin - done);
    out += written(one, drawn_[at], question_);
    done = one.end;
  }
  return out + std::string(question_.substr(done));
}

std::string shown(const Rational& value) {
  if (value.is_integer()) return std::to_string(static_cast<long long>(value.num));
  const int n = n_decimals(value);
  return fmt::format("{:.{}f}", static_cast<double>(value.approximate()), n);
}

}  // namespace

Renumbered renumber(std::string_view question, std::string_view solution, std::string_view gold,
                    SplitMix64& dice) {
  Renumbered out{std::string(question), std::string(gold), 0, ""};
  out.refused = subject_trouble(question);
  if (out.refused.empty() && computes_beside_marks(solution))
    out.refused = "a computation outside of the marks";
  if (!out.refused.empty()) return out;
  auto chain = read_chain(solution);
  if (!chain) {
    out.refused = "no chain";
    return out;
  }
  if (read_decimal(trim(gold)) != chain->back().value) {
    out.refused = "the chain does not end in the answer";
    return out;
  }
  Template made(question, std::move(*chain));
  out.refused = made.derive();
  if (!out.refused.empty()) return out;
  if (!made.draw(dice)) {
    out.refused = "no draw keeps the character";
    return out;
  }
  out.question = made.question();
  out.gold = shown(made.answer());
  out.n_changed = made.n_changed();
  return out;
}

}  // namespace leitai::house
