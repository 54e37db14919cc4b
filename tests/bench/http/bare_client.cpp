#include "tests/bench/http/bare_client.h"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "harness/core/error.h"

namespace leitai::bench {

namespace {

struct Loop {
  CURLM* multi = curl_multi_init();
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  long wait_ms = 0;
};

int on_socket(CURL*, curl_socket_t socket, int what, void* user, void* known) {
  auto& loop = *static_cast<Loop*>(user);
  epoll_event event{};
  event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
  event.data.fd = socket;
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(loop.epoll, EPOLL_CTL_DEL, socket, nullptr);
  } else {
    epoll_ctl(loop.epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
    curl_multi_assign(loop.multi, socket, &loop);
  }
  return 0;
}

int on_timer(CURLM*, long wait_ms, void* user) {
  static_cast<Loop*>(user)->wait_ms = wait_ms;
  return 0;
}

std::size_t on_body(char*, std::size_t, std::size_t size, void*) { return size; }

}  // namespace

std::int64_t ask_bare(const std::string& url, const std::string& body, std::int64_t n,
                      int in_flight) {
  Loop loop;
  LEITAI_CHECK(loop.multi && loop.epoll >= 0, "a multi handle");
  curl_multi_setopt(loop.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(loop.multi, CURLMOPT_SOCKETDATA, &loop);
  curl_multi_setopt(loop.multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(loop.multi, CURLMOPT_TIMERDATA, &loop);
  curl_multi_setopt(loop.multi, CURLMOPT_MAXCONNECTS, static_cast<long>(in_flight));
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Authorization: Bearer sk-bench");
  std::vector<CURL*> handles;
  std::int64_t begun = 0, done = 0, good = 0;
  for (; begun < std::min<std::int64_t>(in_flight, n); ++begun) {
    CURL* curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_multi_add_handle(loop.multi, curl);
    handles.push_back(curl);
  }
  std::array<epoll_event, 256> events;
  int running = 0;
  while (done < n) {
    const int got = epoll_wait(loop.epoll, events.data(), static_cast<int>(events.size()),
                               static_cast<int>(loop.wait_ms));
    if (got == 0 || loop.wait_ms == 0)
      curl_multi_socket_action(loop.multi, CURL_SOCKET_TIMEOUT, 0, &running);
    for (int i = 0; i < got; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const int what = (event.events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                       (event.events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (event.events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
      curl_multi_socket_action(loop.multi, event.data.fd, what, &running);
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(loop.multi, &left)) {
      ++done;
      good += message->data.result == CURLE_OK;
      CURL* curl = message->easy_handle;
      curl_multi_remove_handle(loop.multi, curl);
      if (begun >= n) continue;
      ++begun;
      curl_multi_add_handle(loop.multi, curl);
    }
  }
  for (CURL* curl : handles) {
    curl_multi_remove_handle(loop.multi, curl);
    curl_easy_cleanup(curl);
  }
  curl_multi_cleanup(loop.multi);
  curl_slist_free_all(headers);
  close(loop.epoll);
  return good;
}

}  // namespace leitai::bench
