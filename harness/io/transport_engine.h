#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Many HTTP transfers at once: one I/O thread, libcurl's multi interface on epoll. TLS is always
/// verified, bodies are decoded (gzip and what else libcurl has, though none is asked for), proxies
/// come from http_proxy, https_proxy and no_proxy, redirects are never followed.
namespace leitai {

using EngineClock = std::chrono::steady_clock;

/// What a piece of a body was good for. Only Progress moves the idle clock on, so that keep-alive
/// comments do not keep a dead stream alive. Stop ends the transfer as Stopped.
enum class Arrival { Noise, Progress, Stop };

/// The four clocks of a transfer.
struct Clocks {
  std::chrono::milliseconds connect{10'000};      // name, connection and TLS
  std::chrono::milliseconds first_byte{600'000};  // from sent to the first Progress
  std::chrono::milliseconds idle{120'000};        // between two of them
  std::chrono::milliseconds total{1'800'000};     // from begin to end
};

/// Headers of an answer, names in lower case, in order of arrival.
using HeaderList = std::vector<std::pair<std::string, std::string>>;

enum class CallEnd {
  Complete,
  NoConnection,    // name or connection
  Broken,          // reset, short body, HTTP/2 stream error, nothing received
  TimedOut,        // one of the clocks; `why` names it
  BadCertificate,  // expired, unknown, other host
  Tls,             // handshake
  TooLarge,
  BadUrl,
  BadEncoding,  // a content coding that is unknown or broken
  Stopped
};

struct CallResult {
  CallEnd end = CallEnd::Broken;
  int status = 0;  // 0: no answer came
  HeaderList headers;
  std::string why;               // for people, "" when complete
  EngineClock::time_point sent;  // first byte of the request; begin of the call if it never came so
                                 // far
};

struct Call {
  std::string url;
  std::string body;                  // sent by POST; "": a GET
  std::vector<std::string> headers;  // "Name: value"; may hold secrets, never logged
  bool http2 = false;
  std::string ca_file;  // "": SSL_CERT_FILE, else the system's
  Clocks clocks;
  std::int64_t max_bytes = std::int64_t{64} << 20;  // of the decoded body
  /// Both run on the I/O thread and must not block; `on_end` exactly once unless cancelled.
  std::function<Arrival(std::string_view)> on_data;
  std::function<void(CallResult)> on_end;
};

/// The I/O thread. All members are thread-safe. The destructor gives up what is in flight without
/// calling `on_end`.
class TransportEngine {
 public:
  TransportEngine();
  ~TransportEngine();
  TransportEngine(const TransportEngine&) = delete;
  TransportEngine& operator=(const TransportEngine&) = delete;

  /// Runs `task` on the I/O thread, soon or not before `when`.
  void post(std::function<void()> task);
  void post_at(EngineClock::time_point when, std::function<void()> task);

  /// I/O thread only. The call begins at once; the number names it for stop().
  std::uint64_t begin(Call call);

  /// I/O thread only. Ends the call as Stopped (its `on_end` runs); unknown numbers are ignored.
  void stop(std::uint64_t call);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leitai
