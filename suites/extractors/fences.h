#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leitai {

struct CodeBlock {
  std::string info;  // first word, lower case, without the marks of Pandoc
  std::string text;
  bool is_closed = false;
};

struct CodeFences {
  std::vector<CodeBlock> blocks;
  std::string before;  // text above the first mark
};

/// Line ends as "\n", no byte order mark; for Python also without blanks of no width and with
/// common ones for those that do not break, but in strings.
std::string code_text(std::string_view raw, std::string_view language);

/// The fences of a text, in lists and quotations too, and within a block of Markdown. What only
/// shows how it was written is taken away: prompts of an interpreter, removed lines of a patch,
/// entities of HTML, marks of a model's end. Linear.
CodeFences read_fences(const std::string& text, std::string_view language);

/// "<" for "&lt;" and the like, where the code has none of what they stand for.
std::string without_entities(std::string code);

/// The longest text of several lines in a JSON object.
std::optional<std::string> code_in_json(const std::string& text);

}  // namespace leitai
