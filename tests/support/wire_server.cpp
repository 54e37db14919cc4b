#include "tests/support/wire_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai::test {

namespace {

bool send_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool receive_more(int connection, std::string& text) {
  char buffer[16384];
  const ssize_t n = recv(connection, buffer, sizeof buffer, 0);
  if (n <= 0) return false;
  text.append(buffer, static_cast<std::size_t>(n));
  return true;
}

/// The next request; `text` keeps what came behind it.
std::optional<WireRequest> next_request(int connection, std::string& text) {
  std::size_t end;
  while ((end = text.find("\r\n\r\n")) == std::string::npos) {
    if (!receive_more(connection, text)) return std::nullopt;
  }
  WireRequest out;
  const std::string head = text.substr(0, end);
  text.erase(0, end + 4);
  const std::size_t blank = head.find(' ');
  out.target = head.substr(blank + 1, head.find(' ', blank + 1) - blank - 1);
  for (const std::string_view line : split(head, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    out.headers[ascii_lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
  }
  const auto size = static_cast<std::size_t>(parse_int(out.headers["content-length"]).value_or(0));
  while (text.size() < size) {
    if (!receive_more(connection, text)) return std::nullopt;
  }
  out.body = text.substr(0, size);
  text.erase(0, size);
  return out;
}

}  // namespace

WireServer::WireServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool up = bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                  listen(listener_, 1024) == 0 &&
                  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  LEITAI_CHECK(up, "a socket on 127.0.0.1");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

WireServer::~WireServer() {
  {
    std::lock_guard lock(mutex_);
    is_stopping_ = true;
    for (const int connection : open_) shutdown(connection, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& one : threads_) one.join();
  close(listener_);
}

std::string WireServer::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

std::vector<WireRequest> WireServer::seen() const {
  std::lock_guard lock(mutex_);
  return seen_;
}

int WireServer::connections() const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(threads_.size());
}

void WireServer::accept_all() {
  for (;;) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    std::lock_guard lock(mutex_);
    if (connection < 0 || is_stopping_) {
      if (connection >= 0) close(connection);
      if (is_stopping_) return;
      continue;
    }
    open_.push_back(connection);
    threads_.emplace_back([this, connection] { serve(connection); });
  }
}

void WireServer::serve(int connection) {
  const int one = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  std::string text;
  bool good = true;
  while (good) {
    const auto request = next_request(connection, text);
    if (!request) break;
    {
      std::lock_guard lock(mutex_);
      seen_.push_back(*request);
    }
    const WireReply reply = handler_(*request);
    good = reply.status == 0 ||
           send_all(connection, fmt::format("HTTP/1.1 {} X\r\nTransfer-Encoding: chunked\r\n{}\r\n",
                                            reply.status, reply.headers));
    for (const WireReply::Piece& piece : reply.pieces) {
      if (!good || piece.bytes.empty()) continue;
      if (piece.before.count() > 0) std::this_thread::sleep_for(piece.before);
      good = send_all(connection, fmt::format("{:x}\r\n{}\r\n", piece.bytes.size(), piece.bytes));
    }
    if (reply.is_cut) break;
    good = good && send_all(connection, "0\r\n\r\n");
  }
  std::lock_guard lock(mutex_);
  open_.erase(std::remove(open_.begin(), open_.end(), connection), open_.end());
  close(connection);
}

}  // namespace leitai::test
