#include "backends/replay/recorded_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "backends/replay/recorded_line.h"
#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/compression.h"

namespace leitai {

namespace {

using Json = nlohmann::json;

auto key_of(const Record& record) {
  const Request& request = record.request;
  return std::tie(request.model, request.suite, request.item, request.sample);
}

void remember(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

std::string text_of(const Json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

}  // namespace

void RecordedRun::add(const std::string& path, std::string_view as) {
  if (std::filesystem::is_directory(path))
    throw Error(fmt::format("{}: is a folder; a file of recorded answers is wanted", path));
  LineReader lines(path, kLongestRecordedLine);
  std::vector<std::string> mistakes;
  std::size_t wrong = 0;
  std::set<std::string> named;
  std::string text;
  while (lines.next(text)) {
    if (trim(text).empty()) continue;
    const Json line = Json::parse(text, nullptr, false);
    const std::optional<std::string> mistake =
        line.is_discarded() ? "not a line of JSON" : recorded_mistake(line);
    if (mistake) {
      if (++wrong <= kShownMistakes)
        mistakes.push_back(fmt::format("{}:{}: {}", path, lines.line_number(), *mistake));
      continue;
    }
    Record record;
    Request& request = record.request;
    request.model = text_of(line, "model");
    if (named.size() < 8) named.insert(request.model);
    if (!as.empty()) request.model = as;
    if (request.model.empty()) request.model = recorded_file_name(path);
    request.suite = text_of(line, "suite");
    request.item = text_of(line, "item");
    if (request.item.empty())
      request.item = "prompt-" + sha256(text_of(line, "prompt")).hex().substr(0, 16);
    request.sample = line.value("sample", 0);
    record.response = recorded_response(line);
    record.response.text.clear();
    record.response.reasoning.reset();
    record.response.logprobs.clear();
    record.score = recorded_score(line);
    remember(models_, request.model);
    remember(suites_, request.suite);
    records_.push_back(std::move(record));
  }
  if (wrong > 0) {
    std::string all = fmt::format("{}", fmt::join(mistakes, "\n"));
    if (wrong > kShownMistakes) all += fmt::format("\n... and {} more", wrong - kShownMistakes);
    throw Error(all);
  }
  if (!as.empty() && named.size() > 1)
    throw Error(fmt::format("{}: holds answers of several models ({}); leave out as=", path,
                            fmt::join(named, ", ")));
  std::stable_sort(records_.begin(), records_.end(),
                   [](const Record& a, const Record& b) { return key_of(a) < key_of(b); });
  const std::size_t before = records_.size();
  records_.erase(
      std::unique(records_.begin(), records_.end(),
                  [](const Record& a, const Record& b) { return key_of(a) == key_of(b); }),
      records_.end());
  if (records_.size() < before) {
    remarks_.push_back(
        fmt::format("{}: {} lines answer an item that another line had answered; "
                    "the first line counts.",
                    path, before - records_.size()));
  }
}

std::string RecordedRun::scorer(std::string_view suite) const {
  std::set<std::string> found;
  for (const Record& record : records_)
    if (record.request.suite == suite && record.score) found.insert(record.score->scorer);
  return fmt::format("{}", fmt::join(found, " + "));
}

void RecordedRun::each(Detail, const std::function<bool(const Record&)>& visit) const {
  for (const Record& record : records_)
    if (!visit(record)) return;
}

void RecordedRun::each_summary(const std::function<void(const ItemSummary&)>& visit) const {
  std::map<std::pair<std::string_view, std::string_view>, bool> items;
  for (const Record& record : records_) {
    bool& is_graded = items[{record.request.suite, record.request.item}];
    is_graded = is_graded || record.score.has_value();
  }
  for (const auto& [key, is_graded] : items)
    visit({std::string(key.first), std::string(key.second), "", {}, is_graded, ""});
}

}  // namespace leitai
