#include "harness/cli/run_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "harness/cli/compose.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/files.h"
#include "harness/model_spec.h"

namespace leitai::cli {

void RunFlags::declare(Command& command) {
  command
      .list("model,m", "MODEL",
            "PROVIDER/NAME, openai@URL/NAME, engine:PATH-OR-NAME or replay:FILE, then ,key=value; "
            "repeatable",
            models)
      .list("suites,s", "LIST", "suites, globs and question files, comma separated", suites)
      .list("tasks", "LIST", "the same as --suites", suites)
      .text("prompt", "TEXT", "ask this one thing and show the answers side by side", prompt)
      .text("config", "FILE", "the config file, if not given as operand", config_file)
      .text("limit", "N|SHARE",
            "at most N items, or a share such as 0.1, of each suite; marked as partial", limit)
      .text("num-fewshot", "N", "worked examples before each question", num_fewshot)
      .text("samples", "K", "answers to each item", samples)
      .text("reduce", "HOW", "several samples of an item: mean, pass@K or maj@K (default mean)",
            reduce)
      .text("seed", "N", "of order, sampling and generated suites (default 42)", seed)
      .text("temperature", "T", "sampling temperature; 0 is greedy", temperature)
      .text("top-p", "P", "nucleus sampling", top_p)
      .text("max-tokens", "N", "new tokens at most, reasoning included", max_tokens)
      .list("gen-kwargs", "K=V,...",
            "further sampling parameters: top_k, min_p, stop, logprobs, seed ...", gen_kwargs)
      .text("system-instruction", "TEXT", "system message before every prompt", system)
      .text("thinking", "on|off|N", "thinking mode, where the model has one", thinking)
      .text("mode", "MODE", "chat, completion or loglikelihood", mode)
      .text("in-flight", "N", "requests at a time", in_flight)
      .text("budget", "MONEY", "stop before more than this is spent: \"20 CNY\" (exit code 2)",
            budget)
      .list("rate", "CNY/USD=R", "one CNY is R USD; amounts are never converted without", rates)
      .list("retry", "OUTCOMES",
            "ask again what came to failed, truncated, filtered or empty, and nothing else that is "
            "stored; with a larger --max-tokens",
            retry)
      .text("max-requests", "N",
            "stop before the run has asked more requests (exit code 2); a larger one goes on",
            max_requests)
      .text("max-total-tokens", "N",
            "stop before the run takes more tokens, prompts included: 500k, 2M (exit code 2)",
            max_total_tokens)
      .text("time", "2h", "stop after so much time of asking (exit code 2); a larger one goes on",
            time)
      .text("allow-failures", "PCT", "failed requests that still count as done (default 0.5)",
            allow_failures)
      .text("providers", "DIR", "further records of vendors, over those that are built in",
            providers)
      .text("suites-dir", "DIR", "further suites", suites_dir)
      .text("name", "NAME", "name of the run", name)
      .text("out", "DIR", "where runs are kept (default runs)", out)
      .list("format,f", "FORMAT", "further report files: markdown, csv, json", formats)
      .text("progress-every", "30s", "interval of progress lines where there is no terminal",
            progress_every)
      .flag("cache",
            "keep answers across runs and take those that are there; leitai ls cache shows them",
            cache)
      .flag("offline", "use no network", offline);
}

std::string RunFlags::asking_flag() const {
  const std::pair<const char*, bool> given[] = {{"--limit", limit.has_value()},
                                                {"--samples", samples.has_value()},
                                                {"--seed", seed.has_value()},
                                                {"--temperature", temperature.has_value()},
                                                {"--top-p", top_p.has_value()},
                                                {"--max-tokens", max_tokens.has_value()},
                                                {"--thinking", thinking.has_value()},
                                                {"--mode", mode.has_value()},
                                                {"--num-fewshot", num_fewshot.has_value()},
                                                {"--prompt", prompt.has_value()},
                                                {"--system-instruction", system.has_value()},
                                                {"--name", name.has_value()},
                                                {"--gen-kwargs", !gen_kwargs.empty()},
                                                {"--retry", !retry.empty()}};
  for (const auto& [flag, is_given] : given)
    if (is_given) return flag;
  return "";
}

RunConfig RunFlags::configure(const std::string& operand) const {
  if (providers) {
    if (!std::filesystem::is_directory(*providers))
      throw Error(fmt::format("--providers: {}: no such folder", *providers));
    setenv("LEITAI_PROVIDERS", providers->c_str(), 1);  // where all that load records look
  }
  const Known what = known(suites_dir);
  std::vector<std::string> mistakes;
  // Collects the message of a mistake and goes on, so that all are reported together.
  const auto attempt = [&](const auto& action) {
    try {
      action();
    } catch (const Error& error) {
      mistakes.emplace_back(error.what());
    }
  };
  if (config_file && !operand.empty())
    throw Error(fmt::format("two config files: {} and --config {}", operand, *config_file));
  const std::string file = config_file.value_or(operand);
  RunConfig config;
  if (!file.empty()) {
    const std::string text = read_file(file, 64 << 20);
    attempt([&] { config = read_config(file, text, what); });
  }
  // Flags about sampling go over the file's models; what a -m says itself is the most particular
  // and stays.
  const auto overlay = [&](Model& model, bool keep) {
    Model flags = model;
    const auto set = [&](const char* key, const std::optional<std::string>& value) {
      if (value) set_model_param(flags, key, *value, fmt::format("--{}", key));
    };
    set("temperature", temperature);
    set("top_p", top_p);
    set("max_tokens", max_tokens);
    set("thinking", thinking);
    if (system) flags.system = *system;
    for (const std::string& pair : split_list(gen_kwargs)) {
      const std::size_t equals = pair.find('=');
      std::string key = pair.substr(0, equals);
      std::replace(key.begin(), key.end(), '-', '_');
      if (key == "max_gen_toks") key = "max_tokens";
      if (equals == std::string::npos ||
          !set_model_param(flags, key, pair.substr(equals + 1), "--gen-kwargs")) {
        const std::vector<std::string> names(model_param_names().begin(),
                                             model_param_names().end());
        throw Error(fmt::format("--gen-kwargs: unknown parameter \"{}\"{}\n        known: {}", key,
                                did_you_mean(key, names), fmt::join(names, ", ")));
      }
    }
    if (keep) {
      const SamplingParams own = model.params;
      SamplingParams& p = flags.params;
      if (own.temperature) p.temperature = own.temperature;
      if (own.top_p) p.top_p = own.top_p;
      if (own.min_p) p.min_p = own.min_p;
      if (own.top_k) p.top_k = own.top_k;
      if (own.max_tokens) p.max_tokens = own.max_tokens;
      if (own.seed) p.seed = own.seed;
      if (own.logprobs) p.logprobs = own.logprobs;
      if (own.thinking) p.thinking = own.thinking;
      if (!own.stop.empty()) p.stop = own.stop;
      if (model.system) flags.system = model.system;
    }
    model = std::move(flags);
  };
  attempt([&] {
    for (ModelEntry& entry : config.models) overlay(entry.model, false);
  });
  if (!models.empty()) config.models.clear();
  for (const std::string& spec : models) {
    attempt([&] {
      ModelEntry entry{parse_model(spec, "-m", what.backends), "-m"};
      overlay(entry.model, true);
      config.models.push_back(std::move(entry));
    });
  }
  const std::vector<std::string> names = split_list(suites);
  if (!names.empty()) config.suites.clear();
  for (const std::string& spec : names) config.suites.push_back({spec, {}, "-s"});
  attempt([&] {
    for (SuiteEntry& entry : config.suites) {
      if (limit) entry.options.limit = parse_limit(*limit, "--limit");
      if (num_fewshot) entry.options.few_shot = whole_flag("--num-fewshot", *num_fewshot, 0, 1000);
    }
    if (limit) config.is_partial = true;
  });
  for (const SuiteEntry& entry : config.suites) {
    if (entry.where != "-s") continue;
    if (const auto wrong = what.suite_mistake(entry)) mistakes.push_back(*wrong);
  }
  if (samples) attempt([&] { config.samples = whole_flag("--samples", *samples, 1, 10000); });
  if (reduce) attempt([&] { config.reduce = parse_reducer(*reduce, "--reduce"); });
  if (seed) {
    attempt([&] {
      const auto value = parse_int(*seed);
      if (!value || *value < 0)
        throw Error(fmt::format("--seed: a whole number from 0 is wanted, not \"{}\"", *seed));
      config.seed = static_cast<std::uint64_t>(*value);
    });
  }
  if (mode) {
    config.mode = mode_from(*mode);
    if (!config.mode)
      mistakes.push_back(
          fmt::format("--mode: chat, completion or loglikelihood, not \"{}\"", *mode));
  }
  if (in_flight)
    attempt([&] { config.in_flight = whole_flag("--in-flight", *in_flight, 1, 1 << 20); });
  for (const std::string& word : split_list(retry)) {
    const auto outcome = outcome_from(word);
    if (!outcome || *outcome == Outcome::Answered) {
      static const std::vector<std::string> kOutcomes{"failed", "truncated", "filtered", "empty"};
      mistakes.push_back(fmt::format("--retry: \"{}\" is none of {}{}", word,
                                     fmt::join(kOutcomes, ", "), did_you_mean(word, kOutcomes)));
    } else {
      config.ask_again.push_back(*outcome);
    }
  }
  if (budget) attempt([&] { config.budget.run.money = parse_money(*budget, "--budget"); });
  for (const std::string& rate : rates)
    attempt([&] {
      config.budget.rates.insert_or_assign(parse_rate(rate, "--rate").first,
                                           parse_rate(rate, "--rate").second);
    });
  if (max_requests)
    attempt([&] {
      config.budget.run.requests = whole_flag("--max-requests", *max_requests, 0, INT32_MAX);
    });
  if (max_total_tokens)
    attempt([&] {
      config.budget.run.tokens = parse_token_count(*max_total_tokens, "--max-total-tokens");
    });
  if (time) attempt([&] { config.budget.run.time_s = parse_duration_seconds(*time, "--time"); });
  if (progress_every)
    attempt([&] {
      config.progress_every_s = parse_duration_seconds(*progress_every, "--progress-every");
    });
  if (allow_failures)
    attempt([&] {
      config.allow_failures_pct = number_flag("--allow-failures", *allow_failures, 0, 100);
    });
  if (name) config.name = *name;
  if (out) config.out = *out;
  if (prompt) config.prompt = *prompt;
  config.offline = config.offline || offline;
  config.use_cache = config.use_cache || cache;
  for (const std::string& one : split_list(formats)) {
    attempt([&] {
      find_reporter(one);
      if (std::find(config.formats.begin(), config.formats.end(), one) == config.formats.end())
        config.formats.push_back(one);
    });
  }
  if (!mistakes.empty()) throw Error(fmt::format("{}", fmt::join(mistakes, "\n")));
  return config;
}

}  // namespace leitai::cli
