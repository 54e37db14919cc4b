#include "harness/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/yaml.h"
#include "harness/model_spec.h"

namespace leitai {

namespace {

/// Walks the file; every mistake is kept and the walk goes on.
class Reader {
 public:
  Reader(std::string file, const Known& known) : file_(std::move(file)), known_(known) {}

  RunConfig read(const YamlNode& root) {
    config_.file = file_;
    if (!root.is_map()) {
      mistake(root, "", "a mapping with name, models and suites is wanted");
      return finish();
    }
    for (const auto& [key, node] : root.map) {
      if (key == "name") {
        text(node, key, config_.name);
      } else if (key == "models") {
        models(node);
      } else if (key == "suites" || key == "tasks") {
        suites(node);
      } else if (key == "samples") {
        config_.samples = static_cast<int>(whole(node, key, 1, 10000).value_or(1));
      } else if (key == "reduce") {
        try {
          config_.reduce = parse_reducer(node.scalar, "reduce");
        } catch (const Error& error) {
          mistakes_.push_back(fmt::format("{}:{}: {}", file_, node.line, error.what()));
        }
      } else if (key == "seed") {
        config_.seed = static_cast<std::uint64_t>(whole(node, key, 0, INT64_MAX).value_or(42));
      } else if (key == "mode") {
        std::string word;
        text(node, key, word);
        config_.mode = mode(node, key, word);
      } else if (key == "limits") {
        limits(node);
      } else if (key == "budget") {
        budget(node);
      } else if (key == "timeouts") {
        timeouts(node);
      } else if (key == "retry") {
        retry(node);
      } else if (key == "tls") {
        section(node, key, {"ca_file"}, [&](const std::string&, const YamlNode& value) {
          if (!value.is_null()) text(value, "tls.ca_file", config_.service.ca_file);
        });
      } else if (key == "stop") {
        stop(node);
      } else if (key == "allow_failures") {
        const auto number = node.as_number();
        if (!number || *number < 0 || *number > 100)
          mistake(node, key, "a percentage from 0 to 100 is wanted");
        config_.allow_failures_pct = number.value_or(0.5);
      } else if (key == "report") {
        report(node);
      } else {
        unknown(node, "", key,
                {"name", "models", "suites", "samples", "reduce", "seed", "mode", "limits",
                 "budget", "retry", "timeouts", "tls", "stop", "allow_failures", "report"});
      }
    }
    return finish();
  }

 private:
  RunConfig finish() {
    if (!mistakes_.empty()) throw Error(fmt::format("{}", fmt::join(mistakes_, "\n")));
    return std::move(config_);
  }

  void mistake(const YamlNode& node, std::string_view path, std::string_view what) {
    mistakes_.push_back(
        fmt::format("{}:{}: {}{}{}", file_, node.line, path, path.empty() ? "" : ": ", what));
  }

  void unknown(const YamlNode& node, std::string_view path, const std::string& key,
               const std::vector<std::string>& keys) {
    mistake(node, path,
            fmt::format("unknown key \"{}\"{}; known: {}", key, did_you_mean(key, keys),
                        fmt::join(keys, ", ")));
  }

  void text(const YamlNode& node, std::string_view path, std::string& out) {
    if (node.is_scalar()) {
      out = node.scalar;
    } else {
      mistake(node, path, "text is wanted");
    }
  }

  std::optional<std::int64_t> whole(const YamlNode& node, std::string_view path, std::int64_t low,
                                    std::int64_t high) {
    const auto number = node.as_int();
    if (number && *number >= low && *number <= high) return *number;
    mistake(node, path, fmt::format("a whole number from {} to {} is wanted", low, high));
    return std::nullopt;
  }

  std::optional<double> duration(const YamlNode& node, std::string_view path) {
    std::string word;
    text(node, path, word);
    try {
      return parse_duration_seconds(word, fmt::format("{}:{}: {}", file_, node.line, path));
    } catch (const Error& error) {
      mistakes_.emplace_back(error.what());
      return std::nullopt;
    }
  }

  std::optional<Mode> mode(const YamlNode& node, std::string_view path, const std::string& word) {
    const std::optional<Mode> out = mode_from(word);
    if (!out)
      mistake(node, path,
              fmt::format("\"{}\" is no mode; known: chat, completion, loglikelihood", word));
    return out;
  }

  template <typename Visit>
  void section(const YamlNode& node, const std::string& path, const std::vector<std::string>& keys,
               Visit visit) {
    if (!node.is_map())
      return mistake(node, path, fmt::format("a mapping is wanted with {}", fmt::join(keys, ", ")));
    for (const auto& [key, value] : node.map) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        unknown(value, path, key, keys);
      } else {
        visit(key, value);
      }
    }
  }

  void models(const YamlNode& node) {
    if (!node.is_list())
      return mistake(node, "models",
                     "a list is wanted, each entry `- id: {model: ...}` or a model");
    for (std::size_t i = 0; i < node.list.size(); ++i)
      model(node.list[i], fmt::format("models[{}]", i));
  }

  void model(const YamlNode& node, const std::string& path) {
    const std::string where = fmt::format("{}:{}: {}", file_, node.line, path);
    try {
      if (node.is_scalar()) {
        config_.models.push_back({parse_model(node.scalar, where, known_.backends), where});
        return;
      }
      const YamlNode* body = &node;
      std::string id;
      if (node.is_map() && node.map.size() == 1 && !node.find("model")) {
        id = node.map[0].first;
        body = &node.map[0].second;
      }
      if (body->is_scalar()) {
        Model one = parse_model(body->scalar, where, known_.backends);
        if (!id.empty()) one.id = id;
        config_.models.push_back({std::move(one), where});
        return;
      }
      const YamlNode* spec = body->find("model");
      if (!spec || !spec->is_scalar())
        return mistake(*body, path, "`model:` is wanted, such as {model: engine:smollm2-135m}");
      Model one = parse_model(spec->scalar, fmt::format("{}:{}: {}.model", file_, spec->line, path),
                              known_.backends);
      if (!id.empty()) one.id = id;
      for (const auto& [key, value] : body->map) {
        if (key == "model") continue;
        if (key == "id") {
          text(value, path + ".id", one.id);
        } else if (key == "system") {
          text(value, path + ".system", one.system.emplace());
        } else if (key == "params") {
          params(value, path + ".params", one);
        } else {
          unknown(value, path, key, {"model", "id", "params", "system"});
        }
      }
      config_.models.push_back({std::move(one), where});
    } catch (const Error& error) {
      mistakes_.emplace_back(error.what());
    }
  }

  void params(const YamlNode& node, const std::string& path, Model& model) {
    if (!node.is_map()) return mistake(node, path, "a mapping is wanted, such as {temperature: 0}");
    for (const auto& [key, value] : node.map) {
      const std::string where = fmt::format("{}:{}: {}", file_, value.line, path);
      std::vector<std::string> values;
      if (value.is_list()) {
        for (const YamlNode& one : value.list) values.push_back(one.scalar);
      } else {
        values.push_back(value.scalar);
      }
      for (const std::string& one : values) {
        if (!set_model_param(model, key, one, where)) {
          std::vector<std::string> names(model_param_names().begin(), model_param_names().end());
          unknown(value, path, key, names);
          break;
        }
      }
    }
  }

  void suites(const YamlNode& node) {
    if (!node.is_list())
      return mistake(node, "suites",
                     "a list is wanted, each entry a suite or `- suite: {options}`");
    for (std::size_t i = 0; i < node.list.size(); ++i) {
      const YamlNode& one = node.list[i];
      const std::string path = fmt::format("suites[{}]", i);
      SuiteEntry entry;
      entry.where = fmt::format("{}:{}: {}", file_, one.line, path);
      const std::size_t before = mistakes_.size();
      if (one.is_scalar()) {
        entry.spec = one.scalar;
      } else if (one.is_map() && one.map.size() == 1) {
        entry.spec = one.map[0].first;
        if (!one.map[0].second.is_null()) suite_options(one.map[0].second, path, entry.options);
      } else {
        mistake(one, path,
                "one suite is wanted, such as `- gsm8k` or `- house/ledger: {items: 50}`");
      }
      if (mistakes_.size() > before) continue;
      if (const auto wrong = known_.suite_mistake ? known_.suite_mistake(entry) : std::nullopt)
        mistakes_.push_back(*wrong);
      if (entry.options.limit) config_.is_partial = true;
      config_.suites.push_back(std::move(entry));
    }
  }

  void suite_options(const YamlNode& node, const std::string& path, SuiteOptions& out) {
    const std::vector<std::string> keys{"subsets",    "languages",   "levels",   "items",
                                        "seed",       "limit",       "few_shot", "mode",
                                        "max_tokens", "short_prompt"};
    section(node, path, keys, [&](const std::string& key, const YamlNode& value) {
      const std::string at = path + "." + key;
      if (key == "subsets" || key == "languages") {
        std::vector<std::string>& list = key == "subsets" ? out.subsets : out.languages;
        if (value.is_scalar()) {
          list.push_back(value.scalar);
        } else if (value.is_list()) {
          for (const YamlNode& one : value.list) text(one, at, list.emplace_back());
        } else {
          mistake(value, at, "a list is wanted");
        }
      } else if (key == "levels") {
        for (const YamlNode& one : value.is_list() ? value.list : std::vector<YamlNode>{value}) {
          if (const auto level = whole(one, at, 1, 5))
            out.levels.push_back(static_cast<int>(*level));
        }
      } else if (key == "items") {
        out.items = whole(value, at, 1, INT64_MAX);
      } else if (key == "seed") {
        if (const auto seed = whole(value, at, 0, INT64_MAX))
          out.seed = static_cast<std::uint64_t>(*seed);
      } else if (key == "limit") {
        try {
          out.limit = parse_limit(value.scalar, fmt::format("{}:{}: {}", file_, value.line, at));
        } catch (const Error& error) {
          mistakes_.emplace_back(error.what());
        }
      } else if (key == "few_shot") {
        if (const auto shots = whole(value, at, 0, 1000)) out.few_shot = static_cast<int>(*shots);
      } else if (key == "mode") {
        out.mode = mode(value, at, value.scalar);
      } else if (key == "max_tokens") {
        if (const auto tokens = whole(value, at, 1, 10'000'000))
          out.max_tokens = static_cast<int>(*tokens);
      } else {
        out.short_prompt = value.as_bool();
        if (!out.short_prompt) mistake(value, at, "true or false is wanted");
      }
    });
  }

  void limits(const YamlNode& node) {
    section(
        node, "limits", {"in_flight", "per_model"},
        [&](const std::string& key, const YamlNode& value) {
          if (key == "in_flight") {
            if (const auto n = whole(value, "limits.in_flight", 1, 1 << 20))
              config_.in_flight = static_cast<int>(*n);
            return;
          }
          if (!value.is_map())
            return mistake(value, "limits.per_model",
                           "a mapping from model id to {in_flight: N, rpm: N, tpm: N} is wanted");
          for (const auto& [id, body] : value.map) {
            section(body, "limits.per_model." + id, {"in_flight", "rpm", "tpm"},
                    [&, &id = id](const std::string& word, const YamlNode& n) {
                      const auto bound = whole(n, fmt::format("limits.per_model.{}.{}", id, word),
                                               1, word == "in_flight" ? 1 << 20 : INT64_MAX);
                      if (!bound) return;
                      if (word == "in_flight") {
                        config_.in_flight_of[id] = static_cast<int>(*bound);
                      } else {
                        (word == "rpm" ? config_.rpm_of : config_.tpm_of)[id] =
                            static_cast<double>(*bound);
                      }
                    });
          }
        });
  }

  void retry(const YamlNode& node) {
    section(node, "retry", {"attempts", "max_wait"},
            [&](const std::string& key, const YamlNode& value) {
              if (key == "attempts") {
                if (const auto n = whole(value, "retry.attempts", 1, 1000))
                  config_.service.attempts = static_cast<int>(*n);
              } else if (const auto wait = duration(value, "retry.max_wait")) {
                config_.service.max_wait_s = *wait;
              }
            });
  }

  void timeouts(const YamlNode& node) {
    section(node, "timeouts", {"connect", "first_byte", "idle", "total"},
            [&](const std::string& key, const YamlNode& value) {
              const auto time = duration(value, "timeouts." + key);
              if (!time) return;
              if (*time <= 0) return mistake(value, "timeouts." + key, "more than 0 is wanted");
              BackendContext& service = config_.service;
              if (key == "connect") service.connect_timeout_s = *time;
              if (key == "first_byte") service.first_byte_timeout_s = *time;
              if (key == "idle") service.idle_timeout_s = *time;
              if (key == "total") config_.total_timeout_s = service.total_timeout_s = *time;
            });
  }

  void budget(const YamlNode& node) {
    section(node, "budget", {"requests", "time"},
            [&](const std::string& key, const YamlNode& value) {
              if (key == "requests") {
                config_.max_requests = whole(value, "budget.requests", 0, INT64_MAX);
              } else {
                config_.time_s = duration(value, "budget.time");
              }
            });
  }

  void stop(const YamlNode& node) {
    StopRule rule;
    section(node, "stop", {"rule", "alpha"}, [&](const std::string& key, const YamlNode& value) {
      if (key == "alpha") {
        const auto alpha = value.as_number();
        if (!alpha || !(*alpha > 0 && *alpha < 0.5))
          return mistake(value, "stop.alpha", "a number between 0 and 0.5 is wanted");
        rule.alpha = *alpha;
      } else if (value.scalar == "sequential") {
        rule.rule = StopRule::Kind::Sequential;
      } else if (value.scalar == "finite") {
        rule.rule = StopRule::Kind::Finite;
      } else {
        mistake(value, "stop.rule",
                fmt::format("\"{}\" is none of sequential (which is better on items like these), "
                            "finite (which is ahead at the end of this suite)",
                            value.scalar));
      }
    });
    config_.stop = rule;
  }

  void report(const YamlNode& node) {
    section(node, "report", {"formats"}, [&](const std::string&, const YamlNode& value) {
      config_.formats.clear();
      for (const YamlNode& one : value.is_list() ? value.list : std::vector<YamlNode>{value}) {
        if (std::find(known_.formats.begin(), known_.formats.end(), one.scalar) ==
            known_.formats.end()) {
          mistake(one, "report.formats",
                  fmt::format("unknown format \"{}\"{}; known: {}", one.scalar,
                              did_you_mean(one.scalar, known_.formats),
                              fmt::join(known_.formats, ", ")));
        } else {
          config_.formats.push_back(one.scalar);
        }
      }
    });
  }

  std::string file_;
  const Known& known_;
  RunConfig config_;
  std::vector<std::string> mistakes_;
};

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

double parse_limit(std::string_view text, std::string_view where) {
  const std::optional<double> number = parse_double(text);
  const bool whole = parse_int(text).has_value();
  if (!number || *number <= 0 || (*number >= 1 && !whole)) {
    throw Error(fmt::format(
        "{}: a number of items (200) or a share between 0 and 1 (0.1) is wanted, not \"{}\"", where,
        text));
  }
  return *number;
}

RunConfig read_config(const std::string& path, std::string_view text, const Known& known) {
  return Reader(path, known).read(parse_yaml(text, path));
}

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
  for (const auto& [id, bound] : config.in_flight_of) {
    if (!seen.contains(id)) {
      std::vector<std::string> ids;
      for (const auto& [name, where] : seen) ids.push_back(name);
      mistakes.push_back(fmt::format("{}: limits.per_model: no model is called \"{}\"{}", at, id,
                                     did_you_mean(id, ids)));
    }
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
  if (config.in_flight || !limits_of.empty()) {
    std::vector<std::string> parts;
    if (config.in_flight) parts.push_back(fmt::format("in_flight: {}", *config.in_flight));
    if (!limits_of.empty()) {
      std::vector<std::string> each;
      for (const auto& [id, words] : limits_of)
        each.push_back(fmt::format("{}: {{{}}}", yaml_quote(id), fmt::join(words, ", ")));
      parts.push_back(fmt::format("per_model: {{{}}}", fmt::join(each, ", ")));
    }
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
  if (config.max_requests || config.time_s) {
    std::vector<std::string> parts;
    if (config.max_requests) parts.push_back(fmt::format("requests: {}", *config.max_requests));
    if (config.time_s) parts.push_back(fmt::format("time: {:g}s", *config.time_s));
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

BackendContext context_of(const RunConfig& config, const std::string& model) {
  BackendContext out = config.service;
  if (config.offline) out.offline_reason = "--offline forbids it";
  if (const auto found = config.rpm_of.find(model); found != config.rpm_of.end())
    out.rpm = found->second;
  if (const auto found = config.tpm_of.find(model); found != config.tpm_of.end())
    out.tpm = found->second;
  return out;
}

}  // namespace leitai
