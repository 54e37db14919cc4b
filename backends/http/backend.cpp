#include "harness/core/backend.h"

#include <fmt/format.h>

#include <atomic>
#include <ctime>
#include <future>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "backends/http/endpoint.h"
#include "backends/http/lane.h"
#include "backends/http/price.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

constexpr const char* kWhoScores =
    "\n        ask this suite by chat, or take who can score: engine:, or a vLLM or SGLang server, "
    "as in vllm/MODEL,wire=completions or completions@URL/MODEL";

/// What all models of a process share: one I/O thread, and the state of each vendor.
struct Hub {
  std::mutex mutex;  // guards vendors; what they point to belongs to the I/O thread
  std::map<std::string, std::weak_ptr<Vendor>> vendors;
  TransportEngine engine;

  std::shared_ptr<Vendor> vendor(const std::string& name) {
    std::lock_guard lock(mutex);
    std::shared_ptr<Vendor> out = vendors[name].lock();
    if (!out) vendors[name] = out = std::make_shared<Vendor>();
    return out;
  }
};

/// One I/O thread a process: backends come and go one by one and do not know each other, so the
/// place where they meet has to be found without being handed down. Lives as long as one of them.
std::shared_ptr<Hub> shared_hub() {
  static std::mutex mutex;
  static std::weak_ptr<Hub> kept;
  std::lock_guard lock(mutex);
  std::shared_ptr<Hub> hub = kept.lock();
  if (!hub) kept = hub = std::make_shared<Hub>();
  return hub;
}

/// "https://api.deepseek.com" of a base URL: the wires of a vendor share its account.
std::string origin_of(const std::string& url) {
  return url.substr(0, url.find('/', url.find("://") + 3));
}

/// Asks a service over HTTP.
class HttpBackend final : public Backend {
 public:
  HttpBackend(const Model& model, Channel<Answer>& answers, const BackendContext& context)
      : resolved_(resolve_endpoint(model, context.is_dry)),
        id_(model.id),
        offline_reason_(context.offline_reason) {
    const Limits& limits = resolved_.endpoint.provider.limits;
    traits_.identity = resolved_.identity;
    traits_.describe = resolved_.describe;
    traits_.default_in_flight = context.vendor_in_flight.value_or(limits.in_flight.value_or(64));
    traits_.prices =
        price_note(resolved_.endpoint.provider, resolved_.endpoint.model, std::time(nullptr));
    traits_.is_price_told = !traits_.prices && !resolved_.endpoint.provider.tells_cost.empty();
    traits_.is_price_unknown =
        !traits_.prices && !traits_.is_price_told && resolved_.endpoint.provider.needs_key;
    traits_.rpm = context.rpm ? context.rpm : limits.rpm;
    traits_.tpm = context.tpm ? context.tpm : limits.tpm;
    if (context.is_dry) return;
    if (!offline_reason_.empty())
      throw Error(
          fmt::format("{} needs the network, but {}\n        use an engine: or replay: model",
                      resolved_.describe, offline_reason_));
    hub_ = shared_hub();
    const std::string vendor =
        origin_of(resolved_.endpoint.base_url) + " " + sha256(resolved_.key).hex().substr(0, 16);
    lane_ = std::make_shared<Lane>(resolved_, context, hub_->engine, hub_->vendor(vendor), answers);
  }

  /// Waits until the I/O thread has let go of everything of this model.
  ~HttpBackend() override {
    if (!lane_) return;
    std::promise<void> done;
    hub_->engine.post([this, &done] {
      lane_->cancel(true);
      lane_.reset();
      done.set_value();
    });
    done.get_future().wait();
  }

  HttpBackend(const HttpBackend&) = delete;
  HttpBackend& operator=(const HttpBackend&) = delete;

  const BackendTraits& traits() const override { return traits_; }

  void prepare(Request& request) const override {
    const Dialect& dialect = *resolved_.dialect;
    if (!dialect.speaks(request.mode)) {
      throw Error(fmt::format("{}: the {} wire cannot ask in mode {}{}", resolved_.describe,
                              dialect.name, to_text(request.mode),
                              request.mode == Mode::LogLikelihood ? kWhoScores
                              : request.mode == Mode::Chat
                                  ? ""
                                  : "\n        completions@URL/MODEL can, where the server has "
                                    "/completions"));
    }
    if (request.mode == Mode::LogLikelihood && !resolved_.endpoint.provider.scores)
      throw Error(fmt::format("{}: {} does not tell the log-probabilities of a given text{}",
                              resolved_.describe, resolved_.endpoint.provider.name, kWhoScores));
    if (request.mode != Mode::Chat && !request.prompt.text)
      throw Error(
          fmt::format("{}: messages cannot be sent as plain text without the model's chat "
                      "template\n        ask this suite in mode chat",
                      resolved_.describe));
    check_thinking(request);
    request.sent_json = dump(dialect.params(resolved_.endpoint, request));
  }

  void submit(Request request) override {
    const auto budget = parse_int(request.wanted.thinking.value_or(""));
    if (budget && !takes_thinking_budget(resolved_.endpoint.provider)) untold_budget_ = *budget;
    auto job = std::make_shared<Job>();
    job->request = std::move(request);
    job->submitted = EngineClock::now();
    hub_->engine.post([lane = lane_.get(), job = std::move(job)] { lane->add(job); });
  }

  std::optional<Price> price_at_most(const Request& request) const override {
    const Provider& provider = resolved_.endpoint.provider;
    if (traits_.is_price_told && lane_) {  // the next one is taken to cost as much as the dearest
      const std::int64_t most = lane_->most_told();
      return most > 0 ? std::optional(Price{static_cast<double>(most) * 1e-6, provider.tells_cost})
                      : std::nullopt;
    }
    return leitai::price_at_most(provider, resolved_.endpoint.model, request, std::time(nullptr));
  }

  std::optional<TokensAtMost> tokens_at_most(const Request& request) const override {
    return leitai::tokens_at_most(resolved_.endpoint.provider, request);
  }

  std::vector<std::string> cautions() const override {
    if (!lane_) return {};
    std::vector<std::string> out = lane_->watch().cautions(id_);
    if (const std::int64_t budget = untold_budget_; budget > 0)
      out.push_back(
          fmt::format("{}: a thinking budget of {} tokens was wanted; the service takes no number "
                      "here, so thinking was only switched on.",
                      id_, budget));
    return out;
  }

  void drain() override {
    hub_->engine.post([lane = std::weak_ptr<Lane>(lane_)] {
      if (const auto alive = lane.lock()) alive->drain();
    });
  }

  void cancel() override {
    hub_->engine.post([lane = std::weak_ptr<Lane>(lane_)] {
      if (const auto alive = lane.lock()) alive->cancel(false);
    });
  }

 private:
  /// A wanted budget must not vanish without a word.
  void check_thinking(const Request& request) const {
    const Provider& provider = resolved_.endpoint.provider;
    if (!parse_int(request.wanted.thinking.value_or("")) || takes_thinking_budget(provider)) return;
    if (provider.thinking.is_object() && provider.thinking.contains("on")) return;
    throw Error(fmt::format(
        "{}: thinking={}: neither a thinking budget nor a switch is known for this model\n        "
        "leave thinking out for this model: {}",
        resolved_.describe, *request.wanted.thinking,
        provider.thinking_default == "off" ? "it does not think" : "it thinks as it likes"));
  }

  const Resolved resolved_;
  const std::string id_;
  const std::string offline_reason_;
  BackendTraits traits_;
  std::atomic<std::int64_t> untold_budget_ = 0;  // of thinking tokens; 0: none
  std::shared_ptr<Hub> hub_;
  std::shared_ptr<Lane> lane_;
};

constexpr BackendKey kKeys[] = {
    {"region", "which of the vendor's addresses (cn, intl, ...)"},
    {"base_url", "replaces everything before /chat/completions, /messages, /models/NAME:verb"},
    {"key_env", "name of the variable that holds the key"},
    {"stream", "off asks for the whole answer at once"},
    {"wire", "another protocol of the same vendor (openai, anthropic, ...)"},
};

std::string default_id(const Model& model) {
  std::string id = model.target;
  try {
    id = model_name_of(model.target);
  } catch (const Error&) {  // told where the model is opened, with its place
  }
  for (const char* name : {"region", "wire"}) {
    if (const auto found = model.options.find(name); found != model.options.end())
      id += "-" + found->second;
  }
  return id;
}

std::unique_ptr<Backend> make_in(const Model& model, Channel<Answer>& answers,
                                 const BackendContext& context) {
  return std::make_unique<HttpBackend>(model, answers, context);
}

std::unique_ptr<Backend> make(const Model& model, Channel<Answer>& answers) {
  return make_in(model, answers, {});
}

/// Words that may stand before "/" (providers) and before "@" (wires).
std::vector<std::string> names(char separator) {
  std::vector<std::string> out;
  if (separator == '@') {
    for (const Dialect* one : dialects()) out.emplace_back(one->name);
  } else {
    for (const auto& [id, provider] : load_providers()) out.push_back(id);
  }
  return out;
}

}  // namespace

extern constinit const BackendFactory http;
constinit const BackendFactory http = {
    .name = "http",
    .help = "a vendor's API (PROVIDER/NAME) or any server (openai@URL/NAME)",
    .keys = kKeys,
    .default_id = default_id,
    .make = make,
    .make_in = make_in,
    .names = names};

}  // namespace leitai
