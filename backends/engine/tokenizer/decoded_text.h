#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace leitai {

/// Unicode general categories as bits of a mask, and white space among the control characters as
/// one more.
enum Category : std::uint8_t {
  kLu,
  kLl,
  kLt,
  kLm,
  kLo,
  kMn,
  kMc,
  kMe,
  kNd,
  kNl,
  kNo,
  kPc,
  kPd,
  kPs,
  kPe,
  kPi,
  kPf,
  kPo,
  kSm,
  kSc,
  kSk,
  kSo,
  kZs,
  kZl,
  kZp,
  kCc,
  kCf,
  kCs,
  kCo,
  kCn,
  kControlSpace
};

using CategoryMask = std::uint32_t;

template <typename... C>
constexpr CategoryMask mask_of(C... category) {
  return ((CategoryMask{1} << category) | ...);
}

inline constexpr CategoryMask kLetter = mask_of(kLu, kLl, kLt, kLm, kLo);
inline constexpr CategoryMask kMark = mask_of(kMn, kMc, kMe);
inline constexpr CategoryMask kNumber = mask_of(kNd, kNl, kNo);
inline constexpr CategoryMask kPunctuation = mask_of(kPc, kPd, kPs, kPe, kPi, kPf, kPo);
inline constexpr CategoryMask kSymbol = mask_of(kSm, kSc, kSk, kSo);
inline constexpr CategoryMask kSpace = mask_of(kZs, kZl, kZp, kControlSpace);  // White_Space

/// By a table that is made on first use.
Category category_of(char32_t value);

/// Mask of "L", "Lu", "N", ... ; 0 for an unknown word.
CategoryMask mask_from(std::string_view word);

/// Valid UTF-8 as code points with their categories.
struct DecodedText {
  explicit DecodedText(std::string_view text);

  std::size_t size() const { return chars.size(); }
  bool is(std::size_t i, CategoryMask mask) const { return (mask >> categories[i] & 1) != 0; }
  bool is_newline(std::size_t i) const { return chars[i] == '\n' || chars[i] == '\r'; }
  std::string_view bytes(std::size_t begin, std::size_t end) const {
    return text.substr(offsets[begin], offsets[end] - offsets[begin]);
  }

  std::string_view text;
  std::vector<char32_t> chars;
  std::vector<Category> categories;
  std::vector<std::size_t> offsets;  // of each character, and the end
};

}  // namespace leitai
