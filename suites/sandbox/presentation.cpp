#include "suites/sandbox/presentation.h"

#include <string_view>
#include <vector>

#include "harness/core/regex.h"
#include "harness/core/text.h"
#include "suites/sandbox/objections.h"

namespace leitai {

namespace {

/// Moves the imports at the head of `text`, before its first class, to `imports`.
std::string without_imports(const std::string& text, std::string& imports) {
  static const Regex kImport("^\\s*import\\s+(?:static\\s+)?[\\w.]+(?:\\.\\*)?\\s*;\\s*$");
  static const Regex kClass("\\b(?:class|interface|record|enum)\\s+\\w+");
  std::string out;
  bool is_head = true;
  for (const std::string_view line : split(text, '\n')) {
    is_head = is_head && !kClass.search(line);
    (is_head && kImport.search(line) ? imports : out).append(line).push_back('\n');
  }
  return out;
}

/// The program with its class Main under another name; texts in it stay.
std::string without_main(const std::string& program) {
  static const Regex kName("\"(?:\\\\.|[^\"\\\\\\n])*\"|\\bMain\\b");
  return kName.replaced(program, [&](const Regex::Match& match) {
    const std::string_view found = match.group(program, 0);
    return found.starts_with('"') ? std::string(found) : "MainOfProgram";
  });
}

}  // namespace

std::string java_source(const CodeCheck& check) {
  static const Regex kMain("\\bclass\\s+Main\\b");
  const std::string tests = repair_utf8(java_tests(check));
  std::string program = repair_utf8(check.program), imports = "import java.util.*;\n";
  if (kMain.search(program) && kMain.search(tests)) program = without_main(program);
  without_imports(repair_utf8(check.declared), imports);
  const std::string held = without_imports(tests, imports);
  return imports + java_program(program) + "\n" + held;
}

std::string java_main_class(const std::string& program) {
  static const Regex kClass(
      "^(?:(?:public|final|abstract|sealed)\\s+)*(?:class|record|enum|interface)\\s+(\\w+)",
      {.multi_line = true});
  static const Regex kMain(
      "\\bstatic\\s+(?:(?:final|public|synchronized)\\s+)*void\\s+main\\s*\\(");
  const std::string text = repair_utf8(program);
  const auto classes = kClass.all(text);
  std::string out;
  for (const Regex::Match& main : kMain.all(text)) {
    std::string name;
    bool is_public = false;
    for (const Regex::Match& one : classes) {
      if (one.begin > main.begin) break;
      name = one.group(text, 1);
      is_public = one.group(text, 0).starts_with("public");
    }
    if (name == "Main") return name;
    if (!name.empty() && (out.empty() || is_public)) out = name;
  }
  return out.empty() ? "Main" : out;
}

std::string go_source(const CodeCheck& check) {
  static const Regex kPackage("^\\s*package\\s+\\w+[^\\n]*\\n");
  static const Regex kImports("^import\\s*\\([^)]*\\)|^import[ \\t]+[^\\n(]+",
                              {.multi_line = true});
  static const Regex kPath("((?<!\\w)(?!import\\b)(?:\\w+|\\.)[ \\t]+)?\"([^\"\\n]+)\"");
  std::string program = repair_utf8(check.program), tests = repair_utf8(check.tests), extra;
  const auto add = [&](const std::string& name, const std::string& path) {
    const std::string quoted = "\"" + path + "\"";
    const Regex kThere("^\\s*(?:import\\s+)?" + name + quoted, {.multi_line = true});
    if (!kThere.search(program) && extra.find(name + quoted) == std::string::npos)
      extra += "import " + name + quoted + "\n";
  };
  if (const auto match = kPackage.search(tests))
    tests.erase(match->begin, match->end - match->begin);
  while (const auto match = kImports.search(tests)) {
    const std::string head(match->group(tests, 0));
    for (const Regex::Match& path : kPath.all(head))
      add(std::string(path.group(head, 1)), std::string(path.group(head, 2)));
    tests.erase(match->begin, match->end - match->begin);
  }
  for (const char* path : {"testing", "reflect", "fmt", "math", "sort", "strings", "errors"}) {
    if (Regex("(?<![\\w.])" + std::string(path) + "\\.[A-Z]").search(tests)) add("", path);
  }
  std::string package = "package main\n\n";
  if (const auto match = kPackage.search(program)) {
    package = match->group(program, 0);
    program.erase(0, match->end);
  }
  return package + extra + program + "\n" + tests;
}

std::string cpp_names(const CodeCheck& check) {
  for (const std::string_view line : split(check.declared, '\n'))
    if (trim(line) == "using namespace std;") return "\nusing namespace std;\n";
  return {};
}

std::string tests_trouble(const CodeCheck& check) {
  if (!check.cases.empty()) return {};
  bool is_empty = true;
  for (const std::string_view line : split(check.tests, '\n')) {
    const std::string_view text = trim(line);
    is_empty = is_empty && (text.empty() || text.starts_with("//") ||
                            (check.language == "python" && text.starts_with("#")));
  }
  if (is_empty) return "tests: there is nothing that holds the program to account";
  static const Regex kRust("#\\s*\\[\\s*(?:\\w+::)*test\\b");
  static const Regex kGo("^func\\s+Test\\w*\\s*\\(", {.multi_line = true});
  const std::string text = repair_utf8(check.tests);
  if (check.language == "rust" && !kRust.search(text))
    return "tests: no function is marked #[test], so none would be run";
  if (check.language == "go" && !kGo.search(text))
    return "tests: no function func TestX(t *testing.T), so none would be run";
  return {};
}

}  // namespace leitai
