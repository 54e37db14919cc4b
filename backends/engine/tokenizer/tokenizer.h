#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leitai {

struct EncodeOptions {
  bool add_special = true;    // what the file's post-processor adds around a text (BOS, EOS)
  bool parse_special = true;  // special tokens spelled out in the text become their ids
};

/// Text <-> token ids. Immutable and thread-safe.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Invalid UTF-8 is replaced by U+FFFD first. Linear time but for the logarithm of a piece's
  /// length.
  virtual std::vector<int> encode(std::string_view text, EncodeOptions options = {}) const = 0;

  /// Bytes of a token as `decode` would join them; "" for an unknown id, and for a special one if
  /// `skip_special`.
  virtual std::string_view piece(int id, bool skip_special = false) const = 0;

  /// Pieces joined; bytes that form no UTF-8 become U+FFFD, one for each maximal valid prefix. In
  /// vocabularies of characters with tokens for single bytes (SentencePiece): one for each byte of
  /// a run of such tokens that is no UTF-8.
  std::string decode(const std::vector<int>& ids, bool skip_special = false) const;

  virtual int size() const = 0;  // 1 + largest id
  virtual bool is_special(int id) const = 0;
  virtual std::optional<int> find(
      std::string_view token) const = 0;          // of an added token or a whole vocabulary entry
  virtual std::optional<int> bos_id() const = 0;  // as stated by the file
  virtual std::vector<int> eos_ids() const = 0;   // as stated by the file, the end of a text first

  virtual bool is_byte(int id) const {
    (void)id;
    return false;
  }  // a token for a byte among tokens of characters
  virtual bool strips_first_space() const { return false; }  // of a decoded text
};

/// Ids of the special tokens by which chat models end a turn ("<|im_end|>", "<|eot_id|>", ...), by
/// their well-known names.
std::vector<int> end_of_turn_ids(const Tokenizer& tokenizer);

/// From tokenizer.json, a .gguf file, or a folder with either. Throws Error.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

/// Decodes ids as they come: holds back bytes that may yet become a character, so that the pieces
/// joined are what `decode` of all ids gives.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer, bool skip_special = true)
      : tokenizer_(tokenizer), skip_special_(skip_special) {}
  std::string push(int id);
  std::string flush();

 private:
  const Tokenizer& tokenizer_;
  bool skip_special_;
  std::string take_bytes();
  std::string finish(std::string text);

  std::string held_;        // the start of a character, or
  std::string held_bytes_;  // a run of tokens for bytes
  bool is_at_start_ = true;
};

}  // namespace leitai
