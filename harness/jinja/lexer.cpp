#include "harness/jinja/lexer.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "harness/core/text.h"
#include "harness/core/text_case.h"

namespace leitai::jinja {

namespace {

std::string normalise_newlines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      out += '\n';
      if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::size_t space_size(
    std::string_view text) {  // of the white space code point at the start, 0 for others
  if (text.empty()) return 0;
  const CodePoint point = decode_utf8(text);
  return is_space(point.value) ? static_cast<std::size_t>(point.size) : 0;
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const std::size_t size = space_size(text.substr(at));
    if (size == 0) break;
    at += size;
  }
  return at;
}

/// Length of `text` without white space at its end.
std::size_t trimmed_size(std::string_view text) {
  std::size_t end = text.size();
  while (end > 0) {
    std::size_t start = end - 1;
    while (start > 0 && (text[start] & 0xC0) == 0x80) --start;
    if (space_size(text.substr(start)) != end - start) break;
    end = start;
  }
  return end;
}

bool is_digit_char(char c) { return c >= '0' && c <= '9'; }

class Lexer {
 public:
  Lexer(std::string_view source, Environment environment)
      : chat_(environment == Environment::Chat) {
    text_ = normalise_newlines(is_valid_utf8(source) ? std::string(source) : repair_utf8(source));
    if (chat_ && text_.ends_with('\n')) text_.pop_back();
  }

  std::vector<Token> run() {
    while (at_ < text_.size()) root();
    push(TokenType::End, {});
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void fail(const std::string& message, std::size_t where) {
    move_to(where);
    throw TemplateError("TemplateSyntaxError", message, line_, column_);
  }

  /// Sets line_ and column_ for byte `where`; positions only grow.
  void move_to(std::size_t where) {
    for (; counted_ < where && counted_ < text_.size(); ++counted_) {
      if (text_[counted_] == '\n') {
        ++line_;
        column_ = 1;
      } else if ((text_[counted_] & 0xC0) != 0x80) {
        ++column_;
      }
    }
  }

  void push(TokenType type, std::string text, Value value = {}) {
    move_to(at_);
    tokens_.push_back({type, std::move(text), std::move(value), line_, column_});
  }

  void push_data(std::string_view text) {
    if (!text.empty()) push(TokenType::Data, std::string(text));
  }

  bool looking_at(std::size_t where, std::string_view what) const {
    return std::string_view(text_).substr(where).starts_with(what);
  }

  /// Data before the tag at `tag`, after what its sign and lstrip_blocks take away.
  std::string_view data_before(std::size_t tag, char sign, bool is_variable) const {
    std::string_view data = std::string_view(text_).substr(at_, tag - at_);
    if (sign == '-') return data.substr(0, trimmed_size(data));
    if (sign == '+' || is_variable || !chat_) return data;
    const std::size_t newline = data.rfind('\n');
    const std::size_t from = newline == data.npos ? 0 : newline + 1;
    if ((from > 0 || line_starting_) && skip_space(data, from) == data.size())
      return data.substr(0, from);
    return data;
  }

  void root() {
    const std::string_view all = text_;
    std::size_t tag = at_;
    while (true) {
      tag = all.find('{', tag);
      if (tag == all.npos || tag + 1 >= all.size()) {
        push_data(all.substr(at_));
        at_ = all.size();
        return;
      }
      const char kind = all[tag + 1];
      if (kind == '{' || kind == '%' || kind == '#') break;
      ++tag;
    }
    const char kind = all[tag + 1];
    std::size_t inside = tag + 2;
    const char sign =
        inside < all.size() && (all[inside] == '-' || all[inside] == '+') ? all[inside] : '\0';
    push_data(data_before(tag, sign, kind == '{'));
    at_ = tag;
    if (sign != '\0') ++inside;
    if (kind == '#') return comment(inside);
    if (kind == '%') {
      const std::size_t after_raw = raw_begin(inside);
      if (after_raw != 0) return raw(after_raw);
    }
    push(kind == '{' ? TokenType::VariableBegin : TokenType::BlockBegin, {});
    at_ = inside;
    expression(kind == '{');
  }

  void finish_at(std::size_t where) {
    at_ = where;
    line_starting_ = where > 0 && text_[where - 1] == '\n';
  }

  /// Position behind a closing tag that starts at `where` ("%}", "-%}", "+%}"), with the white
  /// space it takes.
  std::size_t behind(std::size_t where, std::string_view close, bool trims) const {
    if (text_[where] == '-') return skip_space(text_, where + 1 + close.size());
    if (text_[where] == '+') return where + 1 + close.size();
    where += close.size();
    return trims && chat_ && where < text_.size() && text_[where] == '\n' ? where + 1 : where;
  }

  void comment(std::size_t inside) {
    if (inside == text_.size()) return finish_at(inside);  // Jinja does not miss the end here
    std::size_t end = text_.find("#}", inside);
    if (end == text_.npos) fail("Missing end of comment tag", at_);
    if (end > inside && (text_[end - 1] == '-' || text_[end - 1] == '+')) --end;
    finish_at(behind(end, "#}", true));
  }

  std::size_t raw_begin(std::size_t inside) const {
    std::size_t at = skip_space(text_, inside);
    if (!looking_at(at, "raw")) return 0;
    at = skip_space(text_, at + 3);
    if (looking_at(at, "-%}")) return skip_space(text_, at + 3);
    return looking_at(at, "%}") ? at + 2 : 0;
  }

  void raw(std::size_t from) {
    finish_at(from);
    if (from == text_.size()) return;  // Jinja does not miss the end here
    for (std::size_t tag = from;; ++tag) {
      tag = text_.find("{%", tag);
      if (tag == text_.npos) fail("Missing end of raw directive", at_);
      std::size_t inside = tag + 2;
      const char sign = inside < text_.size() && (text_[inside] == '-' || text_[inside] == '+')
                            ? text_[inside]
                            : '\0';
      if (sign != '\0') ++inside;
      std::size_t end = skip_space(text_, inside);
      if (!looking_at(end, "endraw")) continue;
      end = skip_space(text_, end + 6);
      if (!looking_at(end, "%}") && !looking_at(end, "-%}") && !looking_at(end, "+%}")) continue;
      push_data(data_before(tag, sign, false));
      at_ = tag;
      finish_at(behind(end, "%}", true));
      return;
    }
  }

  void expression(bool is_variable) {
    std::string open;  // brackets
    const std::string_view close = is_variable ? "}}" : "%}";
    while (true) {
      at_ = skip_space(text_, at_);
      if (at_ >= text_.size()) return;
      if (open.empty()) {
        const bool minus = looking_at(at_, "-") && looking_at(at_ + 1, close);
        const bool plus = !is_variable && looking_at(at_, "+") && looking_at(at_ + 1, close);
        if (minus || plus || looking_at(at_, close)) {
          push(is_variable ? TokenType::VariableEnd : TokenType::BlockEnd, {});
          finish_at(behind(at_, close, !is_variable));
          return;
        }
      }
      const char c = text_[at_];
      if (is_digit_char(c)) {
        number();
      } else if (c == '"' || c == '\'') {
        string();
      } else if (is_word(decode_utf8(std::string_view(text_).substr(at_)).value)) {
        name();
      } else {
        operation(open);
      }
    }
  }

  /// End of digits joined by single underscores, `from` if there are none.
  template <typename IsDigit>
  std::size_t digits_end(std::size_t from, IsDigit is_digit) const {
    std::size_t at = from;
    while (at < text_.size()) {
      if (is_digit(text_[at])) {
        ++at;
      } else if (text_[at] == '_' && at > from && at + 1 < text_.size() &&
                 is_digit(text_[at + 1])) {
        at += 2;
      } else {
        break;
      }
    }
    return at;
  }

  std::string without_underscores(std::size_t from, std::size_t to) const {
    std::string out = text_.substr(from, to - from);
    out.erase(std::remove(out.begin(), out.end(), '_'), out.end());
    return out;
  }

  void number() {
    const std::size_t start = at_;
    if (start == 0 || text_[start - 1] != '.') {
      const std::size_t whole = digits_end(start, is_digit_char);
      std::size_t end = whole;
      if (looking_at(end, ".")) {
        const std::size_t fraction = digits_end(end + 1, is_digit_char);
        if (fraction > end + 1) end = fraction;
      }
      if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
        std::size_t power = end + 1;
        if (power < text_.size() && (text_[power] == '+' || text_[power] == '-')) ++power;
        const std::size_t power_end = digits_end(power, is_digit_char);
        if (power_end > power) end = power_end;
      }
      if (end > whole) {
        push(TokenType::Float, text_.substr(start, end - start),
             Value::real(std::strtod(without_underscores(start, end).c_str(), nullptr)));
        at_ = end;
        return;
      }
    }
    integer(start);
  }

  void integer(std::size_t start) {
    int base = 10;
    std::size_t from = start, end = start + 1;
    const char prefix =
        start + 1 < text_.size() ? static_cast<char>(text_[start + 1] | 0x20) : '\0';
    if (text_[start] == '0' && (prefix == 'x' || prefix == 'b' || prefix == 'o')) {
      const int wanted = prefix == 'x' ? 16 : prefix == 'b' ? 2 : 8;
      const auto is_digit = [wanted](char c) {
        const int digit = is_digit_char(c)                         ? c - '0'
                          : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                                   : 99;
        return digit < wanted;
      };
      const std::size_t first = looking_at(start + 2, "_") ? start + 3 : start + 2;
      const std::size_t last = digits_end(first, is_digit);
      if (last > first) {
        base = wanted;
        from = first;
        end = last;
      }
    }
    if (base == 10) {
      end = text_[start] == '0' ? digits_end(start, [](char c) { return c == '0'; })
                                : digits_end(start, is_digit_char);
    }
    BigInt value = 0;
    for (const char c : without_underscores(from, end)) {
      const int digit = is_digit_char(c) ? c - '0' : (c | 0x20) - 'a' + 10;
      if (__builtin_mul_overflow(value, BigInt{base}, &value) ||
          __builtin_add_overflow(value, BigInt{digit}, &value)) {
        move_to(at_);
        throw TemplateError("OverflowError", "an integer beyond 127 bits", line_, column_);
      }
    }
    push(TokenType::Integer, text_.substr(start, end - start), Value::integer(value));
    at_ = end;
  }

  void name() {
    const std::size_t start = at_;
    std::size_t end = at_;
    while (end < text_.size()) {
      const CodePoint point = decode_utf8(std::string_view(text_).substr(end));
      if (!is_word(point.value)) break;
      end += static_cast<std::size_t>(point.size);
    }
    push(TokenType::Name, text_.substr(start, end - start));
    at_ = end;
  }

  void string() {
    const char quote = text_[at_];
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) unexpected();
    push(TokenType::String, unescape(at_ + 1, end));
    at_ = end + 1;
  }

  /// Python's escapes in the literal [from, to).
  std::string unescape(std::size_t from, std::size_t to) {
    std::string out;
    for (std::size_t i = from; i < to; ++i) {
      if (text_[i] != '\\') {
        out += text_[i];
        continue;
      }
      const char c = text_[++i];
      switch (c) {
        case '\n':
          break;
        case '\\':
        case '\'':
        case '"':
          out += c;
          break;
        case 'a':
          out += '\a';
          break;
        case 'b':
          out += '\b';
          break;
        case 'f':
          out += '\f';
          break;
        case 'n':
          out += '\n';
          break;
        case 'r':
          out += '\r';
          break;
        case 't':
          out += '\t';
          break;
        case 'v':
          out += '\v';
          break;
        case 'x':
          append_hex(out, i, to, 2, "truncated \\xXX escape");
          break;
        case 'u':
          append_hex(out, i, to, 4, "truncated \\uXXXX escape");
          break;
        case 'U':
          append_hex(out, i, to, 8, "truncated \\UXXXXXXXX escape");
          break;
        case 'N':
          fail("\\N{...} escapes are not supported; write the character or its \\uXXXX", at_);
        default:
          if (c >= '0' && c <= '7') {
            char32_t value = 0;
            std::size_t n = 0;
            for (; n < 3 && i + n < to && text_[i + n] >= '0' && text_[i + n] <= '7'; ++n) {
              value = value * 8 + static_cast<char32_t>(text_[i + n] - '0');
            }
            append_utf8(out, value);
            i += n - 1;
          } else {
            out += '\\';
            out += c;
          }
      }
    }
    return out;
  }

  void append_hex(std::string& out, std::size_t& i, std::size_t to, std::size_t width,
                  const char* message) {
    std::uint32_t value = 0;
    const std::size_t first = i + 1;
    if (first + width > to) fail(message, at_);
    const auto result =
        std::from_chars(text_.data() + first, text_.data() + first + width, value, 16);
    if (result.ptr != text_.data() + first + width) fail(message, at_);
    if (value > 0x10FFFF) fail("illegal Unicode character", at_);
    append_utf8(out, value);
    i += width;
  }

  [[noreturn]] void unexpected() {
    const CodePoint point = decode_utf8(std::string_view(text_).substr(at_));
    std::string shown;
    append_utf8(shown, point.value);
    fail("unexpected char " + quote_text(shown) + " at " +
             std::to_string(char_count(std::string_view(text_).substr(0, at_))),
         at_);
  }

  void operation(std::string& open) {
    static constexpr std::string_view kLong[] = {"//", "**", "==", "!=", ">=", "<="};
    for (const std::string_view op : kLong) {
      if (looking_at(at_, op)) {
        push(TokenType::Operator, std::string(op));
        at_ += 2;
        return;
      }
    }
    const char c = text_[at_];
    if (std::string_view("+-/*%~[](){}><=.:|,;").find(c) == std::string_view::npos) unexpected();
    if (c == '(' || c == '[' || c == '{') {
      open += c == '(' ? ')' : c == '[' ? ']' : '}';
    } else if (c == ')' || c == ']' || c == '}') {
      if (open.empty()) fail(std::string("unexpected '") + c + "'", at_);
      if (open.back() != c)
        fail(std::string("unexpected '") + c + "', expected '" + open.back() + "'", at_);
      open.pop_back();
    }
    push(TokenType::Operator, std::string(1, c));
    ++at_;
  }

  const bool chat_;
  std::string text_;
  std::size_t at_ = 0;
  bool line_starting_ = true;
  std::size_t counted_ = 0;
  int line_ = 1, column_ = 1;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source, Environment environment) {
  return Lexer(source, environment).run();
}

std::string describe(const Token& token) {
  switch (token.type) {
    case TokenType::Data:
      return "template data / text";
    case TokenType::BlockBegin:
      return "begin of statement block";
    case TokenType::BlockEnd:
      return "end of statement block";
    case TokenType::VariableBegin:
      return "begin of print statement";
    case TokenType::VariableEnd:
      return "end of print statement";
    case TokenType::String:
      return "string";
    case TokenType::Integer:
      return "integer";
    case TokenType::Float:
      return "float";
    case TokenType::End:
      return "end of template";
    default:
      return token.text;
  }
}

}  // namespace leitai::jinja
