#include "suites/sandbox/objections.h"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "harness/core/regex.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

/// Space or comments, and what must at least be one of both.
constexpr char kGap[] = "(?:\\s|/\\*.*?\\*/|//[^\\n]*\\n)*";
constexpr char kSpace[] = "(?:\\s|/\\*.*?\\*/|//[^\\n]*\\n)+";

/// A pattern in which "~" stands for kGap and "_ " for kSpace.
Regex lenient(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '~') {
      out += kGap;
    } else if (pattern.substr(i, 2) == "_ ") {
      out += kSpace;
      ++i;
    } else {
      out += pattern[i];
    }
  }
  return Regex(out, {.dot_all = true, .multi_line = true});
}

/// Lines that a backslash continues become one.
std::string joined_lines(std::string_view program) {
  static const Regex kContinued("(?:\\\\|\\?\\?/)[ \\t\\r]*\\n");
  return kContinued.without(repair_utf8(program));
}

/// Words that `pattern` finds in its group 1.
std::set<std::string> words_by(const Regex& pattern, const std::string& text) {
  std::set<std::string> out;
  for (const Regex::Match& match : pattern.all(text)) out.emplace(match.group(text, 1));
  return out;
}

bool has_word(std::string_view text, const std::set<std::string>& words) {
  static const Regex kWord("\\w+");
  const std::string all(text);
  for (const Regex::Match& match : kWord.all(all))
    if (words.count(std::string(match.group(all, 0))) > 0) return true;
  return false;
}

/// From behind an opening parenthesis to its closing one.
std::string_view in_parentheses(std::string_view text, std::size_t from) {
  int depth = 1;
  for (std::size_t i = from; i < text.size(); ++i) {
    depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
    if (depth == 0) return text.substr(from, i - from);
  }
  return text.substr(from);
}

/// A list of parameters without the last word of each, which is its name where it has two.
std::string without_names(std::string_view list) {
  static const Regex kName("([\\w>&*\\s])[\\s&*]+\\b(?!const\\b)\\w+\\s*(,|$)");
  return kName.replaced(list, [&](const Regex::Match& match) {
    return fmt::format("{}{}", match.group(list, 1), match.group(list, 2));
  });
}

bool has_two_parameters(std::string_view list) {
  int depth = 0;
  for (const char c : list) {
    depth += c == '<' || c == '(' ? 1 : c == '>' || c == ')' ? -1 : 0;
    if (c == ',' && depth <= 0) return true;
  }
  return false;
}

}  // namespace

std::string undo_macros(const CodeCheck& check) {
  static const Regex kDefine = lenient("(?:#|%:|\\?\\?=)~define_ (\\w+)");
  std::string out = "\n";
  for (const std::string& name : words_by(kDefine, joined_lines(check.program)))
    out += "#undef " + name + "\n";
  return out;
}

std::string cpp_preamble(const CodeCheck& check) {
  static const Regex kInclude("^\\s*#\\s*include\\s*([<\"][^>\"\\n]+[>\"])");
  std::string out;
  bool may_use = false;
  for (const std::string_view line : split(check.declared, '\n')) {
    const std::string text = repair_utf8(line);
    if (const auto match = kInclude.search(text); match && check.cases.empty())
      out += "#include " + std::string(match->group(text, 1)) + "\n";
    may_use = may_use || trim(text) == "using namespace std;";
  }
  if (may_use && check.program.find("std::") == std::string::npos && !out.empty())
    out += "using namespace std;\n";
  return out;
}

std::string cpp_result(const CodeCheck& check) {
  if (check.entry_point.empty()) return {};
  const Regex kDeclared(
      fmt::format("^[ \\t]*([A-Za-z_][\\w:<>, ]*?)[ \\t]+{}\\s*\\(", check.entry_point),
      {.multi_line = true});
  static const Regex kNoType("\\b(?:return|auto|void|template|static|inline|else|const|new)\\b");
  std::string type;
  const std::string text = repair_utf8(check.declared);
  for (const Regex::Match& match : kDeclared.all(text)) type = match.group(text, 1);
  if (type.empty() || kNoType.search(type)) return {};
  // A number stays what it is; a class of the program is turned into the type that was asked for.
  return fmt::format(
      "\n#include <type_traits>\n#include <utility>\n"
      "namespace leitai_declared {{ using namespace std; using Type = {0}; }}\n"
      "template <class T> auto leitai_result(T&& value) {{\n"
      "  using Plain = typename std::decay<T>::type;\n"
      "  if constexpr (std::is_arithmetic<Plain>::value ||\n"
      "                std::is_same<Plain, leitai_declared::Type>::value)\n"
      "    return Plain(std::forward<T>(value));\n"
      "  else\n    return static_cast<leitai_declared::Type>(std::forward<T>(value));\n}}\n"
      "#define {1}(...) leitai_result({1}(__VA_ARGS__))\n",
      type, check.entry_point);
}

/// Names of the linker and code that runs before the checks are the harness's.
std::string object_c(const CodeCheck& check) {
  static const Regex kAssembler("\\b(?:asm|__asm|__asm__|redefine_extname)\\b");
  static const Regex kPasted =
      lenient("(?:#|%:|\\?\\?=)~define_ [^\\n]*(?:##|%:%:|\\?\\?=\\?\\?=)");
  static const Regex kAttribute = lenient(
      "\\b__attribute(?:__)?\\b|(?:\\[|<:)~(?:\\[|<:)~(?:__)?(?:gnu|using)|\\bpragma_ weak\\b|"
      "\\b_Pragma\\b");
  static const Regex kPlaced("\\b_*(?:section|ifunc|alias|weakref|weak|constructor)_*\\b");
  if (!check.cases.empty()) return {};
  const std::string text = joined_lines(check.program);
  if (kAssembler.search(text) || (kAttribute.search(text) && kPlaced.search(text)))
    return "the program renames what the linker binds, or runs before its checks";
  if (kPasted.search(text)) return "the program makes words of pieces, which hides what it does";
  return {};
}

/// A comparison of kinds that are not the program's own is one that only the checks would use.
std::string object_cpp(const CodeCheck& check) {
  static const Regex kOperator = lenient("\\boperator~(?:==|!=|<|>|<=|>=|&&|!)~\\(");
  static const Regex kClass =
      lenient("\\b(?:struct|class|union|enum)_ (?:class_ )?(\\w+)~(?:final)?~[{:;]");
  static const Regex kHelper =
      lenient("\\b(?:float|double|int|long|auto|bool)_ (abs|fabs|issame)~\\(");
  static const Regex kParameter("\\b(?:class|typename)\\s+(\\w+)\\s*[,>=]");
  static const Regex kMadeHelper = lenient("\\btemplate~<[^;{]*>[^;{=]*\\b(?:abs|fabs|issame)~\\(");
  static const Regex kAlias("\\b(?:typedef\\b[^;]*?|using\\s+)(\\w+)\\s*(?:;|=)");
  if (!check.cases.empty()) return {};
  if (std::string linked = object_c(check); !linked.empty()) return linked;
  const std::string text = joined_lines(check.program);
  std::set<std::string> classes = words_by(kClass, text);
  for (const std::string& name : words_by(kParameter, text)) classes.erase(name);
  for (const Regex::Match& match : kOperator.all(text)) {
    const std::string_view list = in_parentheses(text, match.end);
    if (has_two_parameters(list) && !has_word(without_names(list), classes))
      return "the program redefines the comparison of library types";
  }
  for (const std::string& name : words_by(kHelper, text))
    if (name != check.entry_point) return "the program redefines what its checks call";
  for (const std::string& alias : words_by(kAlias, text)) {
    const Regex kOwnHelper = lenient(fmt::format("(?:^|[;}}])~{}_ (?:abs|fabs|issame)~\\(", alias));
    if (kOwnHelper.search(text)) return "the program redefines what its checks call";
  }
  if (kMadeHelper.search(text)) return "the program redefines what its checks call";
  return {};
}

/// Names that the program may not take from the checks; what it compiles to is looked at again
/// before it runs.
std::string object_java(const CodeCheck& check) {
  static const Regex kShadow = lenient(
      "\\b(?:class|interface|record|enum)_ "
      "(Arrays|List|ArrayList|Objects|Boolean|AssertionError|Integer|Double|String|Object|Math|"
      "Random|Set|HashSet|Map|HashMap|Collections|LeitaiChecked)\\b");
  static const Regex kAlways = lenient("\\bequals~\\([^)]*\\)~\\{~return_ true~;~\\}");
  if (!check.cases.empty()) return {};
  const std::string text = repair_utf8(check.program);
  static const Regex kProxy("\\b(?:Proxy|newProxyInstance)\\b");
  if (kProxy.search(text)) return "the program makes results that answer for themselves";
  if (kShadow.search(text)) return "the program redefines classes that its checks use";
  if (kAlways.search(text)) return "the program has what equals everything";
  return {};
}

std::string object_rust(const CodeCheck& check) {
  static const Regex kMacro =
      lenient("\\bmacro_rules~!~(?:assert\\w*|panic|debug_assert\\w*|vec)\\b");
  static const Regex kOther = lenient("#~!~\\[~(?:no_main|feature|test_runner|no_std|cfg)");
  static const Regex kPlaced(
      "\\b(?:link_section|export_name|no_mangle|global_asm|link_args|link_name)\\b|\\basm\\s*!|"
      "\\bextern\\s+crate\\s+self\\b|\\bas\\s+(?:std|core)\\s*[;,}]|\\bmod\\s+(?:std|core)\\b");
  static const Regex kEqual("\\bPartialEq\\b");
  static const Regex kDerived = lenient("\\bderive~\\([^)]*\\)");
  static const Regex kOwn = lenient("\\b(?:struct|enum|union|type|trait)_ (\\w+)");
  if (!check.cases.empty()) return {};
  const std::string text = repair_utf8(check.program);
  if (kMacro.search(text) || kOther.search(text) || kPlaced.search(text))
    return "the program redefines how its checks are run";
  if (check.entry_point.empty() || !kEqual.search(kDerived.without(text))) return {};
  // It says itself what equals: its result must be a type of the library.
  const Regex kResult = lenient(fmt::format("\\bfn_ {}\\b[^{{;]*->([^{{;]*)", check.entry_point));
  std::set<std::string> own = words_by(kOwn, text);
  own.insert({"impl", "dyn"});
  const auto results = kResult.all(text);
  bool is_own = results.empty();
  for (const Regex::Match& match : results) is_own = is_own || has_word(match.group(text, 1), own);
  return is_own ? "the program redefines the comparison of its result" : "";
}

std::string rust_tests(const std::string& tests) {
  static const Regex kMacro("(?<![:\\w])((?:debug_)?assert(?:_eq|_ne)?|vec|panic|matches|format)!");
  const std::string text = repair_utf8(tests);
  // An attribute that the program ends with is of the first line.
  return "const _: () = ();\n" + kMacro.replaced(text, [&](const Regex::Match& match) {
    return fmt::format("::std::{}", match.group(text, 0));
  });
}

std::string rust_program(const std::string& program) {
  static const Regex kTests("^#\\[cfg\\(test\\)\\]\\s*mod\\s+\\w+\\s*\\{.*?^\\}",
                            {.dot_all = true, .multi_line = true});
  return kTests.without(repair_utf8(program));
}

std::string java_tests(const CodeCheck& check) {
  if (check.entry_point.empty()) return check.tests;
  const Regex kCall(fmt::format("\\b(?:\\w+|new \\w+\\(\\))\\.{}\\(", check.entry_point));
  const std::string text = repair_utf8(check.tests);
  std::string out;
  std::size_t at = 0;
  for (const Regex::Match& match : kCall.all(text)) {
    std::size_t end = match.end;
    char quote = 0;
    for (int depth = 1; end < text.size() && depth > 0; ++end) {
      const char c = text[end];
      if (quote != 0) {
        end += c == '\\' ? 1 : 0;
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else {
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      }
    }
    if (match.begin < at || end > text.size()) continue;  // within the arguments of another
    out += text.substr(at, match.begin - at) + "LeitaiChecked.result(";
    out += text.substr(match.begin, end - match.begin) + ")";
    at = end;
  }
  return out + text.substr(at);
}

std::string java_program(const std::string& program) {
  static const Regex kPackage("^\\s*package\\s+[\\w.]+\\s*;");
  static const Regex kPublic(
      "^public(?=\\s+(?:(?:final|abstract|sealed)\\s+)*(?:class|interface|enum|record)\\s+(?!"
      "Main\\b))",
      {.multi_line = true});
  std::string out = repair_utf8(program);
  if (const auto match = kPackage.search(out)) out.erase(match->begin, match->end - match->begin);
  const auto all = kPublic.all(out);
  for (auto match = all.rbegin(); match != all.rend(); ++match)
    out.erase(match->begin, match->end - match->begin);
  return out;
}

/// Words of the language that are not reserved: the checks would take the program's.
std::string object_go(const CodeCheck& check) {
  static const Regex kSingle = lenient(
      "\\b(?:const|var|type|func)_ (?:\\w+~,~)*(true|false|nil|iota|bool|string|int|int64|float64|"
      "byte|rune|any|error|append|len|cap|make|new|copy|panic|recover|assert|testing)\\b");
  static const Regex kGrouped(
      "^\\s*(?:const|var|type)\\s*\\([^)]*^\\s*(?:\\w+\\s*,\\s*)*(true|false|nil|iota|bool|string|"
      "int|int64|float64|byte|rune|any|error|append|len|assert|testing)\\b\\s*(?:=|\\w)",
      {.multi_line = true});
  static const Regex kLinked("//go:linkname|\\bimport\\s+\"C\"");
  const std::string text = repair_utf8(check.program);
  if (check.cases.empty() && kLinked.search(text))
    return "the program renames what the linker binds";
  if (check.cases.empty() && (kSingle.search(text) || kGrouped.search(text)))
    return "the program redefines words of the language";
  return {};
}

}  // namespace leitai
