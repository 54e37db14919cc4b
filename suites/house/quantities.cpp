#include "suites/house/quantities.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/extractors/number_words.h"
#include "suites/house/wording.h"

namespace leitai {

namespace house {

namespace {

using Json = nlohmann::json;

const Rational kOne{1, 1};

struct Words {
  std::map<std::string, std::vector<Rational>> constants;
  std::set<std::string> labels, facts, joined, offers, world;
  std::map<std::string, long long> most;
};

const Words& known_words() {
  static const Words kWords = [] {
    Words out;
    const Json data = wording_file("quantities.json");
    for (const auto& [word, values] : data.at("constants").items()) {
      for (const Json& value : values)
        out.constants[word].push_back(*read_decimal(value.get<std::string>()));
    }
    out.labels = data.at("labels").get<std::set<std::string>>();
    out.facts = data.at("facts").get<std::set<std::string>>();
    out.joined = data.at("joined").get<std::set<std::string>>();
    out.offers = data.at("offers").get<std::set<std::string>>();
    out.world = data.at("world").get<std::set<std::string>>();
    out.most = data.at("most").get<std::map<std::string, long long>>();
    return out;
  }();
  return kWords;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

Rational whole(long long value) { return {value, 1}; }

std::string word_before(std::string_view text, std::size_t at) {
  while (at > 0 && text[at - 1] == ' ') --at;
  std::size_t begin = at;
  while (begin > 0 && (is_letter(text[begin - 1]) || text[begin - 1] == '\'')) --begin;
  return ascii_lower(text.substr(begin, at - begin));
}

std::string word_behind(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '-')) ++at;
  const std::size_t begin = at;
  while (at < text.size() && (is_letter(text[at]) || text[at] == '\'' ||
                              (text[at] == '.' && at + 1 < text.size() && is_letter(text[at + 1]))))
    ++at;
  return ascii_lower(text.substr(begin, at - begin));
}

/// "eight", "eleven", "eighteen thousand".
bool begins_with_vowel(std::string_view digits) {
  if (digits.starts_with('8')) return true;
  const std::size_t whole_digits = std::min(digits.find_first_of(".,"), digits.size());
  return whole_digits == 2 && (digits.starts_with("11") || digits.starts_with("18"));
}

/// What stands before or behind it makes it no amount: "7:30", "5th", "#3", "3/4", "2-3".
bool is_part_of_more(std::string_view text, std::size_t begin, std::size_t end) {
  if (begin > 0) {
    const char before = text[begin - 1];
    if (is_letter(before) || is_digit(before) ||
        std::string_view("#/:-.,_+*=").find(before) != std::string_view::npos)
      return true;
  }
  if (end >= text.size()) return false;
  const char behind = text[end], after = end + 1 < text.size() ? text[end + 1] : ' ';
  if (is_letter(behind) || behind == '_' || behind == '+' || behind == '*' || behind == '=')
    return true;
  if (behind == '/' || behind == ':' || behind == '-') return !is_letter(after) && after != ' ';
  return static_cast<unsigned char>(behind) >= 0x80 && static_cast<unsigned char>(behind) != 0xE2;
}

}  // namespace

std::vector<Quantity> quantities_of(std::string_view text) {
  std::vector<Quantity> out;
  for (std::size_t at = 0; at < text.size();) {
    const bool starts =
        is_digit(text[at]) || (text[at] == '.' && at + 1 < text.size() && is_digit(text[at + 1]));
    if (!starts) {
      ++at;
      continue;
    }
    Quantity one;
    one.begin = at;
    while (at < text.size()) {
      const bool goes_on = at + 1 < text.size() && is_digit(text[at + 1]);
      if (is_digit(text[at])) {
        one.n_decimals += one.n_decimals > 0 ? 1 : 0;
      } else if (text[at] == ',' && goes_on && one.n_decimals == 0) {
        one.has_commas = true;
      } else if (text[at] == '.' && goes_on && one.n_decimals == 0) {
        one.n_decimals = 1;
      } else {
        break;
      }
      ++at;
    }
    if (one.n_decimals > 0) --one.n_decimals;
    one.end = at;
    const auto value = read_decimal(text.substr(one.begin, one.end - one.begin));
    const Words& words = known_words();
    one.is_percent = at < text.size() && text[at] == '%';
    one.next = word_behind(text, at);
    if (one.next == "percent") one.is_percent = true;
    one.is_money = (one.begin > 0 && text[one.begin - 1] == '$') ||
                   (at < text.size() && text[at] == '$') ||
                   text.substr(0, one.begin).ends_with("\u20AC");
    const std::string before = word_before(text, one.begin);
    one.wants_vowel = before == "an";
    one.wants_consonant = before == "a";
    const bool is_year = one.n_decimals == 0 && !one.has_commas && !one.is_money && value &&
                         at - one.begin == 4 && !is_less(*value, whole(1500)) &&
                         is_less(*value, whole(2101));
    const std::size_t behind = text.find_first_not_of(' ', at);
    const bool is_mixed = behind != std::string_view::npos && is_digit(text[behind]);
    one.is_fixed = !value || is_part_of_more(text, one.begin, at) || is_year || is_mixed ||
                   words.facts.contains(one.next) || value->num == 0 || *value == kOne ||
                   (words.labels.contains(before) && !one.is_money && !one.is_percent);
    one.value = value.value_or(Rational{});
    out.push_back(one);
  }
  return out;
}

std::vector<Rational> others_of(const Quantity& one, std::string_view text) {
  long long scale = 1;
  for (int i = 0; i < one.n_decimals; ++i) scale *= 10;
  const auto scaled = math::multiply(one.value, whole(scale));
  if (!scaled || !scaled->is_integer() || scaled->num > 100000000) return {};
  const auto m = static_cast<long long>(scaled->num);
  long long grain = 1;
  if (one.n_decimals > 0)
    grain = m % 25 == 0 && m >= 50 ? 25 : m % 10 == 0 ? 10 : m % 5 == 0 && m > 5 ? 5 : 1;
  else if (m % 10000 == 0)
    grain = m >= 100000 ? 10000 : 5000;
  else if (m % 1000 == 0)
    grain = m >= 10000 ? 1000 : 500;
  else if (m % 100 == 0)
    grain = m >= 1000 ? 100 : 50;
  else if (m % 10 == 0)
    grain = m >= 100 ? 10 : 5;
  else if (m % 5 == 0 && m > 5)
    grain = 5;
  long long low = std::max((m + 1) / 2, m / 2), high = m <= 5 ? m + 4 : 2 * m;
  if (one.n_decimals == 0) low = std::max(low, 2LL);
  if (const auto found = known_words().most.find(one.next);
      found != known_words().most.end() && m <= found->second * scale)
    high = std::min(high, found->second * scale);
  if (one.is_percent && m < 100 * scale) high = std::min(high, 95 * scale);
  if (one.is_percent && m == 100 * scale) return {};
  if (one.next.starts_with("year") && text.find("old") != std::string_view::npos) {
    low = std::max(low, m - m / 4 - 2);
    high = std::min({high, m + m / 4 + 2, 99LL});
  }
  const std::string digits = std::to_string(m);
  std::vector<Rational> out;
  for (long long other = (low + grain - 1) / grain * grain; other <= high; other += grain) {
    const std::string shown = std::to_string(other);
    if (other == m || shown.size() != digits.size()) continue;
    if (one.n_decimals > 0 && m % scale != 0 && other % scale == 0) continue;
    const bool has_vowel = begins_with_vowel(shown);
    if ((one.wants_vowel && !has_vowel) || (one.wants_consonant && has_vowel)) continue;
    out.push_back(*math::make_rational(other, scale));
  }
  return out;
}

std::string written(const Quantity& one, const Rational& value, std::string_view text) {
  long long scale = 1;
  for (int i = 0; i < one.n_decimals; ++i) scale *= 10;
  const auto m = static_cast<long long>(value.num * scale / value.den);
  std::string out;
  if (text[one.begin] != '.')
    out = one.has_commas ? with_commas(m / scale) : std::to_string(m / scale);
  if (one.n_decimals > 0) out += fmt::format(".{:0{}}", m % scale, one.n_decimals);
  return out;
}

std::string subject_trouble(std::string_view text) {
  bool buys = false, gets = false;  // in the sentence that is read
  std::string last;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_letter(text[at])) {
      if (text[at] == '.' || text[at] == '?' || text[at] == '!') buys = gets = false;
      ++at;
      continue;
    }
    const std::string word = word_behind(text, at);
    at += word.size();
    if (known_words().world.contains(word)) return "a matter of the world";
    gets = gets || word.starts_with("get");
    const bool is_offer = known_words().offers.contains(word) ||
                          (buys && word.starts_with("get")) || (gets && word == "free") ||
                          (last == "the" && word == "price" && text.substr(at).starts_with(" of"));
    if (is_offer) return "an offer";
    buys = buys || word == "buy" || word == "buys";
    last = word;
  }
  return "";
}

WordNumbers numbers_of_words(std::string_view text) {
  WordNumbers out;
  const auto make = [&](const Rational& number, const std::string& word) {
    const auto found = known_words().constants.find(word);
    if (found == known_words().constants.end()) return;
    for (const Rational& one : found->second)
      if (const auto made = math::multiply(number, one)) out.made.emplace_back(number, *made);
  };
  for (const Quantity& one : quantities_of(text)) make(one.value, one.next);
  const std::string low = ascii_lower(text);
  const std::u32string folded = to_utf32(low);
  for (std::size_t i = 0; i < folded.size(); ++i) {
    const bool is_start =
        folded[i] < 0x80 && is_letter(static_cast<char>(folded[i])) &&
        (i == 0 || folded[i - 1] >= 0x80 || !is_letter(static_cast<char>(folded[i - 1])));
    if (!is_start) continue;
    std::size_t end = i;
    std::string word;
    while (end < folded.size() && folded[end] < 0x80 && is_letter(static_cast<char>(folded[end])))
      word += static_cast<char>(folded[end++]);
    const auto found = known_words().constants.find(word);
    const bool is_kind = i > 0 && folded[i - 1] == U'-' && known_words().joined.contains(word);
    if (found != known_words().constants.end() && !is_kind)
      out.meant.insert(out.meant.end(), found->second.begin(), found->second.end());
    if (const auto token = numeral_words(std::u32string_view(folded).substr(i))) {
      if (const auto value = read_decimal(token->value.to_text())) {
        out.said.push_back(*value);
        make(*value, word_behind(to_utf8(folded.substr(i + token->end)), 0));
      }
    }
  }
  return out;
}

}  // namespace house
}  // namespace leitai
