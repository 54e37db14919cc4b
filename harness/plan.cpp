#include "harness/plan.h"

#include <fmt/format.h>

#include <bit>

#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/random.h"

namespace leitai {

namespace {

/// A chat as plain text, for models that only continue text.
std::string flatten(const std::vector<Message>& messages) {
  std::string out;
  for (const Message& one : messages) {
    if (!out.empty()) out += "\n\n";
    out += one.text();
  }
  return out + "\n";
}

}  // namespace

std::int64_t permuted(std::int64_t index, std::int64_t n, std::uint64_t key) {
  LEITAI_CHECK(index >= 0 && index < n, fmt::format("{} of {}", index, n));
  if (n == 1) return 0;
  const int half = (std::bit_width(static_cast<std::uint64_t>(n - 1)) + 1) / 2;
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  auto at = static_cast<std::uint64_t>(index);
  do {
    std::uint64_t left = at >> half, right = at & mask;
    for (std::uint64_t round = 0; round < 4; ++round) {
      const std::uint64_t next =
          left ^ (SplitMix64::mix(right + key + round * 0x9E3779B97F4A7C15ull) & mask);
      left = right;
      right = next;
    }
    at = left << half | right;
  } while (at >= static_cast<std::uint64_t>(n));
  return static_cast<std::int64_t>(at);
}

std::int64_t item_at(std::int64_t position, const SuiteInfo& suite, std::uint64_t seed) {
  return permuted(position, suite.size, hash64({std::to_string(seed), suite.name, "order"}));
}

PlanCursor::PlanCursor(const RunConfig& config, const Model& model, const Backend& backend,
                       std::span<const std::unique_ptr<Suite>> suites, DoneLookup done,
                       ItemOrder order, SuiteDecided is_decided)
    : config_(config),
      model_(model),
      backend_(backend),
      suites_(suites),
      lookup_(std::move(done)),
      order_(order),
      is_decided_(std::move(is_decided)) {}

std::optional<std::pair<std::string, std::int64_t>> PlanCursor::place() const {
  if (is_finished()) return std::nullopt;
  return std::pair(suites_[suite_]->info().name, index_);
}

std::optional<Planned> PlanCursor::next(std::int64_t most_skips) {
  while (suite_ < suites_.size() && most_skips >= 0) {
    const Suite& suite = *suites_[suite_];
    const SuiteInfo& info = suite.info();
    // Left where it is: what was answered beyond stays current, and a later run may go on.
    if (sample_ == 0 && is_decided_ && index_ < info.size && is_decided_(info.name)) {
      ++suite_;
      index_ = 0;
      item_.reset();
      is_done_ = {};
      continue;
    }
    if (index_ == 0 && sample_ == 0 && !is_done_.contains) is_done_ = lookup_(model_.id, info.name);
    if (index_ >= info.size) {
      ++suite_;
      index_ = 0;
      if (is_done_.finish) is_done_.finish();
      is_done_ = {};
      continue;
    }
    if (!item_) {
      const std::int64_t at =
          order_ == ItemOrder::Natural ? index_ : item_at(index_, info, config_.seed);
      item_ = suite.item(at);
    }
    Planned planned = make(suite, *item_, sample_);
    planned.position = index_;
    if (++sample_ >= config_.samples) {
      sample_ = 0;
      ++index_;
      item_.reset();
    }
    if (is_done_.contains(planned.request, planned.item)) {
      ++skipped_;
      --most_skips;
      continue;
    }
    return planned;
  }
  return std::nullopt;
}

Planned PlanCursor::make(const Suite& suite, const Item& item, int sample) const {
  const SuiteInfo& info = suite.info();
  Planned out;
  out.item = item;
  Request& request = out.request;
  request.model = model_.id;
  request.suite = item.suite;
  request.item = item.id;
  request.sample = sample;
  request.mode = config_.mode.value_or(info.mode);
  request.prompt = item.prompt;
  request.question = item.question;
  if (model_.system) {
    if (request.prompt.messages.empty()) {
      request.prompt.text = *model_.system + "\n\n" + request.prompt.text.value_or("");
    } else {
      request.prompt.messages.insert(request.prompt.messages.begin(),
                                     message(Role::System, *model_.system));
    }
  }
  switch (request.mode) {
    case Mode::Chat:
      if (request.prompt.messages.empty() && request.prompt.text)
        request.prompt.messages.push_back(message(Role::User, *request.prompt.text));
      request.prompt.text.reset();
      request.prompt.continuations.clear();
      break;
    case Mode::Completion:
      if (!request.prompt.text) request.prompt.text = flatten(request.prompt.messages);
      request.prompt.messages.clear();
      request.prompt.continuations.clear();
      break;
    case Mode::LogLikelihood:
      if (request.prompt.continuations.empty()) {
        throw Error(
            fmt::format("{}: its items have no continuations to score; mode loglikelihood does not "
                        "fit\n        take --mode chat or completion",
                        info.name));
      }
      if (!request.prompt.text) request.prompt.text = flatten(request.prompt.messages);
      request.prompt.messages.clear();
      break;
  }
  SamplingParams& wanted = request.wanted;
  wanted = model_.params;
  if (!wanted.temperature) wanted.temperature = info.params.temperature;
  if (!wanted.top_p) wanted.top_p = info.params.top_p;
  if (!wanted.top_k) wanted.top_k = info.params.top_k;
  if (!wanted.min_p) wanted.min_p = info.params.min_p;
  if (!wanted.max_tokens) wanted.max_tokens = info.params.max_tokens;
  if (!wanted.thinking) wanted.thinking = info.params.thinking;
  for (const std::string& stop : info.params.stop) wanted.stop.push_back(stop);
  request.suite_version = info.version;
  request.seed = hash64({std::to_string(wanted.seed.value_or(config_.seed)), item.suite, item.id,
                         std::to_string(sample)});
  backend_.prepare(request);
  seal(request, backend_.traits().identity);
  return out;
}

void check_askable(const RunConfig& config, const Model& model, const Backend& backend,
                   std::span<const std::unique_ptr<Suite>> suites) {
  const DoneLookup nothing = [](const std::string&, const std::string&) {
    return IsDone([](const Request&) { return false; });
  };
  for (std::size_t i = 0; i < suites.size(); ++i) {
    try {
      PlanCursor(config, model, backend, suites.subspan(i, 1), nothing, ItemOrder::Natural).next();
    } catch (const Error& error) {
      throw Error(
          fmt::format("{} cannot be asked {}: {}", model.id, suites[i]->info().name, error.what()));
    }
  }
}

std::int64_t plan_size(const RunConfig& config, std::span<const std::unique_ptr<Suite>> suites) {
  std::int64_t out = 0;
  for (const auto& suite : suites) out += suite->info().size * config.samples;
  return out;
}

}  // namespace leitai
