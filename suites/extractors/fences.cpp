#include "suites/extractors/fences.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/core/json_depth.h"
#include "harness/core/regex.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

constexpr std::string_view kWide = "\xC2\xA0";  // does not break
constexpr std::array<std::string_view, 4> kNoWidth{"\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x81\xA0",
                                                   "\xEF\xBB\xBF"};

/// Without characters that no program may hold outside of its strings.
void clean_line(std::string_view line, std::string& out) {
  // Where a string begins what stands in it is the program's.
  const std::size_t quote = std::min(line.find_first_of("\"'"), line.size());
  for (std::size_t i = 0; i < line.size();) {
    const std::string_view rest = line.substr(i);
    if (i < quote && rest.starts_with(kWide)) {
      out += ' ';
      i += kWide.size();
      continue;
    }
    const auto none = std::find_if(kNoWidth.begin(), kNoWidth.end(), [&](std::string_view one) {
      return rest.starts_with(one) && (i < quote || rest.size() == one.size());
    });
    if (none != kNoWidth.end()) {
      i += none->size();
      continue;
    }
    out += line[i++];
  }
}

/// A line that may open or close a fence.
struct Mark {
  std::size_t indent = 0, count = 0;
  char sign = 0;
  bool is_quoted = false, is_listed = false;  // behind "> ", behind "- " or "1. "
  std::string_view rest;
};

std::size_t blanks(std::string_view line, std::size_t from) {
  while (from < line.size() && (line[from] == ' ' || line[from] == '\t')) ++from;
  return from;
}

Mark mark_of(std::string_view line) {
  Mark out;
  std::size_t at = blanks(line, 0);
  if (at < line.size() && line[at] == '>') {
    out.is_quoted = true;
    at = blanks(line, at + 1);
  }
  std::size_t item = at;
  while (item < line.size() && line[item] >= '0' && line[item] <= '9') ++item;
  const bool is_number = item > at && item < at + 4;
  const auto at_item = [&](std::string_view signs) {
    return item + 1 < line.size() && signs.find(line[item]) != std::string_view::npos &&
           blanks(line, item + 1) > item + 1;
  };
  if (at_item(is_number ? ".)" : "-*+")) {
    out.is_listed = true;
    at = blanks(line, item + 1);
  }
  out.indent = out.is_quoted ? 0 : at;
  const std::string_view body = line.substr(std::min(at, line.size()));
  if (body.empty() || (body[0] != '`' && body[0] != '~')) return {};
  while (out.count < body.size() && body[out.count] == body[0]) ++out.count;
  out.rest = trim(body.substr(out.count));
  if (out.count < 3 || (body[0] == '`' && out.rest.find('`') != std::string_view::npos)) return {};
  out.sign = body[0];
  return out;
}

/// "{.python", "language-python" and "python:a.py" are python.
std::string info_word(std::string_view rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of("{. "), rest.size()));
  for (const std::string_view prefix : {"language-", "lang-"})
    if (starts_with_nocase(rest, prefix)) rest.remove_prefix(prefix.size());
  return ascii_lower(rest.substr(0, rest.find_first_of(" \t{},:=(")));
}

bool is_end_of_model(std::string_view text) {
  static const Regex kEnd("^(?:<\\|[^|>\\n]*\\|>|</s>|<eos>|<end_of_turn>)+$");
  return kEnd.search(text).has_value();
}

bool is_code_line(std::string_view text) {
  static const Regex kCode(
      "^(?:def \\w+\\s*\\(|class \\w+\\s*[:({]|import \\w+|from \\w+ import |#include\\b|function "
      "\\w+\\s*\\()");
  return kCode.search(text).has_value();
}

std::size_t count_of(std::string_view line, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = line.find(what, at)) != std::string_view::npos; at += what.size())
    ++n;
  return n;
}

bool is_any(std::string_view word, std::initializer_list<std::string_view> all) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

/// What was typed in a session of an interpreter.
std::string without_prompts(const std::string& text) {
  if (!trim(text).starts_with(">>>")) return text;
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view body = line.substr(blanks(line, 0));
    if (!body.starts_with(">>>") && !body.starts_with("...")) continue;
    out.append(body.substr(std::min<std::size_t>(body.size(), 4))).push_back('\n');
  }
  return out;
}

/// The new side of a patch.
std::string patched(const std::string& text) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with("-") || line.starts_with("+++ ") || line.starts_with("@@")) continue;
    const bool is_marked = line.starts_with("+") || line.starts_with(" ");
    out.append(line.substr(is_marked ? 1 : 0)).push_back('\n');
  }
  return out;
}

class FenceReader {
 public:
  explicit FenceReader(const std::string& text)
      : text_(text),
        last_quote_{last_of(kQuotes[0]), last_of(kQuotes[1])},
        last_mark_(std::max(last_of("\n```"), last_of("\n~~~"))) {}

  CodeFences read() {
    for (const std::string_view line : split(text_, '\n')) {
      if (open_.sign == 0)
        outside(line);
      else
        inside(line);
    }
    if (!out_.blocks.empty() && !out_.blocks.back().is_closed) finish(out_.blocks.back());
    return std::move(out_);
  }

 private:
  static constexpr std::string_view kQuotes[2] = {"\"\"\"", "'''"};

  std::size_t last_of(std::string_view what) const {
    const std::size_t at = text_.rfind(what);
    return at == std::string::npos ? 0 : at;
  }

  void outside(std::string_view line) {
    const Mark mark = mark_of(line);
    if (mark.sign == 0) {
      if (out_.blocks.empty()) out_.before.append(line).push_back('\n');
      return;
    }
    open_ = mark;
    odd_[0] = odd_[1] = false;
    if (is_code_line(mark.rest))
      out_.blocks.push_back({"", std::string(mark.rest) + "\n", false});
    else
      out_.blocks.push_back({info_word(mark.rest), "", false});
  }

  void inside(std::string_view line) {
    if (const std::size_t at = blanks(line, 0);
        open_.is_quoted && at < line.size() && line[at] == '>')
      line.remove_prefix(at + (line.substr(at + 1).starts_with(" ") ? 2 : 1));
    const Mark mark = mark_of(line);
    const bool is_close = mark.sign != 0 && mark.sign == open_.sign && mark.count >= open_.count &&
                          !mark.is_listed && (mark.rest.empty() || is_end_of_model(mark.rest));
    if (is_close && !is_in_string(static_cast<std::size_t>(line.data() - text_.data()))) {
      out_.blocks.back().is_closed = true;
      open_ = {};
      return;
    }
    for (std::size_t i = 0; i < 2; ++i) odd_[i] = odd_[i] != (count_of(line, kQuotes[i]) % 2 == 1);
    std::size_t drop = 0;
    while (drop < open_.indent && drop < line.size() && (line[drop] == ' ' || line[drop] == '\t'))
      ++drop;
    out_.blocks.back().text.append(line.substr(drop)).push_back('\n');
  }

  /// A mark in a long string of the program, which goes on behind it to another mark.
  bool is_in_string(std::size_t at) const {
    const std::string& info = out_.blocks.back().info;
    if (!info.empty() && !info.starts_with("py")) return false;
    for (std::size_t i = 0; i < 2; ++i)
      if (odd_[i] && !odd_[1 - i] && last_quote_[i] > at && last_mark_ > last_quote_[i])
        return true;
    return false;
  }

  /// A block that the text ends in.
  static void finish(CodeBlock& block) {
    std::string& text = block.text;
    if (!text.empty()) text.pop_back();  // the last line has no end
    const std::size_t sign = text.rfind("<|");
    if (sign != std::string::npos && is_end_of_model(trim(text).substr(trim(text).rfind("<|"))))
      text.resize(sign);
    const std::string_view all = trim(text);
    std::size_t ticks = 0;
    while (ticks < all.size() && all[all.size() - 1 - ticks] == '`') ++ticks;
    const bool is_line = ticks < all.size() && all[all.size() - 1 - ticks] == '\n';
    if (ticks >= 3 || (ticks > 0 && is_line)) {
      block.is_closed = ticks >= 3;
      text.resize(text.rfind(std::string(ticks, '`')));
    }
  }

  const std::string& text_;
  CodeFences out_;
  Mark open_;
  bool odd_[2] = {};  // an open long string of either kind, as far as counting tells
  const std::size_t last_quote_[2], last_mark_;
};

/// Blocks within blocks of Markdown take their place.
void unnest(CodeFences& fences) {
  std::vector<CodeBlock> out;
  for (CodeBlock& block : fences.blocks) {
    const bool may_hold = is_any(block.info, {"markdown", "md", "mdx"}) ||
                          (block.info.empty() && (block.text.starts_with("```") ||
                                                  block.text.find("\n```") != std::string::npos));
    CodeFences within;
    if (may_hold) within = FenceReader(block.text).read();
    if (std::any_of(within.blocks.begin(), within.blocks.end(),
                    [](const CodeBlock& one) { return !one.info.empty(); })) {
      for (CodeBlock& one : within.blocks) {
        one.is_closed = one.is_closed || block.is_closed;
        out.push_back(std::move(one));
      }
    } else {
      out.push_back(std::move(block));
    }
  }
  fences.blocks = std::move(out);
}

}  // namespace

std::string code_text(std::string_view text, std::string_view language) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const bool has_lines = text.find('\n') != std::string_view::npos;
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && has_lines && (i + 1 == text.size() || text[i + 1] == '\n')) continue;
    out += text[i] == '\r' && !has_lines ? '\n' : text[i];
  }
  out = repair_utf8(out);
  if (language == "python" && out.find("```") == std::string::npos) out = without_prompts(out);
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (language != "python" || std::all_of(out.begin(), out.end(), is_ascii)) return out;
  std::string clean;
  clean.reserve(out.size());
  const auto lines = split(out, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) clean += '\n';
    clean_line(lines[i], clean);
  }
  return clean;
}

CodeFences read_fences(const std::string& text, std::string_view language) {
  CodeFences out = FenceReader(text).read();
  unnest(out);
  for (CodeBlock& block : out.blocks) {
    if (is_any(block.info, {"diff", "patch"})) block.text = patched(block.text);
    if (language == "python") block.text = without_prompts(block.text);
    block.text = without_entities(std::move(block.text));
  }
  return out;
}

std::string without_entities(std::string code) {
  static constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}, {"&amp;", '&'}};
  if (code.find("&lt;") == std::string::npos && code.find("&gt;") == std::string::npos) return code;
  if (code.find_first_of("<>") != std::string::npos) return code;
  std::string out;
  for (std::size_t i = 0; i < code.size();) {
    const auto found = std::find_if(
        std::begin(kEntities), std::end(kEntities),
        [&](const auto& one) { return code.compare(i, one.first.size(), one.first) == 0; });
    out += found == std::end(kEntities) ? code[i] : found->second;
    i += found == std::end(kEntities) ? 1 : found->first.size();
  }
  return out;
}

std::optional<std::string> code_in_json(const std::string& text) {
  if (!trim(text).starts_with("{") || is_too_deep(text)) return std::nullopt;
  const nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  if (!value.is_object()) return std::nullopt;
  std::optional<std::string> out;
  for (const auto& [name, one] : value.items()) {
    if (!one.is_string()) continue;
    const std::string& code = one.get_ref<const std::string&>();
    if (code.find('\n') != std::string::npos && (!out || code.size() > out->size())) out = code;
  }
  return out;
}

}  // namespace leitai
