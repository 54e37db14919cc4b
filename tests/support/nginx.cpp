#include "tests/support/nginx.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "harness/core/error.h"
#include "tests/support/support.h"

namespace leitai::test {

namespace {

constexpr const char* kNginx = "/usr/sbin/nginx";

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

int free_port() {
  const int one = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const bool up = bind(one, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                  getsockname(one, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  LEITAI_CHECK(up, "a port on 127.0.0.1");
  close(one);
  return ntohs(address.sin_port);
}

bool is_up(int port) {
  const int one = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool up = connect(one, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(one);
  return up;
}

void shell(const std::filesystem::path& folder, const std::string& command) {
  const std::string line = fmt::format("cd '{}' && {} >>made.log 2>&1", folder.string(), command);
  LEITAI_CHECK(std::system(line.c_str()) == 0, command);
}

}  // namespace

bool has_nginx() { return access(kNginx, X_OK) == 0; }

Nginx::Nginx(std::filesystem::path folder, std::string servers) : folder_(std::move(folder)) {
  for (std::size_t at; (at = servers.find("PORT_")) != std::string::npos;) {
    const std::size_t end = servers.find_first_of(" ;", at);
    const std::string name = servers.substr(at + 5, end - at - 5);
    if (!ports_.contains(name)) ports_[name] = free_port();
    servers.replace(at, end - at, fmt::format("127.0.0.1:{}", ports_[name]));
  }
  std::string paths;
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    paths += fmt::format("  {0}_temp_path tmp_{0};\n", kind);
  write_text(folder_ / "nginx.conf",
             fmt::format("daemon off;\nmaster_process off;\nerror_log error.log;\npid nginx.pid;\n"
                         "events {{ worker_connections 256; }}\nhttp {{\n{}"
                         "  log_format short '$server_protocol $server_port $status';\n"
                         "  access_log access.log short;\n  default_type application/json;\n{}}}\n",
                         paths, servers));
  pid_ = fork();
  LEITAI_CHECK(pid_ >= 0, "fork");
  if (pid_ == 0) {
    const int nothing = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; ++i) dup2(nothing, i);
    execl(kNginx, kNginx, "-p", folder_.c_str(), "-e", "error.log", "-c", "nginx.conf", nullptr);
    _exit(127);
  }
  for (const auto& [name, port] : ports_) {
    for (int i = 0; i < 500 && !is_up(port); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    LEITAI_CHECK(is_up(port), read_text(folder_ / "error.log"));
  }
}

Nginx::~Nginx() {
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

std::string Nginx::log() const { return read_text(folder_ / "access.log"); }

void make_certificates(const std::filesystem::path& folder) {
  const std::string key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  for (const char* ca : {"ca", "other-ca"})
    shell(folder, fmt::format("openssl req -x509 {0} -keyout {1}.key -out {1}.pem -subj /CN={1} "
                              "-days 30",
                              key, ca));
  struct Leaf {
    const char *name, *ca, *names;
    int days;
  };
  for (const Leaf& one : {Leaf{"good", "ca", "IP:127.0.0.1,DNS:localhost", 30},
                          Leaf{"expired", "ca", "IP:127.0.0.1", -1},
                          Leaf{"elsewhere", "ca", "DNS:api.example.org", 30},
                          Leaf{"stranger", "other-ca", "IP:127.0.0.1", 30}}) {
    write_text(folder / "names", fmt::format("subjectAltName={}\n", one.names));
    shell(folder, fmt::format("openssl req {0} -keyout {1}.key -out {1}.csr -subj /CN={1} && "
                              "openssl x509 -req -in {1}.csr -CA {2}.pem -CAkey {2}.key "
                              "-CAcreateserial -extfile names -days {3} -out {1}.pem",
                              key, one.name, one.ca, one.days));
  }
}

}  // namespace leitai::test
