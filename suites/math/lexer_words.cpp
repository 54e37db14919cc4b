#include <algorithm>

#include "harness/core/text.h"
#include "suites/math/lexer_class.h"
#include "suites/math/vocabulary.h"

namespace leitai::math {

namespace {
using View = std::u32string_view;
}  // namespace

void Lexer::letters() {
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

bool Lexer::is_product(const std::string& run, const std::string& low) const {
  const bool upper =
      std::all_of(run.begin(), run.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  // Two letters are a word only where they stand like one: "an ellipse", "no".
  const bool like_a_word =
      run.size() > 2 || out_.empty() || space_ || out_.back().kind == TokenKind::Word;
  const bool goes_on = at_ < text_.size() && here() != U' ' && here() != U'.' && here() != U',' &&
                       here() != U'}' && here() != U'$';
  if (!upper && like_a_word && (run.size() > 2 || !goes_on) &&
      vocabulary().short_words.count(low) != 0)
    return false;
  if (upper) return run.size() <= 5;
  const bool is_name = run[0] < 'a' && run[1] >= 'a' && text_.size() == 2;  // "Li"
  if (run.size() == 2) return !is_name;
  const bool lower_case = run == low;
  return lower_case && run.size() == 3;
}

bool Lexer::keyword(const std::string& low) {
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

void Lexer::wrapped(View content, bool is_text) {
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
    letter(ascii(content), vocabulary().single_units.count(ascii(content)) != 0);
  } else if (content.size() > 1 && !all_letters && after_value() && is_known_unit(low)) {
    push(TokenKind::Word, low).is_wrapped = true;  // \text{cm^2}
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

void Lexer::chinese_run(View run) {
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
                              kRatio = U"\u6BD4", kMinus = U"\u8D1F";
  if (glued && run == kMixed) return symbol("mixed");
  if (glued && run == kParts) return symbol("parts");
  if (glued && run == kDegree) return symbol("deg");
  if (glued && run == kRatio) return symbol(":");
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

}  // namespace leitai::math
