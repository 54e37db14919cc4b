#include "backends/replay/answers_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>

#include "backends/replay/recorded_line.h"
#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/json_once.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kShownSuites = 8;

}  // namespace

AnswersFile::AnswersFile(const std::string& path, std::string_view only_model) : lines_(path) {
  index(only_model);
}

void AnswersFile::index(std::string_view only_model) {
  std::vector<std::string> mistakes;
  std::size_t wrong = 0, other_models = 0;
  std::set<std::string> models;
  std::map<std::pair<std::string, std::string>, std::size_t> versions;  // suite, version
  const auto complain = [&](std::int64_t number, const std::string& what) {
    if (++wrong <= kShownMistakes)
      mistakes.push_back(fmt::format("{}:{}: {}", path(), number, what));
  };
  lines_.each([&](const AnswerLine& place, std::string_view line) {
    const std::int64_t number = place.number;
    std::string twice;
    const Json parsed = parse_json_once(line, twice);
    if (parsed.is_discarded()) return complain(number, "not a line of JSON");
    if (!twice.empty())
      return complain(number, fmt::format("the key \"{}\" is there twice", twice));
    if (const auto what = recorded_mistake(parsed)) return complain(number, *what);
    const std::string model =
        parsed.value("model", Json()).is_string() ? parsed["model"].get<std::string>() : "";
    if (!only_model.empty() && model != only_model) {
      ++other_models;
      if (models.size() < 8) models.insert(model);
      return;
    }
    if (models.size() < 8) models.insert(model);
    const std::int64_t sample = parsed.value("sample", std::int64_t{0});
    const std::string suite = parsed["suite"].get<std::string>();
    if (suites_.size() < kShownSuites) suites_.insert(suite);
    Entry entry;
    if (parsed.contains("item") && !parsed["item"].is_null()) {
      entry.key = key_of(
          'i', suite,
          parsed["item"].is_string() ? parsed["item"].get<std::string>() : parsed["item"].dump(),
          sample);
    } else {
      entry.key = key_of('q', suite, parsed["prompt"].get<std::string>(), sample);
    }
    entry.line = place;
    entries_.push_back(entry);
    const auto version = parsed.find("suite_version");
    if (version == parsed.end() || !version->is_string()) return;
    const auto [at, is_new] =
        versions.try_emplace({suite, version->get<std::string>()}, made_for_.size());
    if (is_new) made_for_.push_back({suite, at->first.second, number, 0});
    ++made_for_[at->second].lines;
  });
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return a.key != b.key ? a.key < b.key : a.line.number < b.line.number;
  });
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    if (entries_[i].key == entries_[i - 1].key) {
      complain(entries_[i].line.number, fmt::format("the same suite, item and sample as line {}",
                                                    entries_[i - 1].line.number));
    }
  }
  if (wrong > mistakes.size())
    mistakes.push_back(fmt::format("{}: and {} more such lines", path(), wrong - mistakes.size()));
  if (wrong > 0) throw Error(fmt::format("{}", fmt::join(mistakes, "\n")));
  if (only_model.empty() && models.size() > 1) {
    throw Error(fmt::format(
        "{}: holds answers of several models; choose one with model=NAME\n        there are: {}",
        path(), fmt::join(models, ", ")));
  }
  if (entries_.empty()) {
    throw Error(other_models > 0
                    ? fmt::format("{}: holds no answers of model \"{}\"\n        there are: {}",
                                  path(), only_model, fmt::join(models, ", "))
                    : fmt::format("{}: holds no answers", path()));
  }
}

std::array<std::uint8_t, 16> AnswersFile::key_of(char kind, std::string_view suite,
                                                 std::string_view name, std::int64_t sample) {
  std::string text(1, kind);
  text += suite;
  text += '\0';
  text += name;
  text += '\0';
  text += std::to_string(sample);
  const Digest digest = sha256(text);
  std::array<std::uint8_t, 16> out;
  std::copy_n(digest.bytes.begin(), 16, out.begin());
  return out;
}

const AnswersFile::Line* AnswersFile::look_up(const std::array<std::uint8_t, 16>& key) const {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), key,
                       [](const Entry& entry, const auto& k) { return entry.key < k; });
  return found != entries_.end() && found->key == key ? &found->line : nullptr;
}

const AnswersFile::Line* AnswersFile::find(std::string_view suite, std::string_view item,
                                           std::string_view question, int sample) const {
  if (const Line* line = look_up(key_of('i', suite, item, sample))) return line;
  return question.empty() ? nullptr : look_up(key_of('q', suite, question, sample));
}

std::size_t AnswersFile::position(const Line* line) const {
  return static_cast<std::size_t>(
      reinterpret_cast<const Entry*>(reinterpret_cast<const char*>(line) - offsetof(Entry, line)) -
      entries_.data());
}

}  // namespace leitai
