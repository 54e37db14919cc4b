#include "suites/few_shot.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "harness/io/files.h"
#include "suites/datasets/python_value.h"
#include "suites/datasets/rows.h"

namespace leitai {

namespace {

namespace fs = std::filesystem;

std::vector<std::int64_t> chosen(std::int64_t size, int n, const FewShotFile& shots,
                                 std::uint64_t seed) {
  std::vector<std::int64_t> out;
  if (shots.draw == FewShotFile::Draw::First) {
    for (int i = 0; i < n; ++i) out.push_back(i);
    return out;
  }
  SplitMix64 random(seed);
  while (out.size() < static_cast<std::size_t>(n)) {
    const auto index = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(size)));
    if (std::find(out.begin(), out.end(), index) == out.end()) out.push_back(index);
  }
  return out;
}

std::string without_marks(std::string text, const std::pair<std::string, std::string>& marks) {
  const auto& [open, close] = marks;
  if (open.empty() || close.empty()) return text;
  for (std::size_t at = 0; (at = text.find(open, at)) != std::string::npos;) {
    const std::size_t end = text.find(close, at);
    if (end == std::string::npos) break;
    text.erase(at, end + close.size() - at);
  }
  return text;
}

/// "Q: ..." and "A: ..." in turn, behind a line of dashes and perhaps an introduction.
Examples read_qa_text(const fs::path& path) {
  std::string text = read_file(path, std::uint64_t{4} << 20);
  std::erase(text, '\r');
  if (const std::size_t dashes = text.find("\n-----\n"); dashes != std::string::npos)
    text.erase(0, dashes + 7);
  text.insert(0, "\n");
  Examples out;
  std::size_t question = text.find("\nQ: ");
  out.intro = std::string(trim(std::string_view(text).substr(0, question)));
  while (question != std::string::npos) {
    const std::size_t answer = text.find("\nA: ", question);
    if (answer == std::string::npos)
      throw Error(fmt::format("{}: a \"Q:\" has no \"A:\" behind it", path.string()));
    const std::size_t next = text.find("\nQ: ", answer);
    Example one;
    one.question.question =
        trim(std::string_view(text).substr(question + 4, answer - question - 4));
    one.answer = trim(std::string_view(text).substr(answer + 4, next - answer - 4));
    out.list.push_back(std::move(one));
    question = next;
  }
  return out;
}

/// "Question: ..." without what stands before its first colon; the rest in upper case at its start.
std::string behind_label(std::string_view text) {
  constexpr std::size_t kLongest = 100;  // bytes of a label
  const std::size_t colon = std::min(text.find(':'), text.find("\uFF1A"));
  if (colon > kLongest) return std::string(text);
  const std::string_view rest = trim(text.substr(colon + (text[colon] == ':' ? 1 : 3)));
  if (rest.empty()) return "";
  const auto first = static_cast<std::size_t>(decode_utf8(rest).size);
  return to_upper(rest.substr(0, first)) + std::string(rest.substr(first));
}

/// The examples of a subset in a Python file.
std::vector<Example> read_python(const fs::path& path, const SubsetFile& subset) {
  const std::string text = read_file(path, std::uint64_t{4} << 20);
  const auto mistake = [&](const std::string& what) {
    return Error(
        fmt::format("{}: {}; this is not the file that few_shot asks for", path.string(), what));
  };
  const auto all = python_value(text, subset.few_shot.name);
  if (!all || !all->is_object() || !all->contains(subset.name))
    throw mistake(fmt::format("no examples of \"{}\" in {}", subset.name, subset.few_shot.name));
  std::vector<std::string> golds;
  if (!subset.few_shot.golds.empty()) {
    const auto list = python_value(text, subset.few_shot.golds);
    if (!list || !list->is_array()) throw mistake("no list " + subset.few_shot.golds);
    for (const auto& one : *list)
      golds.push_back(one.is_string() ? one.get<std::string>() : one.dump());
  }
  std::vector<Example> out;
  for (const auto& [number, one] : (*all)[subset.name].items()) {
    if (!one.is_object() || !one.contains("q") || !one.contains("a") || !one["q"].is_string() ||
        !one["a"].is_string())
      throw mistake(fmt::format("example {} has no question or no answer", number));
    Example example;
    example.question.question = behind_label(one["q"].get<std::string>());
    example.question.solution = behind_label(one["a"].get<std::string>());
    example.question.row = nlohmann::json::object();
    if (!golds.empty()) {
      if (out.size() >= golds.size()) throw mistake("fewer answers than examples");
      example.question.gold = {golds[out.size()]};
    }
    out.push_back(std::move(example));
  }
  return out;
}

bool share_one(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& key) {
    return std::find(b.begin(), b.end(), key) != b.end();
  });
}

}  // namespace

ExampleWords::ExampleWords(const FewShotFile& shots, bool completes)
    : cut_(shots.cut),
      template_(Template::parse(
          completes && !shots.completion_answer.empty() ? shots.completion_answer : shots.answer,
          Environment::LmEval)) {}

std::string ExampleWords::answer(const Question& question, const QuestionReader& reader) const {
  nlohmann::ordered_json shown = reader.context(question);
  shown["solution"] = without_marks(question.solution, cut_);
  shown["gold"] = question.gold.empty()           ? ""
                  : reader.takes_several_labels() ? fmt::format("{}", fmt::join(question.gold, ""))
                                                  : question.gold[0];
  shown["gold_text"] = question.gold_text();
  return template_.render(shown);
}

Examples read_examples(const fs::path& path, const SubsetFile& subset, const QuestionReader& reader,
                       const ExampleWords& words, int n, std::uint64_t seed) {
  const FewShotFile& shots = subset.few_shot;
  const auto enough = [&](std::int64_t size) {
    if (size < n) throw Error(fmt::format("{}: fewer than {} examples", path.string(), n));
  };
  if (shots.style == "qa-text") {
    Examples all = read_qa_text(path);
    enough(static_cast<std::int64_t>(all.list.size()));
    Examples out{std::move(all.intro), {}};
    for (const std::int64_t index :
         chosen(static_cast<std::int64_t>(all.list.size()), n, shots, seed))
      out.list.push_back(std::move(all.list[static_cast<std::size_t>(index)]));
    return out;
  }
  if (shots.style == "python") {
    std::vector<Example> all = read_python(path, subset);
    enough(static_cast<std::int64_t>(all.size()));
    Examples out;
    for (const std::int64_t index : chosen(static_cast<std::int64_t>(all.size()), n, shots, seed)) {
      out.list.push_back(all[static_cast<std::size_t>(index)]);
      out.list.back().answer = words.answer(out.list.back().question, reader);
    }
    return out;
  }
  const auto rows = open_rows(path, {subset.rows_in, subset.has_header});
  const auto place = [&](std::int64_t index) {
    return fmt::format("{}:{}", path.string(), rows->line(index));
  };
  std::vector<std::int64_t> kept;
  for (std::int64_t i = 0; i < rows->size(); ++i) {
    if (subset.keep.empty() || reader.keeps(rows->row(i), place(i))) kept.push_back(i);
  }
  enough(static_cast<std::int64_t>(kept.size()));
  Examples out;
  for (const std::int64_t which : chosen(static_cast<std::int64_t>(kept.size()), n, shots, seed)) {
    const std::int64_t index = kept[static_cast<std::size_t>(which)];
    Example one;
    one.question = reader.read(rows->row(index), place(index));
    try {
      one.answer = words.answer(one.question, reader);
    } catch (const TemplateError& error) {
      throw Error(fmt::format("{}: {}", place(index), error.what()));
    }
    out.list.push_back(std::move(one));
  }
  return out;
}

std::vector<std::string> example_keys(const Question& question, const SubsetFile& subset,
                                      const QuestionReader& reader, const std::string& place) {
  std::vector<std::string> out{"question " + question.question};
  if (!subset.pair.empty()) {
    if (const std::string value = reader.field(question.row, subset.pair, place); !value.empty())
      out.push_back("pair " + value);
  }
  if (const std::string value = reader.apart(question.row, place); !value.empty())
    out.push_back("apart " + value);
  return out;
}

std::vector<const Shot*> shots_for(const std::vector<Shot>& shots, std::size_t n, std::int64_t row,
                                   const std::vector<std::string>& keys) {
  std::vector<const Shot*> out;
  for (const Shot& one : shots) {
    if (out.size() == n) break;
    if (one.row != row && !share_one(one.keys, keys)) out.push_back(&one);
  }
  return out;
}

std::vector<OtherItem> draw_others(const std::function<OtherItem(std::int64_t index)>& read,
                                   std::int64_t size, std::size_t n, bool are_choices,
                                   std::uint64_t seed) {
  constexpr std::size_t kMostKeys = 3;
  const std::size_t wanted = n + kMostKeys;
  std::vector<OtherItem> out;
  std::vector<std::string> seen;
  SplitMix64 random(seed);
  for (std::size_t tries = 0; tries < 200 * wanted && out.size() < wanted; ++tries) {
    OtherItem one = read(static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(size))));
    const Options& options = one.question.options;
    const bool has_answer = !one.question.gold.empty() &&
                            (options.empty() || !are_choices ||
                             std::any_of(options.begin(), options.end(), [&](const auto& option) {
                               return option.first == one.question.gold[0];
                             }));
    if (!has_answer || share_one(one.keys, seen)) continue;
    seen.insert(seen.end(), one.keys.begin(), one.keys.end());
    out.push_back(std::move(one));
  }
  if (out.size() < wanted) out.clear();
  return out;
}

}  // namespace leitai
