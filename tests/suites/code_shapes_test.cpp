// Shapes that models give their programs, made for this test: what is taken out of each.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/core/text.h"
#include "suites/extractors/code.h"
#include "suites/extractors/fences.h"
#include "suites/sandbox/objections.h"

namespace leitai {
namespace {

const std::string kGood = "def f(x):\n    return sum(x)\n";
const std::string kPrompt = "def f(x):\n    \"\"\"Sum.\"\"\"\n";

std::string taken(const std::string& text, const std::string& prompt = "") {
  const CodeAnswer answer = extract_code(text, {"python", "f", prompt, ""});
  return answer.program ? std::string(trim(*answer.program)) + "\n" : "(none)";
}

TEST(CodeShapes, FencesOfEveryKind) {
  const std::vector<std::string> texts = {
      "```{.python .numberLines}\n" + kGood + "```\n```{.bash}\nf = python f.py\n```",
      "```python:a.py\n" + kGood + "```\n```text:out\nf = 6\n```",
      "```language-python\n" + kGood + "```\n```language-text\nf = 6\n```",
      "````markdown\n# So\n\n```python\n" + kGood + "```\n````",
      "```markdown\n# So\n\n```python\n" + kGood + "```\n```",
      "- ```python\n  def f(x):\n      return sum(x)\n  ```\n",
      "1.\t```python\n   def f(x):\n       return sum(x)\n   ```\n",
      "> So:\n>\n> ```python\n> def f(x):\n>     return sum(x)\n> ```\n",
      "```python\n" + kGood + "```<|im_end|>",
      "```python\n" + kGood + "<|endoftext|>",
      "```python\ndef f(x):\n    return sum(x)```",
      "```def f(x):\n    return sum(x)\n```",
      "<pre><code class=\"language-python\">def f(x):\n    return sum(x)\n</code></pre>",
      "```python\r\ndef f(x):\r\n    return sum(x)\r\n```",
      "def f(x):\r    return sum(x)\r",
  };
  for (const std::string& text : texts) EXPECT_EQ(taken(text), kGood) << text;
  const std::string quoted =
      "def f(x):\n    '''\n    ```\n    f([1])\n    ```\n    '''\n    return sum(x)\n";
  EXPECT_EQ(taken("```python\n" + quoted + "```\nThat is all.\n"), quoted);
  EXPECT_FALSE(extract_code("```python\n" + kGood.substr(0, kGood.size() - 1) + "```",
                            {"python", "f", "", ""})
                   .is_cut);
  const CodeAnswer cut = extract_code("```python\n" + kGood + "``", {"python", "f", "", ""});
  EXPECT_TRUE(cut.is_cut);
  EXPECT_EQ(cut.program, kGood);
}

TEST(CodeShapes, UsageAndTestsAreNotTheProgram) {
  for (const char* after : {"```python\nfrom solution import f\nassert f([1]) == 1\n```",
                            "```python\nf = f([1, 2])\nprint(f)\n```", "```\n6\n```",
                            "```pycon\n>>> f([1])\n1\n```", "```json\n{\"f\": 1}\n```"})
    EXPECT_EQ(taken("```python\n" + kGood + "```\nUse:\n" + after), kGood) << after;
}

TEST(CodeShapes, HowItWasWrittenIsTakenAway) {
  const std::vector<std::string> texts = {
      ">>> def f(x):\n...     return sum(x)\n...\n>>> f([1, 2])\n3\n",
      "```python\n>>> def f(x):\n...     return sum(x)\n...\n```",
      "```diff\n--- a\n+++ b\n@@ -1 +1 @@\n-def f(x):\n-    return 0\n+def f(x):\n+    return "
      "sum(x)\n```",
      "{\"why\": \"easy\", \"code\": \"def f(x):\\n    return sum(x)\\n\"}",
      "```json\n{\"code\": \"def f(x):\\n    return sum(x)\\n\"}\n```",
      "```python\n\u200bdef f(x):\n\u00a0\u00a0\u00a0\u00a0return\u200b sum(x)\u200b\n```",
      "```python\n\ufeffdef f(x):\n    return sum(x)\n```",
  };
  for (const std::string& text : texts) {
    const std::string got = taken(text);
    EXPECT_EQ(got.substr(0, kGood.size()), kGood) << text;
  }
  EXPECT_EQ(taken("```python\ndef f(x):\n    return x if len(x) &gt; 0 and 1 &lt;= 2 else 0\n```"),
            "def f(x):\n    return x if len(x) > 0 and 1 <= 2 else 0\n");
  const std::string own = "def f(x):\n    return x.replace('<', '&lt;') + '\u200b\u00a0'\n";
  EXPECT_EQ(taken("```python\n" + own + "```"), own) << "what stands in strings is the program's";
  EXPECT_EQ(taken("```json\n{\"answer\": 1}\n```"), "(none)");
}

TEST(CodeShapes, BodiesGoOnFromThePromptWhateverTheirIndentation) {
  const std::string whole = kPrompt + "    n = 0\n    for y in x:\n        n += y\n    return n\n";
  const std::vector<std::string> texts = {
      "    n = 0\n    for y in x:\n        n += y\n    return n\n",
      "n = 0\nfor y in x:\n    n += y\nreturn n\n",
      "```python\nn = 0\nfor y in x:\n    n += y\nreturn n\n```",
      "n = 0\n    for y in x:\n        n += y\n    return n\n",
      "        n = 0\n        for y in x:\n            n += y\n        return n\n",
      "Here is the rest:\n\n    n = 0\n    for y in x:\n        n += y\n    return n\n\nIt adds.\n",
  };
  for (const std::string& text : texts) EXPECT_EQ(taken(text, kPrompt), whole) << text;
  EXPECT_EQ(taken("\tn = 0\n\tfor y in x:\n\t\tn += y\n\treturn n\n", kPrompt),
            kPrompt + "    n = 0\n    for y in x:\n    \tn += y\n    return n\n");
  for (const char* none : {"I cannot.\n", "Return the sum:\n\n    of all.\n"})
    EXPECT_EQ(taken(none, kPrompt), "(none)") << none;
}

TEST(CodeShapes, WhatStandsInTheWayOfOtherLanguagesTests) {
  EXPECT_EQ(java_program("package a.b;\nimport java.util.*;\npublic final class S {\n  public int "
                         "f() { return 1; }\n}\n"),
            "\nimport java.util.*;\n final class S {\n  public int f() { return 1; }\n}\n");
  EXPECT_EQ(rust_program("fn f() {}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn t() {\n    "
                         "}\n}\nfn g() {}\n"),
            "fn f() {}\n\n\nfn g() {}\n");
}

}  // namespace
}  // namespace leitai
