#include "suites/ifeval/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/ifeval/instruction.h"

namespace leitai::ifeval {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kOfficial[] = {"en", "es", "fr", "ja"};

bool is_official(std::string_view language) {
  return std::find(std::begin(kOfficial), std::end(kOfficial), language) != std::end(kOfficial);
}

std::vector<std::span<const Rule>> groups() {
  return {keyword_rules(), length_rules(),   format_rules(), frame_rules(),
          letter_rules(),  japanese_rules(), own_rules()};
}

bool speaks(const Rule& rule, std::string_view language) {
  if (rule.languages == "*") return !is_official(language);
  for (const std::string_view one : split(rule.languages, ' ')) {
    if (one == language) return true;
  }
  return false;
}

const Rule* find_rule(std::string_view type, std::string_view language) {
  for (const auto& group : groups()) {
    for (const Rule& rule : group) {
      if (rule.type == type && speaks(rule, language)) return &rule;
    }
  }
  return nullptr;
}

std::string without_stars(std::u32string_view text) {
  std::u32string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char32_t c) { return c != U'*'; });
  return to_utf8(out);
}

/// The eight readings of the loose verdict, made when first asked for; the first is the strict one.
class Readings {
 public:
  explicit Readings(std::string_view answer) : whole_(answer) {
    const std::u32string_view text = whole_.points();
    const std::size_t first = text.find(U'\n');
    const std::size_t last = text.rfind(U'\n');
    const bool has_lines = first != text.npos;
    parts_[0] = text;
    parts_[1] = has_lines ? strip(text.substr(first + 1)) : std::u32string_view();
    parts_[2] = has_lines ? strip(text.substr(0, last)) : std::u32string_view();
    parts_[3] = has_lines && last > first ? strip(text.substr(first + 1, last - first - 1))
                                          : std::u32string_view();
  }

  const AnswerText& whole() const { return whole_; }
  static constexpr std::size_t kCount = 8;

  const AnswerText& at(std::size_t i) {
    if (i == 0) return whole_;
    if (!made_[i])
      made_[i].emplace(i % 2 == 0 ? to_utf8(parts_[i / 2]) : without_stars(parts_[i / 2]));
    return *made_[i];
  }

 private:
  AnswerText whole_;
  std::u32string_view parts_[4];
  std::array<std::optional<AnswerText>, kCount> made_;
};

struct Instruction {
  std::string id;
  std::string language;
  const Rule* rule;
  const Json* kwargs;
};

std::vector<Instruction> read_instructions(const Json& ids, const Json& kwargs,
                                           std::string_view language) {
  if (!ids.is_array() || ids.empty()) throw Error("instruction_id_list: a list of ids is wanted");
  if (!kwargs.is_array() || kwargs.size() != ids.size())
    throw Error("kwargs: a list of as many objects as there are ids is wanted");
  std::vector<Instruction> out;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!ids[i].is_string()) throw Error("instruction_id_list: a list of ids is wanted");
    if (!kwargs[i].is_object()) throw Error("kwargs: a list of objects is wanted");
    Instruction one{ids[i].get<std::string>(), std::string(language), nullptr, &kwargs[i]};
    std::string_view type = one.id;
    if (std::count(type.begin(), type.end(), ':') > 1) {
      const std::size_t colon = type.find(':');
      one.language = type.substr(0, colon);
      type.remove_prefix(colon + 1);
    }
    if (one.language.empty()) one.language = "en";
    one.rule = find_rule(type, one.language);
    if (!one.rule) {
      const std::vector<std::string> known = types_of(one.language);
      throw Error(fmt::format("instruction_id_list: there is no \"{}\" in language \"{}\"{}", type,
                              one.language, did_you_mean(type, known)));
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

bool Verdicts::all_strict() const {
  return std::all_of(strict.begin(), strict.end(), [](bool one) { return one; });
}
bool Verdicts::all_loose() const {
  return std::all_of(loose.begin(), loose.end(), [](bool one) { return one; });
}

Verdicts check_instructions(std::string_view answer, const Json& ids, const Json& kwargs,
                            std::string_view language) {
  Verdicts out;
  Readings readings(answer);
  for (const Instruction& one : read_instructions(ids, kwargs, language)) {
    const Given given(one.id, one.language, *one.kwargs);
    const auto follows = [&](const AnswerText& text) {
      // The check comes first: it says what is wrong with the kwargs for an empty answer, too.
      return one.rule->check(text, given) && !is_blank(text.points());
    };
    out.strict.push_back(follows(readings.whole()));
    bool is_loose = out.strict.back();
    for (std::size_t i = 1; i < Readings::kCount && !is_loose; ++i)
      is_loose = follows(readings.at(i));
    out.loose.push_back(is_loose);
  }
  return out;
}

std::vector<std::string> types_of(std::string_view language) {
  std::vector<std::string> out;
  for (const auto& group : groups()) {
    for (const Rule& rule : group) {
      if (speaks(rule, language)) out.emplace_back(rule.type);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace leitai::ifeval
