#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace leitai {

/// What becomes of a character that is in no token.
struct UnknownRule {
  std::optional<int> id;  // emitted in its place; absent: it is dropped
  bool is_fused = false;  // once for neighbours
  bool to_bytes = false;  // tokens <0xNN> of its bytes first, where all exist
};

struct BpeModel {
  std::vector<std::pair<std::string, int>> vocabulary;  // token (raw bytes) and id
  struct Merge {
    int left, right, result;
  };
  std::vector<Merge> merges;      // best first
  bool ignore_merges = false;     // a piece that is a token as a whole is taken as that
  bool bytes_are_symbols = true;  // start from bytes, else from UTF-8 characters
  UnknownRule unknown;
};

/// Byte pair encoding of one piece of text: merges the adjacent pair of the lowest rank, the
/// leftmost on ties, until none is left. Thread-safe. O(n log n) in the length of the piece.
class Bpe {
 public:
  explicit Bpe(BpeModel model);

  void encode(std::string_view piece, std::vector<int>& ids) const;
  std::optional<int> find(std::string_view token) const;

 private:
  struct Pair {
    std::uint64_t key = 0;  // left + 1 in the upper half; 0: free
    std::uint32_t rank = 0;
    std::int32_t result = 0;
  };
  enum class Whole : std::uint8_t {
    Unknown,
    Yes,
    No
  };  // does merging a token's text give that one token?

  const Pair* find_pair(int left, int right) const;
  void symbols_of(std::string_view piece, std::vector<int>& symbols) const;
  void merge_short(std::vector<int>& symbols) const;
  void merge_long(std::vector<int>& symbols) const;
  void merge(std::string_view piece, std::vector<int>& ids) const;

  bool ignore_merges_ = false;
  bool bytes_are_symbols_ = true;
  UnknownRule unknown_;
  std::vector<std::string> texts_;  // owns what the map's keys view
  std::unordered_map<std::string_view, int> ids_;
  std::vector<int> byte_ids_;     // of single bytes, -1 where absent
  std::vector<int> byte_tokens_;  // of <0xNN>, -1 where absent
  std::vector<Pair> pairs_;       // open addressing, size a power of two
  std::unique_ptr<std::atomic<Whole>[]>
      whole_;  // by id; filled in as pieces come, the same by whomever
  std::size_t n_ids_ = 0;
};

}  // namespace leitai
