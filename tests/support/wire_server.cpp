#include "tests/support/wire_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <queue>
#include <thread>
#include <unordered_map>

#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai::test {

namespace {

using Clock = std::chrono::steady_clock;

/// Takes the first request out of `text`; absent while it is not whole.
std::optional<WireRequest> take_request(std::string& text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  const std::string_view head = std::string_view(text).substr(0, end);
  WireRequest out;
  const std::size_t blank = head.find(' ');
  out.method = head.substr(0, blank);
  out.target = head.substr(blank + 1, head.find(' ', blank + 1) - blank - 1);
  for (const std::string_view line : split(head, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    out.headers[ascii_lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
  }
  std::size_t size = 0;
  if (const auto length = out.headers.find("content-length"); length != out.headers.end())
    size = static_cast<std::size_t>(parse_int(length->second).value_or(0));
  if (text.size() < end + 4 + size) return std::nullopt;
  out.body = text.substr(end + 4, size);
  text.erase(0, end + 4 + size);
  return out;
}

void allow_many_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

struct Connection {
  int file = -1;
  std::uint64_t number = 0;
  std::string in, out;
  std::optional<WireReply> reply;  // the one that is going out
  std::size_t piece = 0;           // next of it
  Clock::time_point due;           // of that piece
  bool is_waiting = false;         // for `due`
  bool is_writing = false;         // epoll tells when there is room
  bool has_ended = false;          // the other side sends no more
};

struct Timer {
  Clock::time_point when;
  std::uint64_t connection;
  bool operator<(const Timer& other) const { return when > other.when; }  // earliest on top
};

}  // namespace

struct WireServer::Impl {
  const Handler handler;
  const Keep keep;
  int listener = -1, epoll = -1, timer = -1, wake = -1, port = 0;
  std::atomic<bool> is_stopping = false;
  std::atomic<int> accepted = 0;
  mutable std::mutex mutex;  // guards seen
  std::vector<WireRequest> seen;
  // The rest belongs to the thread. Events carry the number of a connection; 0, 1, 2 are listener,
  // timer and wake.
  std::uint64_t last = 2;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> open;
  std::priority_queue<Timer> timers;
  std::optional<Clock::time_point> armed;
  std::thread thread;

  Impl(Handler h, Keep k) : handler(std::move(h)), keep(k) {
    allow_many_descriptors();
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool up = bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                    listen(listener, 4096) == 0 &&
                    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    LEITAI_CHECK(up, "a socket on 127.0.0.1");
    port = ntohs(address.sin_port);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    LEITAI_CHECK(epoll >= 0 && timer >= 0 && wake >= 0, "descriptors of the wire server");
    watch(EPOLL_CTL_ADD, listener, 0, EPOLLIN);
    watch(EPOLL_CTL_ADD, timer, 1, EPOLLIN);
    watch(EPOLL_CTL_ADD, wake, 2, EPOLLIN);
    thread = std::thread([this] { loop(); });
  }

  ~Impl() {
    is_stopping = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = write(wake, &one, sizeof one);
    thread.join();
    for (const auto& [number, connection] : open) ::close(connection->file);
    for (const int file : {listener, epoll, timer, wake}) ::close(file);
  }

  void watch(int what, int file, std::uint64_t number, std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = number;
    epoll_ctl(epoll, what, file, &event);
  }

  void loop() {
    std::array<epoll_event, 256> events;
    while (!is_stopping) {
      arm();
      const int n = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < n; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.u64 == 0) {
          accept_all();
        } else if (event.data.u64 == 1) {
          std::uint64_t count = 0;
          [[maybe_unused]] const ssize_t got = read(timer, &count, sizeof count);
          armed.reset();
        } else if (const auto found = open.find(event.data.u64); found != open.end()) {
          serve(*found->second, event.events);
        }
      }
      run_timers();
    }
  }

  void arm() {
    if (timers.empty() || (armed && *armed <= timers.top().when)) return;
    armed = timers.top().when;
    const auto nanos = std::max<std::int64_t>(
        1, std::chrono::duration_cast<std::chrono::nanoseconds>(armed->time_since_epoch()).count());
    itimerspec spec{};
    spec.it_value.tv_sec = nanos / 1'000'000'000;
    spec.it_value.tv_nsec = nanos % 1'000'000'000;
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, nullptr);
  }

  void run_timers() {
    const auto now = Clock::now();
    while (!timers.empty() && timers.top().when <= now) {
      const std::uint64_t number = timers.top().connection;
      timers.pop();
      const auto found = open.find(number);
      if (found == open.end()) continue;
      found->second->is_waiting = false;
      go_on(*found->second);
    }
  }

  void accept_all() {
    for (;;) {
      const int file = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (file < 0) return;
      const int one = 1;
      setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      auto connection = std::make_unique<Connection>();
      connection->file = file;
      connection->number = ++last;
      watch(EPOLL_CTL_ADD, file, last, EPOLLIN);
      open.emplace(last, std::move(connection));
      ++accepted;
    }
  }

  void close(Connection& connection, bool is_reset = false) {
    if (is_reset) {
      const linger now{1, 0};
      setsockopt(connection.file, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    ::close(connection.file);
    open.erase(connection.number);
  }

  void serve(Connection& connection, std::uint32_t events) {
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
      char buffer[32768];
      for (;;) {
        const ssize_t n = recv(connection.file, buffer, sizeof buffer, 0);
        if (n > 0) connection.in.append(buffer, static_cast<std::size_t>(n));
        if (n > 0 && static_cast<std::size_t>(n) == sizeof buffer) continue;
        if (n < 0 && errno != EAGAIN) return close(connection);
        connection.has_ended = connection.has_ended || n == 0;
        break;
      }
      // Whoever hangs up does not wait for the rest of an answer.
      if (connection.has_ended && (connection.in.empty() || connection.reply))
        return close(connection);
    }
    go_on(connection);
  }

  /// Whatever can be done for a connection now. It may be gone afterwards.
  void go_on(Connection& connection) {
    for (;;) {
      if (!flush(connection)) return;
      if (connection.is_waiting || !connection.out.empty()) return;
      if (!connection.reply) {
        std::optional<WireRequest> request = take_request(connection.in);
        if (!request) {
          if (connection.has_ended) close(connection);
          return;
        }
        begin(connection, std::move(*request));
      }
      if (!fill(connection)) return;
    }
  }

  void begin(Connection& connection, WireRequest request) {
    connection.reply = handler(request);
    connection.piece = 0;
    connection.due = Clock::now();
    const WireReply& reply = *connection.reply;
    if (reply.status != 0 && !reply.is_raw)
      connection.out += fmt::format("HTTP/1.1 {} X\r\nTransfer-Encoding: chunked\r\n{}\r\n",
                                    reply.status, reply.headers);
    if (keep == Keep::Nothing) return;
    std::lock_guard lock(mutex);
    seen.push_back(std::move(request));
  }

  /// Puts what is due into `out`. False where the connection was closed.
  bool fill(Connection& connection) {
    WireReply& reply = *connection.reply;
    for (; connection.piece < reply.pieces.size(); ++connection.piece) {
      WireReply::Piece& piece = reply.pieces[connection.piece];
      if (piece.before.count() > 0) {
        connection.due += piece.before;
        piece.before = {};
        if (connection.due > Clock::now()) {
          timers.push({connection.due, connection.number});
          connection.is_waiting = true;
          return true;
        }
      }
      const std::string bytes = piece.make ? piece.make() : std::move(piece.bytes);
      if (bytes.empty()) continue;
      if (reply.is_raw) {
        connection.out += bytes;
      } else {
        connection.out += fmt::format("{:x}\r\n", bytes.size());
        connection.out += bytes;
        connection.out += "\r\n";
      }
    }
    if (reply.is_cut || reply.is_reset || reply.is_raw) {
      if (!flush(connection)) return false;
      if (!connection.out.empty()) return true;  // later, when there is room
      close(connection, reply.is_reset);
      return false;
    }
    connection.out += "0\r\n\r\n";
    connection.reply.reset();
    return true;
  }

  /// Sends what can be sent. False where the connection was closed.
  bool flush(Connection& connection) {
    std::size_t sent = 0;
    while (sent < connection.out.size()) {
      const ssize_t n = send(connection.file, connection.out.data() + sent,
                             connection.out.size() - sent, MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) break;
      if (n <= 0) {
        close(connection);
        return false;
      }
      sent += static_cast<std::size_t>(n);
    }
    connection.out.erase(0, sent);
    const bool has_rest = !connection.out.empty();
    if (has_rest != connection.is_writing)
      watch(EPOLL_CTL_MOD, connection.file, connection.number,
            has_rest ? EPOLLIN | EPOLLOUT : EPOLLIN);
    connection.is_writing = has_rest;
    return true;
  }
};

WireServer::WireServer(Handler handler, Keep keep)
    : impl_(std::make_unique<Impl>(std::move(handler), keep)) {}

WireServer::~WireServer() = default;

int WireServer::port() const { return impl_->port; }

std::string WireServer::url() const { return fmt::format("http://127.0.0.1:{}", port()); }

std::vector<WireRequest> WireServer::seen() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->seen;
}

int WireServer::connections() const { return impl_->accepted; }

WireReply raw_reply(std::string bytes) {
  WireReply out;
  out.pieces.push_back({std::move(bytes), {}, {}});
  out.is_raw = true;
  return out;
}

std::string http_bytes(int status, const std::string& body, const std::string& headers) {
  return fmt::format("HTTP/1.1 {} X\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n{}", status,
                     body.size(), headers, body);
}

}  // namespace leitai::test
