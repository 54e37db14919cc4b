#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "suites/extractors/choice.h"

namespace leitai {

ChoiceOptions read_choice_options(const nlohmann::json& fields) {
  ChoiceOptions out;
  const auto options = fields.find("options");
  if (options == fields.end() || options->empty()) throw Error(kOptionsWanted);
  const auto add = [&](std::string label, const nlohmann::json& text) {
    if (!text.is_string() && !text.is_number()) throw Error(kOptionsWanted);
    out.options.emplace_back(std::move(label),
                             text.is_string() ? text.get<std::string>() : text.dump());
  };
  if (options->is_object()) {
    for (const auto& [label, text] : options->items()) add(label, text);
  } else if (options->is_array() && options->size() <= 26) {
    for (std::size_t i = 0; i < options->size(); ++i)
      add(std::string(1, static_cast<char>('A' + i)), (*options)[i]);
  } else {
    throw Error(kOptionsWanted);
  }
  const auto several = fields.find("multi_select");
  if (several != fields.end() && !several->is_null()) {
    if (!several->is_boolean()) throw Error("multi_select: true or false is wanted");
    out.is_multi_select = several->get<bool>();
  }
  return out;
}

std::vector<std::string> choice_gold(const std::string& gold, const ChoiceOptions& options) {
  for (const auto& [label, text] : options.options) {
    if (gold == label) return {label};
  }
  for (const auto& [label, text] : options.options) {
    if (gold == text) return {label};
  }
  ChoiceOptions several = options;
  several.is_multi_select = true;
  return choice_answer(fold(gold), several).labels;
}

}  // namespace leitai
