#include "backends/http/advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "harness/core/text.h"

namespace leitai {
namespace {

bool has(std::string_view text, std::initializer_list<std::string_view> parts) {
  const std::string lower = ascii_lower(text);
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

/// A key of another region looks like a wrong key.
std::string of_key(const Provider& provider) {
  if (!provider.has_key) {
    return provider.key_env.empty()
               ? std::string("no key was sent: name its variable by key_env=")
               : fmt::format(
                     "no key was sent, because {} is not set: export it, put it into .env or "
                     "name another variable by key_env=",
                     provider.key_env[0]);
  }
  std::string out = "check the key";
  if (provider.key_env.size() == 1) out += " in " + provider.key_env[0];
  if (provider.regions.size() < 2) return out;
  std::vector<std::string> names;
  for (const auto& [name, url] : provider.regions) names.push_back(name);
  return out +
         fmt::format(" and that it belongs to this region (region={})", fmt::join(names, "|"));
}

/// By what the TLS library says of it.
std::string_view of_certificate(std::string_view why) {
  if (has(why, {"expired", "not yet valid"}))
    return "the service has to renew it, unless the clock of this machine is wrong";
  if (has(why, {"name matches", "host name", "hostname"}))
    return "the certificate belongs to another host: check the address";
  return "where the service has a CA of its own, name its file by tls: {ca_file: FILE}";
}

std::string of_connection(std::string_view why) {
  if (has(why, {"resolve proxy"})) return "check http_proxy and https_proxy";
  if (has(why, {"resolve host"})) return "check the address and the network";
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    const char* value = std::getenv(name);
    if (value && *value)
      return fmt::format(
          "is the server running, and is the address right? {} is set: is that proxy "
          "running?",
          name);
  }
  return "is the server running, and is the address right?";
}

/// Where a redirect points to: its host alone, since the rest may hold secrets.
std::string of_redirect(const Attempt& attempt) {
  for (const auto& [name, value] : attempt.headers) {
    if (name != "location") continue;
    const std::size_t scheme = value.find("://");
    if (scheme == std::string::npos)
      return "a redirect to another path of this host is never followed: check the address";
    std::string host = value.substr(scheme + 3);
    host.erase(std::min(host.find_first_of("/?#"), host.size()));
    host.erase(0, host.rfind('@') + 1);
    return fmt::format("a redirect to {} is never followed: check the address",
                       repair_utf8(host.substr(0, 100)));
  }
  return "a redirect is never followed: check the address";
}

std::string what_to_do(const Provider& provider, const Attempt& attempt, const Verdict& verdict) {
  switch (*verdict.kind) {
    case FailureKind::Auth:
      return of_key(provider);
    case FailureKind::Balance:
    case FailureKind::Quota:
      return "top up the account or raise its limit, then run the same command again";
    case FailureKind::RateLimit:
      return "ask more slowly: a smaller --in-flight, or rpm and tpm under limits: per_model:";
    case FailureKind::Tls:
      if (attempt.end == CallEnd::BadCertificate) return std::string(of_certificate(attempt.why));
      return "does the server speak https at this address?";
    case FailureKind::Network:
      return attempt.end == CallEnd::NoConnection ? of_connection(attempt.why) : "";
    case FailureKind::Request:
      if (attempt.status >= 300 && attempt.status < 400) return of_redirect(attempt);
      if (attempt.status == 404)
        return "check the model's name, the address and what the key may use";
      return "";
    default:
      return "";
  }
}

}  // namespace

std::string with_advice(const Provider& provider, const Attempt& attempt, const Verdict& verdict) {
  std::string out = verdict.message;
  if (!verdict.kind) return out;
  const std::string advice = what_to_do(provider, attempt, verdict);
  if (advice.empty()) return out;
  while (out.ends_with(' ') || out.ends_with(':')) out.pop_back();
  if (out.ends_with('.') && !out.ends_with("..")) out.pop_back();
  return out + "; " + advice;
}

}  // namespace leitai
