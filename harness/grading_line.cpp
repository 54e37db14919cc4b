#include "harness/grading_line.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace leitai {

namespace {

/// Answers graded at a time. Programs are run while they are graded (scorer code), and the sandbox
/// runs as many at a time as suits the machine.
int count_graders() {
  return static_cast<int>(std::clamp(2 * std::thread::hardware_concurrency(), 2U, 64U));
}

}  // namespace

GradingLine::GradingLine(const RunParts& parts, std::function<void(const Recorded&)> placed,
                         std::function<void(const std::string&)> failed)
    : parts_(parts),
      placed_(std::move(placed)),
      failed_(std::move(failed)),
      n_graders_(count_graders()),
      waiting_(1024),
      stored_(4096) {}

void GradingLine::start() {
  threads_.emplace_back([this] { catch_up(); });
  for (int i = 0; i < n_graders_; ++i) threads_.emplace_back([this] { grade(); });
  watch_ = std::jthread([this](std::stop_token end) { watch(end); });
}

void GradingLine::take(Recorded one) {
  const bool is_late =
      parts_.grades_late && one.response.outcome != Outcome::Failed && parts_.grades_late(one.item);
  if (is_late) {
    stored_.push(Recorded(one));
    one.is_stored = true;
  }
  waiting_.push(std::move(one));
}

void GradingLine::end() { end_feeding(); }

void GradingLine::join() { threads_.clear(); }

void GradingLine::end_feeding() {
  if (++feeders_done_ == kFeeders) waiting_.close();
}

/// Takes the answers that an earlier call left without a grade.
void GradingLine::catch_up() {
  if (parts_.each_ungraded) {
    try {
      parts_.each_ungraded([this](Recorded one) {
        one.is_stored = true;
        waiting_.push(std::move(one));
        return !is_interrupted();
      });
    } catch (const std::exception& error) {
      failed_(error.what());
    }
  }
  end_feeding();
}

std::optional<Score> GradingLine::score_of(const Recorded& one) const {
  if (one.response.outcome == Outcome::Failed) return std::nullopt;
  try {
    return parts_.grade(one.item, one.response);
  } catch (const std::exception& error) {
    Score score;
    score.scorer = one.item.grading.scorer;
    score.status = ScoreStatus::InfraError;
    score.why = error.what();
    return score;
  }
}

void GradingLine::grade() {
  while (std::optional<Recorded> one = waiting_.pop()) {
    if (one->is_stored && is_interrupted()) {  // the next call grades it
      ++n_ungraded_;
      continue;
    }
    one->score = score_of(*one);
    if (one->is_stored && are_abandoned_ && one->score &&
        one->score->status == ScoreStatus::InfraError) {
      ++n_ungraded_;
      continue;
    }
    if (one->stored_id == 0) placed_(*one);
    stored_.push(std::move(*one));
  }
  if (++graders_done_ == n_graders_) stored_.close();
}

/// The second interrupt ends the programs that are being run, whatever the other threads do.
void GradingLine::watch(const std::stop_token& end) {
  while (!end.stop_requested()) {
    if (parts_.interrupts && parts_.interrupts() > 1) {
      are_abandoned_ = true;
      if (parts_.abandon_grades) parts_.abandon_grades();
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace leitai
