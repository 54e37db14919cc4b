#include "backends/engine/tokenizer/added_tokens.h"

#include <algorithm>

#include "backends/engine/tokenizer/decoded_text.h"
#include "harness/core/text.h"

namespace leitai {

AddedTokenMatcher::AddedTokenMatcher(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::erase_if(tokens_, [](const AddedToken& token) { return token.content.empty(); });
  std::stable_sort(tokens_.begin(), tokens_.end(),
                   [](const AddedToken& a, const AddedToken& b) { return a.content < b.content; });
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    auto& range = by_first_[static_cast<unsigned char>(tokens_[i].content[0])];
    if (range.first == range.second) range.first = i;
    range.second = i + 1;
  }
}

/// Narrows the sorted tokens byte by byte to those that share what was read so far.
const AddedToken* AddedTokenMatcher::longest_at(std::string_view text) const {
  auto [low, high] = by_first_[static_cast<unsigned char>(text[0])];
  const AddedToken* best = nullptr;
  for (std::size_t depth = 1; low < high; ++depth) {
    if (tokens_[low].content.size() == depth) {
      best = &tokens_[low];
      while (low < high && tokens_[low].content.size() == depth) ++low;
    }
    if (depth == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[depth]);
    const auto first = tokens_.begin() + static_cast<std::ptrdiff_t>(low);
    const auto last = tokens_.begin() + static_cast<std::ptrdiff_t>(high);
    const auto from = std::partition_point(first, last, [&](const AddedToken& token) {
      return static_cast<unsigned char>(token.content[depth]) < byte;
    });
    const auto to = std::partition_point(from, last, [&](const AddedToken& token) {
      return static_cast<unsigned char>(token.content[depth]) == byte;
    });
    low = static_cast<std::size_t>(from - tokens_.begin());
    high = static_cast<std::size_t>(to - tokens_.begin());
  }
  return best;
}

std::optional<AddedTokenMatcher::Match> AddedTokenMatcher::next(std::string_view text,
                                                                std::size_t from) const {
  if (tokens_.empty()) return std::nullopt;
  const auto is_word_char = [](char32_t c) {
    return (mask_of(category_of(c)) & (kLetter | kMark | kNumber | mask_of(kPc))) != 0;
  };
  for (std::size_t at = from; at < text.size(); ++at) {
    const auto& range = by_first_[static_cast<unsigned char>(text[at])];
    if (range.first == range.second) continue;
    const AddedToken* token = longest_at(text.substr(at));
    if (token == nullptr) continue;
    Match match{at, at + token->content.size(), token};
    if (token->single_word) {
      std::size_t before = at;
      while (before > 0 && (text[before - 1] & 0xC0) == 0x80) --before;
      const bool touches_left = at > 0 && is_word_char(decode_utf8(text.substr(before - 1)).value);
      const bool touches_right =
          match.end < text.size() && is_word_char(decode_utf8(text.substr(match.end)).value);
      if (touches_left || touches_right) {
        at = match.end - 1;
        continue;
      }
    }
    const auto space_at =
        [&](std::size_t i) -> std::size_t {  // bytes of a white space character at i, or 0
      const CodePoint point = decode_utf8(text.substr(i));
      return (mask_of(category_of(point.value)) & kSpace) != 0
                 ? static_cast<std::size_t>(point.size)
                 : 0;
    };
    if (token->lstrip) {
      while (match.begin > from) {
        std::size_t before = match.begin - 1;
        while (before > from && (text[before] & 0xC0) == 0x80) --before;
        if (space_at(before) == 0) break;
        match.begin = before;
      }
    }
    if (token->rstrip) {
      while (match.end < text.size()) {
        const std::size_t size = space_at(match.end);
        if (size == 0) break;
        match.end += size;
      }
    }
    return match;
  }
  return std::nullopt;
}

}  // namespace leitai
