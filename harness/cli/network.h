#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What `leitai doctor` says of keys, proxies, certificates, clock and mirrors; and, where asked,
/// of the way to the vendors.
namespace leitai::cli {

struct Finding {
  std::string subject;
  bool is_fine = true;
  std::string what;
};

/// Without any network. Of keys and proxy passwords nothing is shown, not even their length.
std::vector<Finding> network_findings();

/// One request without a key to each base URL of these providers (none named: those whose key is
/// set): does anything answer, is its certificate valid, how far is its clock from ours. Takes at
/// most about ten seconds. Throws Error for an unknown provider.
std::vector<Finding> reach(const std::vector<std::string>& providers);

/// Seconds since 1970 of "Fri, 27 Nov 2026 10:00:00 GMT". Absent where it is none.
std::optional<std::int64_t> parse_http_date(const std::string& text);

}  // namespace leitai::cli
