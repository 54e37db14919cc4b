#include "harness/io/transport_engine.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/transport.h"

namespace leitai {
namespace {

using Time = EngineClock::time_point;
using Timers = std::multimap<Time, std::function<void()>>;

constexpr std::size_t kMaxHeaderBytes = 256 << 10;
constexpr std::size_t kSpareHandles = 4096;

/// Thousands of connections need as many descriptors: the soft limit becomes the hard one.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

CallEnd end_of(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return CallEnd::Complete;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
      return CallEnd::NoConnection;
    case CURLE_OPERATION_TIMEDOUT:
      return CallEnd::TimedOut;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
      return CallEnd::BadCertificate;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
      return CallEnd::Tls;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return CallEnd::BadUrl;
    case CURLE_BAD_CONTENT_ENCODING:
      return CallEnd::BadEncoding;
    default:
      return CallEnd::Broken;
  }
}

std::string seconds_text(std::chrono::milliseconds time) {
  return fmt::format("{:g} s", static_cast<double>(time.count()) / 1000);
}

/// Transfers of one origin in each group of connections.
struct Load {
  int active = 0;
  int most = 0;  // so many connections were made
};

/// One call as the callbacks of libcurl see it.
struct Transfer {
  std::uint64_t number = 0;
  std::size_t group = 0;
  std::vector<Load>* loads = nullptr;  // of its origin
  Call call;
  CURL* curl = nullptr;
  curl_slist* headers = nullptr;
  CallResult result;
  Time begun, progressed;
  std::int64_t received = 0;
  std::size_t header_bytes = 0;
  bool has_progress = false;
  std::optional<Timers::iterator> clock;  // the task that looks at the clocks
  std::optional<CallEnd> forced;          // why a callback or a clock ended it
  char why[CURL_ERROR_SIZE] = "";

  /// Moment when the request began to go out, connection set-up excluded; absent before.
  std::optional<Time> sent() const {
    curl_off_t micros = 0;
    if (curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &micros) != CURLE_OK || micros <= 0)
      return std::nullopt;
    return begun + std::chrono::microseconds(micros);
  }

  enum class Clock { Total, FirstByte, Idle };

  /// The next moment at which one of the clocks could run out, and which.
  std::pair<Time, Clock> deadline() const {
    const Clocks& clocks = call.clocks;
    const Time total = begun + clocks.total;
    const Time other = has_progress ? progressed + clocks.idle
                                    : sent().value_or(begun + clocks.connect) + clocks.first_byte;
    if (total <= other) return {total, Clock::Total};
    return {other, has_progress ? Clock::Idle : Clock::FirstByte};
  }

  std::string words_of(Clock which) const {
    switch (which) {
      case Clock::Total:
        return fmt::format("not done after {}", seconds_text(call.clocks.total));
      case Clock::FirstByte:
        return fmt::format("no answer began within {}", seconds_text(call.clocks.first_byte));
      case Clock::Idle:
        break;
    }
    return fmt::format("nothing arrived for {}", seconds_text(call.clocks.idle));
  }
};

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.received += static_cast<std::int64_t>(size);
  if (transfer.received > transfer.call.max_bytes) {
    transfer.forced = CallEnd::TooLarge;
    transfer.result.why = fmt::format("more than {} bytes arrived", transfer.call.max_bytes);
    return 0;
  }
  switch (transfer.call.on_data(std::string_view(data, size))) {
    case Arrival::Progress:
      transfer.has_progress = true;
      transfer.progressed = EngineClock::now();
      break;
    case Arrival::Noise:
      break;
    case Arrival::Stop:
      transfer.forced = CallEnd::Stopped;
      return 0;
  }
  return size;
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.header_bytes += size;
  if (transfer.header_bytes > kMaxHeaderBytes) {
    transfer.forced = CallEnd::TooLarge;
    transfer.result.why = "the headers do not end";
    return 0;
  }
  const std::string_view line = trim(std::string_view(data, size));
  if (line.starts_with("HTTP/")) {  // an interim answer may come before
    transfer.result.headers.clear();
    return size;
  }
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    transfer.result.headers.emplace_back(ascii_lower(line.substr(0, colon)),
                                         std::string(trim(line.substr(colon + 1))));
  }
  return size;
}

}  // namespace

struct TransportEngine::Impl {
  std::mutex mutex;  // guards inbox, is_closing
  std::vector<std::pair<Time, std::function<void()>>> inbox;
  bool is_closing = false;
  int wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  // The rest belongs to the I/O thread.
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  /// libcurl looks for an idle connection in a list of all to the same origin, so that 2,000 of
  /// them cost more than anything else: connections are kept in groups of some dozens.
  struct Group {
    Impl* engine = nullptr;
    std::size_t index = 0;
    CURLM* multi = nullptr;
    std::optional<Time> curl_wants;  // libcurl's own next moment
  };
  static constexpr int kGroupSize = 64;
  std::vector<std::unique_ptr<Group>> groups;
  std::unordered_map<std::string, std::vector<Load>> origins;
  Timers tasks;
  std::unordered_map<std::uint64_t, std::unique_ptr<Transfer>> transfers;
  std::vector<CURL*> spare;
  std::uint64_t last = 0;
  std::optional<Time> armed;
  std::jthread thread;

  Impl() {
    LEITAI_CHECK(wake >= 0 && epoll >= 0 && timer >= 0, "descriptors of the transport engine");
    raise_descriptor_limit();
    transport_global_init();
    for (const int file : {wake, timer}) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = static_cast<std::uint64_t>(file);
      epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event);
    }
    thread = std::jthread([this] { loop(); });
  }

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      is_closing = true;
    }
    ring();
    thread.join();
    for (auto& [number, transfer] : transfers) release(*transfer);
    for (CURL* curl : spare) curl_easy_cleanup(curl);
    for (const auto& group : groups) curl_multi_cleanup(group->multi);
    for (const int file : {wake, epoll, timer}) close(file);
  }

  void ring() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = write(wake, &one, sizeof one);
  }

  Group& add_group() {
    auto& group = *groups.emplace_back(std::make_unique<Group>());
    group.engine = this;
    group.index = groups.size() - 1;
    group.multi = curl_multi_init();
    LEITAI_CHECK(group.multi != nullptr, "curl_multi_init");
    curl_multi_setopt(group.multi, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
    curl_multi_setopt(group.multi, CURLMOPT_SOCKETDATA, &group);
    curl_multi_setopt(group.multi, CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
    curl_multi_setopt(group.multi, CURLMOPT_TIMERDATA, &group);
    curl_multi_setopt(group.multi, CURLMOPT_MAXCONNECTS, 16384L);
    return group;
  }

  /// The group for a call: one with an idle connection to its origin, else one with room. HTTP/2
  /// shares one connection, so all such calls are in the first.
  void place(Transfer& transfer) {
    const std::string& url = transfer.call.url;
    const std::size_t scheme = url.find("://");
    const std::size_t end = scheme == std::string::npos ? scheme : url.find('/', scheme + 3);
    std::vector<Load>& loads = origins[url.substr(0, end)];
    std::size_t at = 0;
    if (!transfer.call.http2) {
      const auto idle = std::find_if(loads.begin(), loads.end(),
                                     [](const Load& one) { return one.active < one.most; });
      const auto room = idle != loads.end()
                            ? idle
                            : std::find_if(loads.begin(), loads.end(),
                                           [](const Load& one) { return one.active < kGroupSize; });
      at = static_cast<std::size_t>(room - loads.begin());
    }
    if (at >= loads.size()) loads.resize(at + 1);
    while (groups.size() <= at) add_group();
    loads[at].most = std::max(loads[at].most, ++loads[at].active);
    transfer.group = at;
    transfer.loads = &loads;
  }

  static int on_socket(CURL*, curl_socket_t socket, int what, void* user, void* known) {
    const auto& group = *static_cast<Group*>(user);
    Impl& self = *group.engine;
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(self.epoll, EPOLL_CTL_DEL, socket, nullptr);
      return 0;
    }
    epoll_event event{};
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    event.data.u64 =
        (static_cast<std::uint64_t>(group.index) << 32) | static_cast<std::uint64_t>(socket);
    if (epoll_ctl(self.epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event) != 0)
      epoll_ctl(self.epoll, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
    curl_multi_assign(group.multi, socket, &self);
    return 0;
  }

  static int on_timer(CURLM*, long wait_ms, void* user) {
    auto& group = *static_cast<Group*>(user);
    if (wait_ms < 0) {
      group.curl_wants.reset();
    } else {
      group.curl_wants = EngineClock::now() + std::chrono::milliseconds(wait_ms);
    }
    return 0;
  }

  void arm() {
    std::optional<Time> next;
    const auto sooner = [&next](const std::optional<Time>& when) {
      if (when && (!next || *when < *next)) next = when;
    };
    for (const auto& group : groups) sooner(group->curl_wants);
    if (!tasks.empty()) sooner(tasks.begin()->first);
    if (next == armed) return;
    armed = next;
    itimerspec spec{};
    if (next) {
      const auto nanos = std::max<std::int64_t>(
          1,
          std::chrono::duration_cast<std::chrono::nanoseconds>(next->time_since_epoch()).count());
      spec.it_value.tv_sec = nanos / 1'000'000'000;
      spec.it_value.tv_nsec = nanos % 1'000'000'000;
    }
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, nullptr);
  }

  void loop() {
    sigset_t broken_pipe;  // OpenSSL writes without MSG_NOSIGNAL: here a write error, no signal
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    // Few a round: what ended is followed by new requests before the next are read, so that a wave
    // of answers is not made denser by being sent in one go.
    std::array<epoll_event, 64> events;
    int running = 0;
    for (;;) {
      if (!take_inbox()) return;
      run_tasks();
      if (run_curl_timers()) continue;  // what ended may have left work
      arm();
      const int n = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < n; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        const auto file = static_cast<int>(event.data.u64 & 0xFFFFFFFF);
        if (file == wake || file == timer) {
          std::uint64_t count = 0;
          [[maybe_unused]] const ssize_t got = read(file, &count, sizeof count);
          if (file == timer) armed.reset();
          continue;
        }
        const int what = (event.events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                         (event.events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                         (event.events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        Group& group = *groups[event.data.u64 >> 32];
        curl_multi_socket_action(group.multi, file, what, &running);
        finish_done(group);
      }
    }
  }

  /// True: libcurl had something to do by the clock.
  bool run_curl_timers() {
    bool out = false;
    int running = 0;
    const Time now = EngineClock::now();
    for (std::size_t i = 0; i < groups.size(); ++i) {  // what ends may begin a call in a new group
      Group& group = *groups[i];
      if (!group.curl_wants || *group.curl_wants > now) continue;
      group.curl_wants.reset();
      curl_multi_socket_action(group.multi, CURL_SOCKET_TIMEOUT, 0, &running);
      finish_done(group);
      out = true;
    }
    return out;
  }

  /// False: the engine closes.
  bool take_inbox() {
    std::vector<std::pair<Time, std::function<void()>>> taken;
    {
      std::lock_guard lock(mutex);
      if (is_closing) return false;
      taken.swap(inbox);
    }
    for (auto& [when, task] : taken) {
      if (when == Time{}) {
        task();
      } else {
        tasks.emplace(when, std::move(task));
      }
    }
    return true;
  }

  void run_tasks() {
    const Time now = EngineClock::now();
    while (!tasks.empty() && tasks.begin()->first <= now) {
      auto task = std::move(tasks.begin()->second);
      tasks.erase(tasks.begin());
      task();
    }
  }

  void finish_done(Group& group) {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(group.multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      finish(*transfer, message->data.result);
    }
  }

  void finish(Transfer& transfer, CURLcode code) {
    CallResult& result = transfer.result;
    long status = 0;
    curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
    result.status = static_cast<int>(status);
    result.end = transfer.forced.value_or(end_of(code));
    result.sent = transfer.sent().value_or(transfer.begun);
    if (result.why.empty() && result.end != CallEnd::Complete && code != CURLE_OK)
      result.why = *transfer.why ? transfer.why : curl_easy_strerror(code);
    release(transfer);
    const auto found = transfers.find(transfer.number);
    const std::unique_ptr<Transfer> owned = std::move(found->second);
    transfers.erase(found);
    if (owned->clock) tasks.erase(*owned->clock);
    owned->call.on_end(std::move(owned->result));
  }

  void release(Transfer& transfer) {
    curl_multi_remove_handle(groups[transfer.group]->multi, transfer.curl);
    --(*transfer.loads)[transfer.group].active;
    curl_slist_free_all(transfer.headers);
    transfer.headers = nullptr;
    if (spare.size() < kSpareHandles) {
      curl_easy_reset(transfer.curl);
      spare.push_back(transfer.curl);
    } else {
      curl_easy_cleanup(transfer.curl);
    }
    transfer.curl = nullptr;
  }

  std::uint64_t begin(Call call) {
    auto owned = std::make_unique<Transfer>();
    Transfer& transfer = *owned;
    transfer.number = ++last;
    transfer.call = std::move(call);
    if (spare.empty()) {
      transfer.curl = curl_easy_init();
      LEITAI_CHECK(transfer.curl != nullptr, "curl_easy_init");
    } else {
      transfer.curl = spare.back();
      spare.pop_back();
    }
    configure(transfer);
    place(transfer);
    transfer.begun = EngineClock::now();
    transfers.emplace(transfer.number, std::move(owned));
    curl_multi_add_handle(groups[transfer.group]->multi, transfer.curl);
    watch(transfer.number);
    return transfer.number;
  }

  void configure(Transfer& transfer) {
    const Call& call = transfer.call;
    CURL* curl = transfer.curl;
    const auto set = [&](CURLoption option, auto value) {
      LEITAI_CHECK(curl_easy_setopt(curl, option, value) == CURLE_OK, std::to_string(option));
    };
    set(CURLOPT_URL, call.url.c_str());
    set(CURLOPT_PRIVATE, static_cast<void*>(&transfer));
    set(CURLOPT_ERRORBUFFER, static_cast<char*>(transfer.why));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, "leitai");
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_TCP_NODELAY, 1L);
    set(CURLOPT_HTTP_VERSION,
        static_cast<long>(call.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    set(CURLOPT_PIPEWAIT, call.http2 ? 1L : 0L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(call.clocks.connect.count()));
    set(CURLOPT_WRITEFUNCTION, on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
    set(CURLOPT_HEADERFUNCTION, on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
    if (call.body.empty()) {
      set(CURLOPT_HTTPGET, 1L);
    } else {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
      set(CURLOPT_POSTFIELDS, call.body.c_str());
    }
    if (!call.ca_file.empty()) {
      set(CURLOPT_CAINFO, call.ca_file.c_str());
    } else if (const char* bundle = std::getenv("SSL_CERT_FILE"); bundle && *bundle) {
      set(CURLOPT_CAINFO, bundle);
    }
    for (const std::string& line : call.headers)
      transfer.headers = curl_slist_append(transfer.headers, line.c_str());
    transfer.headers = curl_slist_append(transfer.headers, "Expect:");
    // Coded bodies are decoded, but not asked for: a proxy that codes a stream may hold it back.
    set(CURLOPT_ACCEPT_ENCODING, "");
    transfer.headers = curl_slist_append(transfer.headers, "Accept-Encoding: identity");
    set(CURLOPT_HTTPHEADER, transfer.headers);
  }

  /// One task a transfer that looks at its clocks and asks to be called again.
  void watch(std::uint64_t number) {
    const auto found = transfers.find(number);
    if (found == transfers.end()) return;
    found->second->clock.reset();
    const auto [at, which] = found->second->deadline();
    const Time now = EngineClock::now();
    if (at > now) {
      // The first progress may bring the end nearer: nobody tells, so look now and then.
      const Clocks& clocks = found->second->call.clocks;
      const auto often = std::clamp<std::chrono::milliseconds>(
          std::min(clocks.idle, clocks.first_byte) / 4, std::chrono::milliseconds(10),
          std::chrono::milliseconds(1000));
      found->second->clock =
          tasks.emplace(std::min(at, now + often), [this, number] { watch(number); });
      return;
    }
    found->second->result.why = found->second->words_of(which);
    found->second->forced = CallEnd::TimedOut;
    finish(*found->second, CURLE_OPERATION_TIMEDOUT);
  }

  void stop(std::uint64_t number) {
    const auto found = transfers.find(number);
    if (found == transfers.end()) return;
    found->second->forced = CallEnd::Stopped;
    finish(*found->second, CURLE_ABORTED_BY_CALLBACK);
  }

  void put(Time when, std::function<void()> task) {
    {
      std::lock_guard lock(mutex);
      inbox.emplace_back(when, std::move(task));
      if (inbox.size() > 1) return;  // the bell has rung
    }
    ring();
  }
};

TransportEngine::TransportEngine() : impl_(std::make_unique<Impl>()) {}
TransportEngine::~TransportEngine() = default;
void TransportEngine::post(std::function<void()> task) { impl_->put(Time{}, std::move(task)); }
void TransportEngine::post_at(Time when, std::function<void()> task) {
  if (std::this_thread::get_id() == impl_->thread.get_id()) {
    impl_->tasks.emplace(when, std::move(task));
  } else {
    impl_->put(when, std::move(task));
  }
}
std::uint64_t TransportEngine::begin(Call call) { return impl_->begin(std::move(call)); }
void TransportEngine::stop(std::uint64_t call) { impl_->stop(call); }

}  // namespace leitai
