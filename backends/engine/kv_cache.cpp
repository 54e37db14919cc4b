#include "backends/engine/kv_cache.h"

#include <algorithm>

namespace leitai {

KvCache::KvCache(std::size_t page_floats, std::size_t memory_bytes)
    : page_floats_(page_floats),
      max_pages_(std::max<std::size_t>(1, memory_bytes / (page_floats * sizeof(float)))) {}

std::optional<int> KvCache::take() {
  int page = -1;
  if (!free_.empty()) {
    page = free_.back();
    free_.pop_back();
  } else if (pages_.size() < max_pages_) {
    page = n_pages();
    // Zeroed: positions not yet written are read, and then masked.
    pages_.push_back({.data = std::make_unique<float[]>(page_floats_)});
  } else {
    for (int p = 0; p < n_pages(); ++p) {
      const Page& candidate = pages_[index(p)];
      if (candidate.holders == 0 &&
          (page < 0 || candidate.last_used < pages_[index(page)].last_used))
        page = p;
    }
    if (page < 0) return std::nullopt;
    shared_.erase(*pages_[index(page)].shared_as);
  }
  Page& taken = pages_[index(page)];
  taken.holders = 1;
  taken.serial = ++serial_;
  taken.shared_as.reset();
  ++n_held_;
  return page;
}

void KvCache::drop(int page) {
  Page& dropped = pages_[index(page)];
  if (--dropped.holders > 0) return;
  --n_held_;
  dropped.last_used = ++clock_;
  if (!dropped.shared_as) free_.push_back(page);
}

std::optional<int> KvCache::find_shared(int parent, std::span<const int> tokens) {
  const auto found = shared_.find(key(parent, tokens));
  if (found == shared_.end()) return std::nullopt;
  if (pages_[index(found->second)].holders++ == 0) ++n_held_;
  return found->second;
}

void KvCache::share(int parent, std::span<const int> tokens, int page) {
  const auto [at, is_new] = shared_.emplace(key(parent, tokens), page);
  if (is_new) pages_[index(page)].shared_as = at->first;
}

KvCache::Key KvCache::key(int parent, std::span<const int> tokens) const {
  Key out{parent < 0 ? 0 : pages_[index(parent)].serial, {}};
  std::copy(tokens.begin(), tokens.end(), out.second.begin());
  return out;
}

}  // namespace leitai
