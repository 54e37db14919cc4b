#include "backends/engine/tokenizer/model.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "backends/engine/tokenizer/form_c.h"
#include "harness/core/text.h"

namespace leitai {
namespace {

class ModelTokenizer final : public Tokenizer {
 public:
  explicit ModelTokenizer(TokenizerParts parts)
      : alphabet_(parts.alphabet),
        to_nfc_(parts.to_nfc),
        prepended_(std::move(parts.prepended)),
        space_(std::move(parts.space)),
        strips_first_space_(parts.strips_first_space),
        stages_(std::move(parts.stages)),
        bpe_(std::move(parts.bpe)),
        raw_(of_kind(parts.added, false)),
        normalised_(normalised(of_kind(parts.added, true))),
        pieces_(std::move(parts.pieces)),
        is_special_(pieces_.size()),
        is_byte_(pieces_.size()),
        prefix_(std::move(parts.prefix)),
        suffix_(std::move(parts.suffix)),
        bos_id_(parts.bos_id),
        eos_ids_(std::move(parts.eos_ids)) {
    for (const AddedToken& token : parts.added) {
      by_content_.emplace(token.content, token.id);
      is_special_[static_cast<std::size_t>(token.id)] =
          is_special_[static_cast<std::size_t>(token.id)] || token.is_special;
    }
    if (alphabet_ == Alphabet::Characters) read_character_pieces();
  }

  std::vector<int> encode(std::string_view text, EncodeOptions options) const override {
    std::string repaired;
    if (!is_valid_utf8(text)) text = repaired = repair_utf8(text);
    std::vector<int> ids;
    if (options.add_special) ids = prefix_;
    each_stretch(raw_, text, options, ids,
                 [&](std::string_view stretch) { encode_stretch(stretch, options, ids); });
    if (options.add_special) ids.insert(ids.end(), suffix_.begin(), suffix_.end());
    return ids;
  }

  std::string_view piece(int id, bool skip_special) const override {
    const auto at = static_cast<std::size_t>(id);
    if (id < 0 || at >= pieces_.size() || (skip_special && is_special_[at])) return {};
    return pieces_[at];
  }

  int size() const override { return static_cast<int>(pieces_.size()); }
  bool is_special(int id) const override {
    return has(id) && is_special_[static_cast<std::size_t>(id)];
  }
  bool is_byte(int id) const override { return has(id) && is_byte_[static_cast<std::size_t>(id)]; }
  bool strips_first_space() const override { return strips_first_space_; }
  std::optional<int> bos_id() const override { return bos_id_; }
  std::vector<int> eos_ids() const override { return eos_ids_; }

  std::optional<int> find(std::string_view token) const override {
    const auto at = by_content_.find(std::string(token));
    return at != by_content_.end() ? std::optional(at->second) : bpe_.find(token);
  }

 private:
  bool has(int id) const { return id >= 0 && static_cast<std::size_t>(id) < pieces_.size(); }

  static std::vector<AddedToken> of_kind(std::vector<AddedToken> tokens, bool is_normalized) {
    std::erase_if(tokens,
                  [&](const AddedToken& token) { return token.is_normalized != is_normalized; });
    return tokens;
  }

  std::vector<AddedToken> normalised(std::vector<AddedToken> tokens) const {
    for (AddedToken& token : tokens) token.content = normalise(token.content);
    return tokens;
  }

  std::string normalise(std::string_view text) const {
    std::string out;
    if (!text.empty()) out = prepended_;
    out += text;
    if (!space_.empty() && space_ != " ") {
      std::string replaced;
      replaced.reserve(out.size() + out.size() / 4);
      for (const char c : out) {
        if (c == ' ') {
          replaced += space_;
        } else {
          replaced += c;
        }
      }
      out = std::move(replaced);
    }
    return to_nfc_ ? form_c(out) : out;
  }

  bool keeps_text() const { return prepended_.empty() && space_.empty() && !to_nfc_; }

  /// Calls `visit` for the text between added tokens, and appends the ids of those.
  template <typename Visit>
  static void each_stretch(const AddedTokenMatcher& matcher, std::string_view text,
                           const EncodeOptions& options, std::vector<int>& ids, Visit visit) {
    std::size_t done = 0, from = 0;
    while (const auto match = matcher.next(text, from)) {
      from = match->end;
      if (match->token->is_special && !options.parse_special) continue;
      if (match->begin > done) visit(text.substr(done, match->begin - done));
      ids.push_back(match->token->id);
      done = match->end;
    }
    if (done < text.size()) visit(text.substr(done));
  }

  void encode_stretch(std::string_view stretch, const EncodeOptions& options,
                      std::vector<int>& ids) const {
    std::string changed;
    if (!keeps_text()) stretch = changed = normalise(stretch);
    each_stretch(normalised_, stretch, options, ids,
                 [&](std::string_view plain) { encode_plain(plain, ids); });
  }

  void encode_plain(std::string_view text, std::vector<int>& ids) const {
    if (stages_.empty()) return bpe_.encode(text, ids);
    const DecodedText decoded(text);
    std::size_t begin = 0;
    for (const std::size_t end : cut_all(stages_, decoded)) {
      bpe_.encode(decoded.bytes(begin, end), ids);
      begin = end;
    }
  }

  /// "<0x0A>" is a byte; what stands for a space is one.
  void read_character_pieces() {
    for (std::size_t id = 0; id < pieces_.size(); ++id) {
      std::string& piece = pieces_[id];
      if (piece.size() == 6 && piece.starts_with("<0x") && piece.back() == '>') {
        const auto digit = [](char c) {
          return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        };
        const int high = digit(piece[3]), low = digit(piece[4]);
        if (high >= 0 && low >= 0) {
          piece = std::string(1, static_cast<char>(high * 16 + low));
          is_byte_[id] = true;
          continue;
        }
      }
      if (space_.empty()) continue;
      for (std::size_t at = piece.find(space_); at != std::string::npos;
           at = piece.find(space_, at + 1)) {
        piece.replace(at, space_.size(), " ");
      }
    }
  }

  Alphabet alphabet_;
  bool to_nfc_;
  std::string prepended_, space_;
  bool strips_first_space_;
  Pretokenizer stages_;
  Bpe bpe_;
  AddedTokenMatcher raw_, normalised_;
  std::vector<std::string> pieces_;
  std::vector<bool> is_special_, is_byte_;
  std::vector<int> prefix_, suffix_;
  std::optional<int> bos_id_;
  std::vector<int> eos_ids_;
  std::unordered_map<std::string, int> by_content_;
};

/// Byte of each letter of GPT-2's alphabet, -1 for other code points below U+0144.
std::array<int, 0x144> byte_of_letter() {
  std::array<int, 0x144> out;
  out.fill(-1);
  std::size_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const bool is_itself =
        (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    out[is_itself ? static_cast<std::size_t>(byte) : next++] = byte;
  }
  return out;
}

}  // namespace

std::optional<std::string> bytes_of_letters(std::string_view token) {
  static const auto kBytes = byte_of_letter();
  std::string out;
  while (!token.empty()) {
    const CodePoint point = decode_utf8(token);
    if (point.value >= kBytes.size() || kBytes[point.value] < 0) return std::nullopt;
    out += static_cast<char>(kBytes[point.value]);
    token.remove_prefix(static_cast<std::size_t>(point.size));
  }
  return out;
}

std::unique_ptr<Tokenizer> make_tokenizer(TokenizerParts parts) {
  return std::make_unique<ModelTokenizer>(std::move(parts));
}

}  // namespace leitai
