#include "suites/extractors/code.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "harness/core/regex.h"
#include "harness/core/text.h"
#include "suites/extractors/fences.h"
#include "suites/extractors/python_body.h"
#include "suites/extractors/python_outline.h"

namespace leitai {

namespace {

using Block = CodeBlock;

const std::vector<std::string_view>& aliases(std::string_view language) {
  static const std::vector<std::string_view> kPython{"python", "py", "python3", "python2", "py3"},
      kCpp{"cpp", "c++", "cc", "cxx", "hpp", "c"}, kC{"c", "h"}, kJava{"java"},
      kJs{"js", "javascript", "node", "nodejs", "jsx", "ts", "typescript", "mjs"},
      kGo{"go", "golang"}, kRust{"rust", "rs"}, kNone;
  if (language == "python") return kPython;
  if (language == "cpp") return kCpp;
  if (language == "c") return kC;
  if (language == "java") return kJava;
  if (language == "js") return kJs;
  if (language == "go") return kGo;
  if (language == "rust") return kRust;
  return kNone;
}

std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '$') out += '\\';
    out += c;
  }
  return out;
}

/// Whether the code has a definition of `name`; a method counts.
bool defines(const std::string& code, std::string_view language, std::string_view name) {
  if (name.empty()) return !trim(code).empty();
  const std::string e = escaped(name);
  std::string pattern;
  if (language == "python") {
    pattern = fmt::format(
        "^[ \\t]*(?:async[ \\t]+)?(?:def|class)[ \\t]+{0}\\b|^{0}[ \\t]*(?::[^=\\n]+)?=[^=]|"
        "^from[^\\n]+import[^\\n]*\\b{0}\\b",
        e);
  } else if (language == "js") {
    pattern = fmt::format(
        "function\\s*\\*?\\s*{0}\\b|\\b{0}\\s*=[^=]|^\\s*(?:async\\s+)?{0}\\s*\\([^)]*\\)\\s*\\{{",
        e);
  } else if (language == "go") {
    pattern = fmt::format("func\\s+(?:\\([^)]*\\)\\s*)?{0}\\b", e);
  } else if (language == "rust") {
    pattern = fmt::format("\\bfn\\s+{0}\\b", e);
  } else {
    pattern = fmt::format("[\\w>\\]&*]\\s*[\\s*&]\\s*{0}\\s*\\([^;{{}}]*\\)[^;{{}}()]*\\{{", e);
  }
  return Regex(pattern, {.multi_line = true}).search(code).has_value();
}

bool is_indented(std::string_view code) {
  for (const std::string_view line : split(code, '\n')) {
    if (trim(line).empty()) continue;
    return line[0] == ' ' || line[0] == '\t';
  }
  return false;
}

/// How surely the code has the definition that is asked for: 2 for one of its own, 1 for a name
/// that is imported or given a value, which usage and tests have as well.
int rank_of(const std::string& code, const CodeTarget& target) {
  if (!defines(code, target.language, target.entry_point)) return 0;
  if (target.language != "python" || target.entry_point.empty()) return 2;
  const Regex kOwn(
      fmt::format("^[ \\t]*(?:async[ \\t]+)?(?:def|class)[ \\t]+{0}\\b|^{0}\\s*=\\s*lambda\\b",
                  escaped(target.entry_point)),
      {.multi_line = true});
  return kOwn.search(code) ? 2 : 1;
}

std::set<std::string> words_of(const std::string& code) {
  static const Regex kWord("[A-Za-z_]\\w*");
  std::set<std::string> out;
  for (const Regex::Match& match : kWord.all(code)) out.emplace(match.group(code, 0));
  return out;
}

std::set<std::string> bound_in(const std::vector<PythonStatement>& statements) {
  std::set<std::string> out;
  for (const PythonStatement& one : statements) out.insert(one.names.begin(), one.names.end());
  return out;
}

std::string right_trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\t'))
    text.pop_back();
  return text;
}

// ---- Python
// ----------------------------------------------------------------------------------------

/// What the prompt imports and defines beside the entry point and the block does not.
std::string python_preamble(const CodeTarget& target, const std::set<std::string>& bound) {
  std::string out;
  bool was_import = false;
  for (const PythonStatement& one : python_statements(target.prompt)) {
    if (one.names.empty() || !one.is_plausible) continue;
    const bool is_known =
        std::all_of(one.names.begin(), one.names.end(), [&](const std::string& name) {
          return name == target.entry_point || bound.count(name) > 0;
        });
    if (is_known) continue;
    if (!out.empty()) out += was_import && one.is_import ? "\n" : "\n\n";
    out += one.text;
    was_import = one.is_import;
  }
  return out.empty() ? out : out + "\n\n";
}

std::string python_program(const std::string& code, const CodeTarget& target) {
  std::string block = code;
  const std::vector<PythonStatement> statements = python_statements(code);
  if (target.entry_point.empty()) return block;
  if (std::any_of(statements.begin(), statements.end(),
                  [](const PythonStatement& one) { return one.is_main_guard; })) {
    block.clear();
    std::size_t at = 0;
    for (const PythonStatement& one : statements) {
      const std::size_t begin = code.find(one.text, at), end = begin + one.text.size();
      block += code.substr(at, begin - at);
      if (!one.is_main_guard) block += one.text;
      at = end;
    }
    block += code.substr(at);
  }
  const std::set<std::string> bound = bound_in(statements);
  if (!defines(block, "python", target.entry_point)) return block;
  if (bound.count(target.entry_point) == 0 && bound.count("Solution") > 0)
    block = right_trimmed(block) + fmt::format("\n\n{0} = Solution().{0}\n", target.entry_point);
  return python_preamble(target, bound) + block;
}

/// The prompt, then the body up to the first line at the margin that begins no definition.
std::string python_continuation(const std::string& body, const CodeTarget& target) {
  std::string kept;
  bool is_first = true;
  for (const PythonStatement& one : python_statements(body)) {
    static const Regex kGoesOn("^(?:def|class|import|from|async|@)");
    if (!is_first && (one.is_main_guard || !kGoesOn.search(one.text) || !one.is_plausible)) break;
    kept += (is_first ? "" : "\n\n") + one.text;
    is_first = false;
  }
  std::string prompt = target.prompt;
  if (!prompt.empty() && prompt.back() != '\n') prompt += '\n';
  return prompt + kept + "\n";
}

/// Helpers of earlier blocks that the chosen one uses and does not have.
std::string with_helpers(const std::vector<Block>& blocks, std::size_t chosen,
                         const std::string& entry_point) {
  const std::string& code = blocks[chosen].text;
  std::set<std::string> bound = bound_in(python_statements(code)), used = words_of(code);
  std::vector<PythonStatement> helpers;
  for (std::size_t i = chosen; i-- > 0;) {
    std::vector<PythonStatement> statements = python_statements(blocks[i].text);
    for (auto one = statements.rbegin(); one != statements.rend(); ++one) {
      if (!one->is_plausible || one->names.empty()) continue;
      const bool is_wanted =
          std::any_of(one->names.begin(), one->names.end(), [&](const std::string& name) {
            return name != entry_point && used.count(name) > 0 && bound.count(name) == 0;
          });
      if (!is_wanted) continue;
      bound.insert(one->names.begin(), one->names.end());
      used.merge(words_of(one->text));
      helpers.push_back(std::move(*one));
    }
  }
  std::string out;
  for (auto one = helpers.rbegin(); one != helpers.rend(); ++one) out += one->text + "\n";
  return out + code;
}

/// The longest run of statements that reads as Python and defines the entry point.
std::optional<std::string> python_in_prose(const std::string& text, const CodeTarget& target) {
  const std::vector<PythonStatement> statements = python_statements(text);
  std::optional<std::string> best;
  std::string run;
  const auto close = [&] {
    if (!run.empty() && defines(run, "python", target.entry_point) &&
        (!best || run.size() > best->size()))
      best = run;
    run.clear();
  };
  for (const PythonStatement& one : statements) {
    if (trim(one.text).empty()) continue;
    if (one.is_plausible)
      run += (run.empty() ? "" : one.is_import || one.text[0] == '#' ? "\n" : "\n\n") + one.text;
    else
      close();
  }
  close();
  if (!best) return std::nullopt;
  // Where nothing is left out, the text stands as it is.
  const bool is_all = std::all_of(
      statements.begin(), statements.end(),
      [](const PythonStatement& one) { return one.is_plausible || trim(one.text).empty(); });
  return is_all ? text : *best + "\n";
}

// ---- languages with braces
// -------------------------------------------------------------------------

/// Bytes of `code` up to the line on which the braces that `before` left open are all closed.
std::string to_last_brace(const std::string& before, const std::string& code) {
  int depth = 0;
  bool has_ended = false;
  std::size_t end = code.size();
  const auto scan = [&](const std::string& text, bool may_end) {
    char quote = 0;
    for (std::size_t i = 0; i < text.size() && !has_ended; ++i) {
      const char c = text[i];
      if (quote) {
        if (c == '\\') ++i;
        if (c == quote || c == '\n') quote = 0;
      } else if (text.compare(i, 2, "//") == 0) {
        i = std::min(text.find('\n', i), text.size());
      } else if (text.compare(i, 2, "/*") == 0) {
        i = std::min(text.find("*/", i), text.size());
      } else if (c == '"') {
        quote = c;
      } else if (c == '{') {
        ++depth;
      } else if (c == '}' && --depth <= 0 && may_end) {
        end = std::min(text.find('\n', i), text.size());
        has_ended = true;
      }
    }
  };
  scan(before, false);
  if (depth <= 0) return code;
  scan(code, true);
  return code.substr(0, end) + "\n";
}

std::string lines_like(const std::string& text, const Regex& pattern) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    if (pattern.search(line)) out.append(line).push_back('\n');
  }
  return out;
}

std::string go_program(std::string code, const CodeTarget& target) {
  static const Regex kHead(
      "^package\\s+\\w+[^\\n]*\\n|^import\\s*\\([^)]*\\)[^\\n]*\\n?|^import\\s[^\\n]*\\n",
      {.multi_line = true});
  static const Regex kPath("(?:(?<!\\w)(?!import\\b)(\\w+|\\.)[ \\t]+)?(\"([^\"]+)\")");
  std::vector<std::pair<std::string, std::string>> wanted;  // name, or "", and path of an import
  while (const auto match = kHead.search(code)) {
    const std::string head(match->group(code, 0));
    for (const Regex::Match& path : kPath.all(head)) {
      const std::string quoted(path.group(head, 2));
      // Those of the prompt come back below where they are used.
      if (target.setup.find(quoted) == std::string::npos &&
          (!path.group(head, 1).empty() || target.prompt.find(quoted) == std::string::npos))
        wanted.emplace_back(path.group(head, 1), path.group(head, 3));
    }
    code.erase(match->begin, match->end - match->begin);
  }
  code.erase(0, std::min(code.find_first_not_of('\n'), code.size()));
  static const Regex kComment("//[^\\n]*|/\\*.*?\\*/", {.dot_all = true});
  const std::string bare = kComment.without(code);
  std::string extra;
  for (const auto& [name, path] : wanted) {
    static const Regex kVersion("/v\\d+$");
    std::string base = name.empty() ? path : name;
    if (const auto version = kVersion.search(base)) base.erase(version->begin);
    base.erase(0, base.rfind('/') + 1);
    const std::string line = (name.empty() ? "" : name + " ") + fmt::format("\"{}\"", path);
    // One that is not used would not compile, whatever else the program does.
    const bool is_used = base == "_" || base == "." || bare.find(base + ".") != std::string::npos;
    if (is_used && extra.find("    " + line + "\n") == std::string::npos)
      extra += "    " + line + "\n";
  }
  const auto import_used = [&](std::string_view path) {
    const std::string base(path.substr(path.rfind('/') + 1)), quoted = fmt::format("\"{}\"", path);
    if (bare.find(base + ".") == std::string::npos || extra.find(quoted) != std::string::npos ||
        target.setup.find(quoted) != std::string::npos)
      return;
    const Regex kUsed(fmt::format("(?<![\\w.]){}\\.[A-Z]", base));
    const Regex kOwn(fmt::format("\\b{0}\\s*(?::=|,)|\\bvar\\s+{0}\\b|[(,]\\s*{0}\\s+\\S", base));
    if (kUsed.search(bare) && !kOwn.search(bare)) extra += "    " + quoted + "\n";
  };
  for (const Regex::Match& head : kHead.all(target.prompt)) {  // what it uses and did not import
    const std::string text(head.group(target.prompt, 0));
    for (const Regex::Match& path : kPath.all(text)) import_used(path.group(text, 3));
  }
  // What the benchmark's own runner imports for programs that use it without saying so.
  for (const char* path : {"bytes", "crypto/md5", "fmt", "math", "math/rand", "regexp", "sort",
                           "strconv", "strings", "time"})
    import_used(path);
  if (target.setup.empty()) {
    return "package main\n\n" + (extra.empty() ? "" : "import (\n" + extra + ")\n\n") + code;
  }
  return right_trimmed(target.setup) + "\n\n" +
         (extra.empty() ? "" : "import (\n" + extra + ")\n\n") + code;
}

std::string braced_program(const std::string& code, const CodeTarget& target) {
  const std::string& language = target.language;
  if (language == "go") return go_program(code, target);
  if (language == "cpp" || language == "c") {
    static const Regex kLean("^\\s*(?:#\\s*include|using\\s)");
    if (code.find("#include") == std::string::npos && !target.prompt.empty()) {
      const std::string lean = lines_like(target.prompt, kLean);
      if (!lean.empty()) return lean + "\n" + code;
    }
  }
  if (language == "java" && !target.prompt.empty()) {
    static const Regex kImport("^\\s*import\\s");
    std::string out = code;
    if (!Regex("\\bclass\\s+\\w+").search(code)) out = "class Solution {\n" + code + "\n}\n";
    if (!kImport.search(code.substr(0, code.find("class"))) &&
        !Regex("^\\s*import\\s", {.multi_line = true}).search(code)) {
      const std::string imports = lines_like(target.prompt, kImport);
      if (!imports.empty()) return imports + "\n" + out;
    }
    return out;
  }
  return code;
}

std::string continuation(const std::string& body, const CodeTarget& target) {
  if (target.language == "python") return python_continuation(body, target);
  const std::string whole = target.prompt + to_last_brace(target.prompt, body);
  return target.language == "go" ? go_program(whole, target) : whole;
}

std::string program_of(const std::string& code, const CodeTarget& target) {
  return target.language == "python" ? python_program(code, target) : braced_program(code, target);
}

/// The code as what goes on from the prompt; absent where it stands for itself.
std::optional<std::string> body_of(const std::string& code, const CodeTarget& target,
                                   bool is_bare) {
  if (target.prompt.empty() || target.entry_point.empty() ||
      defines(code, target.language, target.entry_point))
    return std::nullopt;
  if (target.language == "python") return python_body(code, target.prompt, is_bare);
  return is_indented(code) ? std::optional(code) : std::nullopt;
}

/// Code between tags on lines of their own: [PYTHON] ... [/PYTHON], [BEGIN] ... [DONE]; of HTML.
std::optional<Block> tagged(const std::string& text) {
  static const Regex kHtml("<pre\\b[^>\\n]*>\\s*(?:<code\\b[^>\\n]*>)?(.*?)(?:</code>|</pre>)",
                           {.ignore_case = true, .dot_all = true});
  if (const auto all = kHtml.all(text); !all.empty())
    return Block{"", without_entities(std::string(all.back().group(text, 1))) + "\n", true};
  static const Regex kTags(
      "\\[(PYTHON|CODE|BEGIN|SOLUTION|ANSWER)\\][ \\t]*\\n(.*?)(?:\\n?[ "
      "\\t]*\\[(?:/\\1|DONE|END|/CODE)\\]|$)",
      {.ignore_case = true, .dot_all = true});
  std::optional<Block> out;
  for (const Regex::Match& match : kTags.all(text)) {
    const std::string inside(match.group(text, 2));
    const bool is_closed = match.group(text, 0).find("[DONE]") != std::string_view::npos ||
                           match.group(text, 0).find("[/") != std::string_view::npos;
    if (!trim(inside).empty()) out = Block{"", inside + "\n", is_closed};
  }
  return out;
}

/// Lines from the first that reads as code to the last that ends like it.
std::optional<std::string> braced_in_prose(const std::string& text, const CodeTarget& target) {
  static const Regex kBegins(
      "^(?:#include|using\\s|import\\s|package\\s|use\\s|const\\s|let\\s|var\\s|function\\b|"
      "func\\s|(?:pub\\s+)?fn\\s|"
      "(?:public\\s+)?class\\s|struct\\s|template\\b|static\\s|//|/\\*|[\\w:<>,*& "
      "]+\\([^)]*\\)\\s*\\{)");
  if (!defines(text, target.language, target.entry_point)) return std::nullopt;
  const auto lines = split(text, '\n');
  std::size_t first = lines.size(), last = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = trim(lines[i]);
    if (first == lines.size() && kBegins.search(lines[i])) first = i;
    if (line.ends_with("}") || line.ends_with("};") || line.ends_with(";")) last = i;
  }
  if (first > last) return std::nullopt;
  std::string out;
  for (std::size_t i = first; i <= last; ++i) out.append(lines[i]).push_back('\n');
  return out;
}

}  // namespace

CodeAnswer extract_code(std::string_view raw, const CodeTarget& target) {
  CodeAnswer out;
  const std::string text = code_text(raw, target.language);
  if (trim(text).empty()) return out;
  const CodeFences fences = read_fences(text, target.language);
  const auto& known = aliases(target.language);
  std::vector<Block> blocks, foreign;
  for (const Block& block : fences.blocks) {
    if (trim(block.text).empty()) continue;
    const bool is_ours =
        block.info.empty() || std::find(known.begin(), known.end(), block.info) != known.end();
    (is_ours ? blocks : foreign).push_back(block);
  }
  if (blocks.empty()) {
    for (Block block : foreign) {
      if (const auto code = code_in_json(block.text)) block.text = *code;
      if (!target.entry_point.empty() && defines(block.text, target.language, target.entry_point))
        blocks.push_back(block);
    }
  }
  if (!blocks.empty()) {
    std::size_t chosen = blocks.size(), labelled = blocks.size();
    int best = 1;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (const int rank = rank_of(blocks[i].text, target); rank >= best) {
        chosen = i;
        best = rank;
      }
      if (!blocks[i].info.empty()) labelled = i;
    }
    if (chosen == blocks.size()) chosen = labelled < blocks.size() ? labelled : blocks.size() - 1;
    const Block& block = blocks[chosen];
    out.tier = "C1";
    out.is_cut = !block.is_closed;
    if (const auto body = body_of(block.text, target, false)) {
      out.tier = "C4";
      out.program = continuation(*body, target);
    } else {
      out.program =
          program_of(target.language == "python" ? with_helpers(blocks, chosen, target.entry_point)
                                                 : block.text,
                     target);
    }
    return out;
  }
  if (!foreign.empty() && trim(fences.before).empty()) return out;
  if (const auto block = tagged(text)) {
    out.tier = "C2";
    out.is_cut = !block->is_closed;
    const auto body = body_of(block->text, target, false);
    out.program = body ? continuation(*body, target) : program_of(block->text, target);
    return out;
  }
  // Nothing but a closing mark, or no mark at all.
  const std::string bare = fences.blocks.empty() ? text : fences.before;
  if (const auto body = body_of(bare, target, true)) {
    out.tier = "C4";
    out.program = continuation(*body, target);
    return out;
  }
  auto code =
      target.language == "python" ? python_in_prose(bare, target) : braced_in_prose(bare, target);
  if (const auto inside = code_in_json(bare);
      inside && !code && defines(*inside, target.language, target.entry_point))
    code = inside;
  if (!code) return out;
  out.tier = "C3";
  out.program = program_of(*code, target);
  return out;
}

}  // namespace leitai
