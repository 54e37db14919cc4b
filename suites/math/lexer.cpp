#include "suites/math/lexer.h"

#include <algorithm>

#include "harness/core/text.h"
#include "suites/math/lexer_class.h"
#include "suites/math/vocabulary.h"

namespace leitai::math {

namespace {
using View = std::u32string_view;
}  // namespace

Token& Lexer::push(TokenKind kind, std::string text) {
  Token token;
  token.kind = kind;
  token.text = std::move(text);
  token.after_space = space_ && !out_.empty();
  space_ = false;
  out_.push_back(std::move(token));
  return out_.back();
}

void Lexer::step() {
  const char32_t c = here();
  if (is_space(c) || c == U'~') {
    space_ = true;
    ++at_;
  } else if (is_digit(c) || (c == U'.' && is_digit(here(1)))) {
    plain_number();
  } else if (c == U'\\') {
    command();
  } else if (is_letter(c)) {
    letters();
  } else if (c == U'$' || c == 0xA5 || c == 0xFFE5 || c == 0x20AC || c == 0xA3 || c == 0x20B9) {
    ++at_;  // a currency, or the border of mathematics
  } else if (is_cjk(c)) {
    chinese();
  } else if (c < 0x80) {
    ascii_symbol(c);
  } else {
    other(c);
  }
}

void Lexer::ascii_symbol(char32_t c) {
  ++at_;
  switch (c) {
    case U'(':
    case U'[':
      ++brackets_;
      break;
    case U')':
    case U']':
      brackets_ = std::max(0, brackets_ - 1);
      break;
    case U'.':
      if (starts(U"..")) {
        at_ += 2;
        symbol("dots");
        return;
      }
      if (text_.find_first_not_of(U" \n\t.$)", at_) == kNone) return;
      symbol(".");
      return;
    case U'<':
    case U'>':
      if (here() == U'=') {
        ++at_;
        symbol(c == U'<' ? "l" : "g");
        return;
      }
      break;
    case U'!':
      if (here() == U'=') {
        ++at_;
        symbol("n");
        return;
      }
      break;
    case U'=':
      if (here() == U'=') ++at_;
      break;
    case U'*':
      if (here() == U'*') {
        ++at_;
        symbol("^");
        return;
      }
      break;
    case U'-':
      if (here() == U'>') {
        ++at_;
        symbol("?");
        return;
      }
      break;
    default:
      break;
  }
  symbol(std::string(1, static_cast<char>(c)));
}

void Lexer::other(char32_t c) {
  ++at_;
  if (const Rational* fraction = vulgar_fraction(c)) {
    number(number_node(*fraction), "/");
    return;
  }
  if (superscript_digit(c) >= 0 || c == 0x207B || c == 0x207F) {
    --at_;
    symbol("^");
    symbol("{");
    std::string digits;
    for (; at_ < text_.size(); ++at_) {
      const char32_t d = here();
      if (superscript_digit(d) >= 0) {
        digits += static_cast<char>('0' + superscript_digit(d));
      } else if (d == 0x207B) {
        symbol("-");
      } else if (d == 0x207F) {
        push(TokenKind::Letter, "n");
      } else {
        break;
      }
    }
    if (!digits.empty()) number(decimal_node(digits, "", false), digits);
    symbol("}");
    return;
  }
  if (c >= 0x2080 && c <= 0x2089) {
    std::string digits(1, static_cast<char>('0' + (c - 0x2080)));
    for (; here() >= 0x2080 && here() <= 0x2089; ++at_)
      digits += static_cast<char>('0' + (here() - 0x2080));
    subscript(digits);
    return;
  }
  if (c == 0x2220 || c == 0x25B3) {  // an angle, a triangle: a name goes with it
    named(c == 0x2220 ? "angle " : "triangle ");
    return;
  }
  if ((c >= 0x391 && c <= 0x3C9) || c == 0x3D5) {
    if (c == 0x3C0) {
      symbol("pi");
    } else {
      std::string name;
      append_utf8(name, c);
      letter(std::move(name));
    }
    return;
  }
  if (c == 0x3002) {
    if (text_.find_first_not_of(U" \n\t$)", at_) != kNone) symbol("?");
    return;
  }
  std::string name(unicode_symbol(c));
  if (name == "?") append_utf8(name, c);  // unknown, but not the same as another
  symbol(std::move(name));
}

void Lexer::subscript(const std::string& digits) {
  if (!out_.empty() && out_.back().kind == TokenKind::Letter) {
    out_.back().text += "_" + digits;
  } else {
    symbol("_");
    number(decimal_node(digits, "", false), digits);
  }
}

void Lexer::letter(std::string name, bool wrapped) {
  Token& token = push(TokenKind::Letter, std::move(name));
  token.is_wrapped = wrapped;
  std::size_t look = at_;
  while (look < text_.size() && text_[look] == U' ') ++look;
  if (look < text_.size() && text_[look] == U'_' && look + 1 < text_.size()) {
    const std::size_t begin = look + 1;
    if (text_[begin] == U'{') {
      const std::size_t end = close_of(begin);
      if (end != kNone && end - begin <= 40) {
        std::string inner;
        for (char32_t c : text_.substr(begin + 1, end - begin - 1)) {
          if (!is_space(c)) append_utf8(inner, c);
        }
        token.text += "_" + inner;
        at_ = end + 1;
      }
    } else if (is_digit(text_[begin])) {
      std::size_t end = begin;
      while (end < text_.size() && is_digit(text_[end])) ++end;
      token.text += "_" + ascii(text_.substr(begin, end - begin));
      at_ = end;
    } else if (is_letter(text_[begin])) {
      token.text += "_" + ascii(text_.substr(begin, 1));
      at_ = begin + 1;
    }
  }
  while (here() == U'\'' || here() == 0x2032) {
    token.text += "'";
    ++at_;
  }
}

std::size_t Lexer::close_of(std::size_t open) const {
  int depth = 0;
  for (std::size_t i = open; i < text_.size(); ++i) {
    if (text_[i] == U'\\') {
      ++i;
    } else if (text_[i] == U'{') {
      ++depth;
    } else if (text_[i] == U'}' && --depth == 0) {
      return i;
    }
  }
  return kNone;
}

void Lexer::command() {
  const char32_t next = here(1);
  if (!is_letter(next)) {
    at_ += 2;
    switch (next) {
      case U'{':
        ++brackets_;
        return symbol("\\{");
      case U'}':
        brackets_ = std::max(0, brackets_ - 1);
        return symbol("\\}");
      case U'%':
        return symbol("%");
      case U'|':
        return symbol("|");
      case U'\\':
        return symbol("newrow");
      case U'!':
      case U'(':
      case U')':
      case U'[':
      case U']':
      case U'$':
        return;
      default:
        space_ = true;
        return;
    }
  }
  std::size_t end = at_ + 1;
  while (end < text_.size() && is_letter(text_[end])) ++end;
  const std::string name = ascii(text_.substr(at_ + 1, end - at_ - 1));
  at_ = end;
  const CommandUse* use = find_command(name);
  if (use == nullptr) {
    for (std::size_t size = name.size(); size-- > 2;) {  // "\cotx"
      const std::string head = name.substr(0, size);
      const CommandUse* part = find_command(head);
      if (part == nullptr || (part->action != CommandAction::Symbol && !is_function(head)))
        continue;
      at_ = end - (name.size() - size);
      return apply(head, *part);
    }
    return letter("\\" + name);
  }
  apply(name, *use);
}

void Lexer::apply(const std::string& name, const CommandUse& use) {
  switch (use.action) {
    case CommandAction::Skip:
      if (here() == U'.') ++at_;  // \left.
      return;
    case CommandAction::Space:
      space_ = true;
      return;
    case CommandAction::Symbol:
      if (use.text == "\\{" || use.text == "(") ++brackets_;
      return symbol(std::string(use.text) + (use.text == "?" ? name : ""));
    case CommandAction::Function:
      push(TokenKind::Function, name);
      return;
    case CommandAction::Letter:
      return letter(std::string(use.text));
    case CommandAction::Named:
      return named(std::string(use.text));
    case CommandAction::Text:
    case CommandAction::Upright:
    case CommandAction::Accent:
    case CommandAction::Begin:
    case CommandAction::End:
      break;
  }
  while (is_space(here())) ++at_;
  if (here() != U'{') {
    if (use.action == CommandAction::Accent && is_letter(here())) {
      letter(name + " " + ascii(text_.substr(at_++, 1)));
    }
    return;
  }
  const std::size_t close = close_of(at_);
  if (close == kNone) {
    ++at_;
    return symbol("?");
  }
  const View content = text_.substr(at_ + 1, close - at_ - 1);
  at_ = close + 1;
  switch (use.action) {
    case CommandAction::Begin: {
      symbol("begin " + lower_text(content));
      if (content.starts_with(U"array") && here() == U'{') {
        const std::size_t columns = close_of(at_);
        if (columns != kNone) at_ = columns + 1;
      }
      return;
    }
    case CommandAction::End:
      return symbol("end");
    case CommandAction::Accent: {
      std::string inner;
      for (char32_t c : content) {
        if (!is_space(c)) append_utf8(inner, c);
      }
      return letter(name + " " + inner);
    }
    default:
      if ((name == "mathbb" || name == "mathbf") && content == U"R") return symbol("reals");
      if (content.size() == 1 && is_letter(content[0]) && use.action == CommandAction::Upright &&
          name != "mathrm")
        return letter(ascii(content));  // a face of the letter
      return wrapped(content, use.action == CommandAction::Text);
  }
}

std::vector<Token> tokenize(View text) {
  std::vector<Token> out;
  out.reserve(text.size() / 2 + 4);
  bool spaced = false;
  for (std::size_t i = 0; i + 1 < text.size() && !spaced; ++i)
    spaced = text[i] == U',' && is_space(text[i + 1]);
  Lexer(text, 0, spaced, out).run();
  out.emplace_back();
  return out;
}

}  // namespace leitai::math
