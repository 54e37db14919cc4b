#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace leitai::test {

struct WireRequest {
  std::string method;
  std::string target;                          // path with query
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

/// What goes out, piece by piece (each a chunk of the chunked coding).
struct WireReply {
  struct Piece {
    std::string bytes;
    std::chrono::milliseconds before{0};  // pause, counted from when the piece before was due
    std::function<std::string()> make;    // called when the piece is due, instead of `bytes`
  };
  int status = 200;     // 0: nothing, not even a head
  std::string headers;  // whole lines, each ended by "\r\n"
  std::vector<Piece> pieces;
  bool is_cut = false;    // the connection is closed where the end of the body should be
  bool is_reset = false;  // likewise, by RST
  bool is_raw = false;    // the pieces are all that is sent: no head, no chunks; then closed
};

inline WireReply reply_of(int status, std::string body, std::string headers = "") {
  return {status, std::move(headers), {{std::move(body), {}, {}}}, false, false, false};
}

/// Just these bytes, behind which the connection is closed: fewer than a Content-Length in them
/// says are a broken connection.
WireReply raw_reply(std::string bytes);

/// Bytes of a whole answer, for raw_reply. `headers` are whole lines, each ended by "\r\n".
std::string http_bytes(int status, const std::string& body, const std::string& headers = "");

/// An HTTP/1.1 server on 127.0.0.1: thousands of connections at once on one thread, kept alive,
/// requests of a connection one after another. The handler is called on that thread and should not
/// wait; what takes time is told by Piece::before.
class WireServer {
 public:
  using Handler = std::function<WireReply(const WireRequest&)>;
  enum class Keep { Requests, Nothing };
  explicit WireServer(Handler handler, Keep keep = Keep::Requests);
  ~WireServer();
  WireServer(const WireServer&) = delete;
  WireServer& operator=(const WireServer&) = delete;

  int port() const;
  std::string url() const;  // "http://127.0.0.1:PORT"
  /// In order of arrival; empty with Keep::Nothing.
  std::vector<WireRequest> seen() const;
  int connections() const;  // so far

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace leitai::test
