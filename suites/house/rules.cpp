#include "suites/house/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/embedded.h"
#include "harness/core/error.h"
#include "harness/core/random.h"
#include "suites/house/generator.h"
#include "suites/house/wording.h"

namespace leitai {

std::span<const EmbeddedFile> house_wordings();  // generated

namespace house {

namespace {

constexpr int kTopics = 24, kWords = 24, kEndings = 4;

/// A kind of rule: its least and most number with their step (0, 0: none), and what it says in the
/// checkers' words. Two kinds of one group do not go together.
struct Kind {
  const char* key;
  int least, most, step;
  std::vector<std::string_view> apart;  // kinds that cannot be followed beside it, or would be dull
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kKinds = {
      {"bullets", 3, 6, 1, {"numbered"}},
      {"numbered", 3, 6, 1, {"bullets", "no_digits"}},
      {"paragraphs", 2, 5, 1, {"sections"}},
      {"title", 0, 0, 1, {}},
      {"include", 0, 0, 1, {}},
      {"often", 2, 4, 1, {}},
      {"avoid", 0, 0, 1, {}},
      {"no_comma", 0, 0, 1, {}},
      {"ending", 0, 0, 1, {"postscript", "quoted"}},
      {"quoted", 0, 0, 1, {"ending"}},
      {"placeholders", 2, 4, 1, {}},
      {"highlights", 2, 4, 1, {}},
      {"sections", 2, 4, 1, {"paragraphs", "no_digits"}},
      {"postscript", 0, 0, 1, {"ending"}},
      {"no_digits", 0, 0, 1, {"numbered", "sections"}},
      {"at_least", 40, 120, 10, {"at_most"}},
      {"at_most", 70, 150, 10, {"at_least"}},
  };
  return kKinds;
}

bool goes_with(const Kind& kind, const std::vector<Rule>& rules) {
  return std::none_of(rules.begin(), rules.end(), [&](const Rule& rule) {
    return rule.key == kind.key ||
           std::find(kind.apart.begin(), kind.apart.end(), rule.key) != kind.apart.end();
  });
}

}  // namespace

RulesItem make_rules(std::uint64_t seed, std::int64_t index, int level, int salt) {
  LEITAI_CHECK(level >= 1 && level <= 5, std::to_string(level));
  SplitMix64 dice(hash64({"house/rules/1", std::to_string(seed), std::to_string(index),
                          std::to_string(level), std::to_string(salt)}));
  const auto draw = [&](int n) {
    return static_cast<int>(dice.below(static_cast<std::uint64_t>(n)));
  };
  RulesItem out;
  out.topic = draw(kTopics);
  std::vector<int> words;  // each for one rule only
  while (out.rules.size() < static_cast<std::size_t>(level)) {
    const Kind& kind = kinds()[static_cast<std::size_t>(draw(static_cast<int>(kinds().size())))];
    if (!goes_with(kind, out.rules)) continue;
    Rule rule{kind.key, 0, -1};
    if (kind.most > 0)
      rule.n = kind.least + kind.step * draw((kind.most - kind.least) / kind.step + 1);
    if (rule.key == "ending") rule.word = draw(kEndings);
    if (rule.key == "include" || rule.key == "often" || rule.key == "avoid") {
      do {
        rule.word = draw(kWords);
      } while (std::find(words.begin(), words.end(), rule.word) != words.end());
      words.push_back(rule.word);
    }
    out.rules.push_back(std::move(rule));
  }
  return out;
}

namespace {

using Json = nlohmann::json;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// wordings/rules.<language>.json: task with {topic}; intro; unit (words or characters) and how
/// many of it a word is; section; topics, words, endings; rules by key with {n} {word} {ending}
/// {section}.
Json read_wording(const std::string& language) {
  const std::string path = fmt::format("suites/house/wordings/rules.{}.json", language);
  for (const EmbeddedFile& file : house_wordings()) {
    if (file.path == path) return Json::parse(file.bytes);
  }
  throw Error(
      fmt::format("house/rules: there is no wording in language \"{}\"\n        languages: {}",
                  language, fmt::join(languages_of("rules"), ", ")));
}

class RulesSuite final : public Suite {
 public:
  RulesSuite(const std::string& language, const SuiteOptions& options)
      : wording_(read_wording(language)),
        seed_(options.seed.value_or(42)),
        levels_(house::levels_of("house/rules", options)),
        info_(house::generated_info("house/rules", language, options)) {
    if (options.short_prompt)
      throw Error("house/rules: short_prompt: the rules are the prompt; drop it");
    info_.version = generated_version("1", options);
  }

  const SuiteInfo& info() const override { return info_; }

  Item item(std::int64_t index) const override {
    const int level = level_of(index);
    const RulesItem drawn = make_rules(seed_, index, level, salt_of(index));
    Item out;
    out.suite = info_.name;
    out.id = std::to_string(index);
    out.pair_key = out.id;
    out.language = info_.language;
    out.tags = {fmt::format("level={}", level)};
    out.question = wording_.at("task").get<std::string>();
    replace_all(out.question, "{topic}", entry("topics", drawn.topic));
    std::string asked = out.question + "\n\n" + wording_.at("intro").get<std::string>();
    Json ids = Json::array(), kwargs = Json::array();
    for (const Rule& rule : drawn.rules) {
      asked += "\n- " + say(rule);
      out.tags.push_back("rule=" + rule.key);
      auto [type, given] = instruction(rule);
      ids.push_back("own:" + type);
      kwargs.push_back(std::move(given));
    }
    out.question = asked;  // the rules are part of it
    out.prompt.messages = {message(Role::User, asked)};
    out.grading = {"ifeval", {}, dump({{"instruction_id_list", ids}, {"kwargs", kwargs}})};
    return out;
  }

 private:
  int level_of(std::int64_t index) const {
    return levels_[static_cast<std::size_t>(index) % levels_.size()];
  }

  std::string entry(const char* list, int index) const {
    return wording_.at(list).at(static_cast<std::size_t>(index)).get<std::string>();
  }

  bool counts_characters() const { return wording_.at("unit") == "characters"; }
  int scaled(int n) const { return n * wording_.at("scale").get<int>(); }
  static bool is_length(const Rule& rule) {
    return rule.key == "at_least" || rule.key == "at_most";
  }

  std::string say(const Rule& rule) const {
    std::string out = wording_.at("rules").at(rule.key).get<std::string>();
    replace_all(out, "{n}", std::to_string(is_length(rule) ? scaled(rule.n) : rule.n));
    replace_all(out, "{section}", wording_.at("section").get<std::string>());
    if (rule.key == "ending") {
      replace_all(out, "{ending}", entry("endings", rule.word));
    } else if (rule.word >= 0) {
      replace_all(out, "{word}", entry("words", rule.word));
    }
    return out;
  }

  /// Type and kwargs as the checkers want them.
  std::pair<std::string, Json> instruction(const Rule& rule) const {
    const std::string& key = rule.key;
    if (key == "bullets")
      return {"detectable_format:number_bullet_lists", {{"num_bullets", rule.n}}};
    if (key == "numbered")
      return {"detectable_format:number_numbered_lists", {{"num_items", rule.n}}};
    if (key == "paragraphs")
      return {"length_constraints:number_paragraphs", {{"num_paragraphs", rule.n}}};
    if (key == "title") return {"detectable_format:title", Json::object()};
    if (key == "include")
      return {"keywords:existence", {{"keywords", Json::array({entry("words", rule.word)})}}};
    if (key == "often")
      return {"keywords:frequency",
              {{"keyword", entry("words", rule.word)},
               {"relation", "at least"},
               {"frequency", rule.n}}};
    if (key == "avoid")
      return {"keywords:forbidden_words",
              {{"forbidden_words", Json::array({entry("words", rule.word)})}}};
    if (key == "no_comma") return {"punctuation:no_comma", Json::object()};
    if (key == "ending")
      return {"startend:end_checker", {{"end_phrase", entry("endings", rule.word)}}};
    if (key == "quoted") return {"startend:quotation", Json::object()};
    if (key == "placeholders")
      return {"detectable_content:number_placeholders", {{"num_placeholders", rule.n}}};
    if (key == "highlights")
      return {"detectable_format:number_highlighted_sections", {{"num_highlights", rule.n}}};
    if (key == "sections")
      return {"detectable_format:multiple_sections",
              {{"section_spliter", wording_.at("section")}, {"num_sections", rule.n}}};
    if (key == "postscript")
      return {"detectable_content:postscript", {{"postscript_marker", "P.S."}}};
    if (key == "no_digits") return {"detectable_content:no_digits", Json::object()};
    LEITAI_CHECK(is_length(rule), key);
    const char* relation = key == "at_least" ? "at least" : "at most";
    return counts_characters() ? std::pair<std::string, Json>{"length_constraints:number_letters",
                                                              {{"num_letters", scaled(rule.n)},
                                                               {"relation", relation}}}
                               : std::pair<std::string, Json>{
                                     "length_constraints:number_words",
                                     {{"num_words", scaled(rule.n)}, {"relation", relation}}};
  }

  /// The first draw of item `index` that asks something else than all items before it.
  int salt_of(std::int64_t index) const {
    return draws_.of(index, [this](std::int64_t at, int salt) {
      const RulesItem drawn = make_rules(seed_, at, level_of(at), salt);
      std::vector<std::string> said;
      for (const Rule& rule : drawn.rules)
        said.push_back(fmt::format("{} {} {}", rule.key, rule.n, rule.word));
      std::sort(said.begin(), said.end());
      return fmt::format("{} {}", drawn.topic, fmt::join(said, "\n"));
    });
  }

  mutable house::Draws draws_;
  Json wording_;
  std::uint64_t seed_;
  std::vector<int> levels_;
  SuiteInfo info_;
};

}  // namespace

}  // namespace house

std::unique_ptr<Suite> open_rules(const std::string& language, const SuiteOptions& options) {
  return std::make_unique<house::RulesSuite>(language, options);
}

}  // namespace leitai
