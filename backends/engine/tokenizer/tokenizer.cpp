#include "backends/engine/tokenizer/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/engine/checkpoint/gguf.h"
#include "backends/engine/tokenizer/tokenizer_files.h"
#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Whether `text`, of which `size` bytes begin a character, may yet go on as one. Half of a
/// surrogate waits for its third byte too, as in the incremental decoder of CPython that the
/// reference streams with.
bool is_open(std::string_view text, std::size_t size) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.size() == 2 && byte(0) == 0xED && byte(1) >= 0xA0 && byte(1) <= 0xBF) return true;
  return size == text.size() && byte(0) >= 0xC2 && byte(0) <= 0xF4;
}

}  // namespace

std::string Tokenizer::decode(const std::vector<int>& ids, bool skip_special) const {
  StreamDecoder decoder(*this, skip_special);
  std::string out;
  for (const int id : ids) out += decoder.push(id);
  return out + decoder.flush();
}

std::vector<int> end_of_turn_ids(const Tokenizer& tokenizer) {
  static constexpr std::string_view kNames[] = {"<|im_end|>", "<|eot_id|>", "<|eom_id|>",
                                                "<|end|>",    "<|EOT|>",    "<end_of_turn>",
                                                "<|return|>", "<|call|>"};
  std::vector<int> out;
  for (std::string_view name : kNames) {
    const auto id = tokenizer.find(name);
    if (id && tokenizer.is_special(*id)) out.push_back(*id);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& path) {
  if (fs::is_directory(path)) {
    if (fs::exists(path / "tokenizer.json")) return tokenizer_from_json(path / "tokenizer.json");
    std::vector<fs::path> ggufs;
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.path().extension() == ".gguf") ggufs.push_back(entry.path());
    }
    if (ggufs.size() == 1) return tokenizer_from_gguf(GgufFile(ggufs[0]));
    throw Error(
        fmt::format("{}: file is absent; this model can score token ids but read no text: obtain "
                    "its tokenizer.json",
                    (path / "tokenizer.json").string()));
  }
  if (path.extension() == ".json") return tokenizer_from_json(path);
  return tokenizer_from_gguf(GgufFile(path));
}

std::string StreamDecoder::push(int id) {
  const std::string_view piece = tokenizer_.piece(id, skip_special_);
  if (tokenizer_.is_byte(id)) {
    held_bytes_ += piece;
    return "";
  }
  if (piece.empty()) return "";
  std::string out = take_bytes();
  held_ += piece;
  std::string_view rest = held_;
  while (!rest.empty()) {
    const CodePoint point = decode_utf8(rest);
    const auto size = static_cast<std::size_t>(point.size);
    if (!point.valid && is_open(rest, size)) break;
    out += point.valid ? rest.substr(0, size) : kReplacement;
    rest.remove_prefix(size);
  }
  held_.erase(0, held_.size() - rest.size());
  return finish(std::move(out));
}

std::string StreamDecoder::flush() {
  std::string out = take_bytes();
  out += repair_utf8(held_);
  held_.clear();
  return finish(std::move(out));
}

/// The held run of bytes as text: valid as a whole, or one U+FFFD each.
std::string StreamDecoder::take_bytes() {
  std::string out;
  if (is_valid_utf8(held_bytes_)) {
    out = held_bytes_;
  } else {
    for (std::size_t i = 0; i < held_bytes_.size(); ++i) out += kReplacement;
  }
  held_bytes_.clear();
  return out;
}

std::string StreamDecoder::finish(std::string text) {
  if (!text.empty() && is_at_start_) {
    if (text.front() == ' ' && tokenizer_.strips_first_space()) text.erase(0, 1);
    is_at_start_ = false;
  }
  return text;
}

}  // namespace leitai
