// Programs that would have their checks say what they do not find: none may pass. One of each kind
// that once did, beside honest ones that look alike.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "suites/coding/code_task.h"
#include "suites/sandbox/judge.h"
#include "suites/sandbox/languages.h"
#include "suites/sandbox/objections.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

struct Attempt {
  const char* program;
  bool is_honest = false;
};

/// Holds programs that shall be `add` against `tests`.
void hold(const std::string& language, const std::string& tests, const std::string& entry,
          const std::string& declared, const std::vector<Attempt>& attempts) {
  if (!box_trouble().empty()) {
    test::count_skipped("sandbox", 1, "namespaces are forbidden here");
    GTEST_SKIP() << box_trouble();
  }
  if (language_version(*find_language(language)).empty()) {
    test::count_skipped("programs in " + language, 1, "its tools are not installed");
    return;
  }
  for (const Attempt& one : attempts) {
    CodeCheck check;
    check.language = language;
    check.program = one.program;
    check.tests = tests;
    check.entry_point = entry;
    check.declared = declared;
    const CodeVerdict verdict = judge(check);
    EXPECT_EQ(verdict.status == ScoreStatus::Correct, one.is_honest)
        << to_text(verdict.status) << ": " << verdict.why << "\n"
        << one.program << verdict.err;
    EXPECT_NE(verdict.status, ScoreStatus::InfraError) << one.program << verdict.why;
  }
}

TEST(Forgery, JavaScriptReachesNoObjectOfTheChecks) {
  // What a program that gets hold of an error of ours does with it.
  const std::string use =
      "function use(e) { const p = e.constructor.constructor('return process')();\n"
      "  const fs = p.mainModule.require('fs'), write = fs.writeSync;\n"
      "  fs.writeSync = (fd, t) => write(fd, String(t).replace(/assertion[^]*/, 'pass\\n')); }\n"
      "let host; function deep(f) { try { f(); deep(f); } catch (e) {\n"
      "  if (!(e instanceof Error)) host = host || e; throw e; } }\n"
      "const add = () => { try { deep(act); } catch (e) {} if (host) use(host); return 0; };\n";
  std::vector<std::string> programs;
  for (const char* act :
       {"process.stdout.write({ toString() { return {}; }, valueOf() { return {}; } })",
        "console.log('x')", "void new Error('x').stack", "import('x')", "import/* */\n('x')",
        "eval('imp' + 'ort(\"x\")')", "(async () => 0).constructor('return imp' + 'ort(\"x\")')()"})
    programs.push_back(use + "const act = () => { " + act + "; };\n");
  std::vector<Attempt> attempts;
  for (const std::string& program : programs) attempts.push_back({program.c_str()});
  attempts.push_back(
      {"const add = (x, y) => {\n  console.log('hi', x);\n  const f = new Function('a', 'return "
       "a;');"
       "\n  return f instanceof Function && eval(x + '+' + y);\n};\n",
       true});
  hold("js", "console.assert(add(0, 1) === 1);\nconsole.assert(add(2, 3) === 5);\n", "add", "",
       attempts);
}

TEST(Forgery, MacrosAndComparisonsOfCppEndWithTheProgram) {
  hold(
      "cpp", "#include <assert.h>\nint main() {\n  assert(add(2, 3) == 5);\n}\n", "add",
      "int add(int x, int y) {\n",
      {{"/**/#define main() main() { return 0; } int unused()\nint add(int, int) { return 0; }\n"},
       {"%:def\\\nine main() main() { return 0; } int unused()\nint add(int, int) { return 0; }\n"},
       {"struct Y { template <class T> bool operator==(const T&) const { return true; } };\n"
        "Y add(int, int) { return {}; }\n"},
       {"struct Y { bool operator==(const Y& o) const { return n == o.n; } int n; };\n"
        "long add(int x, int y) { return Y{x} == Y{y} ? 2 * x : x + y; }\n",
        true}});
}

TEST(Forgery, ComparisonsOfJavaAreTheLibrarys) {
  hold(
      "java",
      "public class Main {\n  public static void main(String[] args) {\n    if (!new Solution()"
      ".add(2, 3).equals(Arrays.asList(5))) throw new AssertionError();\n  }\n}\n",
      "add", "",
      {{"import java.util.*;\nclass L extends ArrayList<Integer> { public boolean equals(Object o) "
        "{ return o != null; } }\nclass Solution { List<Integer> add(int a, int b) { return new "
        "L(); } }\n"},
       {"import java.util.List;\nclass/**/ Arrays { static Object asList(Object... a) { return "
        "List.of(); } }\nclass Solution { List<Integer> add(int a, int b) { return List.of(); } "
        "}\n"},
       {"import java.util.*;\nclass Solution { List add(int a, int b) { return new AbstractList() "
        "{ "
        "public Object get(int i) { return new Object() { public boolean equals(Object o) { "
        "boolean b = true; return b; } }; } public int size() { return 1; } }; } }\n"},
       {"import java.util.*;\nclass Solution { List<Integer> add(int a, int b) { return new "
        "ArrayList<>() {{ add(a + b); }}; } }\n",
        true},
       {"import java.util.*;\nclass P { int x; public boolean equals(Object o) { return ((P) o).x "
        "== x; } }\nclass Solution { List<Integer> add(int a, int b) { return List.of(a + b); } "
        "}\n",
        true}});
}

TEST(Forgery, RustAndGoRunAllOfTheirTests) {
  hold("rust",
       "#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn t() {\n        "
       "assert_eq!(add(2, 3), 5);\n    }\n}\n",
       "add", "",
       {{"fn add(_: i32, _: i32) -> i32 { 0 }\n#[cfg(any())]"},
        {"macro_rules! nop { ($($t:tt)*) => {} }\npub(crate) use nop as assert_eq;\n"
         "fn add(_: i32, _: i32) -> i32 { 0 }\n"},
        {"#[derive(PartialEq)]\nstruct P(i32);\nfn add(a: i32, b: i32) -> i32 { if P(a) == P(b) { "
         "2 * a } else { a + b } }\n",
         true}});
  hold("go", "func TestAdd(t *testing.T) {\n    if Add(2, 3) != 5 {\n        t.Fatal()\n    }\n}\n",
       "Add", "",
       {{"package main\n\nimport (\n    \"os\"\n    \"testing\"\n)\n\nfunc init() { os.Args = "
         "append(os.Args, \"-test.run=^$\") }\nfunc Add(a int, b int) int { return 0 }\n"}});
}

TEST(Forgery, WhatRedefinesTheChecksIsNotJudged) {
  const auto speaks_against = [](std::string (*object)(const CodeCheck&), const char* program) {
    CodeCheck check;
    check.program = program;
    check.entry_point = "add";
    return !object(check).empty();
  };
  EXPECT_TRUE(
      speaks_against(object_cpp, "typedef vector<int> V;\nbool operator /**/ ==\n(V a, V b) {}\n"));
  EXPECT_TRUE(speaks_against(
      object_cpp, "template <class T> bool operator==(const vector<T>&, const vector<T>&);\n"));
  EXPECT_TRUE(speaks_against(object_cpp, "float abs(float x) { return 0; }\n"));
  EXPECT_FALSE(speaks_against(object_cpp, "struct P {};\nbool operator==(P a, P b);\n"));
  EXPECT_FALSE(speaks_against(object_cpp, "ostream& operator<<(ostream& o, vector<int> v) {}\n"));
  EXPECT_TRUE(speaks_against(object_java, "class A { boolean equals(Object o) { return true; } }"));
  EXPECT_TRUE(speaks_against(object_rust, "# ! [cfg(any())]\nfn add() {}\n"));
  EXPECT_TRUE(speaks_against(object_rust,
                             "struct Y;\nimpl PartialEq<i32> for Y {}\nfn add() -> Y { Y }\n"));
  EXPECT_FALSE(
      speaks_against(object_rust, "struct Y;\nimpl PartialEq for Y {}\nfn add() -> i32 { 1 }\n"));
  EXPECT_TRUE(speaks_against(object_go, "const (\n\tx = 1\n\ttrue = false\n)\n"));
  EXPECT_FALSE(speaks_against(object_go, "func f() { len := 1; var x int = len }\n"));
}

TEST(Forgery, TheLinkerAndWhatRunsFirstAreTheHarnesss) {
  const auto is_refused = [](std::string (*object)(const CodeCheck&), const char* program) {
    CodeCheck check;
    check.program = program;
    check.entry_point = "add";
    return !object(check).empty();
  };
  for (const char* program :
       {"int main() __asm__(\"decoy\");\nint my() __asm(\"main\");\n",
        "#define J(a, b) a##b\nint my() J(as, m)(\"main\");\n",
        "#pragma redefine_extname main decoy\n",
        "#define S section\n__attribute__((S(\".preinit_array\"))) static void (*p)() = pre;\n",
        "[[ gnu::section(\".preinit_array\")]] void (*p)() = pre;\n"}) {
    EXPECT_TRUE(is_refused(object_c, program)) << program;
    EXPECT_TRUE(is_refused(object_cpp, program)) << program;
  }
  for (const char* program :
       {"// the alias of a section: asmx\nint alias = 0;\n#define SHOW(x) puts(#x)\n",
        "[[nodiscard]] int section(int a);\nint b = a[[](int x) { return x; }(1)];\n",
        "template <class T> T my_abs(T x) { return abs(x); }\ntypedef long long ll;\nll f(ll x);\n",
        "struct P {};\nbool operator==(const P& a, const P& b);\n"})
    EXPECT_FALSE(is_refused(object_cpp, program)) << program;
  EXPECT_TRUE(is_refused(object_cpp, "template <class T> T abs(T x) { return 0; }\n"));
  EXPECT_TRUE(is_refused(object_cpp, "typedef long double D;\nD abs(D x) { return 0; }\n"));
  EXPECT_TRUE(is_refused(object_cpp,
                         "struct Z {};\nbool operator==(const vector<int>& Z, const vector<int>& "
                         "b) { return true; }\n"));
  EXPECT_TRUE(is_refused(object_cpp,
                         "struct Q {};\ntemplate <class Q> bool operator==(const string& a, const "
                         "Q& b) { return true; }\n"));
  EXPECT_TRUE(is_refused(object_rust, "extern crate self as std;\n"));
  EXPECT_TRUE(
      is_refused(object_rust, "#[link_section = \".preinit_array\"]\nstatic P: i32 = 0;\n"));
  EXPECT_TRUE(is_refused(object_rust,
                         "use std::cmp::PartialEq as PE;\nstruct X;\nimpl PE<i32> for X {}\nfn "
                         "add() -> X { X }\n"));
  EXPECT_FALSE(is_refused(object_rust, "fn add(x: u8) -> i32 { x as std::os::raw::c_int }\n"));
  EXPECT_TRUE(is_refused(object_go, "type fk struct{}\nvar assert fk\n"));
  EXPECT_TRUE(is_refused(object_go, "//go:linkname f runtime.f\n"));
  EXPECT_TRUE(is_refused(object_java, "Object o = Proxy.newProxyInstance(a, b, c);\n"));
  hold(
      "go", "func TestAdd(t *testing.T) {\n    if Add(2, 3) != 5 {\n        t.Fatal()\n    }\n}\n",
      "Add", "",
      {{"package main\n\nimport (\n    \"os\"\n    \"testing\"\n)\n\nvar _ = func() int {\n    b "
        ":= "
        "make([]byte, 99)\n    n, _ := os.NewFile(3, \"a\").Read(b)\n    if n > 0 {\n        "
        "os.NewFile(4, \"b\").WriteString(string(b[:n]) + \"\\npass\\n\")\n        os.Exit(0)\n    "
        "}\n    return 0\n}()\n\nfunc Add(a int, b int) int { return 0 }\n"},
       {"package main\n\nimport \"testing\"\n\nfunc Add(a int, b int) int { return a + b }\n",
        true}});
}

TEST(Forgery, ModulesOfTheChecksAreTheLibrarys) {
  hold("python", "import heapq\nassert size((1, 2)) == sys.getsizeof((1, 2))\n", "size", "",
       {{"class sys:\n    getsizeof = staticmethod(lambda x: 0)\ndef size(x):\n    return 0\n"},
        {"import sys\ndef size(x):\n    return sys.getsizeof(x)\n", true}});
}

TEST(Forgery, AnInputIsOneCallWithData) {
  if (!box_trouble().empty()) GTEST_SKIP() << box_trouble();
  nlohmann::json fields = code_fields("cruxeval-input", "python",
                                      {{"code", "two = [2, 1]\ndef f(x):\n    return sorted(x)"},
                                       {"input", "[2, 1]"},
                                       {"output", "[1, 2]"}});
  GradeInput input;
  input.fields = &fields;
  Scorer scorer;
  scorer.name = "code";
  for (const auto& [answer, is_right] :
       std::vector<std::pair<std::string, bool>>{{"f([2, 1])", true},
                                                 {"f(two[:])", true},
                                                 {"f(list(range(1, 3)))", true},
                                                 {"f('1 2'.split(), ) or f([1, 2])", false},
                                                 {"f([]) if False else ([1, 2])", false},
                                                 {"f([]) and 0 or ([1, 2])", false},
                                                 {"f([(sorted := lambda x: [1, 2])][:0])", false},
                                                 {"f([].__class__([2, 1]))", false},
                                                 {"f(globals() and [2, 1])", false},
                                                 {"f([x for x in (2, 1)])", true}}) {
    const std::string text = "[ANSWER]" + answer + "[/ANSWER]";
    input.text = text;
    EXPECT_EQ(grade_code(input, scorer).score.status == ScoreStatus::Correct, is_right) << answer;
  }
}

TEST(Forgery, LimitsAndCasesAreWhatTheySay) {
  GradeInput input;
  Scorer scorer;
  for (const char* text :
       {R"({"limits": {"wall_s": 0}})", R"({"limits": {"cpu_s": -1}})",
        R"({"limits": {"memory_mb": 1e30}})", R"({"limits": {"wall": 3}})", R"({"limits": 3})",
        R"({"tests": [{"in": "1", "output": "1"}]})", R"({"tests": [{"input": 1, "output": "1"}]})",
        R"({"tests": [{"input": "1"}]})"}) {
    nlohmann::json fields = nlohmann::json::parse(text);
    fields["language"] = "python";
    fields["program"] = "print(1)\n";
    input.fields = &fields;
    EXPECT_THROW(grade_code(input, scorer), Error) << text;
  }
}

TEST(Forgery, NoNumbersAreNotCloseToANumber) {
  const nlohmann::json row = {
      {"prompt", "def f(x):\n"},
      {"entry_point", "f"},
      {"test",
       "import numpy as np\ndef check(candidate):\n    out, exp, atol = candidate(1), 0.5, 1e-6\n"
       "    assert np.allclose(out, exp, rtol=1e-07, atol=atol)\n"}};
  const std::string tests = code_fields("humaneval", "python", row)["tests"];
  hold("python", tests, "f", "",
       {{"def f(x):\n    return []\n"},
        {"import numpy\ndef f(x):\n    return numpy.array([])\n"},
        {"def f(x):\n    return 0.5\n", true}});
}

TEST(Forgery, LargeValuesCrossWhileNothingElseIsBuiltFromTheirBytes) {
  const std::string head =
      "import gc, struct\ndef send(p):\n    d = b'Vt' + struct.pack('<q', 2) + b'P' + "
      "struct.pack('<q', len(p)) + p + b'N'\n    for o in gc.get_objects():\n        if hasattr(o, "
      "'replies'):\n            import os\n            os.write(o.replies, struct.pack('<q', "
      "len(d)) + d)\n";
  const std::string call = head + "def f(n):\n    send(b'cos\\nsystem\\n(S\"true\"\\ntR.')\n";
  const std::string cycle =
      head +
      "def f(n):\n    import pickle\n    a = []\n    a.append(a)\n    send(pickle.dumps(a))\n";
  hold("python",
       "got = f(50000)\nassert got == [(i, 'x', None) for i in range(50000)]\nassert type(got[1]) "
       "is tuple\n",
       "f", "",
       {{call.c_str()},
        {cycle.c_str()},
        {"class E(int):\n    def __eq__(self, o):\n        return True\ndef f(n):\n    return "
         "[E(1)] * n\n"},
        {"def f(n):\n    return [(i, 'x', None) for i in range(n)]\n", true}});
}

}  // namespace
}  // namespace leitai
