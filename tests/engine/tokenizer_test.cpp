#include "backends/engine/tokenizer/tokenizer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "backends/engine/tokenizer/form_c.h"
#include "backends/engine/tokenizer/pretokenizer.h"
#include "harness/core/error.h"
#include "harness/core/random.h"
#include "harness/core/regex.h"
#include "harness/core/text.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using nlohmann::json;
using Ids = std::vector<int>;

/// Letter of GPT-2's alphabet for a byte.
std::string letter(int byte) {
  static const std::vector<std::string> kLetters = [] {
    std::vector<std::string> out;
    char32_t beyond = 256;
    for (int b = 0; b < 256; ++b) {
      const bool is_itself = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
      out.push_back(to_utf8(std::u32string(1, is_itself ? static_cast<char32_t>(b) : beyond++)));
    }
    return out;
  }();
  return kLetters[static_cast<std::size_t>(byte)];
}

std::string letters(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += letter(static_cast<unsigned char>(c));
  return out;
}

/// 256 bytes, then the results of `merges` (pairs of raw bytes), then added tokens <s> 300
/// (special), <tool> 301 (not).
json byte_level(const std::vector<std::pair<std::string, std::string>>& merges,
                const std::string& pattern = "") {
  json vocabulary, list = json::array();
  for (int b = 0; b < 256; ++b) vocabulary[letter(b)] = b;
  int id = 256;
  for (const auto& [left, right] : merges) {
    list.push_back({letters(left), letters(right)});
    if (!vocabulary.contains(letters(left + right))) vocabulary[letters(left + right)] = id++;
  }
  json pre = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", pattern.empty()}};
  if (!pattern.empty()) {
    const json split = {{"type", "Split"},
                        {"pattern", {{"Regex", pattern}}},
                        {"behavior", "Isolated"},
                        {"invert", false}};
    pre = {{"type", "Sequence"}, {"pretokenizers", {split, pre}}};
  }
  const json added = {
      {{"id", 300}, {"content", "<s>"}, {"special", true}, {"normalized", false}},
      {{"id", 301}, {"content", "<tool>"}, {"special", false}, {"normalized", false}}};
  return {{"added_tokens", added},
          {"normalizer", nullptr},
          {"pre_tokenizer", pre},
          {"post_processor", nullptr},
          {"decoder", {{"type", "ByteLevel"}}},
          {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", list}}}};
}

std::unique_ptr<Tokenizer> load(const json& file) {
  const test::TempDir dir;
  test::write_text(dir / "tokenizer.json", file.dump());
  return load_tokenizer(dir / "tokenizer.json");
}

TEST(Tokenizer, MergesLowestRankThenLeftmost) {
  const auto tokenizer = load(byte_level({{"a", "b"}, {"b", "a"}, {"ab", "a"}, {"ab", "ab"}}));
  EXPECT_EQ(tokenizer->encode("ab"), (Ids{256}));
  EXPECT_EQ(tokenizer->encode("aba"), (Ids{258}));
  EXPECT_EQ(tokenizer->encode("bab"), (Ids{'b', 256}));
  EXPECT_EQ(tokenizer->encode("abab"), (Ids{259}));
  EXPECT_EQ(tokenizer->encode("ab ab"), (Ids{256, ' ', 256}));
  EXPECT_EQ(tokenizer->encode(""), Ids{});
}

TEST(Tokenizer, LongPiecesMergeAsShortOnesDo) {
  const auto tokenizer = load(
      byte_level({{"a", "b"}, {"c", "a"}, {"ab", "c"}, {"ca", "b"}, {"abc", "abc"}, {"b", "b"}}));
  // The rule, taken literally.
  const auto literal = [&](const std::string& text) {
    std::vector<std::string> parts;
    for (const char c : text) parts.emplace_back(1, c);
    const std::vector<std::pair<std::string, std::string>> merges = {
        {"a", "b"}, {"c", "a"}, {"ab", "c"}, {"ca", "b"}, {"abc", "abc"}, {"b", "b"}};
    for (bool merged = true; merged;) {
      merged = false;
      for (std::size_t rank = 0; rank < merges.size() && !merged; ++rank) {
        for (std::size_t i = 0; i + 1 < parts.size() && !merged; ++i) {
          if (parts[i] != merges[rank].first || parts[i + 1] != merges[rank].second) continue;
          parts[i] += parts[i + 1];
          parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
          merged = true;
        }
      }
    }
    Ids ids;
    for (const std::string& part : parts) ids.push_back(*tokenizer->find(part));
    return ids;
  };
  SplitMix64 dice(3);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (std::uint64_t n = dice.below(70); n > 0; --n)
      text += static_cast<char>('a' + dice.below(3));
    EXPECT_EQ(tokenizer->encode(text), literal(text)) << text;
  }
}

TEST(Tokenizer, AddedTokensComeFirst) {
  const auto tokenizer = load(byte_level({}));
  EXPECT_EQ(tokenizer->encode("a<s><tool>"), (Ids{'a', 300, 301}));
  EXPECT_EQ(tokenizer->encode("a<s><tool>", {.parse_special = false}),
            (Ids{'a', '<', 's', '>', 301}));
  EXPECT_EQ(tokenizer->decode({300, 'a', 301}), "<s>a<tool>");
  EXPECT_EQ(tokenizer->decode({300, 'a', 301}, true), "a<tool>");
  EXPECT_EQ(tokenizer->decode({-1, 'a', 99999}), "a");
  EXPECT_TRUE(tokenizer->is_special(300));
  EXPECT_FALSE(tokenizer->is_special(301));
  EXPECT_EQ(tokenizer->find("<tool>"), 301);
  EXPECT_EQ(tokenizer->find("nowhere"), std::nullopt);
}

TEST(Tokenizer, PostProcessorAndConfigAddBos) {
  json file = byte_level({});
  file["post_processor"] = {
      {"type", "TemplateProcessing"},
      {"single", {{{"SpecialToken", {{"id", "<s>"}}}}, {{"Sequence", {{"id", "A"}}}}}},
      {"special_tokens", {{"<s>", {{"ids", {300}}}}}}};
  EXPECT_EQ(load(file)->encode("a"), (Ids{300, 'a'}));
  EXPECT_EQ(load(file)->encode("a", {.add_special = false}), (Ids{'a'}));
  const test::TempDir dir;
  test::write_text(dir / "tokenizer.json", byte_level({}).dump());
  test::write_text(
      dir / "tokenizer_config.json",
      R"({"bos_token": {"content": "<s>"}, "eos_token": "<tool>", "add_bos_token": true})");
  const auto tokenizer = load_tokenizer(dir.path());
  EXPECT_EQ(tokenizer->encode("a"), (Ids{300, 'a'}));
  EXPECT_EQ(tokenizer->bos_id(), 300);
  EXPECT_EQ(tokenizer->eos_ids(), (Ids{301}));
}

TEST(Tokenizer, IgnoreMergesTakesWholeTokens) {
  json file = byte_level({{"a", "b"}});
  file["model"]["vocab"]["abc"] = 280;
  EXPECT_EQ(load(file)->encode("abc"), (Ids{256, 'c'}));
  file["model"]["ignore_merges"] = true;
  EXPECT_EQ(load(file)->encode("abc"), (Ids{280}));
}

TEST(Tokenizer, InvalidTextIsReplacedAndFormCApplied) {
  json file = byte_level({});
  EXPECT_EQ(load(file)->encode("\xE4\xBD z"), load(file)->encode("\xEF\xBF\xBD z"));
  file["normalizer"] = {{"type", "NFC"}};
  EXPECT_EQ(load(file)->encode("e\xCC\x81"), (Ids{0xC3, 0xA9}));
  // U+0898 is younger than the tables of the reference: nothing moves across it.
  EXPECT_EQ(form_c("e\xE0\xA2\x98\xCC\x81"), "e\xE0\xA2\x98\xCC\x81");
}

TEST(Tokenizer, StreamsWholeCharacters) {
  const auto tokenizer = load(byte_level({}));
  StreamDecoder decoder(*tokenizer);
  EXPECT_EQ(decoder.push(0xE4), "");
  EXPECT_EQ(decoder.push(0xBD), "");
  EXPECT_EQ(decoder.push(0xA0), "\xE4\xBD\xA0");
  EXPECT_EQ(decoder.push(0xE4), "");
  EXPECT_EQ(decoder.push('a'),
            "\xEF\xBF\xBD"
            "a");
  EXPECT_EQ(decoder.push(0xFF), "\xEF\xBF\xBD");
  EXPECT_EQ(decoder.push(0xF0), "");
  EXPECT_EQ(decoder.flush(), "\xEF\xBF\xBD");
  SplitMix64 dice(9);
  for (int round = 0; round < 200; ++round) {
    Ids ids;
    std::string bytes;
    for (int i = 0; i < 12; ++i) {
      ids.push_back(
          static_cast<int>(dice.below(2) == 0 ? dice.below(256) : 0x80 + dice.below(0x78)));
      bytes += static_cast<char>(ids.back());
    }
    StreamDecoder stream(*tokenizer);
    std::string joined;
    for (const int id : ids) joined += stream.push(id);
    EXPECT_EQ(joined + stream.flush(), repair_utf8(bytes));
    EXPECT_EQ(tokenizer->decode(ids), repair_utf8(bytes));
  }
}

TEST(Tokenizer, CharactersWithByteFallback) {
  json vocabulary = {{"<unk>", 0},
                     {"\xE2\x96\x81", 1},
                     {"a", 2},
                     {"\xE2\x96\x81"
                      "a",
                      3}};
  for (int b = 0; b < 256; ++b) vocabulary[fmt::format("<0x{:02X}>", b)] = 10 + b;
  const json file = {
      {"added_tokens", json::array()},
      {"normalizer",
       {{"type", "Sequence"},
        {"normalizers",
         {{{"type", "Prepend"}, {"prepend", "\xE2\x96\x81"}},
          {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\xE2\x96\x81"}}}}}},
      {"pre_tokenizer", nullptr},
      {"decoder",
       {{"type", "Sequence"},
        {"decoders",
         {{{"type", "Replace"}},
          {{"type", "ByteFallback"}},
          {{"type", "Fuse"}},
          {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}}}}}},
      {"model",
       {{"type", "BPE"},
        {"unk_token", "<unk>"},
        {"byte_fallback", true},
        {"vocab", vocabulary},
        {"merges", {"\xE2\x96\x81 a"}}}}};
  const auto tokenizer = load(file);
  const Ids ids = tokenizer->encode("a a\xC3\xA9");
  EXPECT_EQ(ids, (Ids{3, 3, 10 + 0xC3, 10 + 0xA9}));
  EXPECT_EQ(tokenizer->decode(ids), "a a\xC3\xA9");
  EXPECT_EQ(tokenizer->decode({2, 10 + 0xC3, 10 + 0xC3, 10 + 0xA9, 2}),
            "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
            "a");
}

TEST(Tokenizer, RefusesWhatItDoesNotKnow) {
  const auto said = [](const json& file) -> std::string {
    try {
      load(file);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(said(byte_level({}, "\\w+")).find("pre_tokenizer Split \\w+"), std::string::npos);
  json file = byte_level({});
  file["normalizer"] = {{"type", "Lowercase"}};
  EXPECT_NE(said(file).find("normalizer Lowercase"), std::string::npos);
  file = byte_level({});
  file["model"]["type"] = "WordPiece";
  EXPECT_NE(said(file).find("model type WordPiece"), std::string::npos);
  file = byte_level({});
  file["model"]["merges"] = {"a zz"};
  EXPECT_NE(said(file).find("model.merges[0]"), std::string::npos);
  file = byte_level({});
  file["added_tokens"][0]["id"] = 1e15;
  EXPECT_NE(said(file).find("id"), std::string::npos);
}

/// Random text of many scripts, of characters that PCRE2 and the tables here agree on.
std::string random_text(SplitMix64& dice) {
  static const std::vector<std::pair<char32_t, char32_t>> kRanges = {{0x20, 0x7E},
                                                                     {'a', 'z'},
                                                                     {'A', 'Z'},
                                                                     {'0', '9'},
                                                                     {0xA0, 0x17F},
                                                                     {0x300, 0x340},
                                                                     {0x3A0, 0x3FF},
                                                                     {0x410, 0x44F},
                                                                     {0x620, 0x669},
                                                                     {0x905, 0x94D},
                                                                     {0x1C4, 0x1CC},
                                                                     {0x2150, 0x2188},
                                                                     {0x2010, 0x2030},
                                                                     {0x3000, 0x3003},
                                                                     {0x3041, 0x30FF},
                                                                     {0x4E00, 0x9FA5},
                                                                     {0xAC00, 0xD7A3},
                                                                     {0xFF01, 0xFF5E},
                                                                     {0x1F600, 0x1F64F},
                                                                     {0x1D400, 0x1D44F},
                                                                     {9, 13},
                                                                     {' ', ' '},
                                                                     {'\n', '\n'},
                                                                     {'\r', '\r'},
                                                                     {'\'', '\''},
                                                                     {1, 3}};
  static const std::string kWords = "s t re ve m ll d S LL";
  std::string out;
  for (std::uint64_t runs = dice.below(8) + 1; runs > 0; --runs) {
    const auto& [first, last] = kRanges[dice.below(kRanges.size())];
    for (std::uint64_t n = dice.below(4) + 1; n > 0; --n)
      append_utf8(out, first + static_cast<char32_t>(dice.below(last - first + 1)));
    if (dice.below(6) == 0) out += "'" + std::string(split(kWords, ' ')[dice.below(9)]);
  }
  return out;
}

TEST(Pretokenizer, CutsAsTheRegularExpressions) {
  const std::string contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)",
                    spaces = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  const std::string upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]",
                    lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]", lead = "[^\\r\\n\\p{L}\\p{N}]?";
  const std::vector<std::string> patterns = {
      contractions + "|" + lead + "\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" + spaces,
      contractions + "|" + lead + "\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" + spaces,
      contractions + "|" + lead + "\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|" + spaces,
      lead + upper + "*" + lower + "+" + contractions + "?|" + lead + upper + "+" + lower + "*" +
          contractions + "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" + spaces,
      "[!\"#$%&'()*+,\\-./"
      ":;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| "
      "?[\\p{P}\\p{S}]+[\\r\\n]*|" +
          spaces,
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
      "\\p{N}{1,3}",
      "\\p{N}",
      "\\p{N}+",
      "\\s?\\p{L}+",
      "\\s?\\p{P}+",
      "[\\r\\n]",
      "\\s?[A-Za-z\\x{C0}-\\x{17F}]+",
      "\\s?[!-/:-~\\x{FF01}-\\x{FF0F}\\x{3000}-\\x{3002}]+",
      "[\\x{4E00}-\\x{9FA5}\\x{3040}-\\x{30FF}]+"};
  SplitMix64 dice(11);
  std::int64_t compared = 0;
  for (const std::string& pattern : patterns) {
    Pretokenizer stages;
    stages.push_back(make_cutter(pattern));
    ASSERT_NE(stages[0], nullptr) << pattern;
    const Regex regex(pattern);
    for (int round = 0; round < 1500; ++round) {
      const std::string text = random_text(dice);
      std::vector<std::size_t> want;  // ends of matches and of the gaps between them
      for (const Regex::Match& match : regex.all(text)) {
        if (match.begin > (want.empty() ? 0 : want.back())) want.push_back(match.begin);
        want.push_back(match.end);
      }
      if (want.empty() || want.back() < text.size()) want.push_back(text.size());
      const DecodedText decoded(text);
      std::vector<std::size_t> got;
      for (const std::size_t end : cut_all(stages, decoded)) got.push_back(decoded.offsets[end]);
      ASSERT_EQ(got, want) << pattern << "\n" << escape_controls(text);
      ++compared;
    }
  }
  test::count_compared("pre-tokenisations against PCRE2", compared);
}

TEST(Pretokenizer, KimiCutsAtCaseAndHan) {
  const Pretokenizer stages = pretokenizer_of_gguf("kimi-k2");
  const std::string text = "helloWorld getUserName \xE4\xBD\xA0\xE5\xA5\xBDworld 2024\xE5\xB9\xB4";
  const DecodedText decoded(text);
  std::vector<std::string> got;
  std::size_t begin = 0;
  for (const std::size_t end : cut_all(stages, decoded)) {
    got.emplace_back(decoded.bytes(begin, end));
    begin = end;
  }
  EXPECT_EQ(got, (std::vector<std::string>{"hello", "World", " get", "User", "Name", " ",
                                           "\xE4\xBD\xA0\xE5\xA5\xBD", "world", " ", "202", "4",
                                           "\xE5\xB9\xB4"}));
}

TEST(Tokenizer, HostileTextTakesLinearTime) {
  std::vector<std::pair<std::string, std::string>> merges;
  for (std::string half = "a"; half.size() < 64; half += half) merges.emplace_back(half, half);
  json file = byte_level(merges);
  file["normalizer"] = {{"type", "NFC"}};
  const auto tokenizer = load(file);
  std::string marks = "e";
  for (int i = 0; i < 100000; ++i)
    marks += i % 2 == 0 ? "\xCC\x81" : "\xCC\xA7";  // classes 230 and 202 in turn
  for (const std::string& text :
       {std::string(1000000, 'a'), std::string(1000000, ' '), std::string(500000, '<'), marks}) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(tokenizer->encode(text).empty());
    EXPECT_LT(std::chrono::steady_clock::now() - start,
              std::chrono::seconds(20));  // quadratic time would be minutes
  }
}

/// The real vocabularies are no part of the project; the check beside it downloads them into the
/// cache.
std::filesystem::path real_tokenizer(const std::string& name) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const auto folder =
      (cache != nullptr ? std::filesystem::path(cache)
                        : std::filesystem::path(home == nullptr ? "" : home) / ".cache") /
      "leitai-check" / name;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) {
    if (entry.path().extension() == ".gguf" || entry.path().extension() == ".json")
      return entry.path();
  }
  return {};
}

TEST(Tokenizer, PublishedVocabulariesGiveThePublishedIds) {
  LEITAI_NEEDS_SHARED("golden/tokenizers");
  const auto folder = test::shared_dir() / "golden/tokenizers";
  for (const std::string name : {"qwen3", "llama3_1", "deepseek_v3", "smollm2", "deepseek_llm",
                                 "deepseek_coder", "qwen2", "gptoss", "gemma3", "llama2"}) {
    const auto rows = test::read_jsonl(folder / (name + ".jsonl"));
    const auto path = real_tokenizer(name);
    if (path.empty()) {
      test::count_skipped("tokenizer " + name, static_cast<std::int64_t>(rows.size()),
                          "its vocabulary is not in the cache");
      continue;
    }
    const auto tokenizer = load_tokenizer(path);
    for (const json& row : rows) {
      const auto text = row["text"].get<std::string>();
      const auto plain = row["ids_no_special"].get<Ids>();
      EXPECT_EQ(tokenizer->encode(text, {.add_special = false}), plain) << name << " " << row["id"];
      if (row["ids"] != "=") {
        EXPECT_EQ(tokenizer->encode(text), row["ids"].get<Ids>()) << name << " " << row["id"];
      }
      EXPECT_EQ(tokenizer->decode(plain),
                row["decoded"] == "=" ? text : row["decoded"].get<std::string>())
          << name << " " << row["id"];
    }
    for (const json& row : test::read_jsonl(folder / (name + ".decode.jsonl"))) {
      EXPECT_EQ(tokenizer->decode(row["ids"].get<Ids>()), row["decoded"].get<std::string>())
          << name << " " << row["ids"];
    }
    test::count_compared("tokenizer " + name, static_cast<std::int64_t>(rows.size()));
  }
}

}  // namespace
}  // namespace leitai
