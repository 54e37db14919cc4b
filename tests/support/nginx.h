#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>

namespace leitai::test {

/// Whether nginx is on this machine (Debian: nginx-light).
bool has_nginx();

/// nginx on 127.0.0.1 with the given `server` blocks; "PORT_name" in them is replaced by a free
/// port. Ends with the object.
class Nginx {
 public:
  /// `folder` holds its files and may hold certificates; paths in `servers` are relative to it.
  Nginx(std::filesystem::path folder, std::string servers);
  ~Nginx();
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  int port(const std::string& name) const { return ports_.at(name); }
  std::string log() const;  // one line a request: protocol, server port, status

 private:
  const std::filesystem::path folder_;
  std::map<std::string, int> ports_;
  pid_t pid_ = -1;
};

/// Makes a CA and certificates by openssl in `folder`: ca.pem; other-ca.pem; for each of good,
/// expired, elsewhere (another host's name), stranger (of the other CA): NAME.pem, NAME.key.
void make_certificates(const std::filesystem::path& folder);

}  // namespace leitai::test
