#include "suites/question_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/extractors/choice.h"

namespace leitai {

namespace {

using Json = nlohmann::json;

std::optional<Template> as_template(const std::string& text) {
  if (text.find("{{") == std::string::npos && text.find("{%") == std::string::npos)
    return std::nullopt;
  return Template::parse(text, Environment::LmEval);
}

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
}

nlohmann::ordered_json row_context(const Json& row) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  if (row.is_object()) out = row;
  out["row"] = row;
  return out;
}

/// "B", "BD", "B D", "(B)", "B,D": the labels of `options` in it; empty where something else is.
std::vector<std::string> bare_labels(std::string_view text, const Options& options) {
  std::vector<std::string> out;
  for (const char c : text) {
    if (c == ' ' || c == ',' || c == '(' || c == ')' || c == ';') continue;
    const auto found = std::find_if(options.begin(), options.end(), [&](const auto& option) {
      return option.first.size() == 1 && option.first[0] == c;
    });
    if (found == options.end()) return {};
    out.push_back(found->first);
  }
  return out;
}

}  // namespace

std::string Question::gold_text() const {
  for (const auto& [label, text] : options) {
    if (!gold.empty() && label == gold[0]) return text;
  }
  return "";
}

QuestionReader::QuestionReader(const SuiteFile& suite, const SubsetFile& subset)
    : suite_(suite.name),
      subset_(subset),
      is_code_(!suite.code_style.empty()),
      question_(as_template(subset.question)),
      answer_(as_template(subset.answer)),
      id_(as_template(subset.id)),
      keep_(as_template(subset.keep)),
      apart_(as_template(subset.few_shot.apart)) {}

const Json* QuestionReader::find(const Json& row, const std::string& name) const {
  if (row.is_array()) {
    const auto column = parse_int(name);
    if (column && *column >= 0 && static_cast<std::size_t>(*column) < row.size())
      return &row[static_cast<std::size_t>(*column)];
    return nullptr;
  }
  if (!row.is_object()) return nullptr;
  if (const auto found = row.find(name); found != row.end()) return &*found;
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return nullptr;
  const auto found = row.find(name.substr(0, dot));
  return found == row.end() ? nullptr : find(*found, name.substr(dot + 1));
}

std::string QuestionReader::field(const Json& row, const std::string& name,
                                  const std::string& place) const {
  const Json* found = find(row, name);
  if (!found)
    throw Error(fmt::format("{}: no field \"{}\"; this is not the file that {} asks for", place,
                            name, suite_));
  return as_text(*found);
}

std::string QuestionReader::value(const Json& row, const std::string& from,
                                  const std::optional<Template>& made,
                                  const std::string& place) const {
  if (!made) return field(row, from, place);
  try {
    return made->render(row_context(row));
  } catch (const TemplateError& error) {
    throw Error(
        fmt::format("{}: {}; this is not the file that {} asks for", place, error.what(), suite_));
  }
}

std::string QuestionReader::apart(const Json& row, const std::string& place) const {
  const std::string& from = subset_.few_shot.apart;
  return from.empty() ? "" : value(row, from, apart_, place);
}

bool QuestionReader::keeps(const Json& row, const std::string& place) const {
  return !keep_ || trim(value(row, subset_.keep, keep_, place)) == "true";
}

Question QuestionReader::read(Json row, const std::string& place) const {
  Question out;
  out.row = std::move(row);
  out.question = value(out.row, subset_.question, question_, place);
  if (!subset_.id.empty()) out.id = value(out.row, subset_.id, id_, place);
  if (is_code_) {
    if (!subset_.answer.empty()) out.solution = field(out.row, subset_.answer, place);
    return out;
  }
  out.options = read_options(out, place);
  if (!subset_.answer.empty()) read_gold(out, place);
  if (!subset_.solution.empty()) out.solution = field(out.row, subset_.solution, place);
  return out;
}

Options QuestionReader::read_options(const Question& question, const std::string& place) const {
  const OptionsFile& from = subset_.options;
  const auto unfit = [&] {
    return Error(
        fmt::format("{}: the options are not of the form that {} asks for", place, suite_));
  };
  switch (from.shape) {
    case OptionsFile::Shape::None:
      return {};
    case OptionsFile::Shape::Within:
      return options_within(question.question);
    case OptionsFile::Shape::Fields: {
      std::vector<std::string> texts;
      for (const std::string& name : from.names) texts.push_back(field(question.row, name, place));
      return label_options(std::move(texts));
    }
    case OptionsFile::Shape::Field:
      break;
  }
  const Json* all = find(question.row, from.names[0]);
  if (!all) throw unfit();
  Options out;
  if (all->is_object() && !from.label.empty()) {  // {"label": [...], "text": [...]}
    const auto labels = all->find(from.label), texts = all->find(from.text);
    if (labels == all->end() || texts == all->end() || labels->size() != texts->size())
      throw unfit();
    for (std::size_t i = 0; i < labels->size(); ++i)
      out.emplace_back(as_text((*labels)[i]), as_text((*texts)[i]));
    return out;
  }
  if (all->is_object()) {
    for (const auto& [label, text] : all->items()) out.emplace_back(label, as_text(text));
    return out;
  }
  if (!all->is_array() || all->size() > 26) throw unfit();
  std::vector<std::string> texts;
  for (const Json& element : *all) {
    const Json& one = element.is_array() && element.size() == 1 ? element[0] : element;
    if (!one.is_object()) {
      texts.push_back(as_text(one));
      continue;
    }
    if (!one.contains(from.label) || !one.contains(from.text)) throw unfit();
    out.emplace_back(as_text(one[from.label]), std::string(trim(as_text(one[from.text]))));
  }
  return texts.empty() ? out : label_options(std::move(texts));
}

void QuestionReader::read_gold(Question& out, const std::string& place) const {
  const Json* given = answer_ ? nullptr : find(out.row, subset_.answer);
  std::vector<std::string> answers;
  if (given && given->is_array()) {
    for (const Json& one : *given) answers.push_back(as_text(one));
    out.solution = fmt::format("{}", fmt::join(answers, ", "));
  } else {
    out.solution = value(out.row, subset_.answer, answer_, place);
    answers = {out.solution};
  }
  if (!subset_.gold_after.empty()) {
    const std::size_t mark = out.solution.rfind(subset_.gold_after);
    if (mark == std::string::npos)
      throw Error(fmt::format("{}: no \"{}\" in the answer", place, subset_.gold_after));
    answers = {
        std::string(trim(std::string_view(out.solution).substr(mark + subset_.gold_after.size())))};
    out.solution = std::string(trim(std::string_view(out.solution).substr(0, mark)));
  }
  const auto label_at = [&](std::int64_t index) {
    if (index < 0 || index >= static_cast<std::int64_t>(out.options.size()))
      throw Error(
          fmt::format("{}: the answer {} is none of {} options", place, index, out.options.size()));
    return out.options[static_cast<std::size_t>(index)].first;
  };
  if (out.options.empty() || subset_.scorer != "choice") {
    for (const std::string& one : answers) out.gold.emplace_back(trim(one));
    return;
  }
  for (const std::string& one : answers) {
    switch (subset_.answer_form) {
      case AnswerForm::Index: {
        const auto index = parse_int(trim(one));
        out.gold.push_back(label_at(index.value_or(-1)));
        break;
      }
      case AnswerForm::FirstField:
        out.gold.push_back(label_at(0));
        break;
      case AnswerForm::Text:
      case AnswerForm::Label: {
        std::vector<std::string> labels;
        if (subset_.answer_form == AnswerForm::Label) labels = bare_labels(one, out.options);
        if (labels.empty())
          labels = choice_gold(std::string(trim(one)), ChoiceOptions{out.options, false, false});
        if (labels.empty()) labels = {std::string(trim(one))};  // a defect: nothing can be right
        out.gold.insert(out.gold.end(), labels.begin(), labels.end());
        break;
      }
    }
  }
}

nlohmann::ordered_json QuestionReader::context(const Question& question) const {
  nlohmann::ordered_json out = row_context(question.row);
  out["question"] = question.question;
  out["subset"] = subset_.name;
  out["language"] = subset_.language;
  std::string subject = subset_.name;
  std::replace(subject.begin(), subject.end(), '_', ' ');
  out["subject"] = subject;
  if (question.options.empty()) return out;
  auto options = nlohmann::ordered_json::array();
  std::string labels;
  for (const auto& [label, text] : question.options) {
    options.push_back({{"label", label}, {"text", text}});
    labels += (labels.empty() ? "" : ", ") + label;
  }
  out["options"] = std::move(options);
  out["choices"] = list_options(question.options);
  out["labels"] = labels;
  return out;
}

}  // namespace leitai
