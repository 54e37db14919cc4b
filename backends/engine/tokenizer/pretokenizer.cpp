#include "backends/engine/tokenizer/pretokenizer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "backends/engine/tokenizer/words.h"
#include "harness/core/text.h"

namespace leitai {
namespace {

using Ends = std::vector<std::size_t>;

struct CharSet {
  CategoryMask categories = 0;
  std::vector<std::pair<char32_t, char32_t>>
      ranges;  // inclusive; sorted and apart once `settle` was called

  void settle() {
    std::sort(ranges.begin(), ranges.end());
    std::vector<std::pair<char32_t, char32_t>> apart;
    for (const auto& range : ranges) {
      if (!apart.empty() && range.first <= apart.back().second) {
        apart.back().second = std::max(apart.back().second, range.second);
      } else {
        apart.push_back(range);
      }
    }
    ranges = std::move(apart);
  }

  bool has(const DecodedText& text, std::size_t i) const {
    if (text.is(i, categories)) return true;
    const char32_t c = text.chars[i];
    const auto after =
        std::upper_bound(ranges.begin(), ranges.end(), c,
                         [](char32_t value, const auto& r) { return value < r.first; });
    return after != ranges.begin() && c <= std::prev(after)->second;
  }
};

/// \s?[set]{1,max}
struct ClassRun {
  bool takes_space = false;
  CharSet set;
  std::size_t max = SIZE_MAX;
};

class ClassRunCutter final : public Cutter {
 public:
  explicit ClassRunCutter(ClassRun run) : run_(std::move(run)) {}

  void cut(const DecodedText& text, std::size_t begin, std::size_t end, Ends& ends) const override {
    std::size_t gap = begin;
    for (std::size_t i = begin; i < end;) {
      std::size_t stop = i;
      if (run_.takes_space && text.is(i, kSpace)) {
        stop = run(text, i + 1, end);
        if (stop == i + 1) stop = i;
      }
      if (stop == i) stop = run(text, i, end);
      if (stop == i) {
        ++i;
        continue;
      }
      if (gap < i) ends.push_back(i);
      ends.push_back(stop);
      gap = i = stop;
    }
    if (gap < end) ends.push_back(end);
  }

 private:
  std::size_t run(const DecodedText& text, std::size_t i, std::size_t end) const {
    if (run_.max < end - i) end = i + run_.max;
    while (i < end && run_.set.has(text, i)) ++i;
    return i;
  }

  ClassRun run_;
};

/// \s+$
class TrailingSpaceCutter final : public Cutter {
 public:
  void cut(const DecodedText& text, std::size_t begin, std::size_t end, Ends& ends) const override {
    std::size_t tail = end;
    while (tail > begin && text.is(tail - 1, kSpace)) --tail;
    if (tail > begin && tail < end) ends.push_back(tail);
    if (end > begin) ends.push_back(end);
  }
};

/// Reads the pattern of a ClassRun from left to right; whatever does not fit makes the whole
/// absent.
class ClassRunParser {
 public:
  explicit ClassRunParser(std::string_view pattern) : rest_(pattern) {}

  std::optional<ClassRun> parse() {
    ClassRun out;
    out.takes_space = take("\\s?");
    if (take("[")) {
      while (!rest_.empty() && rest_.front() != ']') {
        if (!item(out.set)) return std::nullopt;
      }
      if (!take("]")) return std::nullopt;
    } else if (!category(out.set)) {
      return std::nullopt;
    }
    if (take("{1,3}")) {
      out.max = 3;
    } else if (!take("+")) {
      take("{1}");
      out.max = 1;
    }
    if (!rest_.empty() || (out.set.categories == 0 && out.set.ranges.empty())) return std::nullopt;
    out.set.settle();
    return out;
  }

 private:
  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool category(CharSet& set) {
    if (!take("\\p{")) return false;
    const std::size_t close = rest_.find('}');
    if (close == std::string_view::npos) return false;
    const CategoryMask mask = mask_from(rest_.substr(0, close));
    rest_.remove_prefix(close + 1);
    set.categories |= mask;
    return mask != 0;
  }

  std::optional<char32_t> character() {
    if (rest_.empty() || rest_.front() == '[' || rest_.front() == '^' || rest_.front() == ']')
      return std::nullopt;
    if (take("\\r")) return '\r';
    if (take("\\n")) return '\n';
    if (take("\\x{")) {
      char32_t value = 0;
      while (!rest_.empty() && rest_.front() != '}') {
        const char c = rest_.front();
        const bool is_digit = c >= '0' && c <= '9', is_letter = c >= 'A' && c <= 'F';
        if ((!is_digit && !is_letter) || value > 0x10FFF) return std::nullopt;
        value = value * 16 + static_cast<char32_t>(is_digit ? c - '0' : c - 'A' + 10);
        rest_.remove_prefix(1);
      }
      return take("}") ? std::optional(value) : std::nullopt;
    }
    if (take("\\")) {  // an escaped sign stands for itself, an escaped letter for something unknown
                       // here
      const char32_t next = rest_.empty() ? 0 : decode_utf8(rest_).value | 0x20;
      if (rest_.empty() || next >= 0x80 || (next >= 'a' && next <= 'z')) {
        return std::nullopt;
      }
    }
    const CodePoint point = decode_utf8(rest_);
    rest_.remove_prefix(static_cast<std::size_t>(point.size));
    return point.value;
  }

  bool item(CharSet& set) {
    if (rest_.starts_with("\\p{")) return category(set);
    const auto first = character();
    if (!first) return false;
    auto last = first;
    if (rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']') {
      rest_.remove_prefix(1);
      last = character();
      if (!last || *last < *first) return false;
    }
    set.ranges.emplace_back(*first, *last);
    return true;
  }

  std::string_view rest_;
};

#define LEITAI_CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define LEITAI_SPACES "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define LEITAI_WORD "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"

constexpr std::string_view kQwen2 =
    LEITAI_CONTRACTIONS "|" LEITAI_WORD "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" LEITAI_SPACES;
constexpr std::string_view kLlama3 = LEITAI_CONTRACTIONS
    "|" LEITAI_WORD "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" LEITAI_SPACES;
constexpr std::string_view kSeed =
    LEITAI_CONTRACTIONS "|" LEITAI_WORD "|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|" LEITAI_SPACES;
constexpr std::string_view kO200k =
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
    "+" LEITAI_CONTRACTIONS
    "?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
    "*" LEITAI_CONTRACTIONS "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" LEITAI_SPACES;
constexpr std::string_view kDeepseekWords =
    "[!\"#$%&'()*+,\\-./"
    ":;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| "
    "?[\\p{P}\\p{S}]+[\\r\\n]*|" LEITAI_SPACES;
constexpr std::string_view kGpt2 =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
constexpr std::string_view kTrailingSpace = "\\s+$";

// Class runs of the GGUF names, model-specs 7.3.
constexpr std::string_view kCjkAndKana =
    "[\\x{4E00}-\\x{9FA5}\\x{3040}-\\x{309F}\\x{30A0}-\\x{30FF}]+";
constexpr std::string_view kCjkAndHangul =
    "[\\x{4E00}-\\x{9FA5}\\x{800}-\\x{4E00}\\x{AC00}-\\x{D7FF}]+";
constexpr std::string_view kDeepseekMarks =
    "\\s?[!-/:-~\\x{FF01}-\\x{FF0F}\\x{FF1A}-\\x{FF5E}\\x{2018}-\\x{201F}\\x{3000}-\\x{3002}]+";
constexpr std::string_view kCasedLetters =
    "\\s?["
    "\\x{41}-\\x{5A}\\x{61}-\\x{7A}\\x{B5}\\x{C0}-\\x{D6}\\x{D8}-\\x{F6}\\x{F8}-\\x{1BA}\\x{1BC}-"
    "\\x{1BF}"
    "\\x{1C4}-\\x{293}\\x{295}-\\x{2AF}\\x{370}-\\x{373}\\x{376}\\x{377}\\x{37B}-\\x{37D}\\x{37F}"
    "\\x{386}"
    "\\x{388}-\\x{38A}\\x{38C}\\x{38E}-\\x{3A1}\\x{3A3}-\\x{3F5}\\x{3F7}-\\x{481}\\x{48A}-\\x{52F}"
    "\\x{531}-\\x{556}\\x{10A0}-\\x{10C5}\\x{13A0}-\\x{13F5}\\x{13F8}-\\x{13FD}\\x{1C90}-\\x{1CBA}"
    "\\x{1CBD}-\\x{1CBF}\\x{1D00}-\\x{1D2B}\\x{1D6B}-\\x{1D77}\\x{1D79}-\\x{1D9A}\\x{1E00}-\\x{"
    "1F15}"
    "\\x{1F18}-\\x{1F1D}\\x{1F20}-\\x{1F45}\\x{1F48}-\\x{1F4D}\\x{1F50}-\\x{1F57}\\x{1F59}\\x{1F5B}"
    "\\x{1F5D}"
    "\\x{1F5F}-\\x{1F7D}\\x{1F80}-\\x{1FB4}\\x{1FB6}-\\x{1FBC}\\x{1FBE}\\x{1FC2}-\\x{1FC4}\\x{1FC6}"
    "-\\x{1FCC}"
    "\\x{1FD0}-\\x{1FD3}\\x{1FD6}-\\x{1FDB}\\x{1FE0}-\\x{1FEC}\\x{1FF2}-\\x{1FF4}\\x{1FF6}-\\x{"
    "1FFC}\\x{2102}"
    "\\x{2107}\\x{210A}-\\x{2113}\\x{2115}\\x{2119}-\\x{211D}\\x{2124}\\x{2126}\\x{2128}\\x{212A}-"
    "\\x{212D}"
    "\\x{212F}-\\x{2134}\\x{2139}\\x{213C}-\\x{213F}\\x{2145}-\\x{2149}\\x{214E}\\x{2183}\\x{2184}"
    "\\x{2C00}-\\x{2C7B}\\x{2C7E}-\\x{2CE4}\\x{2CEB}-\\x{2CEE}\\x{2CF2}\\x{2CF3}\\x{A640}-\\x{A66D}"
    "\\x{A680}-\\x{A69B}\\x{A722}-\\x{A76F}\\x{A771}-\\x{A787}\\x{A78B}-\\x{A78E}\\x{AB70}-\\x{"
    "ABBF}"
    "\\x{FB00}-\\x{FB06}\\x{FB13}-\\x{FB17}\\x{FF21}-\\x{FF3A}\\x{FF41}-\\x{FF5A}\\x{10400}-\\x{"
    "1044F}"
    "\\x{104B0}-\\x{104D3}\\x{104D8}-\\x{104FB}\\x{10C80}-\\x{10CB2}\\x{10CC0}-\\x{10CF2}\\x{118A0}"
    "-\\x{118DF}"
    "\\x{1E900}-\\x{1E943}"
    "]+";

/// Line ends are written out or escaped, as the author of a file liked.
std::string with_escaped_newlines(std::string_view pattern) {
  std::string out;
  for (const char c : pattern) {
    if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::unique_ptr<Cutter> make_cutter(std::string_view source) {
  const std::string pattern = with_escaped_newlines(source);
  if (pattern == kQwen2) return make_gpt4_cutter({.max_digits = 1});
  if (pattern == kLlama3) return make_gpt4_cutter({.max_digits = 3});
  if (pattern == kSeed) return make_gpt4_cutter({.max_digits = 1, .takes_newlines = false});
  if (pattern == kO200k) return make_case_cutter({});
  if (pattern == kDeepseekWords) return make_deepseek_cutter();
  if (pattern == kGpt2) return make_gpt2_cutter();
  if (pattern == kTrailingSpace) return std::make_unique<TrailingSpaceCutter>();
  if (auto run = ClassRunParser(pattern).parse())
    return std::make_unique<ClassRunCutter>(std::move(*run));
  return nullptr;
}

std::unique_ptr<Cutter> make_digits_cutter(bool each_alone) {
  return make_cutter(each_alone ? "\\p{N}" : "\\p{N}+");
}

Pretokenizer pretokenizer_of_gguf(std::string_view pre) {
  struct Row {
    std::string_view name;
    std::vector<std::string_view> stages;
  };
  // Names: llama.cpp, src/llama-vocab.cpp
  static const std::vector<Row> kRows = {
      {"qwen2", {kQwen2}},
      {"deepseek-r1-qwen", {kQwen2}},
      {"hunyuan", {kQwen2}},
      {"llama-bpe", {kLlama3}},
      {"llama3", {kLlama3}},
      {"llama-v3", {kLlama3}},
      {"seed-coder", {kSeed}},
      {"gpt-4o", {kO200k}},
      {"gpt-2", {kGpt2}},
      {"smollm", {"\\p{N}", kGpt2}},
      {"starcoder", {"\\p{N}", kGpt2}},
      {"refact", {"\\p{N}", kGpt2}},
      {"deepseek-v3", {"\\p{N}{1,3}", kCjkAndKana, kDeepseekWords}},
      {"hunyuan-dense", {"\\p{N}{1,3}", kCjkAndKana, kDeepseekWords}},
      {"deepseek-coder", {"[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", kCjkAndHangul, "\\p{N}"}},
      {"deepseek-llm",
       {"[\\r\\n]", kCasedLetters, kDeepseekMarks, kTrailingSpace, kCjkAndHangul, "\\p{N}"}},
  };
  Pretokenizer out;
  for (const Row& row : kRows) {
    if (row.name != pre) continue;
    for (std::string_view stage : row.stages) out.push_back(make_cutter(stage));
  }
  if (pre == "kimi-k2")
    out.push_back(make_case_cutter({.han_apart = true, .takes_slashes = false}));
  return out;
}

std::vector<std::size_t> cut_all(const Pretokenizer& stages, const DecodedText& text) {
  std::vector<std::size_t> ends, next;
  if (text.size() > 0) ends.push_back(text.size());
  for (const auto& stage : stages) {
    next.clear();
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      stage->cut(text, begin, end, next);
      begin = end;
    }
    ends.swap(next);
  }
  return ends;
}

}  // namespace leitai
