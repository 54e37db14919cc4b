#include "harness/cli/provider_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/core/text.h"
#include "reports/table.h"

namespace leitai::cli {

namespace {

bool is_set(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value && *value;
}

std::string key_words(const Provider& provider) {
  if (provider.key_env.empty()) return "none is sent";
  std::vector<std::string> words;
  for (const std::string& name : provider.key_env)
    words.push_back(fmt::format("{} ({})", name, is_set(name) ? "set" : "not set"));
  return fmt::format("{}{}", fmt::join(words, ", "), provider.needs_key ? "" : "; not needed");
}

/// "Mon-Fri 01:00-04:00, 06:00-10:00 UTC x 2".
std::string peak_words(const PriceRow& row) {
  if (!row.peak.is_object()) return "";
  std::vector<std::string> hours;
  for (const auto& window : row.peak.value("hours_utc", nlohmann::json::array()))
    if (window.is_array() && window.size() == 2 && window[0].is_string() && window[1].is_string())
      hours.push_back(window[0].get<std::string>() + "-" + window[1].get<std::string>());
  return fmt::format("x {:g} {} {} UTC", row.peak.value("factor", 1.0), row.peak.value("days", ""),
                     fmt::join(hours, ", "));
}

std::string validity_words(const PriceRow& row) {
  std::string out;
  if (row.from) out += "from " + *row.from;
  if (row.until) out += (out.empty() ? "until " : " until ") + *row.until;
  return out;
}

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:g}", *value) : "";
}

}  // namespace

std::string limit_words(const Limits& limits) {
  std::vector<std::string> words;
  if (limits.in_flight)
    words.push_back(fmt::format("{} in flight{}", *limits.in_flight,
                                limits.is_shared ? ", shared by all models of the account" : ""));
  if (limits.start) words.push_back(fmt::format("begins with {}", *limits.start));
  if (limits.rpm) words.push_back(fmt::format("{:g} requests a minute", *limits.rpm));
  if (limits.tpm) words.push_back(fmt::format("{:g} tokens a minute", *limits.tpm));
  if (limits.is_per_second) words.push_back("rates held to each second");
  return fmt::format("{}", fmt::join(words, "; "));
}

std::string price_dates(const Provider& provider) {
  std::set<std::string> currencies;
  std::string newest;
  for (const PriceRow& row : provider.prices) {
    currencies.insert(row.currency);
    newest = std::max(newest, row.as_of);
  }
  return newest.empty() ? "unknown" : fmt::format("{}, {}", fmt::join(currencies, " "), newest);
}

std::string provider_text(const Provider& provider, const Style& style) {
  std::string out = fmt::format("{}   {}\n", provider.id, provider.name);
  const auto line = [&](std::string_view head, const std::string& text) {
    out += wrapped(fmt::format("{:<11}{}", head, text), 11, style);
  };
  for (const auto& [region, url] : provider.regions)
    line("address", fmt::format("{}  {}{}", region, url,
                                provider.regions.size() > 1 && region == provider.region
                                    ? "  (unless region= says otherwise)"
                                    : ""));
  line("key", key_words(provider));
  line("wire", provider.wire);
  for (const auto& [wire, urls] : provider.wires)
    for (const auto& [region, url] : urls) line("or", fmt::format("wire={}  {}", wire, url));
  line("limits", limit_words(provider.limits) + "; limits: in a config file changes them");
  line("sends", provider.allow.empty() ? "no sampling parameters"
                                       : fmt::format("{}", fmt::join(provider.allow, " ")));
  if (!provider.pinned.empty())
    line("fixed", fmt::format("{} (by the vendor; never sent)", fmt::join(provider.pinned, " ")));
  line("thinking",
       provider.thinking_default + (provider.thinking.is_object() && !provider.thinking.empty()
                                        ? " unless thinking= says otherwise"
                                        : ""));
  line("read at", fmt::format("{} on {}", provider.source, provider.as_of));
  if (provider.prices.empty())
    return out +
           "prices     unknown: costs are not counted, and no budget of money can hold them\n";
  out += "\n";
  Table table;
  table.columns = {
      {.head = "prices of a million tokens", .side = Column::Side::Left, .is_name = true},
      {.head = "in"},
      {.head = "cached"},
      {.head = "out"},
      {.head = "thinking"},
      {.head = "", .side = Column::Side::Left},
      {.head = "as of", .side = Column::Side::Left},
      {.head = "valid", .side = Column::Side::Left, .drop = 1}};
  std::set<std::string> sources;
  std::map<std::string, std::vector<std::string>> peaks;  // words -> models
  for (const PriceRow& row : provider.prices) {
    sources.insert(row.source);
    if (const std::string peak = peak_words(row); !peak.empty()) {
      std::vector<std::string>& models = peaks[peak];
      models.insert(models.end(), row.models.begin(), row.models.end());
    }
    table.rows.push_back({fmt::format("{}", fmt::join(row.models, " ")), number(row.input),
                          number(row.cached), number(row.output), number(row.reasoning),
                          row.currency, row.as_of, validity_words(row)});
  }
  out += render(table, style);
  for (const auto& [words, models] : peaks)
    out += wrapped(fmt::format("peak hours: {} ({})", words, fmt::join(models, ", ")), 2, style);
  for (const std::string& source : sources) out += wrapped("source: " + source, 2, style);
  return out;
}

nlohmann::ordered_json provider_json(const Provider& provider) {
  nlohmann::ordered_json out{
      {"version", 1},
      {"provider", provider.id},
      {"name", provider.name},
      {"regions", provider.regions},
      {"region", provider.region},
      {"wire", provider.wire},
      {"wires", provider.wires},
      {"key_env", provider.key_env},
      {"key_is_set", std::any_of(provider.key_env.begin(), provider.key_env.end(), is_set)},
      {"allow", provider.allow},
      {"pinned", provider.pinned},
      {"source", provider.source},
      {"as_of", provider.as_of}};
  const auto given = [](const auto& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
  };
  const Limits& limits = provider.limits;
  out["limits"] = {{"in_flight", given(limits.in_flight)},
                   {"shared", limits.is_shared},
                   {"start", given(limits.start)},
                   {"rpm", given(limits.rpm)},
                   {"tpm", given(limits.tpm)},
                   {"per_second", limits.is_per_second}};
  out["prices"] = nlohmann::ordered_json::array();
  for (const PriceRow& row : provider.prices)
    out["prices"].push_back({{"models", row.models},
                             {"currency", row.currency},
                             {"input", row.input},
                             {"cached", given(row.cached)},
                             {"output", row.output},
                             {"reasoning", given(row.reasoning)},
                             {"from", given(row.from)},
                             {"until", given(row.until)},
                             {"peak", nlohmann::ordered_json(row.peak)},
                             {"as_of", row.as_of},
                             {"source", row.source}});
  return out;
}

}  // namespace leitai::cli
