#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leitai {

/// One decoded code point. Invalid bytes yield U+FFFD, one for each maximal valid prefix (the
/// Unicode / WHATWG rule).
struct CodePoint {
  char32_t value = 0;
  int size = 0;  // bytes consumed, at least 1
  bool valid = false;
};

/// Decodes at the start of `text`, which must not be empty.
CodePoint decode_utf8(std::string_view text);

bool is_valid_utf8(std::string_view text);

/// Invalid sequences replaced by U+FFFD.
std::string repair_utf8(std::string_view text);

void append_utf8(std::string& out, char32_t value);

/// All code points, invalid ones as U+FFFD.
std::u32string to_utf32(std::string_view text);
std::string to_utf8(std::u32string_view text);

/// Width in terminal cells after grapheme segmentation: wide and fullwidth 2, combining and
/// zero-width 0, ambiguous 1 (2 if `ambiguous_wide`).
int cell_width(std::string_view text, bool ambiguous_wide = false);

/// At most `width` cells; cut in the middle with an ellipsis where longer.
std::string shorten_middle(std::string_view text, int width, bool ascii = false);

/// Safe to print: C0 (but "\n" and "\t" if `keep_lines`), C1, ESC, DEL, bidi controls and invalid
/// bytes as <U+001B>.
std::string escape_controls(std::string_view text, bool keep_lines = false);

std::string_view trim(std::string_view text);  // ASCII white space, both ends
std::vector<std::string_view> split(std::string_view text, char separator);
std::string ascii_lower(std::string_view text);
bool starts_with_nocase(std::string_view text, std::string_view prefix);

/// NFC by utf8proc; invalid UTF-8 is repaired first.
std::string to_nfc(std::string_view text);

/// General category of a code point: "Lu", "Nd", "Cn" (unassigned) ...
std::string_view general_category(char32_t value);

/// The known name closest to `name` by edit distance (transposition counts 1), if close enough to
/// be a typing mistake.
std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> known);

/// "; did you mean \"gsm8k\"?" or "".
std::string did_you_mean(std::string_view name, std::span<const std::string> known);

/// "1,234,567"
std::string with_commas(std::int64_t value);

/// Decimal integer or number spanning all of `text`; absent otherwise. Locale-free.
std::optional<std::int64_t> parse_int(std::string_view text);
std::optional<double> parse_double(std::string_view text);

}  // namespace leitai
