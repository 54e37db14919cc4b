#include "suites/scorers/workbench.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/coding/code_task.h"
#include "suites/extractors/json_schema.h"
#include "suites/extractors/math_answer.h"
#include "suites/extractors/numeric.h"
#include "suites/extractors/reasoning.h"
#include "suites/loader.h"
#include "suites/metrics/corpus_line.h"
#include "suites/metrics/loglikelihood.h"
#include "suites/metrics/rouge.h"
#include "suites/metrics/squad.h"

namespace leitai {

using Json = nlohmann::json;

std::span<const Scorer* const> scorer_table();  // generated

namespace {

std::vector<std::string> scorer_names() {
  std::vector<std::string> out;
  for (const Scorer* scorer : scorers()) out.emplace_back(scorer->name);
  return out;
}

/// Grading fields of an item by suite and id. Suites stay open between lines.
Json item_fields(const std::string& spec, const std::string& id) {
  struct Opened {
    std::unique_ptr<Suite> suite;
    std::map<std::string, std::int64_t> rows;
  };
  static std::mutex mutex;
  static std::map<std::string, Opened> opened;
  std::lock_guard lock(mutex);
  Opened& one = opened[spec];
  if (!one.suite) {
    auto suites = open_suites({spec, {}, "suite"}, LoaderPaths::from_environment());
    if (suites.size() != 1)
      throw Error(fmt::format("suite: {} has {} parts; name one of them", spec, suites.size()));
    for (std::int64_t i = 0; i < suites[0]->info().whole; ++i) one.rows[suites[0]->item(i).id] = i;
    one.suite = std::move(suites[0]);
  }
  const auto row = one.rows.find(id);
  if (row == one.rows.end()) throw Error(fmt::format("item: {} has no item \"{}\"", spec, id));
  return Json::parse(one.suite->item(row->second).grading.fields_json);
}

std::string text_member(const Json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end() || found->is_null()) return "";
  if (!found->is_string()) throw Error(fmt::format("{}: a string is wanted", name));
  return found->get<std::string>();
}

std::vector<std::string> gold_of(const Json& line) {
  const auto found = line.find("gold");
  if (found == line.end() || found->is_null()) return {};
  std::vector<std::string> out;
  const auto add = [&](const Json& one) {
    if (one.is_string()) {
      out.push_back(one.get<std::string>());
    } else if (one.is_number()) {
      out.push_back(one.dump());
    } else {
      throw Error("gold: a string, a number or a list of them is wanted");
    }
  };
  if (found->is_array()) {
    for (const Json& one : *found) add(one);
  } else {
    add(*found);
  }
  return out;
}

/// The answer apart from the score: what `grade` and `reasoning` lines have in common.
struct Line {
  std::string text;
  std::optional<std::string> reasoning;
  std::string finish_reason;
  bool prompt_opens_think = false;
};

Line read_line(const Json& line) {
  if (!line.is_object()) throw Error("a JSON object is wanted");
  const auto text = line.find("text");
  if (text == line.end() && !line.contains("answer")) throw Error("text: missing");
  Line out;
  out.text = text_member(line, "text");
  const auto field = line.find("reasoning_field");
  if (field != line.end() && !field->is_null())
    out.reasoning = text_member(line, "reasoning_field");
  out.finish_reason = text_member(line, "finish_reason");
  const auto opens = line.find("prompt_opens_think");
  if (opens != line.end() && !opens->is_null()) {
    if (!opens->is_boolean()) throw Error("prompt_opens_think: true or false is wanted");
    out.prompt_opens_think = opens->get<bool>();
  }
  return out;
}

/// `code`: the tests of a suite's item, or those of the line; a program as it is, or an answer.
Json code_line(const Scorer& scorer, Json line) {
  if (!line.is_object()) throw Error("a JSON object is wanted");
  if (!line.contains("text") && line.contains("program")) line["text"] = "";
  const Line in = read_line(line);
  Json fields = line;
  if (line.contains("suite")) {
    fields = item_fields(text_member(line, "suite"), text_member(line, "item"));
    for (const char* name : {"limits", "program"}) {
      if (line.contains(name)) fields[name] = line[name];
    }
  } else if (!line.contains("tests") && !line.contains("test")) {
    throw Error("tests: missing (or suite and item)");
  }
  GradeInput input;
  input.text = in.text;
  input.reasoning = in.reasoning ? &*in.reasoning : nullptr;
  input.finish_reason = in.finish_reason;
  input.prompt_opens_think = in.prompt_opens_think;
  input.fields = &fields;
  const CodeGrade grade = grade_code(input, scorer);
  const Score& score = grade.score;
  return {{"verdict", to_text(score.status)},
          {"score", score.score ? Json(*score.score) : Json()},
          {"answer", score.extracted ? Json(*score.extracted) : Json()},
          {"tier", score.tier},
          {"why", score.why},
          {"flags", score.flags},
          {"program", grade.has_program ? Json(grade.program) : Json()},
          {"stdout", escape_controls(grade.out, true)},
          {"stderr", escape_controls(grade.err, true)},
          {"tool", grade.tool}};
}

/// Adds what the evaluation scripts of SQuAD print, taken by the best accepted answer.
void add_squad(Json& out, std::string_view answer, std::span<const std::string> gold) {
  double exact = 0, f1 = 0;
  for (const std::string& one : gold) {
    const metrics::Squad squad = metrics::squad(answer, one);
    exact = std::max(exact, squad.exact_match);
    f1 = std::max(f1, squad.f1);
  }
  out["exact_match"] = exact;
  out["f1"] = f1;
}

/// Adds every kind of ROUGE, each against the accepted answer that is best for it.
void add_rouge(Json& out, std::string_view answer, std::span<const std::string> gold) {
  const auto add = [&out](const char* name, const metrics::Overlap& overlap) {
    if (out.contains(name) && overlap.fmeasure <= out[name]["fmeasure"].get<double>()) return;
    out[name] = {{"precision", overlap.precision},
                 {"recall", overlap.recall},
                 {"fmeasure", overlap.fmeasure}};
  };
  for (const std::string& one : gold) {
    const metrics::Rouge plain = metrics::rouge(answer, one, metrics::Stemming::None),
                         stems = metrics::rouge(answer, one, metrics::Stemming::Porter);
    add("rouge1", plain.rouge1);
    add("rouge2", plain.rouge2);
    add("rougeL", plain.rougeL);
    add("rougeLsum", plain.rougeLsum);
    add("rouge1_stem", stems.rouge1);
    add("rouge2_stem", stems.rouge2);
    add("rougeL_stem", stems.rougeL);
    add("rougeLsum_stem", stems.rougeLsum);
  }
}

template <typename T>
std::vector<T> list_of(const Json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end() || found->is_null()) return {};
  try {
    return found->get<std::vector<T>>();
  } catch (const Json::exception&) {
    throw Error(fmt::format("{}: a list is wanted, one entry an option", name));
  }
}

/// `loglikelihood`: {"continuations", "logprobs", "tokens", "unconditional", "gold"}.
Json loglikelihood_line(const Scorer& scorer, const Json& line) {
  if (!line.is_object()) throw Error("a JSON object is wanted");
  const auto texts = list_of<std::string>(line, "continuations");
  const auto logprobs = list_of<double>(line, "logprobs");
  const auto tokens = list_of<int>(line, "tokens");
  if (texts.empty() || texts.size() != logprobs.size())
    throw Error("logprobs: as many numbers as continuations are wanted");
  const std::vector<std::string> gold = gold_of(line);
  GradeInput input;
  input.gold = gold;
  input.fields = &line;
  input.continuations = texts;
  input.continuation_logprobs = logprobs;
  input.continuation_tokens = tokens;
  const Score score = scorer.grade(input);
  return {{"verdict", gold.empty() ? Json() : Json(to_text(score.status))},
          {"score", score.score ? Json(*score.score) : Json()},
          {"answer", score.extracted ? Json(*score.extracted) : Json()},
          {"tier", score.tier},
          {"why", score.why},
          {"flags", score.flags},
          {"likelihoods", metrics::likelihoods(logprobs)}};
}

Json reasoning_line(const Json& line) {
  const Line in = read_line(line);
  const ReasoningSplit split = split_reasoning(
      {in.text, in.reasoning ? &*in.reasoning : nullptr, in.finish_reason, in.prompt_opens_think});
  return {{"verdict", split.status ? Json(to_text(*split.status)) : Json()},
          {"score", nullptr},
          {"answer", split.answer},
          {"tier", ""},
          {"why", split.status ? "nothing is left to grade" : "what is left to grade"},
          {"reasoning", split.reasoning},
          {"truncated_answer", split.truncated},
          {"flags", split.flags}};
}

}  // namespace

std::span<const Scorer* const> scorers() { return scorer_table(); }

const Scorer& find_scorer(std::string_view name) {
  for (const Scorer* scorer : scorers()) {
    if (scorer->name == name) return *scorer;
  }
  const std::vector<std::string> names = scorer_names();
  throw Error(fmt::format("unknown scorer \"{}\"{}\n        known: {}", name,
                          did_you_mean(name, names), fmt::join(names, ", ")));
}

bool runs_programs(std::string_view scorer) {
  return std::any_of(scorers().begin(), scorers().end(), [&](const Scorer* one) {
    return one->runs_programs && one->name == scorer_name(scorer);
  });
}

Json grade_line(const Scorer& scorer, const Json& line) {
  if (scorer.name == "code") return code_line(scorer, line);
  if (metrics::is_corpus_metric(scorer.name) && line.contains("hyp"))
    return metrics::corpus_line(scorer.name, line);
  if (scorer.name == "loglikelihood") return loglikelihood_line(scorer, line);
  const Line in = read_line(line);
  const std::vector<std::string> gold = gold_of(line);
  const std::string language = text_member(line, "language");
  GradeInput input;
  input.text = in.text;
  input.reasoning = in.reasoning ? &*in.reasoning : nullptr;
  input.gold = gold;
  input.finish_reason = in.finish_reason;
  input.language = language;
  input.prompt_opens_think = in.prompt_opens_think;
  input.fields = &line;
  const Score score = scorer.grade(input);
  Json out = {{"verdict", to_text(score.status)},
              {"score", score.score ? Json(*score.score) : Json()},
              {"answer", score.extracted ? Json(*score.extracted) : Json()},
              {"tier", score.tier},
              {"why", score.why},
              {"flags", score.flags}};
  if (score.span) out["span"] = {score.span->first, score.span->second};
  if (scorer.name == "json_schema") {
    const auto json = score.extracted ? Json::parse(*score.extracted, nullptr, false) : Json();
    out["errors"] =
        score.extracted ? validate_json(line["schema"], json) : std::vector<std::string>{score.why};
  }
  if (scorer.name == "ifeval") {
    // "strict 101 loose 111"
    for (const char* name : {"strict", "loose"}) {
      const std::size_t at = score.extracted->find(name) + std::string_view(name).size() + 1;
      Json verdicts = Json::array();
      for (std::size_t i = at; i < score.extracted->size() && (*score.extracted)[i] != ' '; ++i)
        verdicts.push_back((*score.extracted)[i] == '1');
      out[name] = std::move(verdicts);
    }
  } else if (scorer.name == "squad" || scorer.name == "rouge") {
    const ReasoningSplit split =
        split_reasoning({in.text, input.reasoning, in.finish_reason, in.prompt_opens_think});
    (scorer.name == "squad" ? add_squad : add_rouge)(out, split.answer, gold);
  }
  if (scorer.name == "choice") {
    if (gold.empty() && score.status == ScoreStatus::Incorrect) out["verdict"] = nullptr;
    const bool is_answered =
        score.status == ScoreStatus::Correct || score.status == ScoreStatus::Incorrect;
    if (!is_answered) {
      out["answer"] = nullptr;
    } else if (line.value("multi_select", Json()).is_boolean() && line["multi_select"]) {
      Json labels = Json::array();
      for (std::string_view label : split(*score.extracted, ',')) labels.push_back(label);
      out["answer"] = std::move(labels);
    }
  }
  if (scorer.name == "math") {
    if (gold.empty() && score.status == ScoreStatus::Incorrect) out["verdict"] = nullptr;
    if (score.tier == "box") {
      const ReasoningSplit split =
          split_reasoning({in.text, input.reasoning, in.finish_reason, in.prompt_opens_think});
      const MathAnswer found =
          math_answer(split.answer, fold(split.answer), {.is_truncated = split.truncated});
      if (found.all.size() > 1) out["answers"] = found.all;
    }
  }
  if (scorer.name == "numeric") {
    if (gold.empty() && (score.status == ScoreStatus::Incorrect))
      out["verdict"] = nullptr;  // extracted, not compared
    if (score.status == ScoreStatus::Multi) {
      const ReasoningSplit split =
          split_reasoning({in.text, input.reasoning, in.finish_reason, in.prompt_opens_think});
      out["answers"] = numeric_answer(fold(split.answer), {language, split.truncated, false}).all;
    }
    if (score.status == ScoreStatus::Ambiguous) out["answer"] = nullptr;
  }
  return out;
}

std::function<Json(const Json&)> find_workbench_grader(std::string_view name) {
  if (name == "reasoning") return reasoning_line;
  if (name == "ter") return [](const Json& line) { return metrics::corpus_line("ter", line); };
  std::vector<std::string> names = scorer_names();
  names.push_back("reasoning");
  names.push_back("ter");
  for (const Scorer* scorer : scorers()) {
    if (scorer->name == name)
      return [scorer](const Json& line) { return grade_line(*scorer, line); };
  }
  throw Error(fmt::format("unknown scorer \"{}\"{}\n        known: {}", name,
                          did_you_mean(name, names), fmt::join(names, ", ")));
}

}  // namespace leitai
