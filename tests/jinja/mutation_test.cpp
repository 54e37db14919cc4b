// Broken templates: a fixed number of random mutations, each parsed and rendered within small
// limits. An answer or a TemplateError; nothing else, and no hang.
#include "harness/core/random.h"
#include "harness/jinja/jinja.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

constexpr std::string_view kPieces[] = {"{%",
                                        "%}",
                                        "{{",
                                        "}}",
                                        "{#",
                                        "#}",
                                        "-",
                                        "+",
                                        "*",
                                        "**",
                                        "//",
                                        "(",
                                        ")",
                                        "[",
                                        "]",
                                        "{",
                                        "}",
                                        "|",
                                        ".",
                                        ",",
                                        ":",
                                        "~",
                                        "'",
                                        "\"",
                                        "\\",
                                        "\n",
                                        " ",
                                        "not ",
                                        " in ",
                                        " is ",
                                        " if ",
                                        " else ",
                                        "xs",
                                        "m",
                                        "ns",
                                        "loop",
                                        "none",
                                        "1",
                                        "-1",
                                        "99999999999",
                                        "1e308",
                                        "{% for x in xs %}",
                                        "{% endfor %}",
                                        "{% set ns.x = ns %}",
                                        "{% set a = [a] %}",
                                        "{% macro f(a) %}{{ f(a) }}{% endmacro %}",
                                        "{{ f(1) }}",
                                        "|join",
                                        "|list",
                                        "|tojson",
                                        "|sort",
                                        "|map('upper')",
                                        "|groupby('role')",
                                        "|batch(2)",
                                        "|round(3)",
                                        "|format(1)",
                                        "%s",
                                        ".append(xs)",
                                        ".split('a')",
                                        ".format(xs)",
                                        "[::-1]",
                                        "[1:]",
                                        "range(9)",
                                        "loop(xs)",
                                        "{% call f() %}",
                                        "{% endcall %}",
                                        "{% filter trim %}",
                                        "{% endfilter %}",
                                        "{% raw %}",
                                        "{% endraw %}",
                                        "{% break %}",
                                        "\xF0\x9F\x98\x80",
                                        "\xFF"};

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> kSeeds = {
      "{% set ns = namespace(x=1) %}{% for x in xs recursive %}{{ loop.index }}{{ x }}{% set ns.x "
      "= ns.x + x %}{% endfor %}{{ ns.x }}",
      "{% macro f(a, b=2) %}{{ a ~ b }}{{ caller(a) if caller }}{% endmacro %}{% call(v) f(1) %}{{ "
      "v }}{% endcall %}{{ f(3, b=xs) }}",
      "{% for t in m if t.role == 'user' %}{{ t['content'][1:]|upper|replace('A', 'b') }}{% else "
      "%}none{% endfor %}{{ m|map(attribute='role')|join(', ') }}",
      "{{ '%5.2f %s' % (1.5, xs) }} {{ '{0:>8}{a!r}'.format(1, a='x') }} {{ m|tojson(indent=2) }} "
      "{{ xs|sort(reverse=true)|first }}",
      "{%- if xs is defined and not none -%} a {%+ elif 1 in xs %} b {% else %}{# c #}{% endif "
      "%}{% set s %}t{% endset %}{{ s.strip().split('t', 1)[-1] }}",
      "{{ {'a': 1, 2: [3]}.items()|list }}{{ xs[0] if xs else 'no' }}{{ (1, 2) + (3,) }}{{ 'a' * 3 "
      "}}{{ 7 // 2 ** 2 % 3 }}{{ m|groupby('role')|list|length }}"};
  return kSeeds;
}

TEST(JinjaMutation, AnyTemplateEndsInTextOrError) {
  const nlohmann::ordered_json context = {
      {"xs", {1, 2, 3}},
      {"m", {{{"role", "user"}, {"content", "hi"}}, {{"role", "tool"}, {"content", ""}}}}};
  RenderOptions options;
  options.limits = {.max_steps = 20000, .max_text_bytes = 1 << 16, .max_depth = 200};
  options.now = "2025-07-04T12:34:56";
  SplitMix64 random(20250704);
  int rendered = 0, refused = 0;
  for (int round = 0; round < 30000; ++round) {
    std::string text = seeds()[random.below(seeds().size())];
    for (std::uint64_t edits = 1 + random.below(5); edits > 0; --edits) {
      const std::size_t at = random.below(text.size() + 1);
      switch (random.below(4)) {
        case 0:
          text.insert(at, kPieces[random.below(std::size(kPieces))]);
          break;
        case 1:
          text.erase(at, random.below(6));
          break;
        case 2: {
          const std::string& other = seeds()[random.below(seeds().size())];
          const std::size_t from = random.below(other.size());
          text.insert(at, other.substr(from, random.below(30)));
          break;
        }
        default:
          text.insert(at, text.substr(at, random.below(20)));
      }
    }
    for (const Environment environment : {Environment::Chat, Environment::LmEval}) {
      try {
        Template::parse(text, environment).render(context, options);
        ++rendered;
      } catch (const TemplateError& error) {
        EXPECT_FALSE(error.kind().empty());
        ++refused;
      }
    }
  }
  EXPECT_GT(rendered, 3000);
  EXPECT_GT(refused, 3000);
}

}  // namespace
}  // namespace leitai
