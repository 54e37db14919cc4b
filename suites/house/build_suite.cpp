// house/build as a suite: the specification in words, and the code around it.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/house/build.h"
#include "suites/house/generator.h"
#include "suites/house/wording.h"

namespace leitai {

namespace house {

namespace {

using Json = nlohmann::json;
using Kind = BuildItem::Kind;

constexpr const char* kTongues[] = {"python", "cpp", "js"};
constexpr char kVersion[] = "1";
constexpr char kName[] = "house/build";
constexpr std::size_t kShown = 2;  // inputs that the prompt shows

/// Lines of our solutions by step and language.
const Json& snippets() {
  static const Json kCode = wording_file("build_code.json");
  return kCode;
}

std::string code_of(const BuildStep& step, const std::string& language) {
  std::string out = snippets().at(step.key).at(language).get<std::string>();
  for (const auto& [mark, value] : {std::pair{"{n}", step.n}, std::pair{"{k}", step.k}}) {
    const std::string number = std::to_string(value);
    for (std::size_t at = 0; (at = out.find(mark, at)) != std::string::npos; at += number.size())
      out.replace(at, 3, number);
  }
  return out;
}

std::string indented(const std::string& code, int by) {
  std::string out;
  for (const std::string_view line : split(code, '\n'))
    out += std::string(static_cast<std::size_t>(by), ' ') + std::string(line) + "\n";
  return out;
}

std::string literal(const BuildInput& value, bool is_text, bool is_number,
                    const std::string& language) {
  if (is_number) return std::to_string(value.at(0));
  if (is_text) {
    std::string out = language == "cpp" ? "std::string(\"" : "\"";
    for (const std::int64_t c : value) out += static_cast<char>(c);
    return out + (language == "cpp" ? "\")" : "\"");
  }
  const std::string all = fmt::format("{}", fmt::join(value, ", "));
  return language == "cpp" ? "std::vector<long long>{" + all + "}" : "[" + all + "]";
}

std::string signature(Kind kind, const std::string& language) {
  const bool is_text = kind == Kind::Text;
  if (language == "python") return is_text ? "def solve(s):\n" : "def solve(v):\n";
  if (language == "js") return is_text ? "function solve(s) {\n" : "function solve(v) {\n";
  return is_text ? "#include <string>\n\nstd::string solve(std::string s) {\n"
                 : "#include <vector>\n\nlong long solve(std::vector<long long> v) {\n";
}

/// One call with its result, in the syntax of the language.
std::string example(const BuildItem& item, std::size_t i, const std::string& language,
                    const char* equals) {
  const bool is_text = item.kind == Kind::Text;
  return fmt::format("solve({}){}{}", literal(item.inputs[i], is_text, false, language), equals,
                     literal(result_of(item, item.inputs[i]), is_text, !is_text, language));
}

std::string rules_body(const BuildItem& item, const std::string& language) {
  const bool is_python = language == "python";
  std::string out;
  for (std::size_t i = 0; i < item.steps.size(); i += 2) {
    const bool is_last = i + 1 == item.steps.size();
    const std::string action = code_of(item.steps[is_last ? i : i + 1], language);
    if (is_last && i == 0) return action + "\n";
    if (is_last) {
      out += is_python ? "else:\n" : "else {\n";
    } else {
      const char* word = i == 0 ? "if" : is_python ? "elif" : "else if";
      out += fmt::format(fmt::runtime(is_python ? "{} {}:\n" : "{} ({}) {{\n"), word,
                         code_of(item.steps[i], language));
    }
    out += indented(action, is_python ? 4 : 2);
    if (!is_python) out += "}\n";
  }
  return out;
}

class BuildSuite final : public Suite {
 public:
  BuildSuite(const std::string& language, const SuiteOptions& options)
      : info_(house::generated_info(kName, language, options)),
        wording_("build", language),
        seed_(options.seed.value_or(42)),
        levels_(house::levels_of(kName, options)),
        tongues_(options.subsets),
        is_short_(options.short_prompt.value_or(false)) {
    for (const std::string& tongue : tongues_) {
      if (std::find(std::begin(kTongues), std::end(kTongues), tongue) == std::end(kTongues))
        throw Error(fmt::format("{}: subsets: there are no programs in \"{}\"\n        it has: {}",
                                kName, tongue, fmt::join(kTongues, ", ")));
    }
    const std::string chosen = tongues_.empty() ? "" : fmt::format("+{}", fmt::join(tongues_, "."));
    if (tongues_.empty()) tongues_.assign(std::begin(kTongues), std::end(kTongues));
    info_.version = generated_version(kVersion + chosen, options);
  }

  const SuiteInfo& info() const override { return info_; }

  Item item(std::int64_t index) const override {
    const int level = level_of(index);
    const BuildItem drawn = make_build(seed_, index, level, salt_of(index));
    // Levels and tongues have no common factor: each level sees every tongue.
    const std::string& tongue = tongues_[static_cast<std::size_t>(index) % tongues_.size()];
    Item out;
    out.suite = info_.name;
    out.id = std::to_string(index);
    out.language = info_.language;
    out.tags = {fmt::format("level={}", level), "code=" + tongue};
    out.pair_key = out.id;
    out.question = question(drawn, tongue);
    out.prompt.messages = {
        message(Role::User, out.question + "\n\n" + wording_.instruction(is_short_))};
    out.grading.scorer = "code";
    out.grading.fields_json = Json{{"language", tongue},
                                   {"entry_point", "solve"},
                                   {"prompt", signature(drawn.kind, tongue)},
                                   {"tests", build_tests(drawn, tongue)}}
                                  .dump();
    return out;
  }

 private:
  int level_of(std::int64_t index) const {
    return levels_[static_cast<std::size_t>(index) % levels_.size()];
  }

  std::string say(const char* key) const { return wording_.say({.key = key}); }

  std::string question(const BuildItem& drawn, const std::string& tongue) const {
    const bool is_rules = drawn.kind == Kind::Rules;
    const char* intro = is_rules                   ? "intro_rules"
                        : drawn.kind == Kind::Text ? "intro_text"
                                                   : "intro_list";
    const std::string name = say(("code_" + tongue).c_str());
    std::string out = wording_.say({.key = intro, .n = drawn.start, .text = name}) + "\n";
    std::size_t number = 0;
    for (std::size_t i = 0; i < drawn.steps.size(); ++i) {
      const BuildStep& step = drawn.steps[i];
      out += fmt::format("\n{}. ", ++number);
      if (is_rules && i + 1 == drawn.steps.size()) out += say("otherwise");
      out += wording_.say({.key = step.key, .n = step.n, .k = step.k});
      if (is_rules && i + 1 < drawn.steps.size()) {
        const BuildStep& action = drawn.steps[++i];
        out += wording_.say({.key = action.key, .n = action.n, .k = action.k});
      }
    }
    if (is_rules) out += "\n\n" + say("returns_s");
    if (drawn.kind == Kind::Text) out += fmt::format("\n{}. ", ++number) + say("returns_text");
    const std::string fence = "\n\n```" + tongue + "\n";
    out += "\n\n" + say("signature") + fence + signature(drawn.kind, tongue) + "```";
    out += "\n\n" + say("examples") + fence;
    for (std::size_t i = 0; i < kShown; ++i) out += example(drawn, i, tongue, " == ") + "\n";
    return out + "```";
  }

  /// The first draw of item `index` that asks something else than all items before it, in any
  /// language of programs.
  int salt_of(std::int64_t index) const {
    return draws_.of(index, [this](std::int64_t at, int salt) {
      const BuildItem drawn = make_build(seed_, at, level_of(at), salt);
      std::string said = std::to_string(drawn.start);
      for (const BuildStep& step : drawn.steps)
        said += fmt::format(" {} {} {}", step.key, step.n, step.k);
      return said;
    });
  }

  mutable house::Draws draws_;
  SuiteInfo info_;
  Wording wording_;
  std::uint64_t seed_;
  std::vector<int> levels_;
  std::vector<std::string> tongues_;
  bool is_short_;
};

}  // namespace

std::string build_reference(const BuildItem& item, const std::string& language) {
  const bool is_python = language == "python", is_cpp = language == "cpp";
  const int step = is_python ? 4 : 2;
  std::string out = is_cpp ? "#include <algorithm>\n#include <cstdlib>\n#include <string>\n" : "";
  out += signature(item.kind, language);
  if (item.kind == Kind::Rules) {
    const std::string body = rules_body(item, language);
    if (is_python) {
      out += fmt::format("    s = {}\n    for place, x in enumerate(v, 1):\n", item.start) +
             indented(body.substr(0, body.size() - 1), 8) + "    return s\n";
      return out;
    }
    const char* declare = is_cpp ? "long long" : "let";
    const char* head = is_cpp ? "for (long long x : v)" : "for (const x of v)";
    out += fmt::format("  {} s = {}, place = 0;\n  {} {{\n    place += 1;\n", declare, item.start,
                       head) +
           indented(body.substr(0, body.size() - 1), 4) + "  }\n  return s;\n}\n";
    return out;
  }
  for (const BuildStep& one : item.steps) out += indented(code_of(one, language), step);
  if (item.kind == Kind::Text) out += indented(is_python ? "return s" : "return s;", step);
  return is_python ? out : out + "}\n";
}

std::string build_tests(const BuildItem& item, const std::string& language) {
  std::string out;
  const bool is_cpp = language == "cpp";
  if (is_cpp) out = "#include <assert.h>\n#include <string>\n#include <vector>\nint main() {\n";
  if (language == "python") out = "def check(candidate):\n";
  for (std::size_t i = kShown; i < item.inputs.size(); ++i) {
    const std::string call = example(item, i, language, language == "js" ? " === " : " == ");
    out += language == "python" ? "    assert candidate" + call.substr(5) + "\n"
           : is_cpp             ? "  assert((" + call + "));\n"
                                : "console.assert(" + call + ");\n";
  }
  return is_cpp ? out + "}\n" : out;
}

}  // namespace house

std::unique_ptr<Suite> open_build(const std::string& language, const SuiteOptions& options) {
  return std::make_unique<house::BuildSuite>(language, options);
}

}  // namespace leitai
