#include "suites/ifeval/language_id.h"

#include <cld2/public/compact_lang_det.h>

#include <algorithm>
#include <array>
#include <map>

#include "harness/core/normal_form.h"
#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/ifeval/answer_text.h"

namespace leitai::ifeval {

namespace {

using View = std::u32string_view;

enum class Script { Other, Latin, Cyrillic, Arabic, Devanagari, Han, Kana, Unique };

/// A range of letters; `language` where one language alone is written with them.
struct Block {
  char32_t first, last;
  Script script;
  std::string_view language;
};

constexpr Block kBlocks[] = {
    {0x41, 0x24F, Script::Latin, ""},       {0x370, 0x3FF, Script::Unique, "el"},
    {0x400, 0x52F, Script::Cyrillic, ""},   {0x530, 0x58F, Script::Unique, "hy"},
    {0x590, 0x5FF, Script::Unique, "he"},   {0x600, 0x77F, Script::Arabic, ""},
    {0x900, 0x97F, Script::Devanagari, ""}, {0x980, 0x9FF, Script::Unique, "bn"},
    {0xA00, 0xA7F, Script::Unique, "pa"},   {0xA80, 0xAFF, Script::Unique, "gu"},
    {0xB00, 0xB7F, Script::Unique, "or"},   {0xB80, 0xBFF, Script::Unique, "ta"},
    {0xC00, 0xC7F, Script::Unique, "te"},   {0xC80, 0xCFF, Script::Unique, "kn"},
    {0xD00, 0xD7F, Script::Unique, "ml"},   {0xD80, 0xDFF, Script::Unique, "si"},
    {0xE00, 0xE7F, Script::Unique, "th"},   {0xE80, 0xEFF, Script::Unique, "lo"},
    {0x1000, 0x109F, Script::Unique, "my"}, {0x10A0, 0x10FF, Script::Unique, "ka"},
    {0x1100, 0x11FF, Script::Unique, "ko"}, {0x1200, 0x137F, Script::Unique, "am"},
    {0x1780, 0x17FF, Script::Unique, "km"}, {0x1E00, 0x1EFF, Script::Latin, ""},
    {0x3040, 0x30FF, Script::Kana, "ja"},   {0x3130, 0x318F, Script::Unique, "ko"},
    {0x3400, 0x9FFF, Script::Han, ""},      {0xAC00, 0xD7AF, Script::Unique, "ko"},
    {0xF900, 0xFAFF, Script::Han, ""},      {0xFB50, 0xFDFF, Script::Arabic, ""},
    {0xFE70, 0xFEFF, Script::Arabic, ""},   {0xFF66, 0xFF9F, Script::Kana, "ja"},
    {0x20000, 0x323AF, Script::Han, ""},
};

const Block* block_of(char32_t c) {
  // Vowel signs are marks, and half of what some scripts are written with.
  if (!is_alpha(c) && !(c >= 0x300 && is_mark(c))) return nullptr;
  for (const Block& block : kBlocks) {
    if (c >= block.first && c <= block.last) return &block;
  }
  return nullptr;
}

/// Addresses of pages and mail say nothing of the language.
std::u32string without_addresses(View text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && !is_space(text[end])) ++end;
    const View word = text.substr(i, end - i);
    const bool is_address = word.find(U"://") != View::npos || word.find(U'@') != View::npos;
    if (!is_address) out.append(word);
    while (end < text.size() && is_space(text[end])) ++end;
    out.push_back(U' ');
    i = end;
  }
  return out;
}

/// Languages of a script that are told apart; an answer of CLD2 outside of them is passed over.
std::string_view languages_of(Script script) {
  switch (script) {
    case Script::Latin:
      return " af ca cs cy da de en es et fi fr hr hu id it lt lv nl no pl pt ro sk sl so sq sv "
             "sw tl tr vi ";
    case Script::Cyrillic:
      return " bg mk ru uk ";
    case Script::Arabic:
      return " ar fa ur ";
    case Script::Devanagari:
      return " hi mr ne ";
    default:
      return " zh-cn zh-tw ja ko ";
  }
}

std::string code_of(CLD2::Language language) {
  const std::string code = CLD2::LanguageCode(language);
  if (code == "zh") return "zh-cn";
  if (code == "zh-Hant") return "zh-tw";
  if (code == "iw") return "he";
  if (code == "nb" || code == "nn") return "no";
  if (code == "ms") return "id";
  if (code == "bs" || code == "sr") return "hr";
  if (code == "gl") return "pt";
  return code;
}

/// The languages that CLD2 sees in the text, the most likely first.
std::vector<std::string> candidates(const std::string& text) {
  std::array<CLD2::Language, 3> languages{};
  std::array<int, 3> percents{};
  std::array<double, 3> scores{};
  int text_bytes = 0;
  bool is_reliable = false;
  const auto size = static_cast<int>(std::min<std::size_t>(text.size(), 1 << 20));
  int valid = 0;
  const CLD2::Language most = CLD2::ExtDetectLanguageSummaryCheckUTF8(
      text.data(), size, true, nullptr, CLD2::kCLDFlagBestEffort, languages.data(), percents.data(),
      scores.data(), nullptr, &text_bytes, &is_reliable, &valid);
  // Its own summary weighs how sure it is of each; the list goes by length alone.
  std::vector<std::string> out;
  if (most != CLD2::UNKNOWN_LANGUAGE) out.push_back(code_of(most));
  for (std::size_t i = 0; i < languages.size(); ++i) {
    if (languages[i] != CLD2::UNKNOWN_LANGUAGE && percents[i] > 0)
      out.push_back(code_of(languages[i]));
  }
  return out;
}

}  // namespace

std::optional<std::string> detect_language(std::string_view text) {
  const std::u32string points = without_addresses(to_utf32(text));
  std::map<std::pair<Script, std::string_view>, std::size_t> letters;
  std::size_t latin = 0, others = 0;
  bool has_letters = false;
  for (const char32_t c : points) {
    has_letters = has_letters || is_alpha(c);
    const Block* block = block_of(c);
    if (!block) continue;
    ++letters[{block->script, block->language}];
    ++(block->script == Script::Latin ? latin : others);
  }
  if (!has_letters) return std::nullopt;
  if (letters.empty()) return "?";
  // A few foreign names in Latin letters do not count.
  const bool drops_latin = latin * 2 < others;
  if (drops_latin) letters.erase({Script::Latin, ""});
  // Japanese is written in both; Chinese has no kana.
  const auto kana = letters.find({Script::Kana, "ja"});
  const auto han = letters.find({Script::Han, ""});
  if (kana != letters.end() && han != letters.end() && kana->second * 10 >= han->second) {
    kana->second += han->second;
    letters.erase(han);
  }
  const auto most =
      std::max_element(letters.begin(), letters.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  const auto [script, language] = most->first;
  if (!language.empty()) return std::string(language);
  std::string sound;
  for (const char32_t c : points) {
    const Block* block = block_of(c);
    append_utf8(
        sound,
        c < 32 || c == 127 || (drops_latin && block && block->script == Script::Latin) ? U' ' : c);
  }
  const std::string_view known = languages_of(script);
  for (const std::string& one : candidates(sound)) {
    if (known.find(" " + one + " ") != std::string_view::npos) return one;
  }
  return script == Script::Han ? "zh-cn" : "?";
}

}  // namespace leitai::ifeval
