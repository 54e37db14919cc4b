// Right programs whose form once kept their checks from running, and checks that hold nothing.
#include "suites/sandbox/presentation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "suites/coding/code_task.h"
#include "suites/extractors/code.h"
#include "suites/sandbox/judge.h"
#include "suites/sandbox/languages.h"
#include "suites/scorers/workbench.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

/// What `grade code` says of a program: the verdict, or its mistake.
std::string verdict_of(const nlohmann::json& line) {
  try {
    return grade_line(find_scorer("code"), line)["verdict"].get<std::string>();
  } catch (const Error& error) {
    return error.what();
  }
}

bool can_run(const std::string& language) {
  if (box_trouble().empty() && !language_version(*find_language(language)).empty()) return true;
  test::count_skipped("programs in " + language, 1, "no sandbox or no tools here");
  return false;
}

void hold(const std::string& language, const std::string& tests, const std::string& prompt,
          const std::vector<std::pair<const char*, const char*>>& programs) {
  if (!can_run(language)) return;
  for (const auto& [program, verdict] : programs) {
    EXPECT_EQ(verdict_of({{"language", language},
                          {"program", program},
                          {"tests", tests},
                          {"prompt", prompt},
                          {"entry_point", "add"}}),
              verdict)
        << program;
  }
}

TEST(Presentation, JavaGetsTheImportsOfItsTests) {
  hold(
      "java",
      "public class Main {\n  public static void main(String[] args) {\n    if (!new Solution()"
      ".add(2, 3).equals(Arrays.asList(5))) throw new AssertionError();\n    assert new Solution()"
      ".add(1, 1).get(0) == 2;\n  }\n}\n",
      "import java.util.*;\nclass Solution {\n",
      {{"package a.b;\nimport java.util.List;\npublic class Solution {\n  List<Integer> add(int a, "
        "int b) { return List.of(a + b); }\n}\npublic class Main {\n  public static void "
        "main(String[] a) { System.out.println(new Solution().add(1, 2)); }\n}\n",
        "CORRECT"},
       {"import java.util.List;\nclass Solution {\n  List<Integer> add(int a, int b) { return "
        "List.of(a == 2 ? 5 : 3); }\n}\n",
        "WRONG_OUTPUT"}});
  EXPECT_EQ(
      java_main_class("class A {\n  void main() {}\n}\npublic class B {\n  public static void "
                      "main(String[] a) {}\n}\n"),
      "B");
}

TEST(Presentation, CppGetsTheNamesOfItsTests) {
  hold("cpp", "int main() {\n  vector<int> a{2, 3};\n  assert(add(a) == 5);\n}\n",
       "#include <vector>\n#include <assert.h>\nusing namespace std;\nint add(vector<int> a) {\n",
       {{"#include <algorithm>\n#include <vector>\nint add(std::vector<int> a) {\n  "
         "std::ranges::sort(a);\n  return a[0] + a[1];\n}\n",
         "CORRECT"},
        {"#include <vector>\nint add(std::vector<int>) { return 4; }\n", "WRONG_OUTPUT"}});
}

TEST(Presentation, GoImportsWhatIsUsed) {
  const auto taken = [](const std::string& code) {
    return extract_code("```go\n" + code + "```", {"go", "Add", "", "package main\n"})
        .program.value_or("");
  };
  const std::string program = taken(
      "package main\nimport (\n\t\"fmt\"\n\t\"os\"\n\tm \"math\"\n)\nimport \"sort\"\nfunc Add(a, "
      "b "
      "int) int {\n\tfmt.Println(m.Pi)\n\tsort.Ints(nil)\n\treturn a + b\n}\n");
  EXPECT_NE(program.find("\"fmt\""), std::string::npos);
  EXPECT_NE(program.find("m \"math\""), std::string::npos);
  EXPECT_NE(program.find("    \"sort\""), std::string::npos);
  EXPECT_EQ(program.find("\"os\""), std::string::npos);
}

TEST(Presentation, JavaScriptHasWhatProgramsExpectOfNode) {
  hold("js", "(async () => { console.assert(await add(2, 3) === 5); })();\n", "",
       {{"import crypto from 'crypto';\nimport { inspect as show } from 'node:util';\n"
         "const hex = (name, t) => crypto.createHash(name).update(t).digest('hex');\n"
         "const right = hex('md5', 'Hello world') === '3e25960a79dbc69b674cd4ec67a72c62' &&\n"
         "  hex('sha1', 'abc') === 'a9993e364706816aba3e25717850c26c9cd0d89d' &&\n"
         "  hex('sha256', 'abc') === "
         "'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' &&\n"
         "  hex('md5', '\\u64c2'.repeat(50)).length === 32 && show([1]) === '[1]';\n"
         "const copy = structuredClone({ a: [1, new Date(0)], b: new Map([[1, 2]]) });\n"
         "async function add(x, y) {\n  await new Promise((done) => setTimeout(done, 5000));\n"
         "  return right && copy.b.get(1) === 2 ? x + y : 0;\n}\n",
         "CORRECT"},
        {"async function add(x, y) { return x; }\n", "WRONG_OUTPUT"},
        {"async function add() { throw new RangeError('no'); }\n", "RUNTIME_ERROR"},
        {"function add() { return new Promise(() => {}); }\n", "RUNTIME_ERROR"}});
}

TEST(Presentation, PredictionsOfCruxevalInAnyDress) {
  if (!can_run("python")) return;
  const auto said = [](const char* kind, const std::string& text) {
    GradeInput input;
    const nlohmann::json fields = {{"language", "python"},
                                   {"crux", kind},
                                   {"code", "def f(x):\n    return [x, '==']"},
                                   {"output", "[1, '==']"}};
    input.text = text;
    input.fields = &fields;
    return std::string(to_text(grade_code(input, find_scorer("code")).score.status));
  };
  for (const char* right :
       {"[ANSWER]\n```python\n[1, '==']\n```\n[/ANSWER]", "[ANSWER]`[1, '==']`[/ANSWER]",
        "So:\n\n**Answer:** [1, '==']", "**[1, '==']**", "[ANSWER]f(1) == [1, '=='][/ANSWER]",
        "assert f('==') == [1, '==']", "The final answer is: `[1, '==']`"})
    EXPECT_EQ(said("output", right), "CORRECT") << right;
  for (const char* wrong : {"[ANSWER]f(1)[/ANSWER]", "[ANSWER]```[1]```[/ANSWER]"})
    EXPECT_EQ(said("output", wrong), "WRONG_OUTPUT") << wrong;
  for (const char* right : {"[ANSWER]\n```python\nf(1)\n```\n[/ANSWER]", "[ANSWER]`f(1)`[/ANSWER]",
                            "[ANSWER]f(1) == [1, '=='][/ANSWER]", "**Answer:** f(x=1)"})
    EXPECT_EQ(said("input", right), "CORRECT") << right;
  EXPECT_EQ(said("input", "[ANSWER]`[1]`[/ANSWER]"), "NO_ANSWER");
}

TEST(Presentation, PythonRaisesItsStackAndUsesProcesses) {
  hold("python", "assert add(2, 3) == 5\n", "",
       {{"import resource\nfrom multiprocessing import Pool\nresource.setrlimit(resource."
         "RLIMIT_STACK, (1 << 29, -1))\ndef one(x):\n    return x + 3\ndef add(x, y):\n    with "
         "Pool(2) as pool:\n        return pool.map(one, [x])[0]\nprint(add(2, 3))\n",
         "CORRECT"},
        {"def add(x, y):\n    return x + y\nadd(1, int(input()))\n", "RUNTIME_ERROR"}});
}

TEST(Presentation, ChecksThatNobodyCallsAreCalled) {
  if (!can_run("python")) return;
  const auto said = [](const std::string& tests, const char* entry, int sum) {
    return verdict_of({{"language", "python"},
                       {"program", fmt::format("def add(x, y): return {}\n", sum)},
                       {"tests", tests},
                       {"entry_point", entry}});
  };
  for (const char* tests :
       {"def test_add():\n    assert add(2, 3) == 5\n",
        "class TestAdd:\n    def setup_method(self): self.want = 5\n    def test(self):\n        "
        "assert add(2, 3) == self.want\n",
        "import unittest\nclass Sums(unittest.TestCase):\n    def test(self): "
        "self.assertEqual(add(2, 3), 5)\nif __name__ == '__main__':\n    unittest.main()\n",
        "def check():\n    assert add(2, 3) == 5\n"}) {
    EXPECT_EQ(said(tests, "", 5), "CORRECT") << tests;
    EXPECT_EQ(said(tests, "", 4), "WRONG_OUTPUT") << tests;
  }
  const std::string check = "def check(candidate):\n    assert candidate(2, 3) == 5\n";
  EXPECT_EQ(said(check, "add", 4), "WRONG_OUTPUT");
  EXPECT_EQ(said(check, "", 5), "INFRA_ERROR") << "nobody says which function is meant";
}

TEST(Presentation, OwnTestsMayUseClassesOfTheProgram) {
  if (!can_run("python")) return;
  const auto said = [](const std::string& tests, const std::string& entry) {
    return verdict_of(
        {{"language", "python"},
         {"program",
          "from collections import namedtuple\nfrom dataclasses import "
          "dataclass\n@dataclass\nclass "
          "V:\n    x: int\n    def __add__(self, o): return V(self.x + o.x)\n    def __sub__(self, "
          "o): return 0\n    def __lt__(self, o): return self.x < o.x\nclass Bad(ValueError): "
          "pass\nP = namedtuple('P', 'a b')\ndef add(x, y):\n    if x < 0: raise Bad('minus')\n    "
          "return P(x, y)\ndef sort(a): a.sort()\nclass Yes:\n    def __eq__(self, o): return "
          "True\n"
          "    def __sub__(self, o): return 0\ndef yes(): return Yes()\n"},
         {"tests", tests},
         {"prompt", "class V:\n"},
         {"entry_point", entry}});
  };
  for (const char* right :
       {"assert V(1) + V(2) == V(3) and V(1) < V(2) and V(1) != V(2) and repr(V(1)) == 'V(x=1)'\n",
        "assert add(1, 2) == (1, 2) and add(1, 2).b == 2\n",
        "try:\n    add(-1, 0)\n    assert False\nexcept Bad as error:\n    assert str(error) == "
        "'minus'\n",
        "a = [2, 1]\nsort(a=a)\nassert a == [1, 2]\n"})
    EXPECT_EQ(said(right, ""), "CORRECT") << right;
  for (const char* wrong : {"assert V(1) == V(2)\n", "assert yes() == 1\n", "assert 1 == yes()\n",
                            "assert abs(yes() - 1) < 0.1\n", "assert add(1, 2) == (2, 1)\n"})
    EXPECT_NE(said(wrong, ""), "CORRECT") << wrong;
}

TEST(Presentation, OwnTestsOfJavaScriptMayMakeObjectsAndSeeWhatIsChanged) {
  if (!can_run("js")) return;
  const auto said = [](const std::string& tests) {
    return verdict_of(
        {{"language", "js"},
         {"program",
          "class Stack {\n  constructor(n) { this.items = [n]; }\n  push(x) { "
          "this.items.push(x); return this; }\n  pop() { return this.items.pop(); }\n}\n"
          "const sort = (list) => { list.sort((x, y) => x - y); list[0].seen = true; };\n"
          "const top = (stack) => stack.items.length;\n"
          "function bad() { throw new RangeError('no'); }\n"},
         {"tests", tests}});
  };
  for (const char* right :
       {"const s = new Stack(1); s.push(2).push(3);\nconsole.assert(s.pop() === 3 && "
        "s.items.length === 2 && top(s) === 2);\n",
        "const a = [3, 1]; sort(a); console.assert(a[0] === 1 && a.length === 2);\n",
        "const a = Object.freeze([1, 2]); sort(a); console.assert(a[0] === 1);\n",
        "try { bad(); console.assert(false); } catch (e) { console.assert(e instanceof RangeError "
        "&& e.message === 'no'); }\n"})
    EXPECT_EQ(said(right), "CORRECT") << right;
  EXPECT_EQ(said("const s = new Stack(1); console.assert(s.pop() === 2);\n"), "WRONG_OUTPUT");
}

TEST(Presentation, GoGetsTheImportsOfItsTests) {
  CodeCheck check;
  check.program = "package main\n\nimport m \"math\"\n\nfunc Add(a int) int { return a }\n";
  check.tests =
      "package main\nimport (\n\t\"math\"\n\t\"fmt\"\n)\nfunc TestAdd(t *testing.T) { "
      "fmt.Println(math.Pi, reflect.TypeOf(1)) }\n";
  const std::string source = go_source(check);
  for (const char* path : {"\"math\"", "\"fmt\"", "\"testing\"", "\"reflect\""})
    EXPECT_NE(source.find("\nimport " + std::string(path) + "\n"), std::string::npos) << source;
  EXPECT_EQ(source.rfind("package"), 0) << source;
}

TEST(Presentation, ChecksThatHoldNothingAreMistakes) {
  for (const auto& [language, tests] : std::vector<std::pair<std::string, nlohmann::json>>{
           {"python", ""},
           {"python", "# later\n"},
           {"python", nlohmann::json::array()},
           {"js", "// later\n"},
           {"rust", "fn main() { assert_eq!(f(1), 2); }\n"},
           {"go", "func main() {}\n"}}) {
    const std::string said =
        verdict_of({{"language", language}, {"program", "x"}, {"tests", tests}});
    EXPECT_EQ(said.substr(0, 7), "tests: ") << language << tests;
  }
}

}  // namespace
}  // namespace leitai
