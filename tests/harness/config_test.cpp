#include "harness/config.h"

#include <gtest/gtest.h>

#include "harness/core/error.h"
#include "harness/model_spec.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

constexpr BackendKey kKeys[] = {{"device", "where"}, {"as", "name"}};
const BackendFactory kEngine{.name = "engine",
                             .help = "",
                             .keys = kKeys,
                             .default_id = [](const Model& m) { return m.target; },
                             .make = nullptr};
const BackendFactory kReplay{.name = "replay",
                             .help = "",
                             .keys = kKeys,
                             .default_id = [](const Model& m) { return m.target; },
                             .make = nullptr};
const BackendFactory* const kBackends[] = {&kEngine, &kReplay};

Known known() {
  Known out;
  out.backends = kBackends;
  out.formats = {"terminal", "markdown"};
  out.suite_mistake = [](const SuiteEntry& entry) -> std::optional<std::string> {
    if (entry.spec == "gsm9k")
      return entry.where + ": unknown suite \"gsm9k\"; did you mean \"gsm8k\"?";
    return std::nullopt;
  };
  return out;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ModelSpec, ReadsTargetOptionsAndParameters) {
  Model model = parse_model("engine:weights/a,b.gguf,device=cpu,temperature=0.6,max-tokens=24,id=x",
                            "-m", kBackends);
  EXPECT_EQ(model.target, "weights/a,b.gguf");  // a comma without key= belongs to the path
  EXPECT_EQ(model.options.at("device"), "cpu");
  EXPECT_EQ(model.params.temperature, 0.6);
  EXPECT_EQ(model.params.max_tokens, 24);
  EXPECT_EQ(model.id, "x");
}

TEST(ModelSpec, NamesTheWrongWordAndTheNearestKnown) {
  const auto said = [](const char* spec) {
    return test::message_of([&] { parse_model(spec, "-m", kBackends); });
  };
  EXPECT_TRUE(has(said("engine:x,temprature=0"), "\"temprature\"; did you mean \"temperature\"?"));
  EXPECT_TRUE(has(said("engine:x,temperature=warm"),
                  "temperature wants a number from 0 to 5, not \"warm\""));
  EXPECT_TRUE(has(said("engine:x,thinking=-5"), "a budget in tokens (1 or more), not \"-5\""));
  EXPECT_TRUE(has(said("replya:x.jsonl"), "\"replya\"; did you mean \"replay\"?"));
  EXPECT_TRUE(has(said("nosuch/model"), "no provider \"nosuch\""));
  EXPECT_TRUE(has(said("engine:"), "nothing stands behind"));
}

TEST(ModelSpec, TwoSettingsAreTwoIds) {
  Model a = parse_model("engine:w", "-m", kBackends),
        b = parse_model("engine:w,max_tokens=96,temperature=0.6", "-m", kBackends);
  default_model_id(a, kBackends);
  default_model_id(b, kBackends);
  EXPECT_EQ(a.id, "w");
  EXPECT_EQ(b.id, "w-t0.6-max96");
}

TEST(ModelSpec, ReadsDurations) {
  EXPECT_EQ(parse_duration_seconds("1h30m", "x"), 5400);
  EXPECT_EQ(parse_duration_seconds("250ms", "x"), 0.25);
  EXPECT_EQ(parse_duration_seconds("45", "x"), 45);
  EXPECT_THROW(parse_duration_seconds("soon", "x"), Error);
}

TEST(Config, ReportsAllMistakesTogetherWithTheirLines) {
  const std::string text =
      "name: x\n"
      "models:\n"
      "  - a: {model: 'engine:w', params: {temperatur: 0}}\n"
      "  - b: {model: 'engin:w'}\n"
      "suites:\n"
      "  - gsm9k\n"
      "  - house/ledger: {langages: [en], levels: [9]}\n"
      "limitz: {in_flight: 4}\n"
      "samples: many\n"
      "report: {formats: [parchment]}\n";
  const std::string said = test::message_of([&] { read_config("bad.yaml", text, known()); });
  for (const char* part :
       {"bad.yaml:3: models[0].params: unknown key \"temperatur\"; did you mean \"temperature\"?",
        "bad.yaml:4: models[1].model: \"engin:w\": unknown backend \"engin\"; did you mean "
        "\"engine\"?",
        "bad.yaml:6: suites[0]: unknown suite \"gsm9k\"",
        "bad.yaml:7: suites[1]: unknown key \"langages\"; did you mean \"languages\"?",
        "bad.yaml:7: suites[1].levels: a whole number from 1 to 5",
        "bad.yaml:8: unknown key \"limitz\"; did you mean \"limits\"?",
        "bad.yaml:9: samples: a whole number",
        "bad.yaml:10: report.formats: unknown format \"parchment\""}) {
    EXPECT_TRUE(has(said, part)) << part << "\nin\n" << said;
  }
}

TEST(Config, MalformedYamlNamesFileAndLine) {
  EXPECT_TRUE(has(test::message_of([&] { read_config("broken.yaml", "name: [x\n", known()); }),
                  "broken.yaml:"));
  EXPECT_TRUE(
      has(test::message_of([&] { read_config("twice.yaml", "name: a\nname: b\n", known()); }),
          "twice.yaml:2: \"name\" is given twice"));
}

TEST(Config, WhatWasResolvedCanBeReadBack) {
  const std::string text =
      "models:\n  - a: {model: 'engine:w,device=cpu', params: {temperature: 0.6, stop: "
      "[\"\\n\\n\", END]}, system: \"be: brief\"}\n  - replay:b\n"
      "suites:\n  - house/ledger: {seed: 7, items: 20, languages: [en, zh], levels: [1], limit: "
      "0.5, short_prompt: true}\n  - gsm8k: {from: 2024-08, until: 2024-12-01}\n"
      "limits: {in_flight: 8, per_model: {a: {in_flight: 2}}}\nbudget: {requests: 100, tokens: "
      "1.5M, "
      "money: 3 CNY, per_model: {a: 2 CNY, b: {money: 1 USD, requests: 7, tokens: 9k, time: 1h}}, "
      "rates: {CNY/USD: 0.14}, time: 2h}\ntimeouts: {total: 30s}\nsamples: 2\n";
  RunConfig first = read_config("a.yaml", text, known());
  resolve(first, known());
  RunConfig second = read_config("b.yaml", to_yaml(first), known());
  resolve(second, known());
  EXPECT_EQ(to_yaml(second), to_yaml(first));
  EXPECT_EQ(second.models[0].model.params.stop, (std::vector<std::string>{"\n\n", "END"}));
  EXPECT_EQ(second.models[0].model.system, "be: brief");
  EXPECT_EQ(second.suites[0].options.limit, 0.5);
  EXPECT_EQ(second.suites[1].options.from, "2024-08");
  EXPECT_EQ(second.suites[1].options.until, "2024-12-01");
  EXPECT_EQ(second.budget.run.time_s, 7200);
  EXPECT_EQ(second.budget.run.tokens, 1'500'000);
  EXPECT_EQ(second.budget.per_model.at("a").money->amount, 2);
  EXPECT_EQ(second.budget.per_model.at("b").money->currency, "USD");
  EXPECT_EQ(second.budget.per_model.at("b").tokens, 9000);
  EXPECT_EQ(second.budget.per_model.at("b").time_s, 3600);
}

TEST(Config, TheNameComesFromModelsSuitesSeedAndSamplesNotFromLimits) {
  const auto name = [](const std::string& suites, int samples) {
    RunConfig config =
        read_config("a.yaml", "models: [engine:w]\nsuites: [" + suites + "]\n", known());
    config.samples = samples;
    resolve(config, known());
    return config.name;
  };
  EXPECT_EQ(name("gsm8k: {limit: 5}", 1), name("gsm8k: {limit: 9}", 1));
  EXPECT_NE(name("gsm8k", 1), name("gsm8k", 2));
  EXPECT_NE(name("gsm8k", 1), name("gsm8k: {from: 2024-08}", 1));
  EXPECT_NE(name("gsm8k", 1), name("house/order", 1));
  EXPECT_TRUE(name("house/order", 1).starts_with("house-order-"));
}

TEST(Config, MissingPartsAndEqualIdsAreSaidTogether) {
  RunConfig config = read_config("a.yaml", "models: [engine:w, engine:w]\n", known());
  const std::string said = test::message_of([&] { resolve(config, known()); });
  EXPECT_TRUE(has(said, "no suite; name one with -s"));
  EXPECT_TRUE(has(said, "two models are called \"w\""));
}

}  // namespace
}  // namespace leitai
