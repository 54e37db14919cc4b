#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/model.h"
#include "harness/core/response.h"

/// A vendor as data: one JSON record a file (README.md of this folder lists the members).
namespace leitai {

/// What an error of a service means. Everything else about it follows (outcome.h).
enum class Fault {
  Filtered,   // input or output blocked for its content
  RateLimit,  // repeated
  SlowDown,   // repeated, and the ramp is to be slower
  Overload,   // repeated
  Server,     // repeated
  Timeout,    // repeated
  Auth,       // stops the vendor's queue, as do the next two
  Balance,
  Quota,
  Request,  // never repeated, as the rest
  Context,
  Permission
};

std::optional<Fault> fault_from(std::string_view word);  // "rate_limit", "slow_down", ...

/// All conditions that are given must hold; in each list one must. `code_has` looks into code and
/// type, upper and lower case alike, as does `message_has` into the message.
struct FaultRule {
  std::vector<int> status;
  std::vector<std::string> code;
  std::vector<std::string> code_has;
  std::vector<std::string> message_has;
  bool is_flagged = false;  // the error carries moderation reasons
  Fault is = Fault::Server;
  std::optional<Blocked> side;  // of a filter; absent: told by its words and its moment
};

/// Price of a million tokens in the vendor's currency, as of a date.
struct PriceRow {
  std::vector<std::string> models;   // globs
  std::vector<std::string> regions;  // where it holds; empty: everywhere
  std::string currency, as_of, source;
  double input = 0, output = 0;
  std::optional<double> cached, reasoning;
  std::optional<std::string> from, until;  // ISO 8601 UTC moments
  nlohmann::json peak;                     // {"factor", "days", "hours_utc"}; null: none
};

struct Limits {
  std::optional<int> in_flight;
  std::optional<int> start;  // in flight at first, to rise from; absent: no ramp
  std::optional<double> rpm, tpm;
  bool is_shared = false;      // `in_flight` is of the account: all its models share it
  bool is_per_second = false;  // rpm and tpm are held to each second, not to the minute
};

struct Provider {
  std::string id, name, source, as_of;
  std::string wire = "openai";
  std::map<std::string, std::string> regions;                       // name -> base URL
  std::string region;                                               // default of `regions`
  std::map<std::string, std::map<std::string, std::string>> wires;  // wire -> region -> base URL
  std::vector<std::string> key_env;  // the first that is set counts; empty: none is ever sent
  bool needs_key = true;
  bool has_key = true;  // one was found (resolve_endpoint)
  std::vector<std::string> headers;
  bool http2 = false;
  bool stream = true;
  bool stream_usage = true;  // knows stream_options.include_usage
  bool scores = true;        // wire completions: tells log-probabilities of a given text (echo)
  std::string length_field = "max_tokens";
  bool length_counts_reasoning = true;
  std::optional<int> length_default;  // sent where nothing was wanted: the field is mandatory
  std::vector<std::string> allow;     // sampling parameters that it takes
  std::vector<std::string> pinned;    // of these, fixed by the vendor: never sent
  std::vector<std::string> thinking_ignores;               // without effect while thinking
  std::map<std::string, std::string> rename;               // our name -> the vendor's
  std::map<std::string, std::pair<double, double>> range;  // inclusive; values outside are not sent
  nlohmann::json greedy;  // members that ask for temperature 0; null: none
  std::optional<std::size_t> max_stop;
  std::optional<int> max_logprobs;
  std::string thinking_default = "off";  // "on", "off", "always"
  nlohmann::json thinking;               // {"on", "off", "budget"}: members to send
  nlohmann::json always;                 // members of every body
  std::vector<std::string> reasoning_fields{"reasoning_details", "reasoning_content", "reasoning"};
  bool repeats_empty = false;
  std::vector<FaultRule> faults;
  Limits limits;
  std::string tells_cost;  // currency of the cost that stands in its usage; "": it tells none
  std::vector<PriceRow> prices;
  std::vector<std::pair<std::vector<std::string>, nlohmann::json>> model_rules;
};

/// Reads a record; `overrides` of its `models` are kept as rules. All mistakes go to `mistakes`,
/// each as "WHERE: member: what is wrong".
std::optional<Provider> read_provider(std::string_view json, std::string_view where,
                                      std::vector<std::string>& mistakes);

/// The record as it holds for one model: matching entries of `models` laid over it, in order.
Provider for_model(const Provider& provider, std::string_view model);

/// Leaves the price rows that hold in `region` ("": of an address that no region names).
void keep_prices_of(Provider& provider, std::string_view region);

/// All known providers: embedded ones, then those of $LEITAI_HOME/providers and of the folders in
/// $LEITAI_PROVIDERS (colon list; --providers sets it), each replacing one of the same id. Throws
/// one Error with all mistakes of all files.
std::map<std::string, Provider> load_providers();

/// The wanted parameters that may be sent to this provider's model; the rest is left out.
SamplingParams sendable(const Provider& provider, const SamplingParams& wanted);

/// Whether the model thinks with these parameters, as far as the record knows.
bool is_thinking(const Provider& provider, const SamplingParams& wanted);

/// Whether a number of thinking tokens can be told to it.
bool takes_thinking_budget(const Provider& provider);

/// Members that the thinking switch, a greedy temperature and `always` add to a body. A budget that
/// cannot be told switches thinking on, where there is a switch.
nlohmann::json extra_members(const Provider& provider, const SamplingParams& wanted);

/// "*" stands for any run of characters; upper and lower case alike.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace leitai
