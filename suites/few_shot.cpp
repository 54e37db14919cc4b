#include "suites/few_shot.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "harness/core/text.h"
#include "harness/io/files.h"
#include "suites/datasets/rows.h"

namespace leitai {

namespace {

namespace fs = std::filesystem;

std::vector<std::int64_t> chosen(std::int64_t size, int n, bool draws, std::uint64_t seed) {
  std::vector<std::int64_t> out;
  if (!draws) {
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

}  // namespace

Examples read_examples(const fs::path& path, const SubsetFile& subset, const QuestionReader& reader,
                       int n, std::uint64_t seed) {
  const FewShotFile& shots = subset.few_shot;
  const auto enough = [&](std::int64_t size) {
    if (size < n) throw Error(fmt::format("{}: fewer than {} examples", path.string(), n));
  };
  if (shots.style == "qa-text") {
    Examples all = read_qa_text(path);
    enough(static_cast<std::int64_t>(all.list.size()));
    Examples out{std::move(all.intro), {}};
    for (const std::int64_t index :
         chosen(static_cast<std::int64_t>(all.list.size()), n, shots.draws, seed))
      out.list.push_back(std::move(all.list[static_cast<std::size_t>(index)]));
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
  const Template answer = Template::parse(shots.answer, Environment::LmEval);
  Examples out;
  for (const std::int64_t which :
       chosen(static_cast<std::int64_t>(kept.size()), n, shots.draws, seed)) {
    const std::int64_t index = kept[static_cast<std::size_t>(which)];
    Example one;
    one.question = reader.read(rows->row(index), place(index));
    nlohmann::ordered_json shown = reader.context(one.question);
    shown["solution"] = without_marks(one.question.solution, shots.cut);
    shown["gold"] = one.question.gold.empty() ? "" : one.question.gold[0];
    shown["gold_text"] = one.question.gold_text();
    one.answer = answer.render(shown);
    out.list.push_back(std::move(one));
  }
  return out;
}

}  // namespace leitai
