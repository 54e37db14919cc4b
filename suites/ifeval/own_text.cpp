#include "suites/ifeval/own_text.h"

#include "harness/core/normal_form.h"
#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/ifeval/answer_text.h"

namespace leitai::ifeval {

namespace {

using View = std::u32string_view;

bool is_one_of(char32_t c, View set) { return set.find(c) != View::npos; }

bool is_of_word(char32_t c) { return is_alpha(c) || is_numeric(c) || is_mark(c); }

bool is_spaced(char32_t c) { return is_of_word(c) && !is_unspaced(c); }

}  // namespace

std::u32string folded(View text) {
  std::u32string out;
  for (const char32_t c : to_utf32(to_lower(to_utf8(text)))) {
    if (c >= 0xFF01 && c <= 0xFF5E) {
      const char32_t plain = c - 0xFEE0;
      out.push_back(plain >= U'A' && plain <= U'Z' ? plain + 32 : plain);
    } else {
      out.push_back(c == 0x3000 || c == 0xA0 ? U' ' : c);
    }
  }
  return out;
}

bool is_unspaced(char32_t c) {
  return (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) ||
         (c >= 0x1780 && c <= 0x17FF) || (c >= 0x3040 && c <= 0x30FF) ||
         (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFF66 && c <= 0xFF9F) || (c >= 0x20000 && c <= 0x323AF) || c == 0x3005 ||
         c == 0x3007;
}

std::int64_t count_of(View text, View word, bool whole) {
  if (word.empty()) return 0;
  std::int64_t count = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != View::npos;) {
    const std::size_t end = at + word.size();
    const bool is_inside = (at > 0 && is_spaced(text[at - 1]) && is_spaced(word.front())) ||
                           (end < text.size() && is_spaced(text[end]) && is_spaced(word.back()));
    if (whole && is_inside) {
      ++at;
      continue;
    }
    ++count;
    at = end;
  }
  return count;
}

std::int64_t count_own_words(View text) {
  std::int64_t count = 0;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (is_unspaced(c)) {
      // A vowel or tone mark above its letter is no character of its own.
      count += is_alpha(c) || is_numeric(c);
      inside = false;
    } else if (is_of_word(c)) {
      count += !inside;
      inside = true;
    } else {
      const bool joins = is_one_of(c, U"'\u2019-") && i + 1 < text.size() && is_spaced(text[i + 1]);
      inside = inside && joins;
    }
  }
  return count;
}

std::int64_t count_own_sentences(View text) {
  std::int64_t count = 0;
  bool has_words = false, has_letters = false;
  const auto end_one = [&] {
    count += has_words;
    has_words = has_letters = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == U'\n') {
      end_one();
    } else if (is_one_of(c, U"\u3002\uFF01\uFF1F!?\u061F\u06D4\u0964\uFF61")) {
      end_one();
    } else if (c == U'.' || c == 0xFF0E) {
      const bool goes_on = i + 1 < text.size() && is_of_word(text[i + 1]);
      // "1." at the beginning is the number of a list.
      if (!goes_on && (has_letters || !has_words)) end_one();
    } else if (is_of_word(c)) {
      has_words = true;
      has_letters = has_letters || is_alpha(c);
    }
  }
  end_one();
  return count;
}

std::vector<View> lines_of(View text) {
  std::vector<View> out = split_at(text, U"\n");
  for (View& line : out) line = strip(line);
  return out;
}

View without_opening_marks(View text) {
  constexpr View kMarks =
      U"\"'\u201C\u2018\u201E\u00AB\u300C\u300E\u300A\u3008(\uFF08[\u3010*_#>`~ \t\u3000";
  while (!text.empty() && is_one_of(text.front(), kMarks)) text.remove_prefix(1);
  return text;
}

}  // namespace leitai::ifeval
