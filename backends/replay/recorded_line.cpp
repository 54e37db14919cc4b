#include "backends/replay/recorded_line.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

using Json = nlohmann::json;

/// Reads an optional member; a wrong type counts as absent, since recorded answers come from many
/// hands.
template <typename T>
std::optional<T> member(const Json& in, const char* name) {
  const auto found = in.find(name);
  if (found == in.end()) return std::nullopt;
  if constexpr (std::is_same_v<T, std::string>) {
    if (!found->is_string()) return std::nullopt;
  } else {
    if (!found->is_number()) return std::nullopt;
  }
  return found->template get<T>();
}

}  // namespace

std::string recorded_file_name(const std::string& path) {
  std::string stem = std::filesystem::path(path).filename().string();
  for (std::string_view suffix : {".zst", ".gz", ".jsonl"})
    if (stem.ends_with(suffix)) stem.resize(stem.size() - suffix.size());
  return stem;
}

std::optional<std::string> recorded_mistake(const Json& line) {
  if (!line.is_object()) return "an object is wanted";
  if (!line.contains("suite") || !line["suite"].is_string()) return "\"suite\" is missing";
  const bool has_item =
      line.contains("item") && (line["item"].is_string() || line["item"].is_number_integer());
  const bool has_prompt = line.contains("prompt") && line["prompt"].is_string();
  if (!has_item && !has_prompt) return "\"item\" (or \"prompt\") is missing";
  if (!line.contains("text") || !(line["text"].is_string() || line["text"].is_null()))
    return "\"text\" is missing";
  if (line.contains("sample") && !line["sample"].is_number_unsigned())
    return "\"sample\" wants a number from 0";
  if (line.contains("outcome") && !line["outcome"].is_null() &&
      !(line["outcome"].is_string() && outcome_from(line["outcome"].get<std::string>()))) {
    return "\"outcome\" is none of answered, truncated, filtered, empty, failed";
  }
  if (const auto score = line.find("score"); score != line.end() && score->is_object()) {
    const auto status = member<std::string>(*score, "status");
    if (!status || !score_status_from(*status))
      return "\"score.status\" is none of CORRECT, INCORRECT, NO_ANSWER, ...";
  }
  return std::nullopt;
}

Response recorded_response(const Json& line) {
  Response out;
  out.text = member<std::string>(line, "text").value_or("");
  out.reasoning = member<std::string>(line, "reasoning");
  if (const auto word = member<std::string>(line, "finish_reason"))
    out.finish_reason = finish_reason_from(*word);
  // Published collections keep the counts beside the grade.
  static const Json::json_pointer kPublished("/published/detail/usage");
  const Json usage = line.contains("usage")      ? line["usage"]
                     : line.contains(kPublished) ? line[kPublished]
                                                 : Json();
  if (usage.is_object()) {
    out.usage = {member<std::int64_t>(usage, "prompt_tokens"),
                 member<std::int64_t>(usage, "completion_tokens"),
                 member<std::int64_t>(usage, "reasoning_tokens"),
                 member<std::int64_t>(usage, "cached_tokens")};
  }
  if (line.contains("timing") && line["timing"].is_object()) {
    out.timing.ttft_ms = member<double>(line["timing"], "ttft_ms");
    out.timing.total_ms = member<double>(line["timing"], "total_ms");
    out.timing.answer_ttft_ms = member<double>(line["timing"], "answer_ttft_ms");
  }
  out.served_model = member<std::string>(line, "served_model");
  out.blocked = blocked_from(member<std::string>(line, "blocked").value_or(""));
  if (line.contains("service") && line["service"].is_object()) {
    try {
      out.service = service_facts_from(line["service"]);
    } catch (const Json::exception&) {  // written by someone else; nothing is graded by it
      out.service = {};
    }
  }
  out.attempts = static_cast<int>(member<std::int64_t>(line, "attempts").value_or(1));
  if (const auto outcome = member<std::string>(line, "outcome")) {
    out.outcome = *outcome_from(*outcome);
  } else if (out.finish_reason == FinishReason::Filtered) {
    out.outcome = Outcome::Filtered;
  } else if (out.finish_reason == FinishReason::Length) {
    out.outcome = Outcome::Truncated;
  } else {
    out.outcome = trim(out.text).empty() ? Outcome::Empty : Outcome::Answered;
  }
  if (out.outcome == Outcome::Failed) {
    out.failure = Failure{
        failure_kind_from(member<std::string>(line, "kind").value_or(""))
            .value_or(FailureKind::Server),
        member<std::string>(line, "error").value_or("the recorded call had failed"), std::nullopt};
  }
  if (line.contains("logprobs") && line["logprobs"].is_array()) {
    for (const Json& one : line["logprobs"]) {
      out.logprobs.push_back({member<std::string>(one, "token").value_or(""),
                              member<double>(one, "logprob").value_or(0)});
    }
  }
  if (line.contains("continuations") && line["continuations"].is_object()) {
    const Json& scored = line["continuations"];
    try {
      out.continuation_logprobs = scored.value("logprobs", std::vector<double>{});
      out.continuation_greedy = scored.value("greedy", std::vector<bool>{});
      out.continuation_tokens = scored.value("tokens", std::vector<int>{});
    } catch (const Json::exception&) {
      out.continuation_logprobs.clear();
    }
  }
  return out;
}

std::optional<Score> recorded_score(const Json& line) {
  if (const auto own = line.find("score"); own != line.end() && own->is_object()) {
    const auto status = score_status_from(member<std::string>(*own, "status").value_or(""));
    if (!status) return std::nullopt;
    Score score;
    score.scorer = member<std::string>(*own, "scorer").value_or("recorded@1");
    score.status = *status;
    score.score = member<double>(*own, "score");
    score.extracted = member<std::string>(*own, "extracted");
    score.tier = member<std::string>(*own, "tier").value_or("");
    score.why = member<std::string>(*own, "why").value_or("");
    return score;
  }
  const auto published = line.find("published");
  if (published == line.end() || !published->is_object()) return std::nullopt;
  const auto correct = published->find("correct");
  if (correct == published->end() || !correct->is_boolean()) return std::nullopt;
  Score score;
  score.scorer = "published@1";
  score.status = correct->get<bool>() ? ScoreStatus::Correct : ScoreStatus::Incorrect;
  score.score = correct->get<bool>() ? 1.0 : 0.0;
  score.extracted = member<std::string>(*published, "extracted");
  score.why = "as graded by the publisher of the answers";
  return score;
}

}  // namespace leitai
