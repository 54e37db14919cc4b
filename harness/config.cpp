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
    const std::vector<std::string> keys{
        "subsets", "languages",  "levels",  "items",        "seed", "limit", "few_shot",
        "mode",    "max_tokens", "options", "short_prompt", "from", "until"};
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
      } else if (key == "options") {
        if (value.scalar == "shuffle" || value.scalar == "circular")
          out.options = value.scalar;
        else
          mistake(value, at, "shuffle or circular is wanted");
      } else if (key == "from" || key == "until") {
        text(value, at, (key == "from" ? out.from : out.until).emplace());
      } else {
        out.short_prompt = value.as_bool();
        if (!out.short_prompt) mistake(value, at, "true or false is wanted");
      }
    });
  }

  void limits(const YamlNode& node) {
    section(node, "limits", {"in_flight", "per_model", "per_vendor"},
            [&](const std::string& key, const YamlNode& value) {
              if (key == "in_flight") {
                if (const auto n = whole(value, "limits.in_flight", 1, 1 << 20))
                  config_.in_flight = static_cast<int>(*n);
                return;
              }
              const bool is_vendor = key == "per_vendor";
              const std::string path = "limits." + key;
              if (!value.is_map())
                return mistake(
                    value, path,
                    fmt::format("a mapping from {} to {{in_flight: N, rpm: N, tpm: N}} is "
                                "wanted",
                                is_vendor ? "provider" : "model id"));
              for (const auto& [id, body] : value.map) {
                section(body, path + "." + id, {"in_flight", "rpm", "tpm"},
                        [&, &id = id](const std::string& word, const YamlNode& n) {
                          const auto bound = whole(n, fmt::format("{}.{}.{}", path, id, word), 1,
                                                   word == "in_flight" ? 1 << 20 : INT64_MAX);
                          if (!bound) return;
                          if (is_vendor) {
                            RunConfig::VendorLimits& own = config_.vendor_limits[id];
                            if (word == "in_flight") {
                              own.in_flight = static_cast<int>(*bound);
                            } else {
                              (word == "rpm" ? own.rpm : own.tpm) = static_cast<double>(*bound);
                            }
                          } else if (word == "in_flight") {
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

  /// One of money, requests, tokens, time; false: another key.
  bool allowance(const std::string& key, const YamlNode& value, const std::string& path,
                 Allowance& out) {
    if (key == "requests") {
      out.requests = whole(value, path, 0, INT64_MAX);
    } else if (key == "tokens") {
      out.tokens = tokens(value, path);
    } else if (key == "time") {
      out.time_s = duration(value, path);
    } else if (key == "money") {
      money(value, path, out.money);
    } else {
      return false;
    }
    return true;
  }

  std::optional<std::int64_t> tokens(const YamlNode& node, const std::string& path) {
    try {
      return parse_token_count(node.scalar, fmt::format("{}:{}: {}", file_, node.line, path));
    } catch (const Error& error) {
      mistakes_.emplace_back(error.what());
      return std::nullopt;
    }
  }

  void money(const YamlNode& node, const std::string& path, std::optional<Price>& out) {
    try {
      out = parse_money(node.scalar, fmt::format("{}:{}: {}", file_, node.line, path));
    } catch (const Error& error) {
      mistakes_.emplace_back(error.what());
    }
  }

  void budget(const YamlNode& node) {
    section(node, "budget", {"money", "per_model", "rates", "requests", "tokens", "time"},
            [&](const std::string& key, const YamlNode& value) {
              if (allowance(key, value, "budget." + key, config_.budget.run)) {
                return;
              } else if (!value.is_map()) {
                mistake(value, "budget." + key,
                        key == "rates" ? "a mapping such as {CNY/USD: 0.14} is wanted"
                                       : "a mapping from model id to an amount, or to "
                                         "{money, requests, tokens, time}, is wanted");
              } else if (key == "per_model") {
                for (const auto& [id, body] : value.map) {
                  const std::string path = "budget.per_model." + id;
                  Allowance& own = config_.budget.per_model[id];
                  if (body.is_scalar()) {
                    money(body, path, own.money);
                    continue;
                  }
                  section(body, path, {"money", "requests", "tokens", "time"},
                          [&](const std::string& word, const YamlNode& bound) {
                            allowance(word, bound, path + "." + word, own);
                          });
                }
              } else {
                rates(value);
              }
            });
  }

  void rates(const YamlNode& node) {
    for (const auto& [pair, rate] : node.map) {
      try {
        config_.budget.rates.insert(parse_rate(
            pair + "=" + rate.scalar, fmt::format("{}:{}: budget.rates", file_, rate.line)));
      } catch (const Error& error) {
        mistakes_.emplace_back(error.what());
      }
    }
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

}  // namespace leitai
