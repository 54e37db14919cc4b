#include "harness/io/transport.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>

#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMemoryCap = std::int64_t{64} << 20;
constexpr std::size_t kErrorPageCap = 4096;

fs::path etag_path(const fs::path& part) { return part.string() + ".etag"; }

/// One transfer as the callbacks of libcurl see it.
struct Transfer {
  CURL* curl = nullptr;
  const TransferOptions* options = nullptr;
  TransferResult result;
  fs::path part;  // empty: into memory
  int file = -1;
  std::int64_t offset = 0;   // bytes asked to be skipped
  std::int64_t written = 0;  // bytes in memory or file
  bool started = false;      // first byte of the last answer's body was seen
  bool too_large = false;
  int write_error = 0;
  std::string etag;
  std::string content_range;

  int status() const {
    long code = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
    return static_cast<int>(code);
  }

  /// Decides where the body goes, once its answer's headers are known. False: the transfer is of no
  /// use.
  bool begin_body() {
    started = true;
    if (part.empty() || status() >= 300) return true;
    const bool continues =
        status() == 206 && content_range.starts_with(fmt::format("bytes {}-", offset));
    if (status() == 206 && !continues) {
      result.why = "the server answered with another range than the one asked for";
      return false;
    }
    if (!continues) {
      offset = 0;
      if (ftruncate(file, 0) != 0) write_error = errno;
    }
    written = offset;
    if (lseek(file, offset, SEEK_SET) < 0) write_error = errno;
    std::ofstream(etag_path(part), std::ios::binary | std::ios::trunc) << etag;
    return write_error == 0;
  }

  std::size_t take(const char* data, std::size_t size) {
    if (!started && !begin_body()) return 0;
    if (part.empty() || status() >= 300) {
      if (!part.empty()) {
        result.body.append(
            data, std::min(size, kErrorPageCap - std::min(kErrorPageCap, result.body.size())));
        return size;
      }
      written += static_cast<std::int64_t>(size);
      if (written > options->max_bytes.value_or(kMemoryCap)) return refuse();
      result.body.append(data, size);
      return size;
    }
    if (options->max_bytes && written + static_cast<std::int64_t>(size) > *options->max_bytes)
      return refuse();
    for (std::size_t done = 0; done < size;) {
      const ssize_t n = ::write(file, data + done, size - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        write_error = n < 0 ? errno : EIO;
        return 0;
      }
      done += static_cast<std::size_t>(n);
    }
    written += static_cast<std::int64_t>(size);
    return size;
  }

  std::size_t refuse() {
    too_large = true;
    return 0;
  }
};

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  return static_cast<Transfer*>(user)->take(data, size);
}

/// Target of rel="next" in a Link header's value (RFC 8288), or "".
std::string next_link(std::string_view value) {
  for (const std::string_view link : split(value, ',')) {
    const std::size_t open = link.find('<');
    const std::size_t close = link.find('>');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) continue;
    if (link.find("rel=\"next\"", close) != std::string_view::npos) {
      return std::string(link.substr(open + 1, close - open - 1));
    }
  }
  return {};
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line = trim(std::string_view(data, size));
  if (line.starts_with("HTTP/")) {  // a redirect or an interim answer came before: forget it
    transfer.started = false;
    transfer.etag.clear();
    transfer.content_range.clear();
    transfer.result.body.clear();
    transfer.result.next.clear();
    transfer.result.retry_after.reset();
    transfer.written = 0;
    return size;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  const std::string name = ascii_lower(line.substr(0, colon));
  const std::string_view value = trim(line.substr(colon + 1));
  if (name == "etag") transfer.etag = value;
  if (name == "content-range") transfer.content_range = value;
  if (name == "link") transfer.result.next = next_link(value);
  if (name == "retry-after") {
    if (const auto seconds = parse_int(value); seconds && *seconds >= 0) {
      transfer.result.retry_after = std::chrono::seconds(*seconds);
    }
  }
  return size;
}

int on_progress(void* user, curl_off_t total, curl_off_t, curl_off_t, curl_off_t) {
  const auto& transfer = *static_cast<const Transfer*>(user);
  if (!transfer.options->progress) return 0;
  const std::int64_t offset = transfer.started ? transfer.offset : 0;
  const auto whole = total > 0 ? std::optional<std::int64_t>(total + offset) : std::nullopt;
  return transfer.options->progress(transfer.written, whole) ? 0 : 1;
}

TransferEnd end_of(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return TransferEnd::Complete;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return TransferEnd::NoConnection;
    case CURLE_OPERATION_TIMEDOUT:
      return TransferEnd::TimedOut;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return TransferEnd::Tls;
    case CURLE_ABORTED_BY_CALLBACK:
      return TransferEnd::Stopped;
    default:
      return TransferEnd::Broken;
  }
}

void perform(const std::string& url, Transfer& transfer, const std::string& if_range) {
  transport_global_init();
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  LEITAI_CHECK(curl != nullptr, "curl_easy_init");
  const TransferOptions& options = *transfer.options;
  transfer.curl = curl.get();
  char why[CURL_ERROR_SIZE] = "";
  const auto set = [&](CURLoption option, auto value) {
    LEITAI_CHECK(curl_easy_setopt(curl.get(), option, value) == CURLE_OK, std::to_string(option));
  };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(why));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "leitai");
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 8L);
  set(CURLOPT_REDIR_PROTOCOLS_STR, url.starts_with("https:") ? "https" : "http,https");
  set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.idle_timeout.count()));
  set(CURLOPT_WRITEFUNCTION, on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  set(CURLOPT_HEADERFUNCTION, on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, on_progress);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(&transfer));
  if (const char* bundle = std::getenv("SSL_CERT_FILE"); bundle && *bundle)
    set(CURLOPT_CAINFO, bundle);
  if (!options.bearer_token.empty()) {
    // libcurl drops these credentials itself when a redirect leaves host, port or scheme.
    set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
    set(CURLOPT_XOAUTH2_BEARER, options.bearer_token.c_str());
  }
  std::string range;
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr, curl_slist_free_all);
  if (transfer.offset > 0) {
    range = fmt::format("{}-", transfer.offset);
    set(CURLOPT_RANGE, range.c_str());
    if (!if_range.empty()) {
      headers.reset(curl_slist_append(nullptr, ("If-Range: " + if_range).c_str()));
      set(CURLOPT_HTTPHEADER, headers.get());
    }
  }
  const CURLcode code = curl_easy_perform(curl.get());

  TransferResult& result = transfer.result;
  result.status = transfer.status();
  result.end = transfer.too_large ? TransferEnd::TooLarge : end_of(code);
  if (transfer.too_large) {
    result.why = fmt::format("more than the {} bytes expected arrived",
                             with_commas(options.max_bytes.value_or(kMemoryCap)));
  } else if (code != CURLE_OK && result.why.empty()) {
    result.why = *why ? why : curl_easy_strerror(code);
  } else if (result.status >= 400) {
    result.why = fmt::format("HTTP {}", result.status);
  }
}

/// An entity tag that If-Range may carry (RFC 9110: strong ones only), as kept beside `part`.
std::string kept_etag(const fs::path& part) {
  std::ifstream file(etag_path(part), std::ios::binary);
  std::string tag;
  std::getline(file, tag);
  return tag.size() > 2 && tag.front() == '"' && tag.back() == '"' ? tag : std::string();
}

}  // namespace

void transport_global_init() {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  LEITAI_CHECK(once == CURLE_OK, "curl_global_init");
}

TransferResult http_get(const std::string& url, const TransferOptions& options) {
  Transfer transfer;
  transfer.options = &options;
  perform(url, transfer, "");
  return std::move(transfer.result);
}

TransferResult http_download(const std::string& url, const fs::path& part,
                             const TransferOptions& options) {
  Transfer transfer;
  transfer.options = &options;
  transfer.part = part;
  transfer.file = open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (transfer.file < 0) {
    throw Error(
        fmt::format("{}: cannot be written: {}\n        free the folder for writing, or set "
                    "LEITAI_HOME to another",
                    part.string(), std::strerror(errno)));
  }
  const std::unique_ptr<int, void (*)(int*)> closer(&transfer.file,
                                                    [](int* file) { close(*file); });
  const std::string if_range = kept_etag(part);
  if (!if_range.empty() || options.resume_without_etag) {
    transfer.offset = std::max<std::int64_t>(0, lseek(transfer.file, 0, SEEK_END));
  }
  perform(url, transfer, if_range);
  TransferResult& result = transfer.result;
  // An empty body calls no callback: what the file held before is not the content.
  if (result.is_success() && !transfer.started && !transfer.begin_body())
    result.end = TransferEnd::Broken;
  if (result.status == 416) {  // past the end: the part is of something else
    if (ftruncate(transfer.file, 0) != 0) transfer.write_error = errno;
    fs::remove(etag_path(part));
    result.why = "HTTP 416: what was already here did not fit; it was dropped";
  }
  if (transfer.write_error != 0) {
    throw Error(fmt::format(
        "{}: cannot be written: {}\n        {}", part.string(), std::strerror(transfer.write_error),
        transfer.write_error == ENOSPC ? "free some space, or set LEITAI_HOME to a larger disk; "
                                         "what arrived is kept and the same command goes on"
                                       : "check the disk, or set LEITAI_HOME to another"));
  }
  if (result.is_success()) {
    result.resumed_from = transfer.offset;
    fsync(transfer.file);
    fs::remove(etag_path(part));
  }
  return std::move(transfer.result);
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace leitai
