#include "backends/http/provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <span>

#include "harness/core/codec.h"
#include "harness/core/embedded.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/fetch.h"
#include "harness/io/files.h"

namespace leitai {

std::span<const EmbeddedFile> provider_records();  // generated
bool is_wire(std::string_view name);               // dialect.cpp

namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 12> kFaults{
    "filtered", "rate_limit", "slow_down", "overload", "server",  "timeout",
    "auth",     "balance",    "quota",     "request",  "context", "permission"};
constexpr std::array<std::string_view, 2> kSides{"input", "output"};
constexpr std::array<std::string_view, 8> kSampling{
    "temperature", "top_p", "min_p", "top_k", "seed", "logprobs", "stop", "max_tokens"};
const std::vector<std::string> kThinkingWords{"on", "off", "always"};

/// Reads members of one object; every mistake is kept and the reading goes on.
class Members {
 public:
  Members(const Json& object, std::string where, std::vector<std::string>& mistakes)
      : object_(object), where_(std::move(where)), mistakes_(mistakes) {
    if (!object.is_object()) say("", "an object is wanted");
  }

  void say(std::string_view member, std::string_view what) {
    mistakes_.push_back(
        fmt::format("{}: {}{}{}", where_, member, member.empty() ? "" : ": ", what));
  }

  const Json* find(const char* name) {
    known_.emplace_back(name);
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  template <typename T>
  void take(const char* name, T& out) {
    const Json* value = find(name);
    if (!value) return;
    if (!fits<T>(*value)) return say(name, fmt::format("{} is wanted", kind<T>()));
    out = value->get<T>();
  }

  template <typename T>
  void take(const char* name, std::optional<T>& out) {
    T plain{};
    if (!find(name)) return;
    const std::size_t before = mistakes_.size();
    take(name, plain);
    if (mistakes_.size() == before) out = std::move(plain);
  }

  void need(const char* name, std::string& out) {
    take(name, out);
    if (out.empty()) say(name, "text is wanted here");
  }

  /// Text or a list of texts.
  void words(const char* name, std::vector<std::string>& out) {
    const Json* value = find(name);
    if (!value) return;
    out.clear();
    for (const Json& one : value->is_array() ? *value : Json::array({*value})) {
      if (one.is_string()) {
        out.push_back(one.get<std::string>());
      } else {
        say(name, "text or a list of texts is wanted");
      }
    }
  }

  void sampling_words(const char* name, std::vector<std::string>& out) {
    words(name, out);
    for (const std::string& word : out) one_of(name, word, kSampling);
  }

  template <typename Words>
  void one_of(std::string_view member, const std::string& word, const Words& known) {
    if (std::find(known.begin(), known.end(), word) != known.end()) return;
    const std::vector<std::string> names(known.begin(), known.end());
    say(member, fmt::format("unknown word \"{}\"{}; known: {}", word, did_you_mean(word, names),
                            fmt::join(names, ", ")));
  }

  void object(const char* name, Json& out) {
    const Json* value = find(name);
    if (!value) return;
    if (!value->is_object()) return say(name, "an object is wanted");
    out = *value;
  }

  void texts(const char* name, std::map<std::string, std::string>& out) {
    Json value;
    object(name, value);
    if (value.is_null()) return;
    out.clear();
    for (const auto& [key, text] : value.items()) {
      if (text.is_string()) {
        out[key] = text.get<std::string>();
      } else {
        say(fmt::format("{}.{}", name, key), "text is wanted");
      }
    }
  }

  /// What no call asked for is a typing mistake.
  void refuse_unknown() {
    if (!object_.is_object()) return;
    for (const auto& [key, value] : object_.items()) {
      if (std::find(known_.begin(), known_.end(), key) == known_.end())
        say("", fmt::format("unknown member \"{}\"{}", key, did_you_mean(key, known_)));
    }
  }

  const std::string& where() const { return where_; }
  std::vector<std::string>& mistakes() { return mistakes_; }

 private:
  template <typename T>
  static bool fits(const Json& value) {
    if constexpr (std::is_same_v<T, bool>) {
      return value.is_boolean();
    } else if constexpr (std::is_same_v<T, std::string>) {
      return value.is_string();
    } else if constexpr (std::is_integral_v<T>) {
      return value.is_number_integer() && value.get<std::int64_t>() >= 0;
    } else {
      return value.is_number() && value.get<double>() >= 0;
    }
  }
  template <typename T>
  static std::string_view kind() {
    if constexpr (std::is_same_v<T, bool>) return "true or false";
    if constexpr (std::is_same_v<T, std::string>) return "text";
    if constexpr (std::is_integral_v<T>) return "a whole number from 0";
    return "a number from 0";
  }

  const Json& object_;
  std::string where_;
  std::vector<std::string>& mistakes_;
  std::vector<std::string> known_;
};

std::vector<FaultRule> read_faults(Members& all) {
  std::vector<FaultRule> out;
  const Json* list = all.find("faults");
  if (!list) return out;
  if (!list->is_array()) {
    all.say("faults", "a list is wanted");
    return out;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    Members in((*list)[i], fmt::format("{}: faults[{}]", all.where(), i), all.mistakes());
    FaultRule rule;
    if (const Json* status = in.find("status")) {
      for (const Json& one : status->is_array() ? *status : Json::array({*status})) {
        if (one.is_number_integer()) {
          rule.status.push_back(one.get<int>());
        } else {
          in.say("status", "a number or a list of numbers is wanted");
        }
      }
    }
    in.words("code", rule.code);
    in.words("code_has", rule.code_has);
    in.words("message_has", rule.message_has);
    in.take("flagged", rule.is_flagged);
    std::string word;
    in.need("is", word);
    if (const auto fault = fault_from(word)) {
      rule.is = *fault;
    } else if (!word.empty()) {
      in.one_of("is", word, kFaults);
    }
    if (rule.status.empty() && rule.code.empty() && rule.code_has.empty() &&
        rule.message_has.empty() && !rule.is_flagged)
      in.say("", "a condition is wanted: status, code, code_has, message_has or flagged");
    std::string side;
    in.take("side", side);
    rule.side = blocked_from(side);
    if (!side.empty() && !rule.side) in.one_of("side", side, kSides);
    in.refuse_unknown();
    out.push_back(std::move(rule));
  }
  return out;
}

std::vector<PriceRow> read_prices(Members& all) {
  std::vector<PriceRow> out;
  const Json* list = all.find("prices");
  if (!list) return out;
  if (!list->is_array()) {
    all.say("prices", "a list is wanted");
    return out;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    Members in((*list)[i], fmt::format("{}: prices[{}]", all.where(), i), all.mistakes());
    PriceRow row;
    in.words("models", row.models);
    in.words("regions", row.regions);
    if (row.models.empty()) in.say("models", "names or patterns of models are wanted");
    in.need("currency", row.currency);
    in.need("as_of", row.as_of);
    in.need("source", row.source);
    if (!in.find("input") || !in.find("output"))
      in.say("", "input and output are wanted: the price of a million tokens each");
    in.take("input", row.input);
    in.take("output", row.output);
    in.take("cached", row.cached);
    in.take("reasoning", row.reasoning);
    in.take("from", row.from);
    in.take("until", row.until);
    in.object("peak", row.peak);
    in.refuse_unknown();
    out.push_back(std::move(row));
  }
  return out;
}

/// Members that a model's entry may set as well.
void read_behaviour(Members& in, Provider& out) {
  in.take("region", out.region);
  in.take("http2", out.http2);
  in.take("stream", out.stream);
  in.take("stream_usage", out.stream_usage);
  in.take("scores", out.scores);
  in.take("length_field", out.length_field);
  in.take("length_counts_reasoning", out.length_counts_reasoning);
  in.take("length_default", out.length_default);
  in.sampling_words("allow", out.allow);
  in.sampling_words("pinned", out.pinned);
  in.sampling_words("thinking_ignores", out.thinking_ignores);
  in.texts("rename", out.rename);
  Json ranges;
  in.object("range", ranges);
  for (const auto& [key, pair] : ranges.items()) {
    in.one_of("range", key, kSampling);
    if (pair.is_array() && pair.size() == 2 && pair[0].is_number() && pair[1].is_number()) {
      out.range[key] = {pair[0].get<double>(), pair[1].get<double>()};
    } else {
      in.say("range." + key, "two numbers are wanted, lowest and highest");
    }
  }
  in.object("greedy", out.greedy);
  in.take("max_stop", out.max_stop);
  in.take("max_logprobs", out.max_logprobs);
  in.take("thinking_default", out.thinking_default);
  in.one_of("thinking_default", out.thinking_default, kThinkingWords);
  in.object("thinking", out.thinking);
  in.object("always", out.always);
  in.words("reasoning_fields", out.reasoning_fields);
  in.take("repeats_empty", out.repeats_empty);
}

void read_urls(Members& in, Provider& out) {
  in.texts("regions", out.regions);
  in.take("region", out.region);
  Json wires;
  in.object("wires", wires);
  for (const auto& [wire, urls] : wires.items()) {
    if (!is_wire(wire)) in.say("wires", fmt::format("unknown wire \"{}\"", wire));
    Members of(wires, in.where() + ": wires", in.mistakes());
    of.texts(wire.c_str(), out.wires[wire]);
  }
  if (!is_wire(out.wire)) in.say("wire", fmt::format("unknown wire \"{}\"", out.wire));
  if (out.regions.empty()) in.say("regions", "at least one base URL is wanted");
  if (out.region.empty() && !out.regions.empty()) out.region = out.regions.begin()->first;
  if (!out.regions.empty() && !out.regions.contains(out.region))
    in.say("region", fmt::format("\"{}\" is none of the regions", out.region));
  for (const auto& [name, url] : out.regions) {
    if (!url.starts_with("https://") && !url.starts_with("http://"))
      in.say("regions." + name, "a URL is wanted that begins with https:// or http://");
    if (url.ends_with('/')) in.say("regions." + name, "the URL ends without \"/\"");
  }
}

bool has(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

std::optional<Fault> fault_from(std::string_view word) {
  const auto found = std::find(kFaults.begin(), kFaults.end(), word);
  if (found == kFaults.end()) return std::nullopt;
  return static_cast<Fault>(found - kFaults.begin());
}

std::optional<Provider> read_provider(std::string_view text, std::string_view where,
                                      std::vector<std::string>& mistakes) {
  const std::size_t before = mistakes.size();
  Json json;
  try {
    json = parse_json(text, where);
  } catch (const Error& error) {
    mistakes.emplace_back(error.what());
    return std::nullopt;
  }
  Provider out;
  Members in(json, std::string(where), mistakes);
  in.need("id", out.id);
  in.need("name", out.name);
  in.need("source", out.source);
  in.need("as_of", out.as_of);
  in.take("wire", out.wire);
  read_urls(in, out);
  in.words("key_env", out.key_env);
  in.take("needs_key", out.needs_key);
  in.words("headers", out.headers);
  read_behaviour(in, out);
  out.faults = read_faults(in);
  if (const Json* limits = in.find("limits")) {
    Members of(*limits, fmt::format("{}: limits", where), mistakes);
    of.take("in_flight", out.limits.in_flight);
    of.take("start", out.limits.start);
    of.take("rpm", out.limits.rpm);
    of.take("tpm", out.limits.tpm);
    of.take("shared", out.limits.is_shared);
    of.take("per_second", out.limits.is_per_second);
    of.refuse_unknown();
  }
  in.take("tells_cost", out.tells_cost);
  out.prices = read_prices(in);
  if (const Json* models = in.find("models")) {
    if (!models->is_array()) in.say("models", "a list is wanted");
    for (std::size_t i = 0; models->is_array() && i < models->size(); ++i) {
      const Json& entry = (*models)[i];
      Members of(entry, fmt::format("{}: models[{}]", where, i), mistakes);
      std::vector<std::string> match;
      of.words("match", match);
      if (match.empty()) of.say("match", "names or patterns of models are wanted");
      Provider scratch = out;
      read_behaviour(of, scratch);
      of.refuse_unknown();
      out.model_rules.emplace_back(std::move(match), entry);
    }
  }
  in.refuse_unknown();
  if (mistakes.size() > before) return std::nullopt;
  return out;
}

Provider for_model(const Provider& provider, std::string_view model) {
  Provider out = provider;
  std::vector<std::string> mistakes;
  for (const auto& [patterns, entry] : provider.model_rules) {
    if (std::none_of(patterns.begin(), patterns.end(),
                     [&](const std::string& one) { return glob_match(one, model); }))
      continue;
    Members in(entry, provider.id, mistakes);
    read_behaviour(in, out);
  }
  LEITAI_CHECK(mistakes.empty(), provider.id);
  return out;
}

void keep_prices_of(Provider& provider, std::string_view region) {
  std::erase_if(provider.prices, [&](const PriceRow& row) {
    return !row.regions.empty() &&
           std::find(row.regions.begin(), row.regions.end(), region) == row.regions.end();
  });
}

std::map<std::string, Provider> load_providers() {
  namespace fs = std::filesystem;
  std::map<std::string, Provider> out;
  std::vector<std::string> mistakes;
  const auto add = [&](std::string_view text, const std::string& where) {
    if (auto one = read_provider(text, where, mistakes)) {
      std::string id = one->id;
      out.insert_or_assign(std::move(id), std::move(*one));
    }
  };
  for (const EmbeddedFile& file : provider_records()) add(file.bytes, std::string(file.path));
  std::vector<fs::path> folders{cache_home() / "providers"};
  if (const char* list = std::getenv("LEITAI_PROVIDERS")) {
    for (const std::string_view one : split(list, ':')) {
      if (!one.empty()) folders.emplace_back(one);
    }
  }
  for (const fs::path& folder : folders) {
    std::error_code ignored;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) add(read_file(file), file.string());
  }
  if (!mistakes.empty()) throw Error(fmt::format("{}", fmt::join(mistakes, "\n")));
  return out;
}

bool is_thinking(const Provider& provider, const SamplingParams& wanted) {
  if (provider.thinking_default == "always") return true;
  if (wanted.thinking && (*wanted.thinking == "off" ? provider.thinking.contains("off")
                                                    : provider.thinking.contains("on")))
    return *wanted.thinking != "off";
  return provider.thinking_default == "on";
}

bool takes_thinking_budget(const Provider& provider) {
  return provider.thinking.is_object() && provider.thinking.contains("budget");
}

SamplingParams sendable(const Provider& provider, const SamplingParams& wanted) {
  const bool thinking = is_thinking(provider, wanted);
  const auto may = [&](std::string_view name, std::optional<double> value) {
    if (!has(provider.allow, name) || has(provider.pinned, name)) return false;
    if (thinking && has(provider.thinking_ignores, name)) return false;
    const auto range = provider.range.find(std::string(name));
    return !value || range == provider.range.end() ||
           (*value >= range->second.first && *value <= range->second.second);
  };
  SamplingParams out;
  out.max_tokens = wanted.max_tokens ? wanted.max_tokens : provider.length_default;
  const bool greedy = wanted.temperature == 0.0 && provider.greedy.is_object() && !thinking;
  if (wanted.temperature && may("temperature", wanted.temperature) && !greedy)
    out.temperature = wanted.temperature;
  if (wanted.top_p && may("top_p", wanted.top_p) && !greedy) out.top_p = wanted.top_p;
  if (wanted.min_p && may("min_p", wanted.min_p)) out.min_p = wanted.min_p;
  if (wanted.top_k && may("top_k", *wanted.top_k)) out.top_k = wanted.top_k;
  if (wanted.seed && may("seed", static_cast<double>(*wanted.seed))) out.seed = wanted.seed;
  if (wanted.logprobs && may("logprobs", {})) {
    out.logprobs = std::min(*wanted.logprobs, provider.max_logprobs.value_or(*wanted.logprobs));
  }
  if (!wanted.stop.empty() && may("stop", {}) &&
      wanted.stop.size() <= provider.max_stop.value_or(wanted.stop.size()))
    out.stop = wanted.stop;
  return out;
}

namespace {

void lay_over(Json& out, const Json& members, const Json& budget) {
  for (const auto& [key, value] : members.items()) {
    if (value.is_object()) {
      lay_over(out[key], value, budget);
    } else {
      out[key] = value == "$budget" ? budget : value;
    }
  }
}

}  // namespace

Json extra_members(const Provider& provider, const SamplingParams& wanted) {
  Json out = Json::object();
  if (provider.always.is_object()) lay_over(out, provider.always, nullptr);
  if (wanted.temperature == 0.0 && provider.greedy.is_object() && !is_thinking(provider, wanted))
    lay_over(out, provider.greedy, nullptr);
  if (wanted.thinking && provider.thinking.is_object()) {
    const auto budget = parse_int(*wanted.thinking);
    const std::string word = !budget                           ? *wanted.thinking
                             : takes_thinking_budget(provider) ? "budget"
                                                               : "on";
    if (provider.thinking.contains(word))
      lay_over(out, provider.thinking[word], budget ? Json(*budget) : Json());
  }
  return out;
}

bool glob_match(std::string_view pattern, std::string_view text) {
  const std::string p = ascii_lower(pattern), t = ascii_lower(text);
  std::size_t i = 0, j = 0, star = std::string::npos, mark = 0;
  while (j < t.size()) {
    if (i < p.size() && p[i] == '*') {
      star = i++;
      mark = j;
    } else if (i < p.size() && p[i] == t[j]) {
      ++i;
      ++j;
    } else if (star != std::string::npos) {
      i = star + 1;
      j = ++mark;
    } else {
      return false;
    }
  }
  while (i < p.size() && p[i] == '*') ++i;
  return i == p.size();
}

}  // namespace leitai
