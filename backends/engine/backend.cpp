#include "harness/core/backend.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "backends/engine/chat.h"
#include "backends/engine/engine.h"
#include "backends/engine/scheduler.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {
namespace {

using nlohmann::json;

constexpr int kDefaultMaxTokens = 1024;
constexpr int kMostThreads = 256;

std::string option(const Model& model, const char* name) {
  const auto found = model.options.find(name);
  return found == model.options.end() ? "" : found->second;
}

[[noreturn]] void refuse(const Model& model, const std::string& what, const std::string& advice) {
  throw Error(fmt::format("{}: {}\n        {}", model.spec.empty() ? model.target : model.spec,
                          what, advice));
}

int positive_option(const Model& model, const char* name) {
  const std::string text = option(model, name);
  if (text.empty()) return 0;
  const auto value = parse_int(text);
  if (!value || *value < 1 || *value > 1 << 24) {
    refuse(model, fmt::format("{}={} is not a positive whole number", name, text),
           fmt::format("write for example {}=2048", name));
  }
  return static_cast<int>(*value);
}

/// "512MB", "2GB", "4GiB" or bytes.
std::size_t memory_option(const Model& model, std::size_t preset) {
  const std::string text = ascii_lower(option(model, "memory"));
  if (text.empty()) return preset;
  const std::size_t digits = text.find_first_not_of("0123456789.");
  const auto number = parse_double(text.substr(0, digits));
  const std::string unit = digits == std::string::npos ? "" : text.substr(digits);
  const double scale = unit.empty() || unit == "b" ? 1
                       : unit[0] == 'k'            ? 0x1p10
                       : unit[0] == 'm'            ? 0x1p20
                       : unit[0] == 'g'            ? 0x1p30
                                                   : 0;
  if (!number || *number <= 0 || scale == 0 || *number * scale > 0x1p50) {
    refuse(model, fmt::format("memory={} is not an amount of memory", option(model, "memory")),
           "write for example memory=2GB");
  }
  return static_cast<std::size_t>(*number * scale);
}

EngineOptions engine_options(const Model& model) {
  const std::string device = option(model, "device");
  if (device.starts_with("cuda")) {
    refuse(model, fmt::format("this build has no CUDA engine, so device={} cannot be used", device),
           "leave it out, or write device=cpu");
  }
  if (!device.empty() && device != "cpu")
    refuse(model, fmt::format("device={} is unknown", device), "write device=cpu");
  const std::string dtype = option(model, "dtype");
  if (!dtype.empty() && dtype != "f32" && dtype != "float32") {
    refuse(model, fmt::format("dtype={} is not one the engine computes in", dtype),
           "leave it out, or write dtype=f32");
  }
  EngineOptions options;
  options.threads = positive_option(model, "threads");
  if (options.threads > kMostThreads) {
    refuse(model, fmt::format("threads={} is more than {}", options.threads, kMostThreads),
           "leave it out: the engine takes one for each processor");
  }
  options.cache_bytes = memory_option(model, options.cache_bytes);
  options.context = positive_option(model, "context");
  return options;
}

std::string path_of(const Model& model) {
  const std::string path = option(model, "path");
  return path.empty() ? model.target : path;
}

/// "weights/SmolLM2.Q4_1.gguf" -> "SmolLM2.Q4_1", a folder -> its name.
std::string short_name(const std::string& target) {
  std::filesystem::path path(target);
  if (!path.has_filename()) path = path.parent_path();
  return path.extension() == ".gguf" ? path.stem().string() : path.filename().string();
}

Failure failure(FailureKind kind, std::string message) {
  return {.kind = kind, .message = std::move(message)};
}

/// An answer in the making: its request, and how many of its sequences are still to come.
struct Pending {
  Request request;
  Response response;
  std::size_t left = 1;
};

class EngineBackend final : public Backend {
 public:
  EngineBackend(const Model& model, Channel<Answer>& answers)
      : answers_(answers),
        engine_(path_of(model), engine_options(model)),
        chat_(engine_),
        name_(short_name(model.target)),
        scheduler_(engine_) {
    traits_.identity = engine_.identity();
    traits_.default_in_flight = 256;  // the scheduler looks ahead over all of them
    traits_.exclusive = "cpu";
    traits_.describe =
        fmt::format("{}, {}, {} MB of weights, cpu, f32, {} {}", name_, engine_.config().model_type,
                    engine_.weight_bytes() / 1000000, engine_.stream().threads(),
                    engine_.stream().threads() == 1 ? "thread" : "threads");
  }

  const BackendTraits& traits() const override { return traits_; }

  void prepare(Request& request) const override {
    const SamplingParams& wanted = request.wanted;
    if (request.mode != Mode::Completion && !chat_.is_present() && !request.prompt.text) {
      throw Error(
          fmt::format("{}: the checkpoint has no chat template\n        ask with --mode completion",
                      engine_.config().file));
    }
    json sent{{"dtype", "f32"}};
    if (request.mode != Mode::LogLikelihood) {
      const double temperature = wanted.temperature.value_or(0);
      sent["temperature"] = temperature;
      sent["max_tokens"] = wanted.max_tokens.value_or(kDefaultMaxTokens);
      if (!wanted.stop.empty()) sent["stop"] = wanted.stop;
      if (wanted.logprobs) sent["logprobs"] = *wanted.logprobs;
      if (temperature > 0) {
        if (wanted.top_p) sent["top_p"] = *wanted.top_p;
        if (wanted.top_k) sent["top_k"] = *wanted.top_k;
        if (wanted.min_p) sent["min_p"] = *wanted.min_p;
        sent["seed"] = request.seed;
      }
    }
    if (wanted.thinking && request.mode == Mode::Chat) {
      if (const auto on = thinking(wanted)) sent["enable_thinking"] = *on;
    }
    request.sent_json = dump(sent);
  }

  void submit(Request request) override {
    auto pending = std::make_shared<Pending>();
    pending->response.request_id = request.id;
    pending->response.served_model = name_;
    pending->request = std::move(request);
    try {
      if (pending->request.mode == Mode::LogLikelihood) {
        submit_scores(pending);
      } else {
        submit_generation(pending);
      }
    } catch (const Error& error) {
      fail(pending, FailureKind::Request, error.what());
    }
  }

  void cancel() override { scheduler_.cancel(); }

 private:
  /// Whether thinking is switched on or off through the template; absent if it is off and the
  /// template knows no thinking.
  std::optional<bool> thinking(const SamplingParams& wanted) const {
    const std::string& value = *wanted.thinking;
    if (value != "on" && value != "off") {
      throw Error(
          fmt::format("{}: thinking={} is a budget, which the engine cannot hold a model to\n      "
                      "  write thinking=on or thinking=off",
                      name_, value));
    }
    if (chat_.knows_thinking()) return value == "on";
    if (value == "off") return std::nullopt;
    throw Error(
        fmt::format("{}: thinking=on, but the chat template of this checkpoint has no switch for "
                    "it\n        leave thinking out",
                    name_));
  }

  /// Text before the model's turn, and whether the tokenizer still has to add what begins a text.
  std::pair<std::string, EncodeOptions> text_of(const Request& request) const {
    if (request.mode == Mode::Completion || request.prompt.messages.empty()) {
      std::string text = request.prompt.text.value_or("");
      if (!request.prompt.text) {
        for (const Message& one : request.prompt.messages) text += one.text();
      }
      // What looks like a special token in raw text is text.
      return {std::move(text), {.add_special = true, .parse_special = false}};
    }
    std::optional<bool> on;
    if (request.wanted.thinking) on = thinking(request.wanted);
    return {chat_.render(request.prompt.messages, request.prompt.tools_json, on),
            {.add_special = false, .parse_special = true}};
  }

  bool fits(const std::shared_ptr<Pending>& pending, std::size_t n_tokens, int reserve) {
    if (n_tokens + static_cast<std::size_t>(reserve) <= static_cast<std::size_t>(engine_.context()))
      return true;
    fail(pending, FailureKind::Context,
         fmt::format("the prompt has {} tokens, the context of {} holds {}",
                     with_commas(static_cast<std::int64_t>(n_tokens)), name_,
                     with_commas(engine_.context())));
    return false;
  }

  void submit_generation(const std::shared_ptr<Pending>& pending) {
    const Request& request = pending->request;
    const auto [text, encode] = text_of(request);
    const SamplingParams& wanted = request.wanted;
    Job job;
    job.prompt = engine_.tokenizer().encode(text, encode);
    if (job.prompt.empty()) job.prompt.push_back(first_token());
    if (!fits(pending, job.prompt.size(), 1)) return;
    job.max_tokens = std::max(1, wanted.max_tokens.value_or(kDefaultMaxTokens));
    job.sampler = {.temperature = wanted.temperature.value_or(0),
                   .top_k = wanted.top_k.value_or(0),
                   .top_p = wanted.top_p.value_or(1),
                   .min_p = wanted.min_p.value_or(0),
                   .seed = request.seed};
    job.stop = wanted.stop;
    job.wants_logprobs = wanted.logprobs.has_value();
    job.time_limit = request.time_limit;
    job.done = [this, pending](JobResult result) {
      Response& response = pending->response;
      response.text = std::move(result.text);
      response.logprobs = std::move(result.logprobs);
      response.usage.prompt_tokens = result.prompt_tokens;
      response.usage.completion_tokens = static_cast<std::int64_t>(result.ids.size());
      response.usage.cached_tokens = result.shared_tokens;
      response.timing = result.timing;
      if (result.end == JobResult::End::Length) {
        response.outcome = Outcome::Truncated;
        response.finish_reason = FinishReason::Length;
      } else if (result.end == JobResult::End::Stop) {
        response.outcome = trim(response.text).empty() ? Outcome::Empty : Outcome::Answered;
        response.finish_reason = FinishReason::Stop;
      } else {
        set_failure(response, result.end);
      }
      answers_.push({std::move(pending->request), std::move(response)});
    };
    scheduler_.submit(std::move(job));
  }

  /// Context and continuation as lm-evaluation-harness encodes them: the context's trailing spaces
  /// go to the continuation, whose tokens are those of the whole after as many as the context alone
  /// has.
  void submit_scores(const std::shared_ptr<Pending>& pending) {
    auto [context, encode] = text_of(pending->request);
    const std::size_t n_text = context.find_last_not_of(" \t\n\r\f\v") + 1;
    const std::string spaces = context.substr(n_text);
    context.resize(n_text);
    std::vector<int> context_ids = engine_.tokenizer().encode(context, encode);
    const bool is_bare = context_ids.empty();
    const std::vector<std::string>& continuations = pending->request.prompt.continuations;
    std::vector<Job> jobs;
    for (std::size_t c = 0; c < continuations.size(); ++c) {
      Job job;
      job.prompt = engine_.tokenizer().encode(context + spaces + continuations[c], encode);
      if (is_bare) job.prompt.insert(job.prompt.begin(), first_token());
      const std::size_t from = std::min(job.prompt.size(), is_bare ? 1 : context_ids.size());
      if (!fits(pending, job.prompt.size(), 0)) return;
      pending->response.continuation_logprobs.push_back(0);
      pending->response.continuation_greedy.push_back(true);
      pending->response.continuation_tokens.push_back(static_cast<int>(job.prompt.size() - from));
      job.score_from = static_cast<int>(from);
      job.time_limit = pending->request.time_limit;
      job.done = [this, pending, c](JobResult result) {
        take_score(pending, c, std::move(result));
      };
      jobs.push_back(std::move(job));
    }
    std::erase_if(jobs, [](const Job& job) {
      return *job.score_from == static_cast<int>(job.prompt.size());
    });
    pending->left = jobs.size();
    if (jobs.empty()) {
      pending->response.outcome = Outcome::Answered;
      hand_over(pending);
      return;
    }
    for (Job& job : jobs) scheduler_.submit(std::move(job));
  }

  /// Runs on the scheduling thread, as all results do.
  void take_score(const std::shared_ptr<Pending>& pending, std::size_t continuation,
                  JobResult result) {
    Response& response = pending->response;
    if (result.end == JobResult::End::Scored) {
      response.continuation_logprobs[continuation] = result.score;
      response.continuation_greedy[continuation] = result.is_greedy;
      response.usage.prompt_tokens =
          response.usage.prompt_tokens.value_or(0) + result.prompt_tokens;
      response.usage.cached_tokens =
          response.usage.cached_tokens.value_or(0) + result.shared_tokens;
      response.timing.total_ms =
          std::max(response.timing.total_ms.value_or(0), result.timing.total_ms.value_or(0));
      response.timing.queued_ms =
          std::min(response.timing.queued_ms.value_or(1e300), result.timing.queued_ms.value_or(0));
    } else {
      set_failure(response, result.end);
    }
    if (--pending->left > 0) return;
    if (!response.failure) response.outcome = Outcome::Answered;
    answers_.push({std::move(pending->request), std::move(response)});
  }

  void set_failure(Response& response, JobResult::End end) const {
    response.outcome = Outcome::Failed;
    if (end == JobResult::End::TimedOut) {
      response.failure = failure(FailureKind::Timeout, "the time limit of a request passed");
    } else if (end == JobResult::End::NoRoom) {
      response.failure = failure(
          FailureKind::Context,
          "keys and values of this prompt do not fit the memory given; give more: memory=4GB");
    } else {
      response.failure = failure(FailureKind::Network, "cancelled");
    }
  }

  /// Something to predict the first token from.
  int first_token() const {
    if (const auto bos = engine_.tokenizer().bos_id()) return *bos;
    if (!engine_.config().eos_ids.empty()) return engine_.config().eos_ids.front();
    throw Error(fmt::format(
        "{}: an empty prompt, and the tokenizer has no token that begins a text", name_));
  }

  void fail(const std::shared_ptr<Pending>& pending, FailureKind kind, std::string message) {
    pending->response.outcome = Outcome::Failed;
    pending->response.failure = failure(kind, std::move(message));
    hand_over(pending);
  }

  /// Puts a response that needs no computing on the channel from the scheduling thread, since
  /// submit() must not block.
  void hand_over(const std::shared_ptr<Pending>& pending) {
    scheduler_.post([this, pending] {
      answers_.push({std::move(pending->request), std::move(pending->response)});
    });
  }

  Channel<Answer>& answers_;
  Engine engine_;
  ChatTemplate chat_;
  std::string name_;
  BackendTraits traits_;
  Scheduler scheduler_;  // last: its thread ends before the rest goes
};

constexpr BackendKey kKeys[] = {
    {"device", "where to compute: cpu (default)"},
    {"dtype", "of activations: f32 (default)"},
    {"threads", "how many processors to use (default: all); answers do not depend on it"},
    {"memory", "for keys and values of the sequences in flight, such as 2GB (default 1GB)"},
    {"context", "most tokens of prompt and answer together (default: what the checkpoint states)"},
};

std::string default_id(const Model& model) { return short_name(model.target); }

std::unique_ptr<Backend> make(const Model& model, Channel<Answer>& answers) {
  return std::make_unique<EngineBackend>(model, answers);
}

}  // namespace

std::unique_ptr<Engine> open_engine(const Model& model) {
  return std::make_unique<Engine>(path_of(model), engine_options(model));
}

extern constinit const BackendFactory engine;
constinit const BackendFactory engine = {
    .name = "engine",
    .help = "weights run here: a GGUF file or a safetensors folder",
    .keys = kKeys,
    .default_id = default_id,
    .make = make};

}  // namespace leitai
