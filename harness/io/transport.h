#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

/// HTTP by libcurl: one blocking transfer a call. TLS is verified against the system's
/// certificates, or those of SSL_CERT_FILE; proxies come from http_proxy, https_proxy and no_proxy.
/// Redirects are followed, from https to https only, and a token never goes to another host, port
/// or scheme than that of the URL asked for.
namespace leitai {

struct TransferOptions {
  std::string bearer_token;  // "": none
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds idle_timeout{60};  // gives up when nothing arrived for this long
  std::optional<std::int64_t> max_bytes;  // gives up past this size
  bool resume_without_etag = false;       // for what is checked by its digest afterwards
  /// Called a few times a second; false gives up. `total` is absent where the server does not say.
  std::function<bool(std::int64_t done, std::optional<std::int64_t> total)> progress;
};

enum class TransferEnd { Complete, NoConnection, Broken, TimedOut, Tls, TooLarge, Stopped };

struct TransferResult {
  TransferEnd end = TransferEnd::Broken;
  int status = 0;    // HTTP status of the last answer; 0: none came
  std::string why;   // for people; "" when complete with a status below 400
  std::string body;  // http_get: all of it; http_download: the start of an error page
  std::string next;  // target of a Link header with rel="next"
  std::optional<std::chrono::seconds> retry_after;
  std::int64_t resumed_from = 0;  // http_download: bytes that were already there and were kept

  bool is_success() const { return end == TransferEnd::Complete && status >= 200 && status < 300; }
};

/// Into memory; max_bytes defaults to 64 MiB here.
TransferResult http_get(const std::string& url, const TransferOptions& options);

/// Into the file `part`, going on after what it already holds if the server still has the same
/// content (Range with If-Range; the entity tag is kept in `part`.etag). What arrived stays when
/// the transfer breaks. Throws Error where the file cannot be written.
TransferResult http_download(const std::string& url, const std::filesystem::path& part,
                             const TransferOptions& options);

/// Prepares libcurl for this process, once; for those who speak to it directly.
void transport_global_init();

/// `text` with everything but unreserved characters as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace leitai
