#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suites/ifeval/answer_text.h"

namespace leitai::ifeval {

/// What an instruction says beyond its type: the `kwargs` of the data. Each getter throws Error for
/// what is missing or of the wrong form: a default would make the verdict a draw of lots.
class Given {
 public:
  Given(std::string_view id, std::string_view language, const nlohmann::json& kwargs)
      : id_(id), language_(language), kwargs_(kwargs) {}

  std::string_view language() const { return language_; }
  std::int64_t number(const char* name) const;  // not negative
  std::string text(const char* name) const;     // not empty, trimmed
  std::vector<std::string> texts(const char* name) const;
  const nlohmann::json& table(const char* name) const;
  /// `count` against the number `name` as the words of `relation` say ("at least", "como maximo"
  /// ...).
  bool holds(std::int64_t count, const char* relation, const char* name) const;

 private:
  const nlohmann::json& value(const char* name) const;
  [[noreturn]] void wrong(const char* name, const char* wanted) const;

  std::string_view id_, language_;
  const nlohmann::json& kwargs_;
};

/// One type of instruction in the languages whose checkers agree on it.
struct Rule {
  std::string_view type;       // "keywords:existence"
  std::string_view languages;  // "en es fr"; "*": our own checkers, for every other language
  bool (*check)(const AnswerText&, const Given&);
};

// By group, each in the file of that name. Official verdicts: en of the original IFEval, es fr ja
// of M-IFEval.
std::span<const Rule> keyword_rules();
std::span<const Rule> length_rules();
std::span<const Rule> format_rules();
std::span<const Rule> frame_rules();
std::span<const Rule> letter_rules();
std::span<const Rule> japanese_rules();
// Ours, for Chinese and the languages that have no official checkers.
std::span<const Rule> own_rules();

}  // namespace leitai::ifeval
