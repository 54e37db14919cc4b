#include "suites/ifeval/sentences.h"

#include <algorithm>
#include <optional>

#include "harness/core/normal_form.h"
#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/ifeval/answer_text.h"
#include "suites/ifeval/words.h"

namespace leitai::ifeval {

namespace {

using View = std::u32string_view;

bool is_one_of(char32_t c, View set) { return set.find(c) != View::npos; }
bool is_end_mark(char32_t c) { return c == U'.' || c == U'?' || c == U'!'; }

/// Cannot stand within a word; straight and curly quotes and guillemets are among them.
bool is_non_word(char32_t c) {
  return is_one_of(c, U")\";}]*:@'({[?!\u2018\u2019\u201C\u201D\u00AB\u00BB");
}

bool is_closing_quote(char32_t c) {
  return is_one_of(c, U"\"')]}\u2018\u2019\u201C\u201D\u00AB\u00BB");
}

bool begins_word(char32_t c) { return !is_one_of(c, U"(\"`{[:;&#*@)}]-,"); }

/// Length of "--...", "...", ". . ." at `at`; 0 where there is none.
std::size_t multi_mark(View text, std::size_t at) {
  if (at >= text.size() || (text[at] != U'-' && text[at] != U'.')) return 0;
  std::size_t end = at;
  while (end < text.size() && text[end] == text[at]) ++end;
  if (end - at >= 2) return end - at;
  if (text[at] == U'-') return 0;
  int pairs = 0;
  end = at;
  while (end + 1 < text.size() && text[end] == U'.' && is_space(text[end + 1])) {
    end += 2;
    ++pairs;
  }
  if (end < text.size() && text[end] == U'.' && pairs >= 2) return end + 1 - at;
  // The last pair may go back to give its point.
  return pairs >= 3 ? end - 1 - at : 0;
}

/// Words and marks; points stay with their words.
std::vector<View> word_tokens(View line) {
  std::vector<View> out;
  const auto ends_at = [&](std::size_t end) {
    if (end == line.size() || is_space(line[end]) || is_non_word(line[end])) return true;
    if (multi_mark(line, end) > 0) return true;
    if (line[end] != U',') return false;
    return end + 1 == line.size() || is_space(line[end + 1]) || is_non_word(line[end + 1]) ||
           multi_mark(line, end + 1) > 0;
  };
  for (std::size_t at = 0; at < line.size();) {
    if (is_space(line[at])) {
      ++at;
      continue;
    }
    std::size_t end = at + std::max<std::size_t>(1, multi_mark(line, at));
    if (multi_mark(line, at) == 0 && begins_word(line[at])) {
      while (!ends_at(end)) ++end;
    }
    out.push_back(line.substr(at, end - at));
    at = end;
  }
  return out;
}

std::u32string lowered(View text) { return to_utf32(to_lower(to_utf8(text))); }

/// A number by itself: "-3,000.5", "1."
bool is_number(View token) {
  std::size_t at = 0;
  if (at < token.size() && token[at] == U'-') ++at;
  if (at < token.size() && (token[at] == U'.' || token[at] == U',')) ++at;
  if (at == token.size() || !is_decimal(token[at])) return false;
  return std::all_of(token.begin() + static_cast<std::ptrdiff_t>(at), token.end(), [](char32_t c) {
    return is_decimal(c) || c == U',' || c == U'.' || c == U'-';
  });
}

class Punkt {
 public:
  Punkt(View text, std::string_view language) : text_(text), words_(words_of(language)) {}

  std::vector<std::pair<std::size_t, std::size_t>> run() {
    std::vector<std::pair<std::size_t, std::size_t>> slices;
    std::size_t begin = 0;
    for (const Candidate& one : candidates()) {
      if (!breaks(one)) continue;
      slices.emplace_back(begin, one.mark + 1);
      begin = one.next.value_or(one.mark + 1);
    }
    std::size_t end = text_.size();
    while (end > 0 && is_space(text_[end - 1])) --end;
    slices.emplace_back(begin, end);
    return realigned(slices);
  }

 private:
  /// An end mark with the word before it and what follows.
  struct Candidate {
    std::size_t word, mark, context_end;
    std::optional<std::size_t> next;  // of the word behind white space
  };

  /// End marks that something follows; of those that share a word, the last.
  std::vector<Candidate> candidates() const {
    std::vector<Candidate> out;
    std::size_t before = 0;  // where the last mark stands
    std::size_t last_word = 0;
    bool has_one = false;
    for (std::size_t i = 0; i + 1 < text_.size(); ++i) {
      if (!is_end_mark(text_[i])) continue;
      Candidate one{0, i, 0, std::nullopt};
      if (is_non_word(text_[i + 1])) {
        one.context_end = i + 2;
      } else if (is_space(text_[i + 1])) {
        std::size_t next = i + 1;
        while (next < text_.size() && is_space(text_[next])) ++next;
        if (next == text_.size()) break;
        one.next = next;
        one.context_end = next;
        while (one.context_end < text_.size() && !is_space(text_[one.context_end]))
          ++one.context_end;
      } else {
        continue;
      }
      // White space right behind the last mark is not seen, as in the original.
      std::size_t blank = i;
      while (blank > before && !is_one_of(text_[blank - 1], U" \t\n\r\v\f")) --blank;
      one.word = blank > before + 1 ? blank : last_word;
      if (has_one && before > one.word) out.pop_back();
      out.push_back(one);
      has_one = true;
      before = i;
      last_word = one.word;
    }
    return out;
  }

  struct Token {
    View text;
    bool is_break = false;
    bool is_abbreviation = false;
    bool is_ellipsis = false;
  };

  /// Does a token of the context, not its last one, end a sentence?
  bool breaks(const Candidate& one) const {
    std::vector<Token> tokens;
    for (const View line : split_at(text_.substr(one.word, one.context_end - one.word), U"\n")) {
      for (const View word : word_tokens(line)) tokens.push_back(classified(word));
    }
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
      reconsider(tokens[i], tokens[i + 1]);
      if (tokens[i].is_break) return true;
    }
    return false;
  }

  Token classified(View word) const {
    Token out{word};
    if (word.size() == 1 && is_end_mark(word[0])) {
      out.is_break = true;
    } else if (word.ends_with(U"..")) {
      out.is_ellipsis = word.find_first_not_of(U'.') == View::npos;
    } else if (word.ends_with(U'.')) {
      const std::u32string bare = lowered(word.substr(0, word.size() - 1));
      const std::size_t hyphen = bare.rfind(U'-');
      out.is_abbreviation =
          words_.abbreviations.contains(bare) ||
          (hyphen != bare.npos && words_.abbreviations.contains(bare.substr(hyphen + 1)));
      out.is_break = !out.is_abbreviation;
    }
    return out;
  }

  enum class Starter { Yes, No, Unknown };

  /// How the next word is spelled; the training text's memory of spellings is words.yaml's list of
  /// words that are capital only where a sentence begins.
  Starter starter(const Token& next) const {
    if (next.text.size() == 1 && is_one_of(next.text[0], U";:,.!?")) return Starter::No;
    return is_lower(next.text[0]) ? Starter::No : Starter::Unknown;
  }

  void reconsider(Token& token, const Token& next) const {
    if (!token.text.ends_with(U'.')) return;
    const bool is_initial =
        token.text.size() == 2 && is_word_point(token.text[0]) && !is_decimal(token.text[0]);
    const bool is_known_starter =
        is_upper(next.text[0]) && words_.starters.contains(lowered(bare(next)));
    if ((token.is_abbreviation || token.is_ellipsis) && !is_initial && is_known_starter) {
      token.is_break = true;
      return;
    }
    if (!is_initial && !is_number(token.text)) return;
    const Starter kind = starter(next);
    const bool is_name =
        kind == Starter::Unknown && is_initial && is_upper(next.text[0]) && !is_known_starter;
    if (kind == Starter::No || is_name) {
      token.is_break = false;
      token.is_abbreviation = true;
    }
  }

  static View bare(const Token& token) {
    return token.is_break && token.text.size() > 1 && token.text.ends_with(U'.')
               ? token.text.substr(0, token.text.size() - 1)
               : token.text;
  }

  /// Quotes and brackets that close what just ended belong to it.
  std::vector<std::pair<std::size_t, std::size_t>> realigned(
      const std::vector<std::pair<std::size_t, std::size_t>>& slices) const {
    std::vector<std::pair<std::size_t, std::size_t>> out;
    std::size_t moved = 0;
    for (std::size_t i = 0; i < slices.size(); ++i) {
      const std::size_t begin = slices[i].first + moved;
      std::size_t end = slices[i].second;
      if (i + 1 == slices.size()) {
        if (begin < end) out.emplace_back(begin, end);
        break;
      }
      const auto [next, next_end] = slices[i + 1];
      std::size_t closed = next;
      moved = 0;
      while (closed < next_end && is_closing_quote(text_[closed])) {
        ++closed;
        if (closed == next_end || is_space(text_[closed]) ||
            text_.substr(closed, next_end - closed).starts_with(U"--")) {
          end = closed;
          while (closed < next_end && is_space(text_[closed])) ++closed;
          moved = closed - next;
          break;
        }
      }
      if (moved > 0 || begin < end) out.emplace_back(begin, end);
    }
    return out;
  }

  View text_;
  const Words& words_;
};

/// What separates lines for Python's splitlines().
bool is_line_break(char32_t c) {
  return c == U'\n' || c == U'\r' || c == 0x0B || c == 0x0C || (c >= 0x1C && c <= 0x1E) ||
         c == 0x85 || c == 0x2028 || c == 0x2029;
}

bool is_wide_block(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3000 && c <= 0x30FF) ||
         (c >= 0xFF00 && c <= 0xFFEF);
}

/// Full-width marks as plain ones; half-width ones as usual Japanese ones; blanks beside Japanese
/// letters gone.
std::u32string japanese_normal_form(View text) {
  std::u32string wide;
  for (const char32_t c : strip(text)) {
    if (c >= 0xFF61 && c <= 0xFF9F) {
      append_nfkd(wide, c);
    } else if (c == U' ' || c == 0x3000) {
      if (wide.empty() || wide.back() != U' ') wide.push_back(U' ');
    } else {
      wide.push_back(c);
    }
  }
  std::u32string out;
  for (std::size_t i = 0; i < wide.size(); ++i) {
    // ASCII punctuation is made wide before blanks are looked at, and plain again behind.
    const auto is_wide = [&](std::size_t at) {
      const char32_t c = wide[at];
      return is_wide_block(c) || (c > 32 && c < 127 && !is_word_point(c));
    };
    if (wide[i] == U' ' && i > 0 && i + 1 < wide.size()) {
      const bool before = is_wide(i - 1), after = is_wide(i + 1);
      if ((before && (after || wide[i + 1] < 0x80)) || (after && wide[i - 1] < 0x80)) continue;
    }
    const char32_t c = wide[i];
    const bool is_wide_mark = c == 0xFF01 || c == 0xFF1F || c == 0xFF08 || c == 0xFF09;
    out.push_back(is_wide_mark ? c - 0xFEE0 : c);
  }
  return out;
}

/// Places between an opener and its closer with no other opener or closer between.
void mark_enclosed(View line, char32_t opener, char32_t closer, std::vector<bool>& inside) {
  std::size_t open = View::npos;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == opener) {
      open = i;
    } else if (line[i] == closer && open != View::npos) {
      std::fill(inside.begin() + static_cast<std::ptrdiff_t>(open),
                inside.begin() + static_cast<std::ptrdiff_t>(i), true);
      open = View::npos;
    }
  }
}

std::int64_t sentences_of_line(View line) {
  std::vector<bool> inside(line.size());
  mark_enclosed(line, 0x300C, 0x300D, inside);
  mark_enclosed(line, U'(', U')', inside);
  std::int64_t count = 0;
  bool is_open = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    is_open = true;
    if (!inside[i] && (line[i] == 0x3002 || line[i] == U'!' || line[i] == U'?')) {
      ++count;
      is_open = false;
    }
  }
  return count + is_open;
}

}  // namespace

std::vector<std::pair<std::size_t, std::size_t>> punkt_sentences(View text,
                                                                 std::string_view language) {
  return Punkt(text, language).run();
}

std::int64_t count_japanese_sentences(View text) {
  const std::u32string normal = japanese_normal_form(text);
  std::int64_t count = 0;
  std::u32string line;
  for (std::size_t i = 0; i <= normal.size(); ++i) {
    if (i < normal.size() && !is_line_break(normal[i])) {
      line.push_back(normal[i]);
      continue;
    }
    // A line that ends in the particle no goes on in the next one.
    const bool goes_on = line.size() > 1 && line.back() == 0x306E && i < normal.size();
    if (i + 1 < normal.size() && normal[i] == U'\r' && normal[i + 1] == U'\n') ++i;
    if (goes_on) continue;
    count += sentences_of_line(line);
    line.clear();
  }
  return count;
}

}  // namespace leitai::ifeval
