#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace leitai::ifeval {

/// Words that checkers of one language look for, from words.yaml.
struct Words {
  std::vector<std::string> answers;                     // of constrained_response
  std::set<std::u32string, std::less<>> abbreviations;  // lower case, without the last point
  std::set<std::u32string, std::less<>> starters;       // words that begin sentences, lower case
  std::set<std::u32string, std::less<>> short_forms;    // tokens that keep their point
};

/// Empty lists for a language that has none.
const Words& words_of(std::string_view language);

enum class Relation { Less, AtLeast, AtMost, Unknown };

/// "at least", "au moins" ... in any language.
Relation relation_of(std::string_view words);

}  // namespace leitai::ifeval
