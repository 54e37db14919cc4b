#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "backends/engine/ops.h"

namespace leitai {

/// Memory for keys and values in pages of 16 positions of all layers. Full pages of a prompt can be
/// shared by sequences that begin with the same tokens: their content depends on those tokens
/// alone. Not thread-safe: one thread owns it.
class KvCache {
 public:
  /// At least one page is always allowed.
  KvCache(std::size_t page_floats, std::size_t memory_bytes);

  /// A page with one holder; absent if memory is used up by pages that have holders.
  std::optional<int> take();
  void hold(int page) { ++pages_[index(page)].holders; }
  void drop(int page);

  float* data(int page) { return pages_[index(page)].data.get(); }

  /// The page that holds `tokens` after the prefix that ends with `parent` (-1: at the start), if
  /// computed before. Adds a holder.
  std::optional<int> find_shared(int parent, std::span<const int> tokens);
  /// From now on find_shared() finds `page`.
  void share(int parent, std::span<const int> tokens, int page);

  int n_pages() const { return static_cast<int>(pages_.size()); }
  std::size_t max_pages() const { return max_pages_; }
  int n_held() const { return n_held_; }

 private:
  // Serial numbers are never used twice, so an entry below a page that is gone can never be found.
  using Key = std::pair<std::uint64_t, std::array<int, kPagePositions>>;
  struct Page {
    std::unique_ptr<float[]> data;
    int holders = 0;
    std::uint64_t serial = 0;
    std::uint64_t last_used = 0;
    std::optional<Key> shared_as;
  };

  static std::size_t index(int page) { return static_cast<std::size_t>(page); }
  Key key(int parent, std::span<const int> tokens) const;

  std::size_t page_floats_;
  std::size_t max_pages_;
  std::vector<Page> pages_;
  std::vector<int> free_;
  std::map<Key, int> shared_;
  std::uint64_t serial_ = 0;
  std::uint64_t clock_ = 0;
  int n_held_ = 0;
};

/// A sequence's place in the cache: the tokens it has computed and the pages that hold them.
struct Sequence {
  std::vector<int> ids;
  std::vector<int> pages;
  int n_shared = 0;  // leading pages already found by find_shared
};

}  // namespace leitai
