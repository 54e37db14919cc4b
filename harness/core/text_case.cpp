#include "harness/core/text_case.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "harness/core/text.h"

namespace leitai {

namespace {

/// A code point whose mapping has several; unused places are 0. From Unicode's SpecialCasing.txt.
struct Expansion {
  char32_t from;
  char32_t to[3];
};

constexpr Expansion kUpper[] = {{0xDF, {0x53, 0x53, 0x0}},       {0x149, {0x2BC, 0x4E, 0x0}},
                                {0x1F0, {0x4A, 0x30C, 0x0}},     {0x390, 0x399, 0x308, 0x301},
                                {0x3B0, 0x3A5, 0x308, 0x301},    {0x587, 0x535, 0x552, 0x0},
                                {0x1E96, 0x48, 0x331, 0x0},      {0x1E97, 0x54, 0x308, 0x0},
                                {0x1E98, 0x57, 0x30A, 0x0},      {0x1E99, 0x59, 0x30A, 0x0},
                                {0x1E9A, 0x41, 0x2BE, 0x0},      {0x1F50, {0x3A5, 0x313, 0x0}},
                                {0x1F52, {0x3A5, 0x313, 0x300}}, {0x1F54, {0x3A5, 0x313, 0x301}},
                                {0x1F56, 0x3A5, 0x313, 0x342},   {0x1F80, 0x1F08, 0x399, 0x0},
                                {0x1F81, 0x1F09, 0x399, 0x0},    {0x1F82, 0x1F0A, 0x399, 0x0},
                                {0x1F83, {0x1F0B, 0x399, 0x0}},  {0x1F84, {0x1F0C, 0x399, 0x0}},
                                {0x1F85, {0x1F0D, 0x399, 0x0}},  {0x1F86, 0x1F0E, 0x399, 0x0},
                                {0x1F87, 0x1F0F, 0x399, 0x0},    {0x1F88, 0x1F08, 0x399, 0x0},
                                {0x1F89, 0x1F09, 0x399, 0x0},    {0x1F8A, {0x1F0A, 0x399, 0x0}},
                                {0x1F8B, {0x1F0B, 0x399, 0x0}},  {0x1F8C, {0x1F0C, 0x399, 0x0}},
                                {0x1F8D, 0x1F0D, 0x399, 0x0},    {0x1F8E, 0x1F0E, 0x399, 0x0},
                                {0x1F8F, 0x1F0F, 0x399, 0x0},    {0x1F90, 0x1F28, 0x399, 0x0},
                                {0x1F91, {0x1F29, 0x399, 0x0}},  {0x1F92, {0x1F2A, 0x399, 0x0}},
                                {0x1F93, {0x1F2B, 0x399, 0x0}},  {0x1F94, 0x1F2C, 0x399, 0x0},
                                {0x1F95, 0x1F2D, 0x399, 0x0},    {0x1F96, 0x1F2E, 0x399, 0x0},
                                {0x1F97, 0x1F2F, 0x399, 0x0},    {0x1F98, {0x1F28, 0x399, 0x0}},
                                {0x1F99, {0x1F29, 0x399, 0x0}},  {0x1F9A, {0x1F2A, 0x399, 0x0}},
                                {0x1F9B, 0x1F2B, 0x399, 0x0},    {0x1F9C, 0x1F2C, 0x399, 0x0},
                                {0x1F9D, 0x1F2D, 0x399, 0x0},    {0x1F9E, 0x1F2E, 0x399, 0x0},
                                {0x1F9F, {0x1F2F, 0x399, 0x0}},  {0x1FA0, {0x1F68, 0x399, 0x0}},
                                {0x1FA1, {0x1F69, 0x399, 0x0}},  {0x1FA2, 0x1F6A, 0x399, 0x0},
                                {0x1FA3, 0x1F6B, 0x399, 0x0},    {0x1FA4, 0x1F6C, 0x399, 0x0},
                                {0x1FA5, 0x1F6D, 0x399, 0x0},    {0x1FA6, {0x1F6E, 0x399, 0x0}},
                                {0x1FA7, {0x1F6F, 0x399, 0x0}},  {0x1FA8, {0x1F68, 0x399, 0x0}},
                                {0x1FA9, 0x1F69, 0x399, 0x0},    {0x1FAA, 0x1F6A, 0x399, 0x0},
                                {0x1FAB, 0x1F6B, 0x399, 0x0},    {0x1FAC, 0x1F6C, 0x399, 0x0},
                                {0x1FAD, {0x1F6D, 0x399, 0x0}},  {0x1FAE, {0x1F6E, 0x399, 0x0}},
                                {0x1FAF, {0x1F6F, 0x399, 0x0}},  {0x1FB2, 0x1FBA, 0x399, 0x0},
                                {0x1FB3, 0x391, 0x399, 0x0},     {0x1FB4, 0x386, 0x399, 0x0},
                                {0x1FB6, 0x391, 0x342, 0x0},     {0x1FB7, {0x391, 0x342, 0x399}},
                                {0x1FBC, {0x391, 0x399, 0x0}},   {0x1FC2, {0x1FCA, 0x399, 0x0}},
                                {0x1FC3, 0x397, 0x399, 0x0},     {0x1FC4, 0x389, 0x399, 0x0},
                                {0x1FC6, 0x397, 0x342, 0x0},     {0x1FC7, 0x397, 0x342, 0x399},
                                {0x1FCC, {0x397, 0x399, 0x0}},   {0x1FD2, {0x399, 0x308, 0x300}},
                                {0x1FD3, {0x399, 0x308, 0x301}}, {0x1FD6, 0x399, 0x342, 0x0},
                                {0x1FD7, 0x399, 0x308, 0x342},   {0x1FE2, 0x3A5, 0x308, 0x300},
                                {0x1FE3, 0x3A5, 0x308, 0x301},   {0x1FE4, {0x3A1, 0x313, 0x0}},
                                {0x1FE6, {0x3A5, 0x342, 0x0}},   {0x1FE7, {0x3A5, 0x308, 0x342}},
                                {0x1FF2, 0x1FFA, 0x399, 0x0},    {0x1FF3, 0x3A9, 0x399, 0x0},
                                {0x1FF4, 0x38F, 0x399, 0x0},     {0x1FF6, 0x3A9, 0x342, 0x0},
                                {0x1FF7, {0x3A9, 0x342, 0x399}}, {0x1FFC, {0x3A9, 0x399, 0x0}},
                                {0xFB00, {0x46, 0x46, 0x0}},     {0xFB01, 0x46, 0x49, 0x0},
                                {0xFB02, 0x46, 0x4C, 0x0},       {0xFB03, 0x46, 0x46, 0x49},
                                {0xFB04, 0x46, 0x46, 0x4C},      {0xFB05, 0x53, 0x54, 0x0},
                                {0xFB06, 0x53, 0x54, 0x0},       {0xFB13, 0x544, 0x546, 0x0},
                                {0xFB14, 0x544, 0x535, 0x0},     {0xFB15, 0x544, 0x53B, 0x0},
                                {0xFB16, 0x54E, 0x546, 0x0},     {0xFB17, 0x544, 0x53D, 0x0}};

constexpr Expansion kTitle[] = {{0xDF, {0x53, 0x73, 0x0}},       {0x149, {0x2BC, 0x4E, 0x0}},
                                {0x1F0, {0x4A, 0x30C, 0x0}},     {0x390, 0x399, 0x308, 0x301},
                                {0x3B0, 0x3A5, 0x308, 0x301},    {0x587, 0x535, 0x582, 0x0},
                                {0x1E96, 0x48, 0x331, 0x0},      {0x1E97, 0x54, 0x308, 0x0},
                                {0x1E98, 0x57, 0x30A, 0x0},      {0x1E99, 0x59, 0x30A, 0x0},
                                {0x1E9A, 0x41, 0x2BE, 0x0},      {0x1F50, {0x3A5, 0x313, 0x0}},
                                {0x1F52, {0x3A5, 0x313, 0x300}}, {0x1F54, {0x3A5, 0x313, 0x301}},
                                {0x1F56, 0x3A5, 0x313, 0x342},   {0x1FB2, 0x1FBA, 0x345, 0x0},
                                {0x1FB4, 0x386, 0x345, 0x0},     {0x1FB6, 0x391, 0x342, 0x0},
                                {0x1FB7, {0x391, 0x342, 0x345}}, {0x1FC2, {0x1FCA, 0x345, 0x0}},
                                {0x1FC4, {0x389, 0x345, 0x0}},   {0x1FC6, 0x397, 0x342, 0x0},
                                {0x1FC7, 0x397, 0x342, 0x345},   {0x1FD2, 0x399, 0x308, 0x300},
                                {0x1FD3, 0x399, 0x308, 0x301},   {0x1FD6, {0x399, 0x342, 0x0}},
                                {0x1FD7, {0x399, 0x308, 0x342}}, {0x1FE2, {0x3A5, 0x308, 0x300}},
                                {0x1FE3, 0x3A5, 0x308, 0x301},   {0x1FE4, 0x3A1, 0x313, 0x0},
                                {0x1FE6, 0x3A5, 0x342, 0x0},     {0x1FE7, 0x3A5, 0x308, 0x342},
                                {0x1FF2, {0x1FFA, 0x345, 0x0}},  {0x1FF4, {0x38F, 0x345, 0x0}},
                                {0x1FF6, {0x3A9, 0x342, 0x0}},   {0x1FF7, 0x3A9, 0x342, 0x345},
                                {0xFB00, 0x46, 0x66, 0x0},       {0xFB01, 0x46, 0x69, 0x0},
                                {0xFB02, 0x46, 0x6C, 0x0},       {0xFB03, 0x46, 0x66, 0x69},
                                {0xFB04, 0x46, 0x66, 0x6C},      {0xFB05, 0x53, 0x74, 0x0},
                                {0xFB06, 0x53, 0x74, 0x0},       {0xFB13, {0x544, 0x576, 0x0}},
                                {0xFB14, {0x544, 0x565, 0x0}},   {0xFB15, {0x544, 0x56B, 0x0}},
                                {0xFB16, 0x54E, 0x576, 0x0},     {0xFB17, 0x544, 0x56D, 0x0}};

utf8proc_int32_t code(char32_t c) { return static_cast<utf8proc_int32_t>(c); }

utf8proc_category_t category(char32_t c) { return utf8proc_category(code(c)); }

bool is_letter(char32_t c) {
  return category(c) >= UTF8PROC_CATEGORY_LU && category(c) <= UTF8PROC_CATEGORY_LO;
}

/// Unicode's Other_Lowercase and Other_Uppercase, in the blocks where they differ from the
/// categories.
bool is_other_lower(char32_t c) {
  return c == 0xAA || c == 0xBA || (c >= 0x2B0 && c <= 0x2B8) || c == 0x2C0 || c == 0x2C1 ||
         (c >= 0x2E0 && c <= 0x2E4) || c == 0x345 || c == 0x37A || (c >= 0x1D2C && c <= 0x1D6A) ||
         c == 0x1D78 || (c >= 0x1D9B && c <= 0x1DBF) || c == 0x2071 || c == 0x207F ||
         (c >= 0x2090 && c <= 0x209C) || (c >= 0x2170 && c <= 0x217F) ||
         (c >= 0x24D0 && c <= 0x24E9);
}

bool is_other_upper(char32_t c) {
  return (c >= 0x2160 && c <= 0x216F) || (c >= 0x24B6 && c <= 0x24CF) ||
         (c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169) ||
         (c >= 0x1F170 && c <= 0x1F189);
}

bool is_cased(char32_t c) { return is_lower(c) || is_upper(c) || is_title(c); }

/// Skipped when the neighbours of a sigma are looked for: marks, modifiers and word-internal
/// punctuation.
bool is_case_ignorable(char32_t c) {
  switch (category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return c == U'\'' || c == U'.' || c == U':' || c == 0xB7 || c == 0x387 || c == 0x2018 ||
             c == 0x2019 || c == 0x2024 || c == 0x2027;
  }
}

template <std::size_t N>
bool expand(const Expansion (&table)[N], char32_t c, std::string& out) {
  if (c < 0xDF) return false;
  const auto* found = std::lower_bound(std::begin(table), std::end(table), c,
                                       [](const Expansion& e, char32_t v) { return e.from < v; });
  if (found == std::end(table) || found->from != c) return false;
  for (const char32_t to : found->to) {
    if (to != 0) append_utf8(out, to);
  }
  return true;
}

void append_upper(std::string& out, char32_t c) {
  if (!expand(kUpper, c, out)) append_utf8(out, static_cast<char32_t>(utf8proc_toupper(code(c))));
}

void append_title(std::string& out, char32_t c) {
  if (!expand(kTitle, c, out)) append_utf8(out, static_cast<char32_t>(utf8proc_totitle(code(c))));
}

void append_lower(std::string& out, const std::u32string& text, std::size_t i) {
  const char32_t c = text[i];
  if (c == 0x130) {
    append_utf8(out, U'i');
    append_utf8(out, 0x307);
  } else if (c == 0x3A3) {
    std::size_t before = i;
    while (before > 0 && is_case_ignorable(text[before - 1])) --before;
    std::size_t after = i + 1;
    while (after < text.size() && is_case_ignorable(text[after])) ++after;
    const bool is_final =
        before > 0 && is_cased(text[before - 1]) && !(after < text.size() && is_cased(text[after]));
    append_utf8(out, is_final ? 0x3C2 : 0x3C3);
  } else {
    append_utf8(out, static_cast<char32_t>(utf8proc_tolower(code(c))));
  }
}

}  // namespace

bool is_printable(char32_t c) {
  switch (category(c)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    case UTF8PROC_CATEGORY_ZS:
      return c == U' ';
    default:
      return true;
  }
}

bool is_space(char32_t c) {
  if (c < 0x80) return c == U' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || category(c) == UTF8PROC_CATEGORY_ZS || c == 0x2028 || c == 0x2029;
}

bool is_alpha(char32_t c) { return is_letter(c); }
bool is_decimal(char32_t c) { return category(c) == UTF8PROC_CATEGORY_ND; }

bool is_digit(char32_t c) {
  if (is_decimal(c)) return true;
  if (category(c) != UTF8PROC_CATEGORY_NO) return false;
  constexpr char32_t kRanges[][2] = {
      {0xB2, 0xB3},       {0xB9, 0xB9},       {0x1369, 0x1371},   {0x19DA, 0x19DA},
      {0x2070, 0x2070},   {0x2074, 0x2079},   {0x2080, 0x2089},   {0x2460, 0x2468},
      {0x2474, 0x247C},   {0x2488, 0x2490},   {0x24EA, 0x24EA},   {0x24F5, 0x24FD},
      {0x24FF, 0x24FF},   {0x2776, 0x277E},   {0x2780, 0x2788},   {0x278A, 0x2792},
      {0x10A40, 0x10A43}, {0x10E60, 0x10E68}, {0x11052, 0x1105A}, {0x1F100, 0x1F10A}};
  return std::any_of(std::begin(kRanges), std::end(kRanges),
                     [c](const auto& range) { return c >= range[0] && c <= range[1]; });
}

bool is_numeric(char32_t c) {
  return category(c) >= UTF8PROC_CATEGORY_ND && category(c) <= UTF8PROC_CATEGORY_NO;
}
bool is_lower(char32_t c) { return category(c) == UTF8PROC_CATEGORY_LL || is_other_lower(c); }
bool is_upper(char32_t c) { return category(c) == UTF8PROC_CATEGORY_LU || is_other_upper(c); }
bool is_title(char32_t c) { return category(c) == UTF8PROC_CATEGORY_LT; }

bool is_word(char32_t c) {
  const auto kind = category(c);
  return c == U'_' || is_letter(c) || is_numeric(c) || kind == UTF8PROC_CATEGORY_MN ||
         kind == UTF8PROC_CATEGORY_MC || kind == UTF8PROC_CATEGORY_PC;
}

int decimal_value(char32_t c) {
  if (c < 0x80) return c >= U'0' && c <= U'9' ? static_cast<int>(c - U'0') : -1;
  if (!is_decimal(c)) return -1;
  int before = 0;  // decimal digits come in runs of ten, from zero
  while (is_decimal(c - static_cast<char32_t>(before) - 1)) ++before;
  return before % 10;
}

std::string to_lower(std::string_view text) {
  const std::u32string points = to_utf32(text);
  std::string out;
  for (std::size_t i = 0; i < points.size(); ++i) append_lower(out, points, i);
  return out;
}

std::string to_upper(std::string_view text) {
  std::string out;
  for (const char32_t c : to_utf32(text)) append_upper(out, c);
  return out;
}

std::string to_title(std::string_view text) {
  const std::u32string points = to_utf32(text);
  std::string out;
  bool inside = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (inside) {
      append_lower(out, points, i);
    } else {
      append_title(out, points[i]);
    }
    inside = is_cased(points[i]);
  }
  return out;
}

std::string to_capitalized(std::string_view text) {
  const std::u32string points = to_utf32(text);
  std::string out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i == 0) {
      append_title(out, points[i]);
    } else {
      append_lower(out, points, i);
    }
  }
  return out;
}

std::string swap_case(std::string_view text) {
  const std::u32string points = to_utf32(text);
  std::string out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (is_upper(points[i])) {
      append_lower(out, points, i);
    } else if (is_lower(points[i])) {
      append_upper(out, points[i]);
    } else {
      append_utf8(out, points[i]);
    }
  }
  return out;
}

std::string fold_case(std::string_view text) {
  utf8proc_uint8_t* mapped = nullptr;
  const std::string sound = repair_utf8(text);
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(sound.data()),
                   static_cast<utf8proc_ssize_t>(sound.size()), &mapped, UTF8PROC_CASEFOLD);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (size < 0) return sound;
  return std::string(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
}

}  // namespace leitai
