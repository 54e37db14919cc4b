#include "harness/model_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

constexpr std::array<std::string_view, 10> kParams{"temperature", "top_p", "min_p",    "top_k",
                                                   "max_tokens",  "seed",  "logprobs", "thinking",
                                                   "stop",        "system"};

double number_in(std::string_view key, std::string_view value, double low, double high,
                 std::string_view where) {
  const std::optional<double> number = parse_double(value);
  if (!number || !(*number >= low && *number <= high)) {
    throw Error(fmt::format("{}: {} wants a number from {} to {}, not \"{}\"", where, key, low,
                            high, value));
  }
  return *number;
}

std::int64_t whole_in(std::string_view key, std::string_view value, std::int64_t low,
                      std::int64_t high, std::string_view where) {
  const std::optional<std::int64_t> number = parse_int(value);
  if (!number || *number < low || *number > high) {
    throw Error(fmt::format("{}: {} wants a whole number from {} to {}, not \"{}\"", where, key,
                            low, high, value));
  }
  return *number;
}

/// Splits "target,key=value,key=value": a comma begins a pair only where a word and "=" follow, so
/// paths may hold commas.
std::vector<std::pair<std::string, std::string>> split_pairs(std::string_view text,
                                                             std::string& target) {
  const auto begins_pair = [](std::string_view rest) {
    std::size_t i = 0;
    while (i < rest.size() &&
           (std::isalnum(static_cast<unsigned char>(rest[i])) || rest[i] == '_' || rest[i] == '-'))
      ++i;
    return i > 0 && i < rest.size() && rest[i] == '=';
  };
  std::vector<std::string> pieces(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',' && begins_pair(text.substr(i + 1))) {
      pieces.emplace_back();
    } else {
      pieces.back() += text[i];
    }
  }
  target = pieces[0];
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const std::size_t at = pieces[i].find('=');
    std::string key = pieces[i].substr(0, at);
    std::replace(key.begin(), key.end(), '-', '_');
    out.emplace_back(std::move(key), pieces[i].substr(at + 1));
  }
  return out;
}

std::string short_number(double value) { return fmt::format("{:g}", value); }

}  // namespace

std::span<const std::string_view> model_param_names() { return kParams; }

bool set_model_param(Model& model, std::string_view key, std::string_view value,
                     std::string_view where) {
  SamplingParams& params = model.params;
  if (key == "temperature") {
    params.temperature = number_in(key, value, 0, 5, where);
  } else if (key == "top_p") {
    params.top_p = number_in(key, value, 0, 1, where);
  } else if (key == "min_p") {
    params.min_p = number_in(key, value, 0, 1, where);
  } else if (key == "top_k") {
    params.top_k = static_cast<int>(whole_in(key, value, 0, 1'000'000, where));
  } else if (key == "max_tokens") {
    params.max_tokens = static_cast<int>(whole_in(key, value, 1, 10'000'000, where));
  } else if (key == "seed") {
    params.seed = static_cast<std::uint64_t>(whole_in(key, value, 0, INT64_MAX, where));
  } else if (key == "logprobs") {
    params.logprobs = static_cast<int>(whole_in(key, value, 0, 20, where));
  } else if (key == "thinking") {
    if (value != "on" && value != "off" && parse_int(value).value_or(0) < 1) {
      throw Error(
          fmt::format("{}: thinking wants on, off or a budget in tokens (1 or more), not "
                      "\"{}\"",
                      where, value));
    }
    params.thinking = std::string(value);
  } else if (key == "stop") {
    params.stop.emplace_back(value);
  } else if (key == "system") {
    model.system = std::string(value);
  } else {
    return false;
  }
  return true;
}

Model parse_model(std::string_view spec, std::string_view where,
                  std::span<const BackendFactory* const> backends) {
  std::vector<std::string> names;
  for (const BackendFactory* factory : backends) names.emplace_back(factory->name);
  const std::string known = fmt::format("{}", fmt::join(names, ", "));
  const std::size_t colon = spec.find(':');
  const std::size_t slash = spec.find('/');
  if (spec.empty())
    throw Error(fmt::format(
        "{}: a model is wanted, such as engine:smollm2-135m or replay:answers.jsonl", where));
  const std::size_t at = spec.find('@');
  Model model;
  std::string_view kind, rest;
  if (at < std::min(colon, slash)) {  // wire@URL
    kind = spec.substr(0, at);
    rest = spec;
  } else if (slash < colon) {  // PROVIDER/NAME
    kind = spec.substr(0, slash);
    rest = spec;
  } else if (colon != std::string_view::npos) {
    kind = spec.substr(0, colon);
    rest = spec.substr(colon + 1);
  } else {
    kind = spec.substr(0, spec.find(','));
    rest = spec;
  }
  const bool is_named = rest.size() == spec.size();
  const char separator = is_named && at < slash ? '@' : '/';
  std::vector<std::string> others;
  const auto factory =
      std::find_if(backends.begin(), backends.end(), [&](const BackendFactory* one) {
        if (!is_named) return one->name == kind;
        if (!one->names) return false;
        const std::vector<std::string> own = one->names(separator);
        others.insert(others.end(), own.begin(), own.end());
        return std::find(own.begin(), own.end(), kind) != own.end();
      });
  if (factory == backends.end()) {
    if (!is_named) {
      throw Error(fmt::format("{}: \"{}\": unknown backend \"{}\"{}\n        known: {}", where,
                              spec, kind, did_you_mean(kind, names), known));
    }
    std::vector<std::string> all = names;
    all.insert(all.end(), others.begin(), others.end());
    throw Error(fmt::format(
        "{}: \"{}\": no {} \"{}\" is known{}\n        known: {}; other models: {} (as in "
        "engine:smollm2-135m or replay:answers.jsonl)",
        where, spec, separator == '@' ? "wire" : "provider", kind, did_you_mean(kind, all),
        fmt::join(others, ", "), known));
  }
  model.spec = std::string(spec);
  model.backend = std::string((*factory)->name);
  const auto pairs = split_pairs(rest, model.target);
  if (model.target.empty() ||
      (is_named && model.target.find_last_of("/@") == model.target.size() - 1))
    throw Error(fmt::format("{}: \"{}\": nothing stands behind \"{}{}\"", where, spec, kind,
                            is_named ? separator : ':'));
  const std::string place = fmt::format("{}: \"{}\"", where, spec);
  for (const auto& [key, value] : pairs) {
    if (key == "id") {
      if (value.empty()) throw Error(place + ": id wants a name");
      model.id = value;
    } else if (!set_model_param(model, key, value, place)) {
      const auto own = std::find_if((*factory)->keys.begin(), (*factory)->keys.end(),
                                    [&key = key](const BackendKey& k) { return k.name == key; });
      if (own == (*factory)->keys.end()) {
        std::vector<std::string> keys{"id"};
        for (std::string_view name : kParams) keys.emplace_back(name);
        for (const BackendKey& k : (*factory)->keys) keys.emplace_back(k.name);
        throw Error(fmt::format("{}: unknown key \"{}\"{}\n        known: {}", place, key,
                                did_you_mean(key, keys), fmt::join(keys, ", ")));
      }
      model.options[key] = value;
    }
  }
  return model;
}

void default_model_id(Model& model, std::span<const BackendFactory* const> backends) {
  if (!model.id.empty()) return;
  const auto factory = std::find_if(backends.begin(), backends.end(), [&](const BackendFactory* f) {
    return f->name == model.backend;
  });
  std::string id = factory != backends.end() ? (*factory)->default_id(model) : model.target;
  const SamplingParams& p = model.params;
  if (p.thinking)
    id += *p.thinking == "on"    ? "-think"
          : *p.thinking == "off" ? "-nothink"
                                 : "-think" + *p.thinking;
  if (p.temperature && *p.temperature > 0) id += "-t" + short_number(*p.temperature);
  if (p.top_p) id += "-p" + short_number(*p.top_p);
  if (p.top_k) id += "-k" + std::to_string(*p.top_k);
  if (p.min_p) id += "-minp" + short_number(*p.min_p);
  if (p.max_tokens) id += "-max" + std::to_string(*p.max_tokens);
  if (p.seed) id += "-s" + std::to_string(*p.seed);
  model.id = id;
}

double parse_duration_seconds(std::string_view text, std::string_view where) {
  double total = 0;
  std::string_view rest = text;
  if (const auto plain = parse_double(text); plain && *plain >= 0 && std::isfinite(*plain))
    return *plain;
  while (!rest.empty()) {
    std::size_t i = 0;
    while (i < rest.size() && ((rest[i] >= '0' && rest[i] <= '9') || rest[i] == '.')) ++i;
    const std::optional<double> number = parse_double(rest.substr(0, i));
    std::size_t unit = i;
    while (unit < rest.size() && rest[unit] >= 'a' && rest[unit] <= 'z') ++unit;
    const std::string_view name = rest.substr(i, unit - i);
    const double scale = name == "ms"  ? 1e-3
                         : name == "s" ? 1
                         : name == "m" ? 60
                         : name == "h" ? 3600
                         : name == "d" ? 86400
                                       : 0;
    if (!number || scale == 0) {
      throw Error(
          fmt::format("{}: a duration such as 30s, 10m or 2h is wanted, not \"{}\"", where, text));
    }
    total += *number * scale;
    rest.remove_prefix(unit);
  }
  if (text.empty())
    throw Error(fmt::format("{}: a duration such as 30s, 10m or 2h is wanted", where));
  return total;
}

}  // namespace leitai
