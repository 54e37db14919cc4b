#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace leitai {

/// SHA-256.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};
  auto operator<=>(const Digest&) const = default;
  std::string hex() const;
};

Digest sha256(std::string_view data);

/// Incremental SHA-256 for data that does not fit in memory.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(std::string_view data);
  Digest finish();

 private:
  void* context_;
};

/// First 8 bytes of the SHA-256 of the parts, each preceded by its length, as a little-endian
/// number: a sub-seed.
std::uint64_t hash64(std::initializer_list<std::string_view> parts);

}  // namespace leitai
