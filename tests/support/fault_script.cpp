#include "tests/support/fault_script.h"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <set>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "harness/core/text.h"

namespace leitai::test {

namespace {

using std::chrono::milliseconds;
using Json = nlohmann::json;

const std::string kThought = "\u8ba9\u6211\u60f3\u60f3\u3002 \u00e9\u00e8 \U0001F914";

/// Common to all services; each passes when the item is asked again.
constexpr const char* kPassing[] = {
    "429",        "429 after 0", "429 date",  "500",        "502 html",   "503",
    "504",        "529",         "closed",    "cut",        "no finish",  "empty body",
    "blank body", "html 200",    "bad utf-8", "no choices", "usage only", "error in stream",
    "slow",       "idle",        "cut whole", "bad json", "reset"};

bool passes(const Json& error) {
  static const std::set<std::string> kKinds{"rate_limit", "overload", "server", "timeout",
                                            "protocol"};
  return kKinds.contains(error["is"]);
}

bool stays(const Json& error) {
  const std::string is = error["is"];
  return is == "context" || is == "request" || is == "permission";
}

/// Indices of the vendor's own errors that fit.
std::vector<int> errors_that(const VendorFacts& vendor, bool (*fit)(const Json&)) {
  std::vector<int> out;
  for (std::size_t i = 0; i < vendor["errors"].size(); ++i) {
    if (fit(vendor["errors"][i])) out.push_back(static_cast<int>(i));
  }
  return out;
}

Said whole_answer(int number) { return {fault_text(number), kThought, ""}; }

/// Where the event begins that says how the answer ended: what is cut before it has no end.
std::size_t finish_at(const std::string& stream) {
  std::size_t at = std::string::npos;
  for (const char* word : {"\"finish_reason\":\"", "\"stop_reason\":\""})
    at = std::min(at, stream.find(word));
  LEITAI_CHECK(at != std::string::npos, stream);
  return stream.rfind("\n\n", at) + 2;
}

std::string http_date(std::time_t at) {
  std::tm parts{};
  gmtime_r(&at, &parts);
  std::array<char, 64> out{};
  std::strftime(out.data(), out.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return out.data();
}

FaultStep passing_step(const VendorFacts& vendor, SplitMix64& dice) {
  const std::vector<int> own = errors_that(vendor, passes);
  if (!own.empty() && dice.below(4) == 0)
    return {fmt::format("error {}", own[dice.below(own.size())])};
  const std::string name = kPassing[dice.below(std::size(kPassing))];
  return {name, name == "closed"};
}

}  // namespace

std::string fault_text(int number) {
  return fmt::format("\u7b54\u6848\u662f\uff1a{0}\u3002 \u00dcber \U0001F600\nAnswer: {0}",
                     2 * number);
}

FaultScript fault_script(const VendorFacts& vendor, int number, std::uint64_t seed) {
  SplitMix64 dice(seed * 1'000'003 + static_cast<std::uint64_t>(number));
  FaultScript out;
  const std::uint64_t faults = dice.below(20);  // 11: none, 5: one, 3: two, 1: three
  const int n = faults < 11 ? 0 : faults < 16 ? 1 : faults < 19 ? 2 : 3;
  for (int i = 0; i < n; ++i) out.steps.push_back(passing_step(vendor, dice));
  const std::uint64_t end = dice.below(100);
  const Json& refusals = vendor["refusals"];
  const std::vector<int> lasting = errors_that(vendor, stays);
  const auto is = [&](const std::string& outcome, const std::string& step, std::string text) {
    out.outcome = outcome;
    out.steps.push_back({step, step == "closed"});
    out.text = std::move(text);
    out.is_kept = !outcome.starts_with("failed");
  };
  if (end < 5) {
    is("truncated", "length", fault_text(number));
  } else if (end < 8) {
    is("truncated", "length without answer", "");
  } else if (end < 15 && !refusals.empty()) {
    const std::uint64_t which = dice.below(refusals.size());
    is("filtered", fmt::format("refusal {}", which), "");
  } else if (end < 18) {
    is("empty", "empty", "");
  } else if (end < 22 && !lasting.empty()) {
    const int which = lasting[dice.below(lasting.size())];
    const Json& one = vendor["errors"][static_cast<std::size_t>(which)];
    is(fmt::format("failed({})", one["is"].get<std::string>()), fmt::format("error {}", which), "");
  } else if (end < 23) {
    static constexpr std::array<std::array<const char*, 2>, 5> kForEver = {
        {{"503", "failed(overload)"},
         {"cut", "failed(network)"},
         {"slow", "failed(timeout)"},
         {"no finish", "failed(protocol)"},
         {"html 200", "failed(protocol)"}}};
    const auto& [step, outcome] = kForEver[dice.below(kForEver.size())];
    is(outcome, step, "");
  } else {
    static constexpr const char* kGood[] = {"stream", "pieces", "whole", "no done", "cut after"};
    is("answered", kGood[dice.below(std::size(kGood))], fault_text(number));
  }
  return out;
}

WireReply fault_reply(const VendorFacts& vendor, const FaultStep& step, int number,
                      std::uint64_t seed) {
  SplitMix64 dice(seed ^ (static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15ull));
  const std::string& name = step.name;
  const std::string good = vendor_stream(vendor, whole_answer(number));
  const std::size_t end = finish_at(good);
  const std::string error = R"({"error":{"message":"not now","type":"x","code":null}})";
  const auto index = [&](std::string_view word) {
    return static_cast<std::size_t>(parse_int(name.substr(word.size())).value_or(0));
  };
  if (name.starts_with("refusal "))
    return vendor_event(vendor, vendor["refusals"][index("refusal ")]);
  if (name.starts_with("error ") && name != "error in stream")
    return vendor_event(vendor, vendor["errors"][index("error ")]);
  // Good ones.
  if (name == "stream") return reply_of(200, good);
  if (name == "pieces") return in_pieces(good, 7 + dice.below(60));
  if (name == "whole") return reply_of(200, "\n\n\n" + vendor_whole(vendor, whole_answer(number)));
  if (name == "no done") return reply_of(200, good.substr(0, good.find("data: [DONE]")));
  if (name == "cut after") {  // the model had finished; what follows may break
    const std::size_t after = good.find("\n\n", end) + 2;
    return {200, "", {{good.substr(0, after)}}, true};
  }
  // Ends of another kind.
  const std::string length = vendor.value("length", "length");
  if (name == "length")
    return reply_of(200, vendor_stream(vendor, {fault_text(number), kThought, length}));
  if (name == "length without answer")
    return reply_of(200, vendor_stream(vendor, {"", kThought, length}));
  if (name == "empty") return reply_of(200, vendor_stream(vendor, {"", kThought, ""}));
  // What passes.
  if (name == "429") return reply_of(429, error);
  if (name == "429 after 0") return reply_of(429, error, "Retry-After: 0\r\n");
  if (name == "429 date")
    return reply_of(429, error, "Retry-After: " + http_date(std::time(nullptr)) + "\r\n");
  if (name == "500") return reply_of(500, error);
  if (name == "502 html") return reply_of(502, "<html><h1>Bad Gateway</h1></html>");
  if (name == "503" || name == "504") return reply_of(name == "503" ? 503 : 504, "");
  if (name == "529") return reply_of(529, error);
  if (name == "closed") return {0, "", {}, true};
  if (name == "cut") return {200, "", {{good.substr(0, dice.below(end))}}, true};
  if (name == "reset") {
    WireReply out{200, "", {{good.substr(0, dice.below(end))}}};
    out.is_reset = true;
    return out;
  }
  if (name == "cut whole") {
    const std::string body = vendor_whole(vendor, whole_answer(number));
    return {200, "", {{body.substr(0, body.size() / 2)}}, true};
  }
  if (name == "no finish") return reply_of(200, good.substr(0, end) + "data: [DONE]\n\n");
  if (name == "empty body") return reply_of(200, "");
  if (name == "blank body") return reply_of(200, "\n\n\n\n");
  if (name == "html 200") return reply_of(200, "<html>please wait</html>");
  if (name == "bad json") return reply_of(200, R"({"choices":[{"message":{"content":"4)");
  if (name == "bad utf-8")
    return reply_of(200, "data: {\"choices\":[{\"delta\":{\"content\":\"\xE4\xB8\"}}]}\n\n" + good);
  if (name == "no choices") return reply_of(200, "data: {\"choices\":[]}\n\ndata: [DONE]\n\n");
  if (name == "usage only")
    return reply_of(200,
                    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":0}}"
                    "\n\ndata: [DONE]\n\n");
  if (name == "error in stream")
    return reply_of(200, good.substr(0, end) + "data: " + error + "\n\n");
  if (name == "slow") return {200, "", {{good, milliseconds(900)}}, false};
  LEITAI_CHECK(name == "idle", name);
  WireReply out{200, "", {{good.substr(0, end)}}, false};
  for (int i = 0; i < 9; ++i) out.pieces.push_back({": keep-alive\n\n", milliseconds(100)});
  return out;
}

}  // namespace leitai::test
