#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace leitai::test {

struct WireRequest {
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

/// What goes out, piece by piece (each a chunk of the chunked coding).
struct WireReply {
  struct Piece {
    std::string bytes;
    std::chrono::milliseconds before{0};  // pause
  };
  int status = 200;
  std::string headers;  // whole lines, each ended by "\r\n"
  std::vector<Piece> pieces;
  bool is_cut = false;  // the connection is closed where the end of the body should be
};

inline WireReply reply_of(int status, std::string body, std::string headers = "") {
  return {status, std::move(headers), {{std::move(body)}}, false};
}

/// An HTTP/1.1 server on 127.0.0.1: many connections at once, kept alive. The handler is called
/// from the threads of the connections.
class WireServer {
 public:
  using Handler = std::function<WireReply(const WireRequest&)>;
  explicit WireServer(Handler handler);
  ~WireServer();
  WireServer(const WireServer&) = delete;
  WireServer& operator=(const WireServer&) = delete;

  std::string url() const;  // "http://127.0.0.1:PORT"
  std::vector<WireRequest> seen() const;
  int connections() const;

 private:
  void accept_all();
  void serve(int connection);

  const Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;  // guards the rest
  bool is_stopping_ = false;
  std::vector<WireRequest> seen_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace leitai::test
