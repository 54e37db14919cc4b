#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace leitai {

/// Numbers items from 0 as they are met, by a 64-bit hash of their names. 8 bytes an item, and 4 a
/// slot of a table that is at most three quarters full.
class ItemNumbers {
 public:
  static constexpr std::uint32_t kUnknown = 0xFFFFFFFF;

  /// The number of an item; a new one where it was not met before.
  std::uint32_t number(std::string_view suite, std::string_view item);

  /// kUnknown where the item was not met.
  std::uint32_t find(std::string_view suite, std::string_view item) const;

  std::size_t size() const { return keys_.size(); }

 private:
  std::size_t slot_of(std::uint64_t key) const;
  void grow();

  std::vector<std::uint64_t> keys_;   // by number
  std::vector<std::uint32_t> slots_;  // numbers; a power of two of them
};

}  // namespace leitai
