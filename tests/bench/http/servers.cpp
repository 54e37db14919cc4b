#include "tests/bench/http/servers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "harness/core/error.h"
#include "tests/support/wire_server.h"

namespace leitai::bench {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

/// Starts a program whose first line on stdout is for us.
pid_t start(const std::vector<std::string>& command, int* from_child) {
  int ends[2] = {-1, -1};
  LEITAI_CHECK(pipe2(ends, O_CLOEXEC) == 0, "pipe");
  const pid_t parent = getpid();
  const pid_t child = fork();
  LEITAI_CHECK(child >= 0, "fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
    dup2(ends[1], STDOUT_FILENO);
    std::vector<char*> arguments;
    for (const std::string& one : command) arguments.push_back(const_cast<char*>(one.c_str()));
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(ends[1]);
  *from_child = ends[0];
  return child;
}

int free_port() {
  const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  LEITAI_CHECK(bind(file, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                   getsockname(file, reinterpret_cast<sockaddr*>(&address), &size) == 0,
               "a free port");
  close(file);
  return ntohs(address.sin_port);
}

bool answers(int port) {
  const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool ok = connect(file, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(file);
  return ok;
}

test::WireReply stream_reply() {
  const auto event = [](const std::string& text, const Json& finish) {
    return "data: " +
           Json{{"id", "chatcmpl-1"},
                {"object", "chat.completion.chunk"},
                {"model", "bench"},
                {"choices",
                 Json::array(
                     {{{"index", 0}, {"delta", {{"content", text}}}, {"finish_reason", finish}}})}}
               .dump() +
           "\n\n";
  };
  test::WireReply out;
  out.headers = "Content-Type: text/event-stream\r\n";
  const auto asked = Clock::now();
  out.pieces.push_back(
      {"", milliseconds(100), [asked, event] {
         return event(
             fmt::format("T={:.3f} ",
                         std::chrono::duration<double, std::milli>(Clock::now() - asked).count()),
             nullptr);
       }});
  const std::string word = event("word ", nullptr);
  for (int i = 0; i < 199; ++i) out.pieces.push_back({word, milliseconds(20), {}});
  out.pieces.back().bytes += event("", "stop") + "data: [DONE]\n\n";
  return out;
}

}  // namespace

std::string static_answer() {
  std::string text;
  for (int i = 1; i <= 9; ++i)
    text += fmt::format("Step {}: she has {} coins and spends {}, so {} are left. ", i, 100 * i,
                        3 * i, 97 * i);
  text += "The answer is 42.";
  return Json{{"id", "chatcmpl-9f2c"},
              {"object", "chat.completion"},
              {"created", 1767225600},
              {"model", "bench"},
              {"choices", Json::array({{{"index", 0},
                                        {"message", {{"role", "assistant"}, {"content", text}}},
                                        {"finish_reason", "stop"}}})},
              {"usage", {{"prompt_tokens", 91}, {"completion_tokens", 212}, {"total_tokens", 303}}}}
      .dump();
}

Server Server::own(const std::string& kind) {
  Server out;
  out.name_ = "our test server";
  int from_child = -1;
  out.child_ = start({"/proc/self/exe", "serve", kind}, &from_child);
  FILE* file = fdopen(from_child, "r");
  LEITAI_CHECK(file && fscanf(file, "%d", &out.port_) == 1, "port of the child");
  fclose(file);
  return out;
}

Server Server::nginx() {
  Server out;
  out.name_ = "nginx";
  const char* program = nullptr;
  for (const char* path : {"/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"})
    if (!program && access(path, X_OK) == 0) program = path;
  if (!program) return out;
  out.folder_ = std::make_unique<test::TempDir>();
  const std::string folder = out.folder_->path().string();
  const int port = free_port();
  test::write_text(*out.folder_ / "nginx.conf", fmt::format(R"(daemon off;
master_process off;
pid {0}/pid;
error_log {0}/error.log crit;
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  client_body_temp_path {0};
  proxy_temp_path {0};
  fastcgi_temp_path {0};
  uwsgi_temp_path {0};
  scgi_temp_path {0};
  keepalive_requests 1000000000;
  keepalive_timeout 600;
  server {{
    listen 127.0.0.1:{1} backlog=4096;
    location / {{ default_type application/json; return 200 '{2}'; }}
  }}
}}
)",
                                                            folder, port, static_answer()));
  int from_child = -1;
  out.child_ = start({program, "-p", folder, "-c", folder + "/nginx.conf"}, &from_child);
  close(from_child);
  for (int i = 0; i < 500 && !answers(port); ++i) std::this_thread::sleep_for(milliseconds(10));
  if (answers(port)) out.port_ = port;
  return out;
}

Server::Server(Server&& other) noexcept
    : name_(std::move(other.name_)),
      child_(std::exchange(other.child_, 0)),
      port_(std::exchange(other.port_, 0)),
      folder_(std::move(other.folder_)) {}

Server::~Server() {
  if (child_ <= 0) return;
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
}

std::string Server::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

int serve(const std::string& kind) {
  const std::string whole = static_answer();
  const test::WireServer server(
      [&](const test::WireRequest&) {
        if (kind == "stream") return stream_reply();
        test::WireReply out = test::reply_of(200, whole, "Content-Type: application/json\r\n");
        if (kind == "slow") out.pieces[0].before = milliseconds(500);
        return out;
      },
      test::WireServer::Keep::Nothing);
  fmt::print("{}\n", server.port());
  std::fflush(stdout);
  for (;;) pause();
}

}  // namespace leitai::bench
