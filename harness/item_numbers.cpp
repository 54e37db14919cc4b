#include "harness/item_numbers.h"

#include <bit>
#include <functional>
#include <string>

namespace leitai {

namespace {

std::uint64_t key_of(std::string_view suite, std::string_view item) {
  std::string name;
  name.reserve(suite.size() + 1 + item.size());
  name.append(suite).push_back('\0');
  name.append(item);
  return std::hash<std::string>{}(name);
}

}  // namespace

std::size_t ItemNumbers::slot_of(std::uint64_t key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = key & mask;
  while (slots_[slot] != kUnknown && keys_[slots_[slot]] != key) slot = (slot + 1) & mask;
  return slot;
}

void ItemNumbers::grow() {
  slots_ = {};  // before the larger one is taken
  slots_.assign(std::bit_ceil((keys_.size() + 1) * 2), kUnknown);
  for (std::size_t i = 0; i < keys_.size(); ++i)
    slots_[slot_of(keys_[i])] = static_cast<std::uint32_t>(i);
}

std::uint32_t ItemNumbers::number(std::string_view suite, std::string_view item) {
  if ((keys_.size() + 1) * 4 > slots_.size() * 3) grow();
  const std::uint64_t key = key_of(suite, item);
  const std::size_t slot = slot_of(key);
  if (slots_[slot] == kUnknown) {
    slots_[slot] = static_cast<std::uint32_t>(keys_.size());
    keys_.push_back(key);
  }
  return slots_[slot];
}

std::uint32_t ItemNumbers::find(std::string_view suite, std::string_view item) const {
  return slots_.empty() ? kUnknown : slots_[slot_of(key_of(suite, item))];
}

}  // namespace leitai
