#include "suites/math/vocabulary.h"

#include <algorithm>
#include <span>

#include "harness/core/embedded.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/yaml.h"
#include "suites/extractors/folding.h"
#include "suites/extractors/words.h"

namespace leitai {

std::span<const EmbeddedFile> suite_files();  // generated

namespace math {

namespace {

std::string folded(const std::string& text) { return lower_text(fold(text).text); }

Vocabulary read() {
  constexpr std::string_view kPath = "suites/math/words.yaml";
  const auto files = suite_files();
  const auto file = std::find_if(files.begin(), files.end(),
                                 [&](const EmbeddedFile& f) { return f.path == kPath; });
  LEITAI_CHECK(file != files.end(), std::string(kPath));
  const YamlNode root = parse_yaml(file->bytes, kPath);
  const auto need = [&](std::string_view key) -> const YamlNode& {
    const YamlNode* node = root.find(key);
    LEITAI_CHECK(node != nullptr, std::string(key));
    return *node;
  };
  const auto words = [&](std::string_view key) {
    std::vector<std::u32string> out;
    for (const YamlNode& one : need(key).list) out.push_back(lower(fold(one.scalar).text));
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.size() > b.size(); });
    return out;
  };
  const auto set = [&](std::string_view key) {
    std::set<std::string> out;
    for (const YamlNode& one : need(key).list) out.insert(folded(one.scalar));
    return out;
  };
  Vocabulary out;
  for (const auto& [name, value] : need("units").map) {
    Unit unit{value.list[0].scalar, static_cast<long double>(*value.list[1].as_number())};
    if (unit.dimension == "area") unit.dimension = "length^2";
    if (unit.dimension == "volume") unit.dimension = "length^3";
    out.units.emplace(folded(name), std::move(unit));
  }
  for (const YamlNode& one : need("single").list) out.single_units.insert(one.scalar);
  out.square = set("square");
  out.cubic = set("cubic");
  out.short_words = set("short_words");
  for (const auto& [name, value] : need("scales").map)
    out.scales.emplace(lower(fold(name).text), Rational{*value.as_int(), 1});
  int group = 0;
  for (const YamlNode& row : need("same").list) {
    for (const YamlNode& one : row.list) out.same.emplace(folded(one.scalar), group);
    ++group;
  }
  int n = 0;
  for (const YamlNode& one : need("months").list) {
    out.months.emplace(one.scalar, ++n);
    out.months.emplace(one.scalar.substr(0, 3), n);
  }
  n = 0;
  for (const YamlNode& one : need("numbers").list) out.numbers.emplace(one.scalar, n++);
  n = 20;
  for (const YamlNode& one : need("tens").list) {
    out.numbers.emplace(one.scalar, n);
    n += 10;
  }
  for (const auto& [word, value] : need("parts").map)
    out.parts.emplace(word, static_cast<int>(*value.as_int()));
  out.lead = words("lead");
  out.alternatives = words("alternatives");
  out.conjunctions = words("conjunctions");
  for (const std::u32string& one : words("both")) out.both.insert(one);
  return out;
}

/// One word without "square" or a power; singular if need be.
const Unit* find_unit(std::string_view text) {
  const auto& units = vocabulary().units;
  auto found = units.find(std::string(text));
  if (found == units.end() && text.size() > 2 && text.back() == 's')
    found = units.find(std::string(text.substr(0, text.size() - 1)));
  if (found == units.end() && text.size() > 2 && text.back() == '.')
    return find_unit(text.substr(0, text.size() - 1));
  return found == units.end() ? nullptr : &found->second;
}

std::optional<Unit> known_unit(std::string_view text) {
  if (const Unit* unit = find_unit(text)) return *unit;
  int power = 1;
  std::string_view base = text;
  for (const auto& [suffix, n] :
       {std::pair<std::string_view, int>{"^2", 2}, {"^3", 3}, {"\xC2\xB2", 2}, {"\xC2\xB3", 3}}) {
    if (base.size() > suffix.size() && base.ends_with(suffix)) {
      power = n;
      base.remove_suffix(suffix.size());
      break;
    }
  }
  const auto prefixed = [&](const std::set<std::string>& words, int n) {
    for (const std::string& word : words) {
      if (power == 1 && base.size() > word.size() && base.starts_with(word)) {
        const std::string_view rest = trim(base.substr(word.size()));
        if (find_unit(rest)) {
          base = rest;
          power = n;
          return;
        }
      }
    }
  };
  prefixed(vocabulary().square, 2);
  prefixed(vocabulary().cubic, 3);
  const Unit* unit = find_unit(trim(base));
  if (unit == nullptr) return std::nullopt;
  if (power == 1) return *unit;
  if (unit->dimension.find('^') != std::string::npos) return *unit;
  Unit out{unit->dimension + (power == 2 ? "^2" : "^3"), unit->factor * unit->factor};
  if (power == 3) out.factor *= unit->factor;
  return out;
}

}  // namespace

const Vocabulary& vocabulary() {
  static const Vocabulary kVocabulary = read();
  return kVocabulary;
}

bool is_known_unit(std::string_view text) { return known_unit(text).has_value(); }

Unit resolve_unit(std::string_view text) {
  if (const auto unit = known_unit(text)) return *unit;
  for (std::string_view bar : {std::string_view("/"), std::string_view(" per ")}) {
    const std::size_t at = text.find(bar);
    if (at == std::string_view::npos || at == 0) continue;
    const auto above = known_unit(trim(text.substr(0, at)));
    const auto below = known_unit(trim(text.substr(at + bar.size())));
    if (above && below)
      return {above->dimension + "/" + below->dimension, above->factor / below->factor};
  }
  std::string word(text);
  if (word.size() > 3 && word.back() == 's') word.pop_back();
  return {"-" + word, 1};
}

namespace {

/// "two hundred and six": the words must be numbers, every one.
std::optional<Wide> whole_in_words(std::span<const std::string_view> words) {
  Wide total = 0, section = 0;
  bool any = false;
  for (std::string_view word : words) {
    if (any && word == "and") continue;
    if (const auto found = vocabulary().numbers.find(std::string(word));
        found != vocabulary().numbers.end()) {
      section += found->second;
    } else if (any && word == "hundred" && section < 100) {
      section *= 100;
    } else if (any && word == "thousand" && total == 0) {
      total = section * 1000;
      section = 0;
    } else {
      return std::nullopt;
    }
    any = true;
  }
  if (!any) return std::nullopt;
  return total + section;
}

/// "three quarters", "a third": a count of parts.
MaybeRational parts_in_words(std::span<const std::string_view> words) {
  if (words.size() < 2) return std::nullopt;
  const auto part = vocabulary().parts.find(std::string(words.back()));
  if (part == vocabulary().parts.end()) return std::nullopt;
  words = words.first(words.size() - 1);
  const bool is_article = words.size() == 1 && (words[0] == "a" || words[0] == "an");
  const auto count = is_article ? std::optional<Wide>(1) : whole_in_words(words);
  return count ? make_rational(*count, part->second) : std::nullopt;
}

}  // namespace

MaybeRational number_in_words(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '-', ' ');
  std::vector<std::string_view> words = split(spaced, ' ');
  std::erase_if(words, [](std::string_view word) { return word.empty(); });
  const std::span<const std::string_view> all(words);
  if (const auto whole = whole_in_words(all)) return make_rational(*whole, 1);
  if (auto parts = parts_in_words(all)) return parts;
  for (std::size_t i = 1; i + 2 < all.size(); ++i) {  // one and a half
    if (all[i] != "and") continue;
    const auto whole = whole_in_words(all.first(i));
    const auto rest = parts_in_words(all.subspan(i + 1));
    if (whole && rest) return add(Rational{*whole, 1}, *rest);
  }
  return std::nullopt;
}

std::string lower_text(std::u32string_view text) { return to_utf8(lower(text)); }

}  // namespace math

}  // namespace leitai
