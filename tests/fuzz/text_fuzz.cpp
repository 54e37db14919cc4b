// Properties of text functions over any bytes: what is repaired is valid, what is escaped is safe
// to print, widths fit.
#include <cstddef>
#include <cstdint>

#include "harness/core/error.h"
#include "harness/core/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leitai;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string repaired = repair_utf8(text);
  LEITAI_CHECK(is_valid_utf8(repaired), "repair_utf8");
  LEITAI_CHECK(!is_valid_utf8(text) || repaired == text, "repair_utf8 changed valid text");
  LEITAI_CHECK(to_utf8(to_utf32(text)) == repaired, "to_utf32");
  const std::string shown = escape_controls(text);
  LEITAI_CHECK(is_valid_utf8(shown), "escape_controls");
  for (const char c : shown)
    LEITAI_CHECK(static_cast<unsigned char>(c) >= 32 && c != 127, "escape_controls");
  LEITAI_CHECK(cell_width(shorten_middle(repaired, 20)) <= 20, "shorten_middle");
  LEITAI_CHECK(to_nfc(to_nfc(text)) == to_nfc(text), "to_nfc");
  return 0;
}
