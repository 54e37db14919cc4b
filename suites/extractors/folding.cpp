#include "suites/extractors/folding.h"

#include <algorithm>
#include <iterator>

#include "harness/core/text.h"

namespace leitai {

namespace {

// First digits of all blocks of general category Nd beyond ASCII (Unicode 15, UnicodeData.txt);
// each has ten in order.
constexpr char32_t kDigitBlocks[] = {
    0x660,   0x6F0,   0x7C0,   0x966,   0x9E6,   0xA66,   0xAE6,   0xB66,   0xBE6,   0xC66,
    0xCE6,   0xD66,   0xDE6,   0xE50,   0xED0,   0xF20,   0x1040,  0x1090,  0x17E0,  0x1810,
    0x1946,  0x19D0,  0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,
    0xA900,  0xA9D0,  0xA9F0,  0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066, 0x110F0,
    0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950,
    0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2,
    0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950, 0x1FBF0,
};

char32_t fold_one(char32_t c) {
  if (c < 0xA0) return c;
  if (c >= 0xFF01 && c <= 0xFF5E) return c - 0xFF01 + 0x21;
  if (c == 0x3000 || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F) return U' ';
  if (c == 0x66B) return U'.';
  if (c == 0x66C) return U',';
  if (c == 0x66A) return U'%';
  if (c == 0x2212 || (c >= 0x2010 && c <= 0x2012) || c == 0xFE63) return U'-';
  const auto* next = std::upper_bound(std::begin(kDigitBlocks), std::end(kDigitBlocks), c);
  if (next != std::begin(kDigitBlocks) && c - *(next - 1) < 10) return U'0' + (c - *(next - 1));
  return c;
}

/// U+4000 to U+9FFF, which fold to themselves, without the way around; 0 for all else.
char32_t ideograph_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned first = byte(0);
  if (first < 0xE4 || first > 0xE9 || at + 2 >= text.size()) return 0;
  const unsigned second = byte(1), third = byte(2);
  if ((second & 0xC0) != 0x80 || (third & 0xC0) != 0x80) return 0;
  return (first & 0x0F) << 12 | (second & 0x3F) << 6 | (third & 0x3F);
}

}  // namespace

bool is_invisible(char32_t c) {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x2064) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF || c == 0xAD;
}

bool is_blank(char32_t c) {
  return c == U' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000 || is_invisible(c);
}

std::string_view trim_blank(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    if (!point.valid || !is_blank(point.value)) break;
    text.remove_prefix(static_cast<std::size_t>(point.size));
  }
  while (!text.empty()) {
    std::size_t at = text.size() - 1;
    while (at > 0 && text.size() - at < 4 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80)
      --at;
    const CodePoint point = decode_utf8(text.substr(at));
    if (!point.valid || at + static_cast<std::size_t>(point.size) != text.size() ||
        !is_blank(point.value))
      break;
    text.remove_suffix(text.size() - at);
  }
  return text;
}

Folded fold(std::string_view text) {
  Folded out;
  // Written by place: no code point takes less than a byte.
  out.text.resize(text.size());
  out.from.resize(text.size() + 1);
  std::size_t n = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (const auto byte = static_cast<unsigned char>(text[at]); byte < 0x80) {
      out.text[n] = byte;
      out.from[n++] = static_cast<std::uint32_t>(at++);
      continue;
    }
    if (const char32_t han = ideograph_at(text, at)) {
      out.text[n] = han;
      out.from[n++] = static_cast<std::uint32_t>(at);
      at += 3;
      continue;
    }
    const CodePoint point = decode_utf8(text.substr(at));
    if (!is_invisible(point.value)) {
      out.text[n] = fold_one(point.value);
      out.from[n++] = static_cast<std::uint32_t>(at);
    }
    at += static_cast<std::size_t>(point.size);
  }
  out.text.resize(n);
  out.from[n] = static_cast<std::uint32_t>(text.size());
  out.from.resize(n + 1);
  return out;
}

}  // namespace leitai
