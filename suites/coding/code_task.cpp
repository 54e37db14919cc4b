#include "suites/coding/code_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/regex.h"
#include "harness/core/text.h"
#include "suites/coding/livecodebench.h"
#include "suites/extractors/answer.h"
#include "suites/extractors/code.h"
#include "suites/extractors/python_outline.h"
#include "suites/sandbox/judge.h"
#include "suites/sandbox/presentation.h"

namespace leitai {

namespace {

using Json = nlohmann::json;

std::string text_of(const Json& row, const char* name) {
  const auto found = row.find(name);
  return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string need(const Json& row, const char* name) {
  if (!row.is_object() || !row.contains(name) || !row[name].is_string())
    throw Error(fmt::format("no field \"{}\" in the row", name));
  return row[name].get<std::string>();
}

/// Tests that compare by np.allclose() say that as many numbers are wanted: none is close to all.
std::string with_sizes(std::string tests) {
  constexpr std::string_view kClose = "assert np.allclose(out, exp,";
  for (std::size_t at = 0; (at = tests.find(kClose, at)) != std::string::npos; at += kClose.size())
    tests.insert(at + 7, "np.size(out) == np.size(exp) and ");
  return tests;
}

std::string joined(const Json& row, const char* name) {
  std::string out;
  const auto found = row.find(name);
  if (found == row.end() || !found->is_array()) return out;
  for (const Json& one : *found) {
    if (one.is_string()) out += one.get<std::string>() + "\n";
  }
  return out;
}

/// The function of the reference solution that the tests call.
std::string tested_function(const std::string& code, const std::string& tests) {
  static const Regex kDefined("^(?:def|class)\\s+(\\w+)|^(\\w+)\\s*=", {.multi_line = true});
  static const Regex kCalled("(\\w+)\\s*\\(");
  std::set<std::string> defined;
  for (const Regex::Match& match : kDefined.all(code)) {
    for (const int group : {1, 2}) {
      if (!match.group(code, group).empty()) defined.emplace(match.group(code, group));
    }
  }
  const std::size_t from = std::min(tests.find("assert"), tests.size());
  const std::string text = tests.substr(from);
  for (const Regex::Match& match : kCalled.all(text)) {
    const std::string name(match.group(text, 1));
    if (defined.count(name) > 0) return name;
  }
  return {};
}

std::string declared_function(const std::string& declaration, std::string_view language) {
  const char* pattern = language == "python" ? "def\\s+(\\w+)"
                        : language == "js"   ? "(?:const|let|var|function)\\s+(\\w+)"
                        : language == "go"   ? "func\\s+(\\w+)"
                        : language == "rust" ? "fn\\s+(\\w+)"
                                             : "(\\w+)\\s*\\([^(){};]*\\)[^(){};]*\\{\\s*$";
  std::string out;
  const std::string text = repair_utf8(declaration);
  for (const Regex::Match& match : Regex(pattern, {.multi_line = true}).all(text))
    out = match.group(text, 1);  // the last: helpers come before
  return out;
}

std::string without_crates(const std::string& declaration) {
  std::string out;
  for (const std::string_view line : split(declaration, '\n')) {
    const std::string_view text = trim(line);
    if (text.starts_with("use rand") || text.starts_with("use regex") ||
        text.starts_with("use md5"))
      continue;
    out.append(line).push_back('\n');
  }
  return out;
}

/// What the prompt gives its tests beside the function that is asked for.
std::string helpers_of(const std::string& prompt, const std::string& entry_point) {
  std::string out;
  for (const PythonStatement& one : python_statements(prompt)) {
    const bool is_asked =
        std::find(one.names.begin(), one.names.end(), entry_point) != one.names.end();
    const bool is_whole = !trim(one.text).ends_with(":");  // not a head whose body is asked for
    if (one.is_plausible && is_whole && !one.names.empty() && !is_asked) out += one.text + "\n\n";
  }
  return out;
}

/// Without what only shows that it is code or an answer: a fence, backticks, bold, "Answer:". None
/// of it can begin an expression of Python.
std::string bare_prediction(std::string_view text) {
  static const Regex kLabel(
      "^(?:\\*\\*|__)?(?:the\\s+)?(?:final\\s+)?(?:answer|output|result|input)(?:\\s+is)?\\s*"
      "(?::\\s*(?:\\*\\*|__)?|(?:\\*\\*|__)\\s*:)\\s*",
      {.ignore_case = true});
  std::string out(trim(text));
  for (std::size_t before = 0; before != out.size();) {
    before = out.size();
    if (const auto label = kLabel.search(out)) out.erase(0, label->end);
    if (out.starts_with("```") && out.find('\n') != std::string::npos) {
      out.erase(0, std::min(out.find('\n'), out.size()));
      out.erase(std::min(out.find("\n```"), out.size()));
    }
    for (const std::string_view mark : {"**", "```", "`"}) {
      if (out.size() >= 2 * mark.size() && out.starts_with(mark) && out.ends_with(mark))
        out = out.substr(mark.size(), out.size() - 2 * mark.size());
    }
    out = trim(out);
  }
  return out;
}

/// The prediction of an answer to a CRUXEval question (A8.3).
std::string prediction_of(const std::string& answer) {
  if (const std::size_t at = answer.rfind("[ANSWER]"); at != std::string::npos) {
    const std::string text = answer.substr(at + 8);
    return bare_prediction(text.substr(0, text.find("[/ANSWER]")));
  }
  std::string last;
  for (const std::string_view line : split(answer, '\n')) {
    const std::string_view one = trim(line);
    if (!one.empty() && !one.starts_with("```")) last = one;
  }
  return bare_prediction(last);
}

/// Where "==" stands outside of brackets and quotes for the last time; npos: nowhere.
std::size_t last_equals(std::string_view text) {
  std::size_t out = std::string::npos;
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    } else if (depth == 0 && text.substr(i, 2) == "==") {
      out = i++;
    }
  }
  return out;
}

std::string output_of(const std::string& prediction) {
  static const Regex kEquation("^(?:assert\\b|f\\()");
  const std::size_t at = kEquation.search(prediction) ? last_equals(prediction) : std::string::npos;
  return at == std::string::npos ? prediction : std::string(trim(prediction.substr(at + 2)));
}

std::string input_of(const std::string& prediction) {
  std::string out = prediction;
  if (out.starts_with("assert")) out = std::string(trim(out.substr(6)));
  if (const std::size_t at = last_equals(out); out.starts_with("f(") && at != std::string::npos)
    out = std::string(trim(out.substr(0, at)));
  return out;
}

std::string quoted_python(const std::string& text) {
  return Json(text).dump(-1, ' ', true);  // a JSON string is one of Python
}

/// Python that holds `said` to be a call of f whose arguments are data, or made of data by what the
/// language has at hand: no name with an underscore, no assignment, no other function.
constexpr const char* kOneCall = R"py(import ast
def is_plain(node, known):
    if isinstance(node, ast.Lambda):
        known = known | {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
    elif isinstance(node, ast.Name):
        return node.id in known
    elif isinstance(node, ast.Attribute):
        if node.attr.startswith('_'):
            return False
    elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        known = known | {one.id for part in node.generators for one in ast.walk(part.target)
                         if isinstance(one, ast.Name)}
    elif isinstance(node, (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await)):
        return False
    return all(is_plain(one, known) for one in ast.iter_child_nodes(node))
try:
    call = ast.parse(said.strip(), mode='eval').body
    names = {'abs', 'bool', 'bytes', 'chr', 'complex', 'dict', 'enumerate', 'float', 'frozenset', 'int', 'len',
             'list', 'map', 'max', 'min', 'ord', 'range', 'repr', 'reversed', 'round', 'set', 'sorted', 'str',
             'sum', 'tuple', 'zip'} | given
    is_call = (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == 'f'
               and all(is_plain(one, names) for one in call.args + call.keywords))
except Exception:
    is_call = False
assert is_call, 'the answer is not one call of f with data'
)py";

/// Checks for a CRUXEval answer; false where the answer cannot be one.
bool crux_check(const Json& fields, const std::string& answer, CodeCheck& check,
                std::string& prediction) {
  const std::string raw = prediction_of(answer);
  const std::string output = need(fields, "output");
  if (text_of(fields, "crux") == "output") {
    prediction = output_of(raw);
    if (prediction.empty()) return false;
    // Only a literal: an answer that computes is none.
    check.program = "";
    check.tests = fmt::format(
        "import ast\ntry:\n    said = ast.literal_eval({})\nexcept Exception:\n    raise "
        "AssertionError('the answer is no literal')\nassert said == {}\n",
        quoted_python(prediction), output);
    return true;
  }
  prediction = input_of(raw);
  if (!prediction.starts_with("f(") || !prediction.ends_with(")")) return false;
  // One call of f and nothing around it; arguments compute as those of the data do, and reach
  // nothing.
  check.program = need(fields, "code") + "\n\ndef answered():\n    return (" + prediction + ")\n";
  static const Regex kGiven("^(\\w+)\\s*=[^=]", {.multi_line = true});
  const std::string code = need(fields, "code");
  Json given = Json::array();  // data that stand beside f
  for (const Regex::Match& match : kGiven.all(code)) given.push_back(match.group(code, 1));
  check.tests = fmt::format("said = {}\ngiven = set({})\n{}assert answered() == {}\n",
                            quoted_python(prediction), given.dump(), kOneCall, output);
  return true;
}

/// The answer with the white space that its first line began with: a body that goes on from a
/// prompt needs it.
std::string with_indent(std::string_view raw, const ReasoningSplit& split) {
  const std::size_t begin = split.source_offset(0);
  std::size_t from = std::min(begin, raw.size());
  while (from > 0 && (raw[from - 1] == ' ' || raw[from - 1] == '\t')) --from;
  const bool is_line = from == 0 || raw[from - 1] == '\n' || raw[from - 1] == '>';
  return (is_line ? std::string(raw.substr(from, begin - from)) : std::string()) + split.answer;
}

void note_cut(bool is_cut, Score& score) {
  if (is_cut &&
      std::find(score.flags.begin(), score.flags.end(), "truncated_answer") == score.flags.end())
    score.flags.emplace_back("truncated_answer");
}

/// `limits` of the fields, each within what a machine can give.
void set_limits(const Json& fields, CodeCheck& check) {
  const auto limits = fields.find("limits");
  if (limits == fields.end() || limits->is_null()) return;
  if (!limits->is_object()) throw Error("limits: an object is wanted: {\"wall_s\": 10}");
  for (const auto& [name, value] : limits->items()) {
    const bool is_memory = name == "memory_mb";
    if (!is_memory && name != "wall_s" && name != "cpu_s")
      throw Error(fmt::format("limits: no limit \"{}\"; wall_s, cpu_s or memory_mb", name));
    const double most = is_memory ? 1048576 : 3600, least = is_memory ? 1 : 0.001;
    const double number = value.is_number() ? value.get<double>() : 0;
    if (!(number >= least && number <= most))
      throw Error(fmt::format("limits: {}: {} is no number from {} to {}", name, value.dump(),
                              least, most));
    if (is_memory)
      check.memory_bytes = static_cast<std::uint64_t>(number * 1048576);
    else if (name == "wall_s")
      check.wall = std::chrono::milliseconds(static_cast<std::int64_t>(number * 1000));
    else
      check.cpu = std::chrono::seconds(static_cast<std::int64_t>(std::ceil(number)));
  }
}

/// One pair of what a program reads and what it shall write.
InputOutput case_of(const Json& one) {
  for (const auto& [name, value] : one.items()) {
    if ((name != "input" && name != "output") || !value.is_string())
      throw Error(fmt::format(
          "tests: \"{}\": a case has the texts \"input\" and \"output\" and nothing else", name));
  }
  if (!one.contains("output")) throw Error("tests: a case without \"output\"");
  return {text_of(one, "input"), text_of(one, "output")};
}

CodeCheck check_of(const Json& fields) {
  CodeCheck out;
  out.language = text_of(fields, "language");
  if (out.language.empty()) throw Error("language: missing; python, c, cpp, java, js, go or rust");
  if (out.language == "javascript") out.language = "js";
  out.entry_point = text_of(fields, "entry_point");
  out.declared = text_of(fields, "prompt");
  const Json* tests = fields.contains("tests")  ? &fields["tests"]
                      : fields.contains("test") ? &fields["test"]
                                                : nullptr;
  if (tests && tests->is_string()) {
    out.tests = tests->get<std::string>();
  } else if (tests && tests->is_array()) {
    for (const Json& one : *tests) {
      if (one.is_object())
        out.cases.push_back(case_of(one));
      else if (one.is_string())
        out.tests += one.get<std::string>() + "\n";
    }
  }
  if (!fields.contains("crux")) {
    if (const std::string trouble = tests_trouble(out); !trouble.empty()) throw Error(trouble);
  }
  if (out.language == "python")
    out.helpers = helpers_of(text_of(fields, "prompt"), out.entry_point);
  set_limits(fields, out);
  return out;
}

}  // namespace

bool is_code_style(std::string_view style) {
  for (const char* one : {"humaneval", "mbpp", "mbpp-plus", "humaneval-x", "cruxeval-output",
                          "cruxeval-input", "livecodebench"}) {
    if (style == one) return true;
  }
  return false;
}

Json code_fields(std::string_view style, std::string_view language, const Json& row) {
  if (style == "livecodebench") return livecodebench_fields(row);
  Json out = {{"language", std::string(language)}};
  if (style == "humaneval") {
    out["prompt"] = need(row, "prompt");
    out["entry_point"] = need(row, "entry_point");
    out["tests"] = with_sizes(need(row, "test"));
  } else if (style == "mbpp" || style == "mbpp-plus") {
    const std::string imports = joined(row, "test_imports"), list = joined(row, "test_list");
    out["tests"] = style == "mbpp" ? imports + text_of(row, "test_setup_code") + "\n" + list
                                   : with_sizes(imports + need(row, "test"));
    out["shown_tests"] = list;
    out["entry_point"] = tested_function(need(row, "code"), list);
  } else if (style == "humaneval-x") {
    const std::string declaration = need(row, "declaration");
    out["entry_point"] = declared_function(declaration, language);
    out["prompt"] = language == "rust" ? need(row, "prompt") + without_crates(declaration)
                                       : need(row, "prompt");
    out["tests"] = need(row, "test");
    if (language == "go") {
      out["setup"] = need(row, "test_setup");
      out["prompt"] = text_of(row, "import") + "\n" + need(row, "prompt");
    }
  } else {
    out["crux"] = style == "cruxeval-output" ? "output" : "input";
    out["code"] = need(row, "code");
    out["input"] = need(row, "input");
    out["output"] = need(row, "output");
  }
  return out;
}

CodeGrade grade_code(const GradeInput& input, const Scorer& scorer) {
  CodeGrade out;
  const Json& fields = *input.fields;
  CodeCheck check = check_of(fields);
  bool is_cut = false;
  if (fields.contains("program") && fields["program"].is_string()) {
    out.score.scorer = fmt::format("{}@{}", scorer.name, scorer.version);
    out.score.tier = "given";
    check.program = fields["program"].get<std::string>();
  } else {
    Prepared prepared = prepare(input, scorer);
    out.score = prepared.score;
    if (prepared.is_decided) return out;
    is_cut = prepared.split.truncated;
    if (fields.contains("crux")) {
      std::string prediction;
      const bool is_answer = crux_check(fields, prepared.split.answer, check, prediction);
      out.score.extracted = prediction;
      if (!is_answer) {
        decide(out.score, ScoreStatus::NoAnswer, "no call of f or no value is given");
        return out;
      }
    } else {
      const CodeTarget target{check.language, check.entry_point, text_of(fields, "prompt"),
                              text_of(fields, "setup")};
      CodeAnswer answer = extract_code(with_indent(input.text, prepared.split), target);
      out.score.tier = answer.tier;
      is_cut = is_cut || answer.is_cut;
      note_cut(is_cut, out.score);
      if (!answer.program) {
        decide(out.score, ScoreStatus::NoAnswer,
               is_cut ? "cut off before a program was written" : "no program found");
        return out;
      }
      check.program = std::move(*answer.program);
      out.score.extracted = check.program;
    }
    note_cut(is_cut, out.score);
  }
  out.program = check.program;
  out.has_program = true;
  const CodeVerdict verdict = judge(check);
  out.out = verdict.out;
  out.err = verdict.err;
  out.tool = verdict.tool;
  if (!verdict.tool.empty()) out.score.flags.push_back("tool=" + verdict.tool);
  decide(out.score, verdict.status, verdict.why);
  if (verdict.status == ScoreStatus::InfraError) out.score.score = std::nullopt;
  if (is_cut && verdict.status != ScoreStatus::Correct && out.score.tier != "given")
    out.score.why += "; the answer was cut off";
  out.score.flags.insert(out.score.flags.end(), verdict.flags.begin(), verdict.flags.end());
  return out;
}

}  // namespace leitai
