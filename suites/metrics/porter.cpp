#include "suites/metrics/porter.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

namespace leitai::metrics {

namespace {

/// For each letter, whether it is a consonant: y is one at the start and after a vowel.
std::vector<bool> consonants(std::string_view word) {
  std::vector<bool> out;
  out.reserve(word.size());
  for (const char c : word) {
    const bool is_vowel = c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
    out.push_back(c == 'y' ? out.empty() || !out.back() : !is_vowel);
  }
  return out;
}

/// How often a vowel is followed by a consonant: Porter's m.
int measure(std::string_view stem) {
  const std::vector<bool> is_consonant = consonants(stem);
  int out = 0;
  for (std::size_t i = 1; i < is_consonant.size(); ++i)
    out += is_consonant[i] && !is_consonant[i - 1];
  return out;
}

bool has_vowel(std::string_view stem) {
  const std::vector<bool> is_consonant = consonants(stem);
  return std::find(is_consonant.begin(), is_consonant.end(), false) != is_consonant.end();
}

bool ends_in_double_consonant(std::string_view word) {
  return word.size() >= 2 && word.back() == word[word.size() - 2] && consonants(word).back();
}

/// Consonant, vowel, consonant other than w, x, y at the end; or a word of a vowel and a consonant.
bool ends_short(std::string_view word) {
  const std::vector<bool> is = consonants(word);
  const std::size_t n = word.size();
  if (n == 2) return !is[0] && is[1];
  return n >= 3 && is[n - 3] && !is[n - 2] && is[n - 1] && word[n - 1] != 'w' &&
         word[n - 1] != 'x' && word[n - 1] != 'y';
}

struct Rule {
  std::string_view ending;
  std::string_view instead;
};

/// The first rule whose ending fits decides: applied if the stem's measure is above `above`.
std::string by_rules(std::string word, std::span<const Rule> rules, int above) {
  for (const Rule& rule : rules) {
    if (!word.ends_with(rule.ending)) continue;
    const std::string_view stem(word.data(), word.size() - rule.ending.size());
    if (measure(stem) <= above) return word;
    return std::string(stem) + std::string(rule.instead);
  }
  return word;
}

std::string without_plural(std::string word) {
  if (word.ends_with("ies") && word.size() == 4) return word.substr(0, 3);
  if (word.ends_with("sses") || word.ends_with("ies")) return word.substr(0, word.size() - 2);
  if (word.ends_with("s") && !word.ends_with("ss")) word.pop_back();
  return word;
}

std::string without_participle(std::string word) {
  if (word.ends_with("ied")) return word.substr(0, word.size() - (word.size() == 4 ? 1 : 2));
  if (word.ends_with("eed"))
    return measure(word.substr(0, word.size() - 3)) > 0 ? word.substr(0, word.size() - 1) : word;
  std::string stem;
  if (word.ends_with("ed") && has_vowel(word.substr(0, word.size() - 2))) {
    stem = word.substr(0, word.size() - 2);
  } else if (word.ends_with("ing") && has_vowel(word.substr(0, word.size() - 3))) {
    stem = word.substr(0, word.size() - 3);
  } else {
    return word;
  }
  if (stem.ends_with("at") || stem.ends_with("bl") || stem.ends_with("iz")) return stem + 'e';
  if (ends_in_double_consonant(stem)) {
    const char last = stem.back();
    if (last != 'l' && last != 's' && last != 'z') stem.pop_back();
    return stem;
  }
  return measure(stem) == 1 && ends_short(stem) ? stem + 'e' : stem;
}

/// -y after a consonant becomes -i, but not in a word such as "by".
std::string without_y(std::string word) {
  if (word.size() > 2 && word.ends_with("y") && consonants(word)[word.size() - 2])
    word.back() = 'i';
  return word;
}

std::string without_double_suffix(std::string word) {
  static constexpr Rule kRules[] = {{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"},
                                    {"anci", "ance"},   {"izer", "ize"},    {"bli", "ble"},
                                    {"alli", "al"},     {"entli", "ent"},   {"eli", "e"},
                                    {"ousli", "ous"},   {"ization", "ize"}, {"ation", "ate"},
                                    {"ator", "ate"},    {"alism", "al"},    {"iveness", "ive"},
                                    {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"},
                                    {"iviti", "ive"},   {"biliti", "ble"},  {"fulli", "ful"}};
  if (word.ends_with("alli") && measure(word.substr(0, word.size() - 4)) > 0)
    return without_double_suffix(word.substr(0, word.size() - 2));
  if (word.ends_with("logi"))  // measured with the l
    return measure(word.substr(0, word.size() - 3)) > 0 ? word.substr(0, word.size() - 1) : word;
  return by_rules(std::move(word), kRules, 0);
}

std::string without_adjective(std::string word) {
  static constexpr Rule kRules[] = {{"icate", "ic"}, {"ative", ""},  {"alize", "al"},
                                    {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""},
                                    {"ness", ""}};
  return by_rules(std::move(word), kRules, 0);
}

std::string without_suffix(std::string word) {
  static constexpr Rule kRules[] = {
      {"al", ""},   {"ance", ""}, {"ence", ""},  {"er", ""},   {"ic", ""},  {"able", ""},
      {"ible", ""}, {"ant", ""},  {"ement", ""}, {"ment", ""}, {"ent", ""}, {"ou", ""},
      {"ism", ""},  {"ate", ""},  {"iti", ""},   {"ous", ""},  {"ive", ""}, {"ize", ""}};
  if (!word.ends_with("ion")) return by_rules(std::move(word), kRules, 1);
  const std::string_view stem(word.data(), word.size() - 3);
  const bool fits = measure(stem) > 1 && (stem.back() == 's' || stem.back() == 't');
  return fits ? std::string(stem) : word;
}

std::string tidied(std::string word) {
  if (word.ends_with("e")) {
    const std::string stem = word.substr(0, word.size() - 1);
    const int m = measure(stem);
    if (m > 1 || (m == 1 && !ends_short(stem))) word = stem;
  }
  if (word.ends_with("ll") && measure(word.substr(0, word.size() - 1)) > 1) word.pop_back();
  return word;
}

}  // namespace

std::string porter_stem(std::string word) {
  static constexpr Rule kIrregular[] = {
      {"sky", "sky"},        {"skies", "sky"},        {"dying", "die"},
      {"lying", "lie"},      {"tying", "tie"},        {"news", "news"},
      {"innings", "inning"}, {"inning", "inning"},    {"outings", "outing"},
      {"outing", "outing"},  {"cannings", "canning"}, {"canning", "canning"},
      {"howe", "howe"},      {"proceed", "proceed"},  {"exceed", "exceed"},
      {"succeed", "succeed"}};
  for (const Rule& one : kIrregular) {
    if (one.ending == word) return std::string(one.instead);
  }
  if (word.size() <= 2) return word;
  word = without_y(without_participle(without_plural(std::move(word))));
  return tidied(without_suffix(without_adjective(without_double_suffix(std::move(word)))));
}

}  // namespace leitai::metrics
