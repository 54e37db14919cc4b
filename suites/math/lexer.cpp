#include "suites/math/lexer.h"

#include <algorithm>
#include <array>

#include "harness/core/text.h"
#include "suites/math/lexer_tables.h"
#include "suites/math/vocabulary.h"

namespace leitai::math {

namespace {

using View = std::u32string_view;
constexpr std::size_t kNone = View::npos;
constexpr int kMaxDepth = 6;  // \text inside \text

bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool is_letter(char32_t c) { return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z'); }
bool is_space(char32_t c) { return c == U' ' || c == U'\n' || c == U'\t' || c == U'\r'; }

std::string ascii(View text) {
  std::string out;
  for (char32_t c : text) out += static_cast<char>(c);
  return out;
}

class Lexer {
 public:
  Lexer(View text, int depth, bool spaced_commas, std::vector<Token>& out)
      : text_(text), nesting_(depth), spaced_commas_(spaced_commas), out_(out) {}

  void run() {
    while (at_ < text_.size()) step();
  }

 private:
  char32_t here(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : U'\0';
  }
  bool starts(View word) const { return text_.substr(at_).starts_with(word); }

  Token& push(TokenKind kind, std::string text) {
    Token token;
    token.kind = kind;
    token.text = std::move(text);
    token.after_space = space_ && !out_.empty();
    space_ = false;
    out_.push_back(std::move(token));
    return out_.back();
  }
  void symbol(std::string text) { push(TokenKind::Symbol, std::move(text)); }
  void number(Node value, std::string digits) {
    push(TokenKind::Number, std::move(digits)).number = std::move(value);
  }

  bool after_value() const {
    if (out_.empty()) return false;
    const Token& last = out_.back();
    return last.kind == TokenKind::Number || last.is(")") || last.is("}") || last.is("scale");
  }

  void step() {
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

  void ascii_symbol(char32_t c) {
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

  void other(char32_t c) {
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

  /// The subscript of a letter or of a number in another base.
  void subscript(const std::string& digits) {
    if (!out_.empty() && out_.back().kind == TokenKind::Letter) {
      out_.back().text += "_" + digits;
    } else {
      symbol("_");
      number(decimal_node(digits, "", false), digits);
    }
  }

  void named(std::string prefix) {
    while (is_space(here())) ++at_;
    std::string name = std::move(prefix);
    while (is_letter(here()) && name.size() < 20) name += static_cast<char>(text_[at_++]);
    push(TokenKind::Letter, std::move(name));
  }

  /// A variable with what hangs on it: subscript, primes.
  void letter(std::string name, bool wrapped = false) {
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

  // Numbers -----------------------------------------------------------------------------------

  std::string digit_run() {
    const std::size_t begin = at_;
    while (is_digit(here())) ++at_;
    return ascii(text_.substr(begin, at_ - begin));
  }

  /// Length of a mark between groups of three digits at `at_`; 0 where there is none.
  std::size_t separator() const {
    static constexpr std::array<View, 8> kMarks{U"{,}", U"{,\\!}", U",\\!", U"\\,",
                                                U"\\ ", U"'",      U",",    U" "};
    for (View mark : kMarks) {
      if (!starts(mark)) continue;
      if (mark == U"," && brackets_ > 0 && !spaced_commas_) continue;
      std::size_t at = at_ + mark.size();
      if (mark == U",\\!") {
        while (at < text_.size() && text_[at] == U' ') ++at;
      }
      std::size_t end = at;
      while (end < text_.size() && is_digit(text_[end])) ++end;
      if (end - at != 3) continue;
      if ((mark == U" " || mark == U"\\ ") && end < text_.size() && text_[end] == U'/') continue;
      return at - at_;
    }
    return 0;
  }

  void plain_number() {
    std::string digits = digit_run(), decimals;
    if (!digits.empty() && digits.size() <= 3 && digits[0] != '0') {
      while (const std::size_t size = separator()) {
        at_ += size;
        digits += digit_run();
      }
    }
    bool has_point = false;
    if (here() == U'.' && (is_digit(here(1)) || is_repeating_mark(at_ + 1))) {
      has_point = true;
      ++at_;
      decimals = digit_run();
      std::string period = repeating();
      if (period.empty() && decimals.size() >= 3 && dots_ahead())
        period = std::string(1, decimals.back());
      if (!period.empty()) {
        push_repeating(digits, decimals, period);
        return;
      }
    }
    Node value = decimal_node(digits, decimals, has_point);
    int exponent = 0;
    if (scientific(exponent)) {
      if (const auto scale = power({10, 1}, {exponent, 1}); scale && value.rational) {
        if (const auto scaled = math::multiply(*value.rational, *scale)) {
          value = number_node(*scaled);
          number(std::move(value), "e");
          return;
        }
      }
      number(binary(Kind::Multiply, std::move(value),
                    binary(Kind::Power, integer_node(10), integer_node(exponent))),
             "e");
      return;
    }
    number(std::move(value), has_point ? digits + "." + decimals : digits);
  }

  bool is_repeating_mark(std::size_t at) const {
    const View rest = text_.substr(std::min(at, text_.size()));
    if (rest.starts_with(U"\\overline") || rest.starts_with(U"\\dot") || rest.starts_with(U"\\bar"))
      return true;
    return rest.starts_with(U"(") && rest.size() > 2 && is_digit(rest[1]);
  }

  bool dots_ahead() {
    View rest = text_.substr(at_);
    while (rest.starts_with(U" ")) rest.remove_prefix(1);
    for (View dots :
         {View(U"\\ldots"), View(U"\\dots"), View(U"\\cdots"), View(U"..."), View(U"\u2026")}) {
      if (!rest.starts_with(dots)) continue;
      at_ = text_.size() - rest.size() + dots.size();
      return true;
    }
    return false;
  }

  /// The period behind the decimals: \overline{67}, \dot{6}, \dot{1}4\dot{2}, (6).
  std::string repeating() {
    std::string period;
    const auto braced = [&](std::size_t name) {
      std::size_t at = at_ + name;
      const bool has_brace = at < text_.size() && text_[at] == U'{';
      if (!has_brace) {
        while (at < text_.size() && text_[at] == U' ') ++at;
      } else {
        ++at;
      }
      const std::size_t begin = at;
      while (at < text_.size() && is_digit(text_[at]) && (has_brace || at == begin)) ++at;
      if (at == begin || (has_brace && (at >= text_.size() || text_[at] != U'}')))
        return std::string();
      std::string digits = ascii(text_.substr(begin, at - begin));
      at_ = at + (has_brace ? 1 : 0);
      return digits;
    };
    if (starts(U"\\overline")) return braced(9);
    if (starts(U"\\bar")) return braced(4);
    if (starts(U"\\dot") && !starts(U"\\dots")) {
      period = braced(4);
      if (period.size() != 1) return period;
      const std::size_t back = at_;
      const std::string between = digit_run();
      if (starts(U"\\dot") && !starts(U"\\dots")) return period + between + braced(4);
      at_ = back;
      return period;
    }
    if (here() == U'(' && is_digit(here(1))) {
      std::size_t end = at_ + 1;
      while (end < text_.size() && is_digit(text_[end])) ++end;
      if (end < text_.size() && text_[end] == U')' &&
          text_.find_first_not_of(U" .$", end + 1) == kNone) {
        period = ascii(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
      }
    }
    return period;
  }

  void push_repeating(const std::string& digits, const std::string& decimals,
                      const std::string& period) {
    const auto head = from_decimal(digits, decimals);
    const auto tail = from_decimal(period, "");
    if (!head || !tail || period.size() > 12 || decimals.size() + period.size() > 24) {
      symbol("?");
      return;
    }
    Wide scale = 1, nines = 1;
    for (std::size_t i = 0; i < decimals.size(); ++i) scale *= 10;
    for (std::size_t i = 0; i < period.size(); ++i) nines *= 10;
    const auto part = make_rational(tail->num, (nines - 1) * scale);
    const auto sum = part ? math::add(*head, *part) : std::nullopt;
    if (!sum) {
      symbol("?");
    } else {
      number(number_node(*sum), "/");
    }
  }

  /// "e6", "E+06" glued to digits.
  bool scientific(int& exponent) {
    if (here() != U'e' && here() != U'E') return false;
    std::size_t at = at_ + 1;
    const bool negative = at < text_.size() && text_[at] == U'-';
    if (at < text_.size() && (text_[at] == U'-' || text_[at] == U'+')) ++at;
    const std::size_t begin = at;
    while (at < text_.size() && is_digit(text_[at])) ++at;
    if (at == begin || at - begin > 4 || (at < text_.size() && is_letter(text_[at]))) return false;
    exponent = 0;
    for (char32_t c : text_.substr(begin, at - begin))
      exponent = exponent * 10 + static_cast<int>(c - U'0');
    if (negative) exponent = -exponent;
    at_ = at;
    return true;
  }

  // Words -------------------------------------------------------------------------------------

  /// Position of the brace that closes the one at `open`.
  std::size_t close_of(std::size_t open) const {
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

  void letters() {
    std::size_t end = at_;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    const std::string run = ascii(text_.substr(at_, end - at_));
    const std::string low = ascii_lower(run);
    const bool glued_after_value = after_value();
    at_ = end;
    if (keyword(low)) return;
    if (is_function(run)) {
      push(TokenKind::Function, run);
      return;
    }
    if (run.size() == 1) {
      letter(run);
      return;
    }
    if (glued_after_value && is_known_unit(low)) {
      push(TokenKind::Word, low);
      return;
    }
    if (is_function(run.substr(0, run.size() - 1)) && run.size() > 2) {
      push(TokenKind::Function, run.substr(0, run.size() - 1));
      at_ = end - 1;
      letters();
      return;
    }
    if (is_product(run, low)) {
      at_ = end - run.size();
      for (std::size_t i = 0; i < run.size(); ++i) {
        ++at_;
        letter(std::string(1, run[i]));
        if (at_ > end - run.size() + i + 1) break;  // a subscript ends the run
      }
      return;
    }
    push(TokenKind::Word, low);
  }

  static bool is_product(const std::string& run, const std::string& low) {
    const bool upper =
        std::all_of(run.begin(), run.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (vocabulary().short_words.count(low) != 0 && !upper) return false;
    if (upper) return run.size() <= 5;
    if (run.size() == 2) return true;
    const bool lower_case = run == low;
    return lower_case && run.size() == 3;
  }

  /// Words with a meaning of their own. `low` was just read.
  bool keyword(const std::string& low) {
    const bool behind_number = after_value();
    if (low == "or" || low == "and") {
      symbol(low);
    } else if (low == "to" && behind_number) {
      symbol(":");
    } else if (low == "percent" && behind_number) {
      symbol("%");
    } else if ((low == "degrees" || low == "degree" || low == "deg") && behind_number) {
      symbol("deg");
    } else if (low == "infinity" || low == "inf" || low == "infty") {
      symbol("infinity");
    } else if (low == "pi") {
      symbol("pi");
    } else if (behind_number && low.size() > 4) {
      const auto scale = vocabulary().scales.find(std::u32string(low.begin(), low.end()));
      if (scale == vocabulary().scales.end()) return false;
      push(TokenKind::Symbol, "scale").number = number_node(scale->second);
    } else {
      return false;
    }
    return true;
  }

  /// The content of \text{...} and its relatives.
  void wrapped(View content, bool is_text) {
    while (!content.empty() && is_space(content.front())) {
      space_ = true;
      content.remove_prefix(1);
    }
    bool trailing = false;
    while (!content.empty() && is_space(content.back())) {
      trailing = true;
      content.remove_suffix(1);
    }
    const auto n_letters = static_cast<std::size_t>(
        std::count_if(content.begin(), content.end(), [](char32_t c) { return is_letter(c); }));
    const bool all_letters = n_letters == content.size();
    const std::string low = lower_text(content);
    const bool latin_words = std::all_of(content.begin(), content.end(), [](char32_t c) {
      return is_letter(c) || c == U' ' || c == U'-' || c == U'.' || c == U'\'' || c == U'/';
    });
    if (content.empty()) {
      space_ = true;
    } else if (content.size() == 1 && all_letters) {
      letter(ascii(content), true);
    } else if (all_letters && keyword(low)) {
      // said in its symbol
    } else if (all_letters && is_function(ascii(content))) {
      push(TokenKind::Function, ascii(content));
    } else if (latin_words && n_letters > 1) {
      Token& token = push(TokenKind::Word, low);
      token.is_wrapped = true;
    } else if (nesting_ < kMaxDepth && (n_letters <= 1 || !is_text || has_formula(content))) {
      Lexer(content, nesting_ + 1, spaced_commas_, out_).run();
    } else if (nesting_ < kMaxDepth && std::any_of(content.begin(), content.end(), is_cjk)) {
      Lexer(content, nesting_ + 1, spaced_commas_, out_).run();
    } else {
      push(TokenKind::Word, low).is_wrapped = true;
    }
    space_ = space_ || trailing;
  }

  static bool has_formula(View content) {
    return content.find_first_of(U"\\=<>+^_0123456789") != kNone;
  }

  void chinese() {
    std::size_t end = at_;
    while (end < text_.size() && is_cjk(text_[end])) ++end;
    chinese_run(text_.substr(at_, end - at_));
    at_ = end;
  }

  void chinese_run(View run) {
    const bool glued = after_value();
    const auto joins = [&](View word, const std::vector<std::u32string>& words) {
      return std::any_of(words.begin(), words.end(),
                         [&](const std::u32string& one) { return one == word; });
    };
    if (vocabulary().both.count(std::u32string(run)) != 0) return symbol("both");
    if (joins(run, vocabulary().alternatives)) return symbol("or");
    if (joins(run, vocabulary().conjunctions)) return symbol("and");
    static const std::u32string kMixed = U"\u53C8", kParts = U"\u5206\u4E4B",
                                kPercent = U"\u767E\u5206\u4E4B", kDegree = U"\u5EA6",
                                kMinus = U"\u8D1F";
    if (glued && run == kMixed) return symbol("mixed");
    if (glued && run == kParts) return symbol("parts");
    if (glued && run == kDegree) return symbol("deg");
    if (run == kPercent) return symbol("percent of");
    if (run == kMinus) return symbol("-");
    if (glued) {
      // A unit may begin with a scale's character.
      for (std::size_t size = std::min<std::size_t>(run.size(), 4); size > 1; --size) {
        if (!is_known_unit(lower_text(run.substr(0, size)))) continue;
        push(TokenKind::Word, lower_text(run));
        return;
      }
      for (std::size_t size = std::min<std::size_t>(run.size(), 2); size > 0; --size) {
        const auto scale = vocabulary().scales.find(std::u32string(run.substr(0, size)));
        if (scale == vocabulary().scales.end()) continue;
        push(TokenKind::Symbol, "scale").number = number_node(scale->second);
        if (size < run.size()) push(TokenKind::Word, lower_text(run.substr(size)));
        return;
      }
      push(TokenKind::Word, lower_text(run));
      return;
    }
    for (std::size_t size = std::min<std::size_t>(run.size(), 40); size > 0; --size) {
      if (size < run.size() && out_.empty() == false && out_.back().kind == TokenKind::Word) break;
      auto value = chinese_number(run.substr(0, size));
      if (!value) continue;
      push(TokenKind::Number, "c").number = std::move(*value);
      if (size < run.size()) push(TokenKind::Word, lower_text(run.substr(size)));
      return;
    }
    push(TokenKind::Word, lower_text(run));
  }

  // Commands ----------------------------------------------------------------------------------

  void command() {
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

  void apply(const std::string& name, const CommandUse& use) {
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
        return wrapped(content, use.action == CommandAction::Text);
    }
  }

  View text_;
  std::size_t at_ = 0;
  int nesting_;
  int brackets_ = 0;
  bool spaced_commas_;
  bool space_ = false;
  std::vector<Token>& out_;
};

}  // namespace

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
