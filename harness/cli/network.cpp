#include "harness/cli/network.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <future>
#include <map>

#include "backends/http/provider.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/fetch_data.h"
#include "harness/io/files.h"
#include "harness/io/transport_engine.h"

namespace leitai::cli {

namespace {

constexpr std::int64_t kSkewThatMatters = 30;  // seconds; signatures and prices go by the clock
constexpr auto kPatience = std::chrono::seconds(8);

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? value : "";
}

/// Host and port of a proxy's address; what stands before "@" may be a password.
std::string without_credentials(const std::string& address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string::npos) return escape_controls(address);
  return escape_controls(address.substr(at + 1)) + " (name and password hidden)";
}

void find_keys(std::vector<Finding>& out) {
  std::vector<std::string> present, absent;
  for (const auto& [id, provider] : load_providers()) {
    for (const std::string& name : provider.key_env) {
      const std::string value = variable(name);
      std::vector<std::string>& list = value.empty() ? absent : present;
      if (std::find(list.begin(), list.end(), name) != list.end()) continue;
      list.push_back(name);
      // A pasted quote, blank or line end makes every call fail with 401.
      const bool is_odd = !value.empty() && std::any_of(value.begin(), value.end(), [](char c) {
        return c <= ' ' || c == '"' || c == '\'' || static_cast<unsigned char>(c) > 0x7E;
      });
      if (is_odd)
        out.push_back(
            {"keys", false, name + " holds a blank, a quote or another character that no key has"});
    }
  }
  out.push_back({"keys", true,
                 fmt::format("set (never shown): {}; not set: {}",
                             present.empty() ? "none" : fmt::format("{}", fmt::join(present, " ")),
                             fmt::join(absent, " "))});
}

void find_proxies(std::vector<Finding>& out) {
  bool any = false;
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                           "no_proxy", "NO_PROXY"}) {
    const std::string value = variable(name);
    if (value.empty()) continue;
    any = true;
    out.push_back({"proxy", true, fmt::format("{} = {}", name, without_credentials(value))});
  }
  if (!any) out.push_back({"proxy", true, "none set (http_proxy, https_proxy, no_proxy)"});
}

std::size_t certificates_in(const std::filesystem::path& file) {
  const std::string text = read_file(file, 64 << 20);
  std::size_t n = 0;
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  for (std::size_t at = text.find(kBegin); at != std::string::npos; at = text.find(kBegin, at + 1))
    ++n;
  return n;
}

Finding tls_finding() {
  const std::string own = variable("SSL_CERT_FILE");
  std::vector<std::filesystem::path> places;
  if (!own.empty()) {
    places.emplace_back(own);
  } else {
    places = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
              "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};
  }
  for (const std::filesystem::path& place : places) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(place, ignored)) continue;
    std::size_t n = 0;
    try {
      n = certificates_in(place);
    } catch (const Error& error) {
      return {"tls", false, error.what()};
    }
    if (n == 0)
      return {"tls", false,
              fmt::format("{} holds no certificate in PEM form{}", place.string(),
                          own.empty() ? "; install ca-certificates" : " (SSL_CERT_FILE)")};
    return {"tls", true,
            fmt::format("{} certificates of authorities in {}{}", n, place.string(),
                        own.empty() ? "" : " (SSL_CERT_FILE)")};
  }
  return {"tls", false,
          own.empty() ? "no certificates of authorities were found; every https call will fail: "
                        "install ca-certificates, or name a file by SSL_CERT_FILE"
                      : own + ": no such file (SSL_CERT_FILE); every https call will fail"};
}

std::string utc(std::int64_t unix_time) {
  const auto at = static_cast<std::time_t>(unix_time);
  std::tm parts{};
  gmtime_r(&at, &parts);
  char out[32];
  std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return out;
}

/// Without asking anybody: a clock before the day of what is built in, or before the program was
/// made, is wrong.
Finding clock_finding() {
  const std::int64_t now = std::time(nullptr);
  std::string newest;
  for (const auto& [id, provider] : load_providers()) newest = std::max(newest, provider.as_of);
  const std::string today = utc(now).substr(0, 10);
  const std::string advice = "; peak prices, Retry-After and certificates go by it: set the clock";
  if (!newest.empty() && today < newest)
    return {"clock", false,
            fmt::format("{}, but records of {} are built in{}", utc(now), newest, advice)};
  struct stat self {};
  if (stat("/proc/self/exe", &self) == 0 && self.st_mtime > now + 86400)
    return {
        "clock", false,
        fmt::format("{}, but this program was made on {}{}", utc(now), utc(self.st_mtime), advice)};
  return {"clock", true,
          fmt::format("{}; leitai doctor --reach compares it with servers", utc(now))};
}

Finding mirror_finding() {
  try {
    std::vector<std::string> names;
    for (const Mirror& one : data_mirrors_from_environment())
      names.push_back(one.endpoint.empty()
                          ? one.name + " (and files by their own URL)"
                          : fmt::format("{} ({})", one.name, without_credentials(one.endpoint)));
    return {"mirrors", true,
            fmt::format("{}; HF_TOKEN {}", fmt::join(names, ", "),
                        variable("HF_TOKEN").empty() ? "is not set; only gated repositories need it"
                                                     : "is set (never shown)")};
  } catch (const Error& error) {
    return {"mirrors", false, error.what()};
  }
}

struct Target {
  std::string provider, region, url;
};

/// What one answer says; the request began at `begun`.
Finding judged(const Target& target, const CallResult& result, EngineClock::time_point begun) {
  Finding out{target.provider, false, fmt::format("{} {}", target.region, target.url)};
  const auto say = [&](const std::string& text) { out.what += ": " + text; };
  const bool is_tls = target.url.starts_with("https://");
  switch (result.end) {
    case CallEnd::Complete:
    case CallEnd::TooLarge:
      break;
    case CallEnd::NoConnection:
      say(fmt::format("cannot be reached ({}); check network, proxy and name", result.why));
      return out;
    case CallEnd::TimedOut:
      say(fmt::format("no answer ({}); a firewall or a proxy may swallow it", result.why));
      return out;
    case CallEnd::BadCertificate:
    case CallEnd::Tls:
      say(
          fmt::format("its certificate does not hold ({}); check the clock, SSL_CERT_FILE and "
                      "whether a proxy breaks TLS open",
                      result.why));
      return out;
    case CallEnd::Broken:
    case CallEnd::BadUrl:
    case CallEnd::BadEncoding:
    case CallEnd::Stopped:
      if (result.status == 0) {
        say(fmt::format("the connection broke ({})", result.why));
        return out;
      }
  }
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(EngineClock::now() - begun);
  std::string text = fmt::format("answers (HTTP {}, {} ms{})", result.status, ms.count(),
                                 is_tls ? ", certificate valid" : ", no TLS");
  out.is_fine = result.status != 407;  // a proxy that wants a password
  if (result.status == 407) text += "; the proxy wants a name and a password";
  for (const auto& [name, value] : result.headers) {
    const auto there = name == "date" ? parse_http_date(value) : std::nullopt;
    if (!there) continue;
    const std::int64_t skew = std::time(nullptr) - *there;
    if (std::abs(skew) <= kSkewThatMatters) {
      text += fmt::format(", clocks agree within {} s", std::max<std::int64_t>(1, std::abs(skew)));
    } else {
      out.is_fine = false;
      text += fmt::format(", but this machine's clock is {} s {} its own; set the clock",
                          with_commas(std::abs(skew)), skew > 0 ? "ahead of" : "behind");
    }
    break;
  }
  say(text);
  return out;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (!end || *end != '\0') return std::nullopt;
  return timegm(&parts);
}

std::vector<Finding> network_findings() {
  std::vector<Finding> out;
  find_proxies(out);
  out.push_back(tls_finding());
  out.push_back(clock_finding());
  out.push_back(mirror_finding());
  find_keys(out);
  return out;
}

std::vector<Finding> reach(const std::vector<std::string>& providers) {
  const std::map<std::string, Provider> all = load_providers();
  std::vector<Target> targets;
  const auto add = [&](const Provider& provider) {
    for (const auto& [region, url] : provider.regions)
      targets.push_back({provider.id, region, url});
  };
  for (const std::string& name : providers) {
    const auto found = all.find(name);
    if (found == all.end()) {
      std::vector<std::string> names;
      for (const auto& [id, provider] : all) names.push_back(id);
      throw Error(fmt::format("--reach: no provider \"{}\" is known{}\n        known: {}", name,
                              did_you_mean(name, names), fmt::join(names, ", ")));
    }
    add(found->second);
  }
  if (providers.empty())
    for (const auto& [id, provider] : all) {
      const bool is_set =
          std::any_of(provider.key_env.begin(), provider.key_env.end(),
                      [](const std::string& name) { return !variable(name).empty(); });
      if (is_set) add(provider);
    }
  if (targets.empty())
    return {{"reach", true, "no key is set; name providers, as in leitai doctor --reach deepseek"}};

  std::vector<std::promise<Finding>> promises(targets.size());
  std::vector<Finding> out;
  TransportEngine engine;  // behind `promises`: it ends first
  for (std::size_t i = 0; i < targets.size(); ++i) {
    engine.post([&, i] {
      const auto begun = EngineClock::now();
      Call call;
      call.url = targets[i].url + "/";
      call.clocks = {std::chrono::seconds(4), kPatience, kPatience, kPatience};
      call.max_bytes = 1 << 20;
      call.on_data = [](std::string_view) { return Arrival::Progress; };
      call.on_end = [&, i, begun](const CallResult& result) {
        promises[i].set_value(judged(targets[i], result, begun));
      };
      engine.begin(std::move(call));
    });
  }
  for (std::promise<Finding>& one : promises) out.push_back(one.get_future().get());
  return out;
}

}  // namespace leitai::cli
