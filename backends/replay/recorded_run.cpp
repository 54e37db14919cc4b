#include "backends/replay/recorded_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "backends/replay/recorded_line.h"
#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostNames = 0xFFFF;

/// The index of `name`, which is added where it is new.
std::uint16_t remember(std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  const auto at = static_cast<std::size_t>(found - names.begin());
  if (at >= kMostNames) throw Error("more than 65,535 models or suites in recorded answers");
  if (found == names.end()) names.push_back(name);
  return static_cast<std::uint16_t>(at);
}

std::string text_of(const Json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

}  // namespace

auto RecordedRun::key_of(const Kept& kept) const {
  return std::tie(models_[kept.model], suites_[kept.suite], kept.item, kept.sample);
}

void RecordedRun::add(const std::string& path, std::string_view as) {
  if (std::filesystem::is_directory(path))
    throw Error(fmt::format("{}: is a folder; a file of recorded answers is wanted", path));
  const auto file = static_cast<std::uint16_t>(files_.size());
  files_.push_back(std::make_unique<AnswerLines>(path));
  std::vector<std::string> mistakes;
  std::size_t wrong = 0;
  std::set<std::string> named;
  files_.back()->each([&](const AnswerLine& place, std::string_view text) {
    const Json line = Json::parse(text, nullptr, false);
    const std::optional<std::string> mistake =
        line.is_discarded() ? "not a line of JSON" : recorded_mistake(line);
    if (mistake) {
      if (++wrong <= kShownMistakes)
        mistakes.push_back(fmt::format("{}:{}: {}", path, place.number, *mistake));
      return;
    }
    std::string model = text_of(line, "model");
    if (named.size() < 8) named.insert(model);
    if (!as.empty()) model = as;
    if (model.empty()) model = recorded_file_name(path);
    Kept kept;
    kept.item = text_of(line, "item");
    if (kept.item.empty())
      kept.item = "prompt-" + sha256(text_of(line, "prompt")).hex().substr(0, 16);
    kept.line = place;
    kept.sample = line.value("sample", 0);
    kept.file = file;
    kept.model = remember(models_, model);
    kept.suite = remember(suites_, text_of(line, "suite"));
    scorers_.resize(suites_.size());
    if (const std::optional<Score> score = recorded_score(line)) {
      kept.is_graded = true;
      scorers_[kept.suite].insert(score->scorer);
    }
    kept_.push_back(std::move(kept));
  });
  if (wrong > 0) {
    std::string all = fmt::format("{}", fmt::join(mistakes, "\n"));
    if (wrong > kShownMistakes) all += fmt::format("\n... and {} more", wrong - kShownMistakes);
    throw Error(all);
  }
  if (!as.empty() && named.size() > 1)
    throw Error(fmt::format("{}: holds answers of several models ({}); leave out as=", path,
                            fmt::join(named, ", ")));
  std::stable_sort(kept_.begin(), kept_.end(),
                   [&](const Kept& a, const Kept& b) { return key_of(a) < key_of(b); });
  const std::size_t before = kept_.size();
  kept_.erase(std::unique(kept_.begin(), kept_.end(),
                          [&](const Kept& a, const Kept& b) { return key_of(a) == key_of(b); }),
              kept_.end());
  if (kept_.size() < before) {
    remarks_.push_back(
        fmt::format("{}: {} lines answer an item that another line had answered; "
                    "the first line counts.",
                    path, before - kept_.size()));
  }
}

Record RecordedRun::record_of(const Kept& kept) const {
  const AnswerLines& file = *files_[kept.file];
  const Json line =
      parse_json(file.read(kept.line), fmt::format("{}:{}", file.path(), kept.line.number));
  Record out;
  out.request.model = models_[kept.model];
  out.request.suite = suites_[kept.suite];
  out.request.item = kept.item;
  out.request.sample = kept.sample;
  out.response = recorded_response(line);
  out.response.text.clear();
  out.response.reasoning.reset();
  out.response.logprobs.clear();
  out.score = recorded_score(line);
  return out;
}

std::string RecordedRun::scorer(std::string_view suite) const {
  const auto at = std::find(suites_.begin(), suites_.end(), suite) - suites_.begin();
  if (static_cast<std::size_t>(at) >= scorers_.size()) return "";
  return fmt::format("{}", fmt::join(scorers_[static_cast<std::size_t>(at)], " + "));
}

void RecordedRun::each(Detail, const std::function<bool(const Record&)>& visit) const {
  for (const Kept& kept : kept_)
    if (!visit(record_of(kept))) return;
}

void RecordedRun::each_summary(const std::function<void(const ItemSummary&)>& visit) const {
  const auto item_of = [&](const Kept& kept) { return std::tie(suites_[kept.suite], kept.item); };
  std::vector<const Kept*> order;
  order.reserve(kept_.size());
  for (const Kept& kept : kept_) order.push_back(&kept);
  std::sort(order.begin(), order.end(),
            [&](const Kept* a, const Kept* b) { return item_of(*a) < item_of(*b); });
  for (std::size_t i = 0; i < order.size();) {
    bool is_graded = false;
    std::size_t end = i;
    for (; end < order.size() && item_of(*order[end]) == item_of(*order[i]); ++end)
      is_graded = is_graded || order[end]->is_graded;
    visit({suites_[order[i]->suite], order[i]->item, "", {}, is_graded, ""});
    i = end;
  }
}

}  // namespace leitai
