#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "tests/support/support.h"

namespace leitai::bench {

/// A whole answer of the openai wire, about 900 bytes, that says 42.
std::string static_answer();

/// A server in a process of its own, so that the client's processor time can be told apart. It ends
/// with this object, or with this process.
class Server {
 public:
  /// This program called as `bench_http serve KIND`; see serve().
  static Server own(const std::string& kind);
  /// nginx with static_answer() for every path; absent (`is_up` false) where it is not installed.
  static Server nginx();
  ~Server();
  Server(Server&& other) noexcept;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  bool is_up() const { return port_ > 0; }
  std::string url() const;
  const std::string& name() const { return name_; }

 private:
  Server() = default;
  std::string name_;
  pid_t child_ = 0;
  int port_ = 0;
  std::unique_ptr<test::TempDir> folder_;
};

/// The child's side: prints its port and answers until it is killed. "static": static_answer() at
/// once. "slow": after 500 ms. "stream": 200 chunks, one each 20 ms, the first after 100 ms; the
/// answer begins with the time in ms that lay between request and first chunk, "T=100.2 ".
int serve(const std::string& kind);

}  // namespace leitai::bench
