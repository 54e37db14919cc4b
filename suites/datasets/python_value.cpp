#include "suites/datasets/python_value.h"

#include <string>

#include "harness/core/text.h"

namespace leitai {

namespace {

using Value = nlohmann::ordered_json;

constexpr int kMaxDepth = 64;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<Value> value() {
    if (++depth_ > kMaxDepth) return std::nullopt;
    std::optional<Value> out;
    const char c = next();
    if (c == '"' || c == '\'') {
      out = strings();
    } else if (c == '{') {
      out = dict();
    } else if (c == '[' || c == '(') {
      out = list(c == '[' ? ']' : ')');
    } else {
      out = word();
    }
    --depth_;
    return out;
  }

 private:
  /// The next character that is neither blank nor comment; 0 at the end.
  char next() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
        ++at_;
      } else {
        return c;
      }
    }
    return '\0';
  }

  std::optional<Value> strings() {
    std::string out;
    while (next() == '"' || next() == '\'') {
      const char quote = text_[at_++];
      if (text_.substr(at_, 2) == std::string(2, quote)) return std::nullopt;  // of several lines
      while (at_ < text_.size() && text_[at_] != quote) {
        if (text_[at_] == '\n') return std::nullopt;
        if (text_[at_] == '\\') {
          if (!escape(out)) return std::nullopt;
        } else {
          out += text_[at_++];
        }
      }
      if (at_ >= text_.size()) return std::nullopt;
      ++at_;
    }
    return is_valid_utf8(out) ? std::optional<Value>(out) : std::nullopt;
  }

  bool escape(std::string& out) {
    if (at_ + 1 >= text_.size()) return false;
    const char c = text_[at_ + 1];
    at_ += 2;
    const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits > 0) {
      char32_t code = 0;
      for (std::size_t i = 0; i < digits; ++i, ++at_) {
        const std::size_t digit =
            at_ < text_.size()
                ? std::string_view("0123456789abcdef")
                      .find(static_cast<char>(text_[at_] | (text_[at_] >= 'A' ? 0x20 : 0)))
                : std::string_view::npos;
        if (digit == std::string_view::npos) return false;
        code = code * 16 + static_cast<char32_t>(digit);
      }
      if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
      append_utf8(out, code);
      return true;
    }
    switch (c) {
      case 'n':
        out += '\n';
        return true;
      case 't':
        out += '\t';
        return true;
      case 'r':
        out += '\r';
        return true;
      case '\n':
        return true;
      case '\\':
      case '\'':
      case '"':
        out += c;
        return true;
      default:
        return false;
    }
  }

  std::optional<Value> dict() {
    Value out = Value::object();
    ++at_;
    while (next() != '}') {
      const auto key = value();
      if (!key || (!key->is_string() && !key->is_number()) || next() != ':') return std::nullopt;
      ++at_;
      auto held = value();
      if (!held) return std::nullopt;
      out[key->is_string() ? key->get<std::string>() : key->dump()] = std::move(*held);
      if (!comma('}')) return std::nullopt;
    }
    ++at_;
    return out;
  }

  std::optional<Value> list(char end) {
    Value out = Value::array();
    ++at_;
    while (next() != end) {
      auto one = value();
      if (!one) return std::nullopt;
      out.push_back(std::move(*one));
      if (!comma(end)) return std::nullopt;
    }
    ++at_;
    return out;
  }

  /// Takes a comma, or sees the end.
  bool comma(char end) {
    if (next() == end) return true;
    if (next() != ',') return false;
    ++at_;
    return true;
  }

  std::optional<Value> word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           std::string_view(" \n\r\t,:]})#").find(text_[at_]) == std::string_view::npos)
      ++at_;
    const std::string_view text = text_.substr(begin, at_ - begin);
    if (text == "True") return Value(true);
    if (text == "False") return Value(false);
    if (text == "None") return Value();
    if (const auto whole = parse_int(text)) return Value(*whole);
    if (const auto number = parse_double(text)) return Value(*number);
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::optional<nlohmann::ordered_json> python_value(std::string_view source, std::string_view name) {
  for (std::size_t at = 0; (at = source.find(name, at)) != std::string_view::npos;
       at += name.size()) {
    if (at > 0 && source[at - 1] != '\n') continue;
    const std::string_view behind = trim(source.substr(at + name.size()));
    if (behind.starts_with('=') && !behind.starts_with("=="))
      return Reader(behind.substr(1)).value();
  }
  return std::nullopt;
}

}  // namespace leitai
