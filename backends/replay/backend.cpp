#include "harness/core/backend.h"

#include <fmt/format.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "backends/replay/answers_file.h"
#include "backends/replay/recorded_line.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

/// Answers from a file of recorded answers. What is recorded for an item is part of the request's
/// digest: a corrected line is a new request, lines added later are picked up by the next run,
/// unchanged ones resume.
class ReplayBackend final : public Backend {
 public:
  ReplayBackend(const Model& model, Channel<Answer>& answers)
      : answers_(answers),
        file_(model.target, model.options.contains("model") ? model.options.at("model") : ""),
        met_(file_.size()) {
    traits_.identity = "replay/1";
    traits_.default_in_flight = 512;
    traits_.describe =
        fmt::format("{} recorded answers of {}",
                    with_commas(static_cast<std::int64_t>(file_.size())), model.target);
  }

  const BackendTraits& traits() const override { return traits_; }

  void prepare(Request& request) const override {
    check_version(request);
    const AnswersFile::Line* line =
        file_.find(request.suite, request.item, request.question, request.sample);
    if (request.mode == Mode::LogLikelihood) check_scored(line);
    if (!line) {
      request.sent_json = R"({"recorded":null})";
      return;
    }
    met_[file_.position(line)].store(true, std::memory_order_relaxed);
    request.sent_json =
        fmt::format(R"({{"recorded":"{}"}})", sha256(file_.read(*line)).hex().substr(0, 32));
  }

  void submit(Request request) override {
    Response response;
    const AnswersFile::Line* line =
        file_.find(request.suite, request.item, request.question, request.sample);
    try {
      if (!line) {
        response.failure =
            Failure{FailureKind::Request,
                    fmt::format("{} holds no answer to {}/{}, sample {}", file_.path(),
                                request.suite, request.item, request.sample),
                    {}};
      } else {
        response = recorded_response(
            parse_json(file_.read(*line), fmt::format("{}:{}", file_.path(), line->number)));
      }
    } catch (const Error& error) {
      response.outcome = Outcome::Failed;
      response.failure = Failure{FailureKind::Request, error.what(), {}};
    }
    response.request_id = request.id;
    answers_.push({std::move(request), std::move(response)});
  }

  void cancel() override {}

  std::vector<std::string> remarks() const override {
    std::size_t unmet = 0;
    const AnswersFile::Line* first = nullptr;
    for (std::size_t i = 0; i < met_.size(); ++i) {
      if (met_[i].load(std::memory_order_relaxed)) continue;
      ++unmet;
      if (!first || file_.at(i).number < first->number) first = &file_.at(i);
    }
    if (unmet == 0) return {};
    std::string remark =
        fmt::format("{}: {} of {} recorded answers met no item of this plan (the first: line {}).",
                    file_.path(), with_commas(static_cast<std::int64_t>(unmet)),
                    with_commas(static_cast<std::int64_t>(file_.size())), first->number);
    // Suites of one content under two names (ifeval and m-ifeval/en) are not mixed: their data,
    // ids and versions are their own.
    if (unmet == met_.size())
      remark += fmt::format(
          " They name {}: -s {} asks for these.",
          file_.suites().size() == 1 ? "the suite " + *file_.suites().begin() : "other suites",
          fmt::join(file_.suites(), ","));
    return {remark};
  }

 private:
  /// Answers to other items or prompts are not graded against these; lines that do not say are
  /// taken.
  void check_version(const Request& request) const {
    for (const AnswersFile::MadeFor& one : file_.made_for()) {
      if (one.suite != request.suite || one.version == request.suite_version) continue;
      throw Error(fmt::format(
          "{}:{}: made for version {} of {}, not {}, as {} of {} lines\n        ask with the "
          "options of that run (seed, levels, few_shot, mode ...), or take \"suite_version\" out "
          "of lines that fit all the same",
          file_.path(), one.first, one.version, one.suite, request.suite_version,
          with_commas(one.lines), with_commas(static_cast<std::int64_t>(file_.size()))));
    }
  }

  /// Written answers say nothing about continuations. `line`: nullptr for any.
  void check_scored(const AnswersFile::Line* line) const {
    if (!line && file_.size() == 0) return;
    const AnswersFile::Line& one = line ? *line : file_.at(0);
    const std::string where = fmt::format("{}:{}", file_.path(), one.number);
    const Response response = recorded_response(parse_json(file_.read(one), where));
    if (response.outcome != Outcome::Failed && response.continuation_logprobs.empty())
      throw Error(
          fmt::format("{}: a written answer, without log-probabilities of options\n        "
                      "ask this suite by chat, or take answers that were recorded in mode "
                      "loglikelihood",
                      where));
  }

  Channel<Answer>& answers_;
  AnswersFile file_;
  mutable std::vector<std::atomic<bool>> met_;
  BackendTraits traits_;
};

constexpr BackendKey kKeys[] = {
    {"as", "name of the model in results"},
    {"model", "take only the lines of this model, where the file holds several"},
};

std::string default_id(const Model& model) {
  if (const auto as = model.options.find("as"); as != model.options.end()) return as->second;
  return recorded_file_name(model.target);
}

std::unique_ptr<Backend> make(const Model& model, Channel<Answer>& answers) {
  return std::make_unique<ReplayBackend>(model, answers);
}

}  // namespace

extern constinit const BackendFactory replay;
constinit const BackendFactory replay = {
    .name = "replay",
    .help = "answers recorded earlier, from a file of JSON lines",
    .keys = kKeys,
    .default_id = default_id,
    .make = make};

}  // namespace leitai
