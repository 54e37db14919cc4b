#include "harness/core/text.h"

#include <gtest/gtest.h>

namespace leitai {
namespace {

TEST(Text, ReplacesEachMaximalInvalidPrefixOnce) {
  EXPECT_EQ(repair_utf8("a\xF0\x9F\x98"
                        "b"),
            "a\xEF\xBF\xBD"
            "b");  // truncated four-byte sequence: one mark
  EXPECT_EQ(repair_utf8("\xC0\xAF"),
            "\xEF\xBF\xBD\xEF\xBF\xBD");  // overlong: no valid prefix, two marks
  EXPECT_EQ(repair_utf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // surrogate
  EXPECT_TRUE(is_valid_utf8("\xF4\x8F\xBF\xBF"));
  EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));
}

TEST(Text, CountsCellsNotBytes) {
  EXPECT_EQ(cell_width("abc"), 3);
  EXPECT_EQ(cell_width("\u64C2\u53F0"), 4);                                // two Han characters
  EXPECT_EQ(cell_width("\uFF24"), 2);                                      // fullwidth D
  EXPECT_EQ(cell_width("e\u0301"), 1);                                     // combining accent
  EXPECT_EQ(cell_width("\U0001F468\u200D\U0001F469\u200D\U0001F467"), 2);  // family emoji
  EXPECT_EQ(cell_width("\u0E01\u0E34\u0E19"), 2);  // Thai: consonant + vowel above, consonant
  EXPECT_EQ(cell_width("\u25CF", true), 2);        // ambiguous, told to be wide
}

TEST(Text, ShortensInTheMiddleWithinTheWidth) {
  EXPECT_EQ(shorten_middle("Qwen3-235B-A22B think", 16), "Qwen3-23\u2026B think");
  EXPECT_EQ(shorten_middle("short", 16), "short");
  for (int width = 1; width < 12; ++width) {
    EXPECT_LE(cell_width(shorten_middle("\u901A\u4E49\u5343\u95EE3-235B", width)), width) << width;
    EXPECT_LE(cell_width(shorten_middle("abcdefghijklmnop", width, true)), width) << width;
  }
}

TEST(Text, NothingRemoteReachesTheTerminalRaw) {
  EXPECT_EQ(escape_controls("a\x1B[2Jb"), "a<U+001B>[2Jb");
  EXPECT_EQ(escape_controls("\u202Eabc\n"), "<U+202E>abc<U+000A>");
  EXPECT_EQ(escape_controls("a\n\tb", true), "a\n\tb");
  EXPECT_EQ(escape_controls("\xFFz"), "<0xFF>z");
  EXPECT_EQ(escape_controls("\u0085"), "<U+0085>");
}

TEST(Text, FindsTheNameThatWasMeant) {
  const std::vector<std::string> known{"gsm8k",       "mgsm", "house/ledger", "house/order",
                                       "temperature", "run",  "replay"};
  EXPECT_EQ(nearest_name("gsm9k", known), "gsm8k");
  EXPECT_EQ(nearest_name("house/leger", known), "house/ledger");
  EXPECT_EQ(nearest_name("temprature", known), "temperature");
  EXPECT_EQ(nearest_name("runn", known), "run");
  EXPECT_EQ(nearest_name("replya", known), "replay");
  EXPECT_EQ(nearest_name("dragons", known), std::nullopt);
}

TEST(Text, ReadsWholeNumbersOnly) {
  EXPECT_EQ(parse_int("42"), 42);
  EXPECT_EQ(parse_int("42x"), std::nullopt);
  EXPECT_EQ(parse_int(""), std::nullopt);
  EXPECT_EQ(parse_double("0.25"), 0.25);
  EXPECT_EQ(parse_double("1e"), std::nullopt);
  EXPECT_EQ(with_commas(-1234567), "-1,234,567");
  EXPECT_EQ(with_commas(123), "123");
}

}  // namespace
}  // namespace leitai
