// The template language where the project stands alone: own small cases, errors with their place,
// limits, threads.
#include "harness/jinja/jinja.h"

#include <thread>

#include "harness/jinja/chat_template.h"
#include "harness/jinja/workbench.h"

namespace leitai {
namespace {

using nlohmann::ordered_json;

const ordered_json& context() {
  static const ordered_json kContext = {
      {"name", "Ada"},
      {"n", 3},
      {"xs", {3, 1, 2}},
      {"none", nullptr},
      {"turns",
       {{{"role", "user"}, {"content", "hi"}}, {{"role", "assistant"}, {"content", "yo"}}}}};
  return kContext;
}

std::string chat(std::string_view source) {
  return Template::parse(source, Environment::Chat).render(context());
}
std::string task(std::string_view source) {
  return Template::parse(source, Environment::LmEval).render(context());
}

/// "Kind line:column" of what a template raises, "" if it renders.
std::string raised(std::string_view source, Environment environment,
                   const RenderOptions& options = {}) {
  try {
    Template::parse(source, environment).render(context(), options);
  } catch (const TemplateError& error) {
    return error.kind() + " " + std::to_string(error.line()) + ":" + std::to_string(error.column());
  }
  return {};
}

TEST(Jinja, ExpressionsFollowPython) {
  EXPECT_EQ(chat("{{ 7 // -2 }} {{ 7 % -2 }} {{ 7 / 2 }} {{ 2 ** 70 }}"),
            "-4 -1 3.5 1180591620717411303424");
  EXPECT_EQ(chat("{{ xs[::-1] }} {{ 'abcdef'[1:-1:2] }} {{ xs[5:] }}"), "[2, 1, 3] bd []");
  EXPECT_EQ(chat("{{ ['it\\'s', 1.0, none, true, (1,), {'k': 'v'}] }}"),
            "[\"it's\", 1.0, None, True, (1,), {'k': 'v'}]");
  EXPECT_EQ(
      chat("{{ '%05.1f|%-4s|%x' % (3.14159, 'ab', 255) }} {{ '{:>6,}|{!r}'.format(1234, 'q') }}"),
      "003.1|ab  |ff  1,234|'q'");
  EXPECT_EQ(chat("{{ 1 < n <= 3 }} {{ 'd' in name }} {{ n is not none and n is odd }}"),
            "True True True");
  EXPECT_EQ(chat("{{ xs|sort|join('-') }} {{ turns|map(attribute='role')|join('/') }} {{ "
                 "turns|selectattr('role', 'eq', 'user')|list|length }}"),
            "1-2-3 user/assistant 1");
}

TEST(Jinja, StatementsAndScopes) {
  EXPECT_EQ(chat("{% set a = 1 %}{% for x in xs %}{% set a = x %}{{ loop.index }}{{ a }}{{ ',' if "
                 "not loop.last }}{% endfor %}{{ a }}"),
            "13,21,321");
  EXPECT_EQ(chat("{% set ns = namespace(t=0) %}{% for x in xs %}{% set ns.t = ns.t + x %}{% endfor "
                 "%}{{ ns.t }}"),
            "6");
  EXPECT_EQ(chat("{% macro f(a, b='B') %}<{{ a }}{{ b }}{{ caller() if caller }}>{% endmacro %}{{ "
                 "f(1) }}{% call f(2, b=3) %}in{% endcall %}"),
            "<1B><23in>");
  EXPECT_EQ(chat("{% for x in xs %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% if loop.last "
                 "%}{% break %}{% endif %}{% endfor %}"),
            "32");
  EXPECT_EQ(chat("{% set s %}a{{ n }}{% endset %}{% filter upper %}{{ s }}b{% endfilter %}{% "
                 "generation %}g{% endgeneration %}"),
            "A3Bg");
  EXPECT_EQ(chat("{% for x in [[1, [2]], 3] recursive %}{{ loop(x) if x is not number else x }}{% "
                 "endfor %}"),
            "123");
}

TEST(Jinja, EnvironmentsDiffer) {
  EXPECT_EQ(chat("[{{ nope }}]"), "[]");
  EXPECT_EQ(raised("\n [{{ nope }}]", Environment::LmEval), "UndefinedError 2:6");
  EXPECT_EQ(chat("  {% if n %}\nx\n  {% endif %}\n"), "x\n");
  EXPECT_EQ(task("  {% if n %}\nx\n  {% endif %}\n"), "  \nx\n  \n");
  EXPECT_EQ(chat("{{ {'b': '<', 'a': 1}|tojson }}"), R"({"b": "<", "a": 1})");
  EXPECT_EQ(task("{{ {'b': '<', 'a': 1}|tojson }}"), R"({"a": 1, "b": "\u003c"})");
  EXPECT_EQ(raised("{% set _ = xs.append(4) %}", Environment::Chat), "SecurityError 1:21");
  EXPECT_EQ(task("{% set _ = xs.append(4) %}{{ xs }}"), "[3, 1, 2, 4]");
  EXPECT_EQ(task("{{ 'a-b'|regex_replace('(.)-', '\\\\1+') }}"), "a+b");
}

TEST(Jinja, ErrorsNameTheirPlace) {
  EXPECT_EQ(raised("a\nb {{ 1 + }}", Environment::Chat), "TemplateSyntaxError 2:10");
  EXPECT_EQ(raised("a\n{% for x in xs %}", Environment::Chat).substr(0, 21),
            "TemplateSyntaxError 2");
  EXPECT_EQ(raised("x\n{{ 'a' + n }}", Environment::Chat), "TypeError 2:8");
  EXPECT_EQ(raised("{{ raise_exception('no') }}", Environment::Chat), "TemplateError 1:19");
  EXPECT_EQ(raised("{{ n|nosuch }}", Environment::Chat), "TemplateAssertionError 1:6");
  EXPECT_EQ(raised("{% if false %}{{ n|nosuch }}{% endif %}", Environment::Chat), "");
  EXPECT_EQ(raised("{{ ''.__class__.__mro__ }}", Environment::Chat), "SecurityError 1:17");
  EXPECT_EQ(raised("{% include 'x' %}", Environment::Chat), "TypeError 1:4");
  EXPECT_EQ(raised("{{ 1 // 0 }}", Environment::Chat), "ZeroDivisionError 1:6");
  EXPECT_EQ(raised("{{ 2 ** 200 }}", Environment::Chat), "OverflowError 1:6");
}

TEST(Jinja, LimitsHold) {
  RenderOptions small;
  small.limits = {.max_steps = 10000, .max_text_bytes = 1000, .max_depth = 100};
  EXPECT_EQ(raised("{{ 'x' * 2000 }}", Environment::Chat, small).substr(0, 10), "LimitError");
  EXPECT_EQ(raised("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
                   Environment::Chat, small)
                .substr(0, 10),
            "LimitError");
  EXPECT_EQ(raised("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", Environment::Chat, small)
                .substr(0, 14),
            "RecursionError");
  EXPECT_EQ(
      raised("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", Environment::Chat).substr(0, 14),
      "RecursionError");
  EXPECT_EQ(raised("{% set ns = namespace(x=1) %}{% for i in range(5000) %}{% set ns.x = [ns.x] "
                   "%}{% endfor %}",
                   Environment::Chat)
                .substr(0, 14),
            "RecursionError");
  EXPECT_EQ(raised("{{ " + std::string(5000, '(') + "1" + std::string(5000, ')') + " }}",
                   Environment::Chat)
                .substr(0, 14),
            "RecursionError");
  std::string sum = "{{ 1";
  for (int i = 0; i < 100000; ++i) sum += "+1";
  EXPECT_EQ(raised(sum + " }}", Environment::Chat).substr(0, 14), "RecursionError");
  EXPECT_EQ(raised("{% set _ = xs.append(xs) %}{{ xs }}", Environment::LmEval).substr(0, 14),
            "RecursionError");
}

TEST(Jinja, ChatHelperCopiesReasoning) {
  const Template chat_template = Template::parse(
      "{{ bos_token }}{% for m in messages %}{{ m.role }}={{ m.reasoning_content }}|{{ m.thinking "
      "}}|{{ m.content }};{% endfor %}"
      "{{ tools is none }}{{ add_generation_prompt is defined }}{{ enable_thinking }}",
      Environment::Chat);
  ChatInput input;
  input.messages = {{{"role", "assistant"}, {"content", "a"}, {"reasoning", "why"}},
                    {{"role", "user"}, {"content", "b"}}};
  input.bos_token = "<s>";
  input.kwargs = {{"enable_thinking", false}};
  EXPECT_EQ(render_chat(chat_template, input), "<s>assistant=why|why|a;user=||b;TrueFalseFalse");
}

TEST(Jinja, WorkbenchLines) {
  const RenderOptions options{.now = "2025-07-04T12:34:56"};
  const auto line = [&](const char* text) {
    return render_line(ordered_json::parse(text), Environment::Chat, nullptr, options);
  };
  EXPECT_EQ(
      line(R"({"template": "{{ a }}{{ strftime_now('%d %b %Y') }}", "context": {"a": 1}})")["text"],
      "104 Jul 2025");
  EXPECT_EQ(line(R"({"template": "\n{{ 1 / 0 }}"})")["line"], 2);
  EXPECT_EQ(line(R"({"template": "{{ 1 / 0 }}"})")["kind"], "ZeroDivisionError");
  EXPECT_EQ(line(R"({"context": {}})")["kind"], "Error");
  EXPECT_EQ(line("[1]")["kind"], "Error");
}

TEST(Jinja, OneTemplateManyThreads) {
  const Template shared = Template::parse(
      "{% for t in turns %}{{ t.role|upper }}:{{ t.content }} {% endfor %}{{ xs|sort }}",
      Environment::LmEval);
  std::vector<std::string> results(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& result : results) {
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i) result = shared.render(context());
      });
    }
  }
  for (const std::string& result : results) EXPECT_EQ(result, "USER:hi ASSISTANT:yo [1, 2, 3]");
}

}  // namespace
}  // namespace leitai
