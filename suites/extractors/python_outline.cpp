#include "suites/extractors/python_outline.h"

#include "harness/core/regex.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

/// Whether a line ends inside of a string or bracket.
struct Scanner {
  char triple = 0;  // the quote of an open long string
  int depth = 0;
  bool is_continued = false;  // by a backslash

  void line(std::string_view text) {
    is_continued = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (triple) {
        if (c == '\\') {
          ++i;
        } else if (text.substr(i, 3) == std::string(3, triple)) {
          triple = 0;
          i += 2;
        }
        continue;
      }
      if (c == '#') return;
      if (c == '"' || c == '\'') {
        if (text.substr(i, 3) == std::string(3, c)) {
          triple = c;
          i += 2;
          continue;
        }
        for (++i; i < text.size() && text[i] != c; ++i) {
          if (text[i] == '\\') ++i;
        }
        continue;
      }
      if (c == '(' || c == '[' || c == '{') ++depth;
      if ((c == ')' || c == ']' || c == '}') && depth > 0) --depth;
      if (c == '\\' && i + 1 == text.size()) is_continued = true;
    }
  }
  bool is_open() const { return triple || depth > 0 || is_continued; }
};

bool starts_with_word(std::string_view line, std::string_view word) {
  if (!line.starts_with(word)) return false;
  if (line.size() == word.size()) return true;
  const char c = line[word.size()];
  return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
}

bool continues_statement(std::string_view line) {
  for (const char* word : {"else", "elif", "except", "finally", ")", "]", "}"}) {
    if (starts_with_word(line, word) || (word[0] < 'a' && line[0] == word[0])) return true;
  }
  return false;
}

void add_import_names(std::string_view text, std::vector<std::string>& names) {
  static const Regex kNames("(?:\\bas\\s+)?([A-Za-z_]\\w*)(?:\\.\\w+)*\\s*(?=,|$|\\))");
  const std::size_t from = text.find("import");
  if (from == std::string_view::npos) return;
  for (const std::string_view one : split(text.substr(from + 6), ',')) {
    std::string part;
    for (const char c : trim(one)) part += c == '(' || c == ')' || c == '\n' ? ' ' : c;
    const auto words = split(trim(part), ' ');
    std::string_view last = words.back();
    if (words.size() == 1) last = last.substr(0, last.find('.'));
    if (!last.empty()) names.emplace_back(last);
  }
}

void describe(PythonStatement& out) {
  static const Regex kDefinition("^(?:async\\s+)?(?:def|class)\\s+(\\w+)", {.multi_line = true});
  static const Regex kAssigned(
      "^([A-Za-z_]\\w*(?:\\s*,\\s*[A-Za-z_]\\w*)*)\\s*(?::[^=\\n]+)?=[^=]");
  static const Regex kPlausible(
      "^(?:@\\w|(?:async\\s+)?def\\s+\\w+\\s*\\(|class\\s+\\w+\\s*[:(]|import\\s+[\\w.]+\\s*(?:,|$|"
      "as\\b|#)|"
      "from\\s+[\\w.]+\\s+import\\b|(?:if|for|while|with|try|async)\\b[^\\n]*:\\s*(?:#[^\\n]*)?(?:"
      "\\n|$)|"
      "#|[\"']|[A-Za-z_][\\w.\\[\\]\"', ]*\\s*(?:[-+*/%&|^]|//|\\*\\*)?=[^=]|[A-Za-z_][\\w.]*\\(|"
      "assert\\s|del\\s|global\\s|raise\\b|pass\\s*$)");
  const std::string text = repair_utf8(out.text);
  out.is_import = starts_with_word(text, "import") || starts_with_word(text, "from");
  out.is_plausible = kPlausible.search(text).has_value();
  if (out.is_import) {
    add_import_names(text, out.names);
    return;
  }
  static const Regex kGuard("^if\\s*\\(?\\s*__name__\\s*==");
  out.is_main_guard = kGuard.search(text).has_value();
  if (const auto match = kDefinition.search(text)) {
    if (text.find_first_of("@adc") == 0) out.names.emplace_back(match->group(text, 1));
  } else if (const auto assigned = kAssigned.search(text)) {
    for (const std::string_view one : split(assigned->group(text, 1), ','))
      out.names.emplace_back(trim(one));
  }
}

}  // namespace

std::vector<PythonStatement> python_statements(std::string_view text) {
  std::vector<PythonStatement> out;
  Scanner scanner;
  bool after_decorator = false;
  for (const std::string_view line : split(text, '\n')) {
    const bool is_inside = scanner.is_open();
    const bool at_margin =
        !is_inside && !line.empty() && line[0] != ' ' && line[0] != '\t' && line[0] != '\r';
    if (at_margin) scanner = {};
    if (out.empty() || (at_margin && !after_decorator && !continues_statement(line)))
      out.emplace_back();
    out.back().text.append(line).push_back('\n');
    if (at_margin) after_decorator = line[0] == '@';
    scanner.line(line);
  }
  for (PythonStatement& one : out) {
    while (!one.text.empty() && (one.text.back() == '\n' || one.text.back() == ' '))
      one.text.pop_back();
    describe(one);
  }
  return out;
}

}  // namespace leitai
