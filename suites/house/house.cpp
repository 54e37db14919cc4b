#include "suites/house/house.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.h"
#include "suites/house/build.h"
#include "suites/house/calendar.h"
#include "suites/house/generator.h"
#include "suites/house/ledger.h"
#include "suites/house/order.h"
#include "suites/house/rules.h"
#include "suites/house/trace.h"
#include "suites/house/wording.h"

namespace leitai {

namespace {

using house::Sentence;
using house::Wording;

constexpr char kVersion[] = "2";  // 2: no item twice

class HouseSuite : public Suite {
 public:
  HouseSuite(const std::string& name, std::string_view short_name, const std::string& language,
             const SuiteOptions& options)
      : wording_(short_name, language),
        seed_(options.seed.value_or(house::kUsualSeed)),
        levels_(house::levels_of(name, options)),
        is_short_(options.short_prompt.value_or(false)),
        info_(house::generated_info(name, language, options)) {
    info_.version = house::generated_version(kVersion, options);
  }

  const SuiteInfo& info() const override { return info_; }

  Item item(std::int64_t index) const override {
    const int level = levels_[static_cast<std::size_t>(index) % levels_.size()];
    Item out;
    out.suite = info_.name;
    out.id = std::to_string(index);
    out.language = info_.language;
    out.tags = {fmt::format("level={}", level)};
    out.pair_key = out.id;
    std::string gold;
    const std::vector<Sentence> all = sentences(index, level, salt_of(index), gold);
    for (const Sentence& sentence : all) {
      if (!out.question.empty()) out.question += wording_.joiner();
      out.question += wording_.say(sentence);
    }
    finish(all, out);
    out.prompt.messages = {
        message(Role::User, out.question + gap(out.question) + wording_.instruction(is_short_))};
    out.grading = {"numeric", {gold}, ""};
    return out;
  }

 protected:
  virtual std::vector<Sentence> sentences(std::int64_t index, int level, int salt,
                                          std::string& gold) const = 0;

  /// What follows the sentences in every language, and further tags.
  virtual void finish(const std::vector<Sentence>&, Item&) const {}

  std::uint64_t seed() const { return seed_; }
  const std::vector<int>& levels() const { return levels_; }
  SuiteInfo& mutable_info() { return info_; }

 private:
  /// What stands between a question and the instruction.
  const char* gap(const std::string& question) const {
    if (!is_short_ || question.ends_with("```")) return "\n\n";
    return wording_.joiner().empty() ? "" : " ";
  }

  /// The first draw of item `index` that says something else than all items before it. What is said
  /// does not depend on the language.
  int salt_of(std::int64_t index) const {
    return draws_.of(index, [this](std::int64_t at, int salt) {
      const int level = levels_[static_cast<std::size_t>(at) % levels_.size()];
      std::string said, gold;
      for (const Sentence& s : sentences(at, level, salt, gold))
        said += fmt::format("{} {} {} {} {} {} {} {} {} {} {}\n", s.key, s.a, s.b, s.c, s.thing,
                            s.n, s.k, s.text, s.weekday, s.from, s.to);
      return said;
    });
  }

  mutable house::Draws draws_;
  Wording wording_;
  std::uint64_t seed_;
  std::vector<int> levels_;
  bool is_short_;
  SuiteInfo info_;
};

class LedgerSuite final : public HouseSuite {
 public:
  LedgerSuite(const std::string& language, const SuiteOptions& options)
      : HouseSuite("house/ledger", "ledger", language, options) {}

 private:
  std::vector<Sentence> sentences(std::int64_t index, int level, int salt,
                                  std::string& gold) const override {
    house::LedgerItem item = house::make_ledger(seed(), index, level, salt);
    gold = item.answer;
    return std::move(item.sentences);
  }
};

class OrderSuite final : public HouseSuite {
 public:
  OrderSuite(const std::string& language, const SuiteOptions& options)
      : HouseSuite("house/order", "order", language, options) {
    // Guessing a position among the 3 to 7 people of each level.
    double sum = 0;
    for (int level : levels()) sum += 1.0 / (level + 2);
    mutable_info().floor = sum / static_cast<double>(levels().size());
  }

 private:
  std::vector<Sentence> sentences(std::int64_t index, int level, int salt,
                                  std::string& gold) const override {
    house::OrderItem item = house::make_order(seed(), index, level, salt);
    gold = item.answer;
    std::vector<Sentence> out{{.key = fmt::format("people_{}", item.people.size())}};
    // The introduction names everybody, in the order in which they were drawn, which tells nothing
    // of the queue.
    for (std::size_t i = 0; i < item.people.size(); ++i)
      out.push_back(
          {.key = i + 1 < item.people.size() ? "name" : "last_name", .a = item.people[i]});
    out.insert(out.end(), item.clues.begin(), item.clues.end());
    out.push_back(item.question);
    return out;
  }
};

class CalendarSuite final : public HouseSuite {
 public:
  CalendarSuite(const std::string& language, const SuiteOptions& options)
      : HouseSuite("house/calendar", "calendar", language, options) {}

 private:
  std::vector<Sentence> sentences(std::int64_t index, int level, int salt,
                                  std::string& gold) const override {
    house::CalendarItem item = house::make_calendar(seed(), index, level, salt);
    gold = item.answer;
    return std::move(item.sentences);
  }
};

/// Beside its sentence, an item shows a program; the sentence's text holds it.
class TraceSuite final : public HouseSuite {
 public:
  TraceSuite(const std::string& language, const SuiteOptions& options)
      : HouseSuite("house/trace", "trace", language, options) {}

 private:
  static constexpr const char* kTongues[] = {"python", "c", "javascript"};

  std::vector<Sentence> sentences(std::int64_t index, int level, int salt,
                                  std::string& gold) const override {
    const house::TraceItem item = house::make_trace(seed(), index, level, salt);
    gold = item.answer;
    const char* const tongue = kTongues[static_cast<int>(item.tongue)];
    return {
        {.key = fmt::format("ask_{}", tongue), .text = house::text_of(item.program, item.tongue)}};
  }

  void finish(const std::vector<Sentence>& sentences, Item& item) const override {
    const std::string tongue = sentences[0].key.substr(4);
    item.question += fmt::format("\n\n```{}\n{}```", tongue, sentences[0].text);
    item.tags.push_back("code=" + tongue);
  }
};

}  // namespace

std::vector<std::string> house_names() {
  return {"house/build", "house/calendar", "house/ledger",
          "house/order", "house/rules",    "house/trace"};
}

std::vector<std::string> house_languages(const std::string& name) {
  return house::languages_of(name.substr(name.find('/') + 1));
}

std::string house_kind(const std::string& name) {
  if (name == "house/build") return "program";
  return name == "house/rules" ? "text" : "number";
}

std::string house_family(const std::string& name) {
  if (name == "house/build") return "coding";
  return name == "house/rules" ? "instructions" : "reasoning";
}

std::string house_about(const std::string& name) {
  if (name == "house/rules") return "a short text that keeps to rules which a program can verify";
  if (name == "house/build")
    return "a function in Python, C++ or JavaScript, from a specification in steps; hidden tests";
  if (name == "house/calendar")
    return "dates, weekdays and times of day: how long, when, which day";
  if (name == "house/ledger")
    return "who holds how much after several steps: counts, money, fractions";
  if (name == "house/trace") return "what a short program in Python, C or JavaScript prints";
  return "who stands where in a queue, from clues with one solution";
}

std::unique_ptr<Suite> open_house(const std::string& name, const std::string& language,
                                  const SuiteOptions& options) {
  if (name == "house/build") return open_build(language, options);
  if (name == "house/calendar") return std::make_unique<CalendarSuite>(language, options);
  if (name == "house/ledger") return std::make_unique<LedgerSuite>(language, options);
  if (name == "house/order") return std::make_unique<OrderSuite>(language, options);
  if (name == "house/rules") return open_rules(language, options);
  if (name == "house/trace") return std::make_unique<TraceSuite>(language, options);
  throw Error(fmt::format("{}: there is no such house suite", name));
}

}  // namespace leitai
