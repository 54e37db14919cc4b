#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace leitai::test {

struct SeenRequest {
  std::string method;
  std::string target;                          // path with query
  std::map<std::string, std::string> headers;  // names in lower case
};

/// Answers HTTP on 127.0.0.1, one request a connection. The handler returns the raw bytes of the
/// answer, after which the connection is closed: fewer than its Content-Length says are a broken
/// connection.
class LoopbackServer {
 public:
  using Handler = std::function<std::string(const SeenRequest&)>;
  explicit LoopbackServer(Handler handler);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  int port() const { return port_; }
  std::string url() const;                // "http://127.0.0.1:PORT"
  std::vector<SeenRequest> seen() const;  // in order of arrival

 private:
  void serve();
  void answer(int connection);

  const Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;  // guards seen_
  std::vector<SeenRequest> seen_;
  std::thread thread_;
};

/// Raw bytes of an answer. `headers` are whole lines, each ended by "\r\n".
std::string http_reply(int status, const std::string& body, const std::string& headers = "");

}  // namespace leitai::test
