#include "backends/engine/tokenizer/bpe.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <queue>

#include "harness/core/text.h"

namespace leitai {
namespace {

constexpr std::size_t kShort = 24;  // symbols up to which rescanning beats a heap

std::uint64_t key_of(int left, int right) {
  return (static_cast<std::uint64_t>(left) + 1) << 32 | static_cast<std::uint32_t>(right);
}

std::uint64_t mixed(std::uint64_t key) {
  key *= 0x9E3779B97F4A7C15u;
  return key ^ key >> 32;
}

}  // namespace

Bpe::Bpe(BpeModel model)
    : ignore_merges_(model.ignore_merges),
      bytes_are_symbols_(model.bytes_are_symbols),
      unknown_(model.unknown) {
  texts_.reserve(model.vocabulary.size());
  ids_.reserve(model.vocabulary.size());
  byte_ids_.assign(256, -1);
  byte_tokens_.assign(256, -1);
  for (auto& [text, id] : model.vocabulary) {
    n_ids_ = std::max(n_ids_, static_cast<std::size_t>(id) + 1);
    texts_.push_back(std::move(text));
    ids_.emplace(texts_.back(), id);
    if (texts_.back().size() == 1) byte_ids_[static_cast<unsigned char>(texts_.back()[0])] = id;
  }
  if (unknown_.to_bytes) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (const auto id = find(fmt::format("<0x{:02X}>", byte))) byte_tokens_[byte] = *id;
    }
  }
  pairs_.resize(std::bit_ceil(model.merges.size() * 2 + 1));
  const std::size_t mask = pairs_.size() - 1;
  for (std::size_t rank = 0; rank < model.merges.size(); ++rank) {
    const BpeModel::Merge& merge = model.merges[rank];
    const std::uint64_t key = key_of(merge.left, merge.right);
    std::size_t at = mixed(key) & mask;
    while (pairs_[at].key != 0 && pairs_[at].key != key) at = (at + 1) & mask;
    // The last line of a file counts where a pair stands twice, as in the reference.
    pairs_[at] = {key, static_cast<std::uint32_t>(rank), merge.result};
  }
  whole_ = std::make_unique<std::atomic<Whole>[]>(n_ids_);
}

std::optional<int> Bpe::find(std::string_view token) const {
  const auto at = ids_.find(token);
  return at == ids_.end() ? std::nullopt : std::optional(at->second);
}

const Bpe::Pair* Bpe::find_pair(int left, int right) const {
  const std::uint64_t key = key_of(left, right);
  const std::size_t mask = pairs_.size() - 1;
  for (std::size_t at = mixed(key) & mask; pairs_[at].key != 0; at = (at + 1) & mask) {
    if (pairs_[at].key == key) return &pairs_[at];
  }
  return nullptr;
}

void Bpe::symbols_of(std::string_view piece, std::vector<int>& symbols) const {
  bool was_unknown = false;
  const auto unknown = [&](std::string_view bytes) {
    if (unknown_.to_bytes && std::all_of(bytes.begin(), bytes.end(), [&](char c) {
          return byte_tokens_[static_cast<unsigned char>(c)] >= 0;
        })) {
      for (const char c : bytes) symbols.push_back(byte_tokens_[static_cast<unsigned char>(c)]);
      was_unknown = false;
    } else if (unknown_.id) {
      if (!was_unknown || !unknown_.is_fused) symbols.push_back(*unknown_.id);
      was_unknown = true;
    }
  };
  if (bytes_are_symbols_) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const int id = byte_ids_[static_cast<unsigned char>(piece[i])];
      if (id < 0) {
        unknown(piece.substr(i, 1));
        continue;
      }
      symbols.push_back(id);
      was_unknown = false;
    }
    return;
  }
  while (!piece.empty()) {
    const std::string_view character =
        piece.substr(0, static_cast<std::size_t>(decode_utf8(piece).size));
    piece.remove_prefix(character.size());
    if (const auto id = find(character)) {
      symbols.push_back(*id);
      was_unknown = false;
    } else {
      unknown(character);
    }
  }
}

void Bpe::merge_short(std::vector<int>& symbols) const {
  const Pair* pairs[kShort];  // pairs[i]: of symbols i and i + 1
  std::size_t n = symbols.size();
  for (std::size_t i = 0; i + 1 < n; ++i) pairs[i] = find_pair(symbols[i], symbols[i + 1]);
  while (n > 1) {
    const Pair* best = nullptr;
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < n; ++i) {
      if (pairs[i] != nullptr && (best == nullptr || pairs[i]->rank < best->rank)) {
        best = pairs[i];
        place = i;
      }
    }
    if (best == nullptr) break;
    symbols[place] = best->result;
    for (std::size_t i = place + 1; i + 1 < n; ++i) {
      symbols[i] = symbols[i + 1];
      pairs[i] = i + 2 < n ? pairs[i + 1] : nullptr;
    }
    --n;
    if (place + 1 < n) pairs[place] = find_pair(symbols[place], symbols[place + 1]);
    if (place > 0) pairs[place - 1] = find_pair(symbols[place - 1], symbols[place]);
  }
  symbols.resize(n);
}

void Bpe::merge_long(std::vector<int>& symbols) const {
  struct Node {
    int id;
    std::uint32_t previous, next;
  };
  struct Candidate {
    const Pair* pair;
    std::uint32_t place;
    bool operator<(const Candidate& other) const {  // the best on top of a heap
      return pair->rank != other.pair->rank ? pair->rank > other.pair->rank : place > other.place;
    }
  };
  constexpr std::uint32_t kNone = UINT32_MAX;
  constexpr int kGone = -1;
  const auto n = static_cast<std::uint32_t>(symbols.size());
  std::vector<Node> nodes(n);
  std::vector<Candidate> start;
  start.reserve(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    nodes[i] = {symbols[i], i == 0 ? kNone : i - 1, i + 1 == n ? kNone : i + 1};
    if (i + 1 == n) break;
    if (const Pair* pair = find_pair(symbols[i], symbols[i + 1])) start.push_back({pair, i});
  }
  std::priority_queue<Candidate> queue(std::less<Candidate>(), std::move(start));
  const auto offer = [&](std::uint32_t place) {
    if (place == kNone || nodes[place].next == kNone) return;
    if (const Pair* pair = find_pair(nodes[place].id, nodes[nodes[place].next].id))
      queue.push({pair, place});
  };
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    Node& left = nodes[top.place];
    if (left.id == kGone || left.next == kNone) continue;
    Node& right = nodes[left.next];
    if (key_of(left.id, right.id) != top.pair->key) continue;  // one of the two has merged since
    left.id = top.pair->result;
    right.id = kGone;
    left.next = right.next;
    if (left.next != kNone) nodes[left.next].previous = top.place;
    offer(left.previous);
    offer(top.place);
  }
  symbols.clear();
  for (std::uint32_t i = 0; i != kNone; i = nodes[i].next) symbols.push_back(nodes[i].id);
}

void Bpe::merge(std::string_view piece, std::vector<int>& ids) const {
  std::vector<int> symbols;
  symbols.reserve(piece.size());
  symbols_of(piece, symbols);
  if (symbols.size() <= kShort) {
    merge_short(symbols);
  } else {
    merge_long(symbols);
  }
  ids.insert(ids.end(), symbols.begin(), symbols.end());
}

void Bpe::encode(std::string_view piece, std::vector<int>& ids) const {
  if (piece.size() == 1 && bytes_are_symbols_ &&
      byte_ids_[static_cast<unsigned char>(piece[0])] >= 0) {
    ids.push_back(byte_ids_[static_cast<unsigned char>(piece[0])]);
    return;
  }
  const auto at = ids_.find(piece);
  if (at == ids_.end()) return merge(piece, ids);
  const int id = at->second;
  Whole whole = ignore_merges_
                    ? Whole::Yes
                    : whole_[static_cast<std::size_t>(id)].load(std::memory_order_relaxed);
  if (whole == Whole::Unknown) {
    std::vector<int> merged;
    merge(piece, merged);
    whole = merged.size() == 1 && merged[0] == id ? Whole::Yes : Whole::No;
    whole_[static_cast<std::size_t>(id)].store(whole, std::memory_order_relaxed);
  }
  if (whole == Whole::Yes) {
    ids.push_back(id);
  } else {
    merge(piece, ids);
  }
}

}  // namespace leitai
