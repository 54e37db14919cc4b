#include <fmt/format.h>

#include <cctype>
#include <map>

#include "harness/config.h"
#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/yaml.h"
#include "harness/model_spec.h"

/// A configuration once it is read: checked as a whole, given its defaults, written out.
namespace leitai {

namespace {

std::string suite_options_yaml(const SuiteOptions& o) {
  std::vector<std::string> parts;
  const auto list = [](const auto& values) {
    std::vector<std::string> out;
    for (const auto& value : values) out.push_back(yaml_quote(fmt::format("{}", value)));
    return fmt::format("[{}]", fmt::join(out, ", "));
  };
  if (!o.subsets.empty()) parts.push_back("subsets: " + list(o.subsets));
  if (!o.languages.empty()) parts.push_back("languages: " + list(o.languages));
  if (!o.levels.empty()) parts.push_back(fmt::format("levels: [{}]", fmt::join(o.levels, ", ")));
  if (o.items) parts.push_back(fmt::format("items: {}", *o.items));
  if (o.seed) parts.push_back(fmt::format("seed: {}", *o.seed));
  if (o.limit) parts.push_back(fmt::format("limit: {:g}", *o.limit));
  if (o.few_shot) parts.push_back(fmt::format("few_shot: {}", *o.few_shot));
  if (o.mode) parts.push_back(fmt::format("mode: {}", to_text(*o.mode)));
  if (o.max_tokens) parts.push_back(fmt::format("max_tokens: {}", *o.max_tokens));
  if (o.options) parts.push_back(fmt::format("options: {}", *o.options));
  if (o.from) parts.push_back("from: " + yaml_quote(*o.from));
  if (o.until) parts.push_back("until: " + yaml_quote(*o.until));
  if (o.short_prompt) parts.push_back(fmt::format("short_prompt: {}", *o.short_prompt));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string params_yaml(const SamplingParams& p) {
  std::vector<std::string> parts;
  if (p.temperature) parts.push_back(fmt::format("temperature: {}", *p.temperature));
  if (p.top_p) parts.push_back(fmt::format("top_p: {}", *p.top_p));
  if (p.min_p) parts.push_back(fmt::format("min_p: {}", *p.min_p));
  if (p.top_k) parts.push_back(fmt::format("top_k: {}", *p.top_k));
  if (p.max_tokens) parts.push_back(fmt::format("max_tokens: {}", *p.max_tokens));
  if (p.seed) parts.push_back(fmt::format("seed: {}", *p.seed));
  if (p.logprobs) parts.push_back(fmt::format("logprobs: {}", *p.logprobs));
  if (p.thinking) parts.push_back("thinking: " + *p.thinking);
  if (!p.stop.empty()) {
    std::vector<std::string> stops;
    for (const std::string& one : p.stop) stops.push_back(yaml_quote(one));
    parts.push_back(fmt::format("stop: [{}]", fmt::join(stops, ", ")));
  }
  return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

}  // namespace

void resolve(RunConfig& config, const Known& known) {
  std::vector<std::string> mistakes;
  const std::string at = config.file.empty() ? "run" : config.file;
  if (config.models.empty())
    mistakes.push_back(at +
                       ": no model; name one with -m, such as -m engine:smollm2-135m (or models: "
                       "in a config file)");
  if (config.suites.empty() && !config.prompt) {
    mistakes.push_back(at +
                       ": no suite; name one with -s, such as -s house/ledger (or suites: in a "
                       "config file)\n        leitai ls suites shows all");
  }
  std::map<std::string, std::string> seen;
  for (ModelEntry& entry : config.models) {
    default_model_id(entry.model, known.backends);
    const auto [found, fresh] = seen.emplace(entry.model.id, entry.where);
    if (!fresh) {
      mistakes.push_back(fmt::format(
          "{}: two models are called \"{}\" (the other at {}); give one of them id=NAME",
          entry.where, entry.model.id, found->second));
    }
  }
  const auto must_be_a_model = [&](const std::string& id, std::string_view path) {
    if (seen.contains(id)) return;
    std::vector<std::string> ids;
    for (const auto& [name, where] : seen) ids.push_back(name);
    mistakes.push_back(
        fmt::format("{}: {}: no model is called \"{}\"{}", at, path, id, did_you_mean(id, ids)));
  };
  for (const auto& [id, bound] : config.in_flight_of) must_be_a_model(id, "limits.per_model");
  for (const auto& [id, amount] : config.budget.per_model) must_be_a_model(id, "budget.per_model");
  std::map<std::string, std::string> providers;
  for (const ModelEntry& entry : config.models)
    if (const std::string name = provider_of(entry.model); !name.empty())
      providers[name] = entry.where;
  for (const auto& [id, bounds] : config.vendor_limits) {
    if (providers.contains(id)) continue;
    std::vector<std::string> names;
    for (const auto& [name, where] : providers) names.push_back(name);
    mistakes.push_back(fmt::format("{}: limits.per_vendor: no model is of the provider \"{}\"{}",
                                   at, id, did_you_mean(id, names)));
  }
  if (!mistakes.empty()) throw Error(fmt::format("{}", fmt::join(mistakes, "\n")));
  if (config.name.empty()) {
    std::string all;
    for (const ModelEntry& entry : config.models)
      all += entry.model.spec + "\n" + params_yaml(entry.model.params) +
             entry.model.system.value_or("") + "\n";
    std::string first = config.prompt ? "prompt" : "";
    for (const SuiteEntry& entry : config.suites) {
      SuiteOptions options = entry.options;
      options.limit.reset();
      all += entry.spec + "{" + suite_options_yaml(options) + "}\n";
      if (first.empty()) first = entry.spec;
    }
    if (config.mode) all += fmt::format("mode {}\n", to_text(*config.mode));
    all += config.prompt.value_or("") + fmt::format("\n{} {}", config.seed, config.samples);
    if (const std::size_t slash = first.find_last_of('/');
        first.find('.') != std::string::npos && slash != std::string::npos)
      first.erase(0, slash + 1);
    for (std::string_view suffix : {".jsonl", ".ndjson", ".json", ".csv"}) {
      if (first.size() > suffix.size() && first.ends_with(suffix))
        first.resize(first.size() - suffix.size());
    }
    for (char& c : first) {
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_') c = '-';
    }
    config.name = first + "-" + sha256(all).hex().substr(0, 8);
  }
  if (config.name.find('/') != std::string::npos || config.name == "." || config.name == "..") {
    throw Error(fmt::format("{}: the name \"{}\" becomes a folder under {}; take one without \"/\"",
                            at, config.name, config.out));
  }
}

std::string to_yaml(const RunConfig& config) {
  std::string out = fmt::format("name: {}\nmodels:\n", yaml_quote(config.name));
  for (const ModelEntry& entry : config.models) {
    out += fmt::format("  - {}: {{model: {}, params: {}{}}}\n", yaml_quote(entry.model.id),
                       yaml_quote(entry.model.spec), params_yaml(entry.model.params),
                       entry.model.system ? ", system: " + yaml_quote(*entry.model.system) : "");
  }
  if (config.prompt) out += fmt::format("# asked with --prompt: {}\n", yaml_quote(*config.prompt));
  out += "suites:\n";
  for (const SuiteEntry& entry : config.suites)
    out +=
        fmt::format("  - {}: {{{}}}\n", yaml_quote(entry.spec), suite_options_yaml(entry.options));
  out += fmt::format("samples: {}\nreduce: {}\nseed: {}\n", config.samples, to_text(config.reduce),
                     config.seed);
  if (config.mode) out += fmt::format("mode: {}\n", to_text(*config.mode));
  std::map<std::string, std::vector<std::string>> limits_of;
  for (const auto& [id, n] : config.in_flight_of)
    limits_of[id].push_back(fmt::format("in_flight: {}", n));
  for (const auto& [id, n] : config.rpm_of) limits_of[id].push_back(fmt::format("rpm: {:.0f}", n));
  for (const auto& [id, n] : config.tpm_of) limits_of[id].push_back(fmt::format("tpm: {:.0f}", n));
  if (config.in_flight || !limits_of.empty() || !config.vendor_limits.empty()) {
    std::vector<std::string> parts;
    if (config.in_flight) parts.push_back(fmt::format("in_flight: {}", *config.in_flight));
    if (!limits_of.empty()) {
      std::vector<std::string> each;
      for (const auto& [id, words] : limits_of)
        each.push_back(fmt::format("{}: {{{}}}", yaml_quote(id), fmt::join(words, ", ")));
      parts.push_back(fmt::format("per_model: {{{}}}", fmt::join(each, ", ")));
    }
    std::vector<std::string> vendors;
    for (const auto& [id, bounds] : config.vendor_limits) {
      std::vector<std::string> words;
      if (bounds.in_flight) words.push_back(fmt::format("in_flight: {}", *bounds.in_flight));
      if (bounds.rpm) words.push_back(fmt::format("rpm: {:.0f}", *bounds.rpm));
      if (bounds.tpm) words.push_back(fmt::format("tpm: {:.0f}", *bounds.tpm));
      vendors.push_back(fmt::format("{}: {{{}}}", yaml_quote(id), fmt::join(words, ", ")));
    }
    if (!vendors.empty())
      parts.push_back(fmt::format("per_vendor: {{{}}}", fmt::join(vendors, ", ")));
    out += fmt::format("limits: {{{}}}\n", fmt::join(parts, ", "));
  }
  const BackendContext& service = config.service;
  out += fmt::format("retry: {{attempts: {}, max_wait: {:g}s}}\n", service.attempts,
                     service.max_wait_s);
  out += fmt::format(
      "timeouts: {{connect: {:g}s, first_byte: {:g}s, idle: {:g}s{}}}\n", service.connect_timeout_s,
      service.first_byte_timeout_s, service.idle_timeout_s,
      config.total_timeout_s ? fmt::format(", total: {:g}s", *config.total_timeout_s) : "");
  if (!service.ca_file.empty())
    out += fmt::format("tls: {{ca_file: {}}}\n", yaml_quote(service.ca_file));
  const BudgetLimits& budget = config.budget;
  if (!budget.is_empty() || !budget.rates.empty()) {
    const auto bounds = [](const Allowance& of) {
      std::vector<std::string> words;
      if (of.money)
        words.push_back(fmt::format("money: {:g} {}", of.money->amount, of.money->currency));
      if (of.requests) words.push_back(fmt::format("requests: {}", *of.requests));
      if (of.tokens) words.push_back(fmt::format("tokens: {}", *of.tokens));
      if (of.time_s) words.push_back(fmt::format("time: {:g}s", *of.time_s));
      return words;
    };
    std::vector<std::string> parts = bounds(budget.run);
    std::vector<std::string> each;
    for (const auto& [id, own] : budget.per_model)
      each.push_back(fmt::format("{}: {{{}}}", yaml_quote(id), fmt::join(bounds(own), ", ")));
    if (!each.empty()) parts.push_back(fmt::format("per_model: {{{}}}", fmt::join(each, ", ")));
    each.clear();
    for (const auto& [pair, rate] : budget.rates)
      each.push_back(fmt::format("{}: {:g}", pair, rate));
    if (!each.empty()) parts.push_back(fmt::format("rates: {{{}}}", fmt::join(each, ", ")));
    out += fmt::format("budget: {{{}}}\n", fmt::join(parts, ", "));
  }
  if (config.stop)
    out += fmt::format("stop: {{rule: {}, alpha: {:g}}}\n",
                       config.stop->rule == StopRule::Kind::Finite ? "finite" : "sequential",
                       config.stop->alpha);
  out += fmt::format("allow_failures: {:g}\nreport: {{formats: [{}]}}\n", config.allow_failures_pct,
                     fmt::join(config.formats, ", "));
  return out;
}

std::string provider_of(const Model& model) {
  if (model.backend != "http") return "";
  const std::size_t slash = model.target.find('/'), at = model.target.find('@');
  return slash == std::string::npos || at < slash ? "" : model.target.substr(0, slash);
}

BackendContext context_of(const RunConfig& config, const Model& entry) {
  const std::string& model = entry.id;
  BackendContext out = config.service;
  out.in_flight = config.in_flight;
  if (const auto own = config.in_flight_of.find(model); own != config.in_flight_of.end())
    out.in_flight = own->second;
  if (const auto found = config.vendor_limits.find(provider_of(entry));
      found != config.vendor_limits.end()) {
    out.vendor_in_flight = found->second.in_flight;
    out.vendor_rpm = found->second.rpm;
    out.vendor_tpm = found->second.tpm;
  }
  if (config.offline) out.offline_reason = "--offline forbids it";
  if (const auto found = config.rpm_of.find(model); found != config.rpm_of.end())
    out.rpm = found->second;
  if (const auto found = config.tpm_of.find(model); found != config.tpm_of.end())
    out.tpm = found->second;
  return out;
}

}  // namespace leitai
