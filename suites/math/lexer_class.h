#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "suites/math/lexer.h"
#include "suites/math/lexer_tables.h"

namespace leitai::math {

inline bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
inline bool is_letter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }
inline bool is_space(char32_t c) { return c == U' ' || c == U'\n' || c == U'\t' || c == U'\r'; }
inline std::string ascii(std::u32string_view text) {
  std::string out;
  for (char32_t c : text) out += static_cast<char>(c);
  return out;
}

/// One pass over a text; appends to a list of tokens. Linear but for the text in nested commands,
/// whose depth is bounded.
class Lexer {
 public:
  using View = std::u32string_view;

  Lexer(View text, int depth, bool spaced_commas, std::vector<Token>& out)
      : text_(text), nesting_(depth), spaced_commas_(spaced_commas), out_(out) {}

  void run() {
    while (at_ < text_.size()) step();
  }

 private:
  static constexpr std::size_t kNone = View::npos;
  static constexpr int kMaxDepth = 6;  // \text inside \text

  char32_t here(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : U'\0';
  }
  bool starts(View word) const { return text_.substr(at_).starts_with(word); }

  Token& push(TokenKind kind, std::string text);
  void symbol(std::string text) { push(TokenKind::Symbol, std::move(text)); }
  void number(Node value, std::string digits) {
    push(TokenKind::Number, std::move(digits)).number = std::move(value);
  }

  bool after_value() const {
    if (out_.empty()) return false;
    const Token& last = out_.back();
    return last.kind == TokenKind::Number || last.is(")") || last.is("}") || last.is("scale");
  }

  void step();

  void ascii_symbol(char32_t c);

  void other(char32_t c);

  /// The subscript of a letter or of a number in another base.
  void subscript(const std::string& digits);

  void named(std::string prefix) {
    while (is_space(here())) ++at_;
    std::string name = std::move(prefix);
    while (is_letter(here()) && name.size() < 20) name += static_cast<char>(text_[at_++]);
    push(TokenKind::Letter, std::move(name));
  }

  /// A variable with what hangs on it: subscript, primes.
  void letter(std::string name, bool wrapped = false);

  // Numbers -----------------------------------------------------------------------------------

  std::string digit_run() {
    const std::size_t begin = at_;
    while (is_digit(here())) ++at_;
    return ascii(text_.substr(begin, at_ - begin));
  }

  /// Length of a mark between groups of three digits at `at_`; 0 where there is none.
  std::size_t separator() const;

  void plain_number();

  bool is_repeating_mark(std::size_t at) const {
    const View rest = text_.substr(std::min(at, text_.size()));
    if (rest.starts_with(U"\\overline") || rest.starts_with(U"\\dot") || rest.starts_with(U"\\bar"))
      return true;
    return rest.starts_with(U"(") && rest.size() > 2 && is_digit(rest[1]);
  }

  bool dots_ahead();

  /// The period behind the decimals: \overline{67}, \dot{6}, \dot{1}4\dot{2}, (6).
  std::string repeating();

  void push_repeating(const std::string& digits, const std::string& decimals,
                      const std::string& period);

  /// "e6", "E+06" glued to digits.
  bool scientific(int& exponent);

  // Words -------------------------------------------------------------------------------------

  /// Position of the brace that closes the one at `open`.
  std::size_t close_of(std::size_t open) const;

  void letters();

  bool is_product(const std::string& run, const std::string& low) const;

  /// Words with a meaning of their own. `low` was just read.
  bool keyword(const std::string& low);

  /// The content of \text{...} and its relatives.
  void wrapped(View content, bool is_text);

  static bool has_formula(View content) {
    return content.find_first_of(U"\\=<>+^_0123456789") != kNone;
  }

  void chinese() {
    std::size_t end = at_;
    while (end < text_.size() && is_cjk(text_[end])) ++end;
    chinese_run(text_.substr(at_, end - at_));
    at_ = end;
  }

  void chinese_run(View run);

  // Commands ----------------------------------------------------------------------------------

  void command();

  void apply(const std::string& name, const CommandUse& use);

  View text_;
  std::size_t at_ = 0;
  int nesting_;
  int brackets_ = 0;
  bool spaced_commas_;
  bool space_ = false;
  std::vector<Token>& out_;
};

}  // namespace leitai::math
