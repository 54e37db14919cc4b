#include "suites/extractors/python_body.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "harness/core/regex.h"
#include "harness/core/text.h"
#include "suites/extractors/python_outline.h"

namespace leitai {

namespace {

using Lines = std::vector<std::string_view>;

std::string_view indent_of(std::string_view line) {
  return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
}

bool is_blank(std::string_view line) { return trim(line).empty(); }

bool is_return(std::string_view line) {
  static const Regex kReturn("^\\s*(?:return|yield)\\b");
  return kReturn.search(line).has_value();
}

/// That of the first line under the last definition of the prompt; else four blanks.
std::string indent_of_prompt(const std::string& prompt) {
  static const Regex kHead("^(?:async\\s+)?def\\b[^\\n]*\\n([ \\t]+)\\S", {.multi_line = true});
  const std::string text = repair_utf8(prompt);
  const auto heads = kHead.all(text);
  return heads.empty() ? "    " : std::string(heads.back().group(text, 1));
}

/// `from` at the beginning of lines becomes `to`.
std::string moved(const Lines& lines, std::string_view from, const std::string& to) {
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += '\n';
    if (is_blank(lines[i])) continue;
    if (lines[i].starts_with(from)) out += to;
    out += lines[i].substr(lines[i].starts_with(from) ? from.size() : 0);
  }
  return out + "\n";
}

/// The first indented lines, if they return.
Lines behind_prose(const Lines& lines) {
  auto begin = lines.begin();
  while (begin != lines.end() && indent_of(*begin).size() == begin->size()) ++begin;
  while (begin != lines.end() && (is_blank(*begin) || indent_of(*begin).empty())) ++begin;
  auto end = begin;
  bool returns = false;
  for (; end != lines.end() && (is_blank(*end) || !indent_of(*end).empty()); ++end)
    returns = returns || is_return(*end);
  return returns ? Lines(begin, end) : Lines();
}

}  // namespace

std::optional<std::string> python_body(const std::string& code, const std::string& prompt,
                                       bool is_bare) {
  const Lines lines = split(code, '\n');
  const auto first = std::find_if_not(lines.begin(), lines.end(), is_blank);
  if (first == lines.end()) return std::nullopt;
  const std::string_view own = indent_of(*first);
  const std::string wanted = indent_of_prompt(prompt);
  if (!own.empty()) return own == wanted ? code : moved(lines, own, wanted);
  static const Regex kDefines("^(?:async\\s+)?(?:def|class)\\s", {.multi_line = true});
  if (kDefines.search(code)) return std::nullopt;
  const std::vector<PythonStatement> statements = python_statements(code);
  const bool reads_well =
      std::all_of(statements.begin(), statements.end(), [](const PythonStatement& one) {
        return one.is_plausible || is_return(one.text) || is_blank(one.text);
      });
  const bool returns_outside = std::any_of(lines.begin(), lines.end(), [](std::string_view line) {
    return indent_of(line).empty() && is_return(line);
  });
  if (reads_well && returns_outside) return moved(lines, "", wanted);
  // The first line alone at the margin, as where the answer was trimmed.
  const auto second = std::find_if_not(first + 1, lines.end(), is_blank);
  if (statements.size() == 1 && reads_well && second != lines.end() &&
      !trim(*first).ends_with(":") && !indent_of(*second).empty() &&
      std::any_of(second, lines.end(), is_return)) {
    const std::string whole = std::string(indent_of(*second)) + std::string(*first);
    Lines rest(first, lines.end());
    rest[0] = whole;
    return moved(rest, indent_of(*second), wanted);
  }
  if (!is_bare || reads_well) return std::nullopt;
  const Lines behind = behind_prose(lines);
  if (behind.empty()) return std::nullopt;
  return moved(behind, indent_of(behind[0]), wanted);
}

}  // namespace leitai
