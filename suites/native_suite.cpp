#include "suites/native_suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/random.h"
#include "harness/core/text.h"
#include "harness/io/files.h"
#include "harness/jinja/jinja.h"
#include "suites/coding/code_task.h"
#include "suites/datasets/rows.h"
#include "suites/sandbox/box.h"
#include "suites/suite_support.h"

namespace leitai {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct Question {
  std::string question;
  std::string answer;  // the whole field
  std::string gold;
  std::string id;  // "" where rows are counted
  Json row;        // coding suites
};

class NativeSuite : public Suite {
 public:
  NativeSuite(const SuiteFile& suite, const SubsetFile& subset, const SuiteOptions& options,
              const LoaderPaths& paths, std::string_view where)
      : suite_(suite),
        subset_(subset),
        path_(need(subset.file, paths, where)),
        rows_(open_rows(path_, row_format_of(path_))) {
    if (!suite.code_style.empty() && !box_trouble().empty())
      throw Error(fmt::format("{}: {}: {}", where, suite.name, box_trouble()));
    info_.name = subset.name.empty() ? suite.name : suite.name + "/" + subset.name;
    info_.version = suite.version;
    if (!subset.sha256.empty()) {
      // Other data than this version was made for: numbers do not compare.
      const std::string digest = sha256(read_file(path_)).hex();
      if (digest != subset.sha256) info_.version += "+" + digest.substr(0, 8);
    }
    info_.family = suite.family;
    info_.kind = suite.kind;
    info_.language = subset.language;
    info_.licence = suite.licence;
    info_.publish = suite.publish;
    info_.floor = suite.floor;
    info_.params = suite.params;
    if (options.max_tokens) info_.params.max_tokens = options.max_tokens;
    info_.mode = options.mode.value_or(Mode::Chat);
    if (info_.mode == Mode::Completion && subset.completion.empty())
      throw Error(fmt::format("{}: mode: {} has no prompt for completion", where, suite.name));
    if (info_.mode == Mode::LogLikelihood)
      throw Error(fmt::format("{}: mode: {} is answered with text; chat or completion is wanted",
                              where, suite.name));
    if (info_.mode == Mode::Completion)
      info_.params.stop.insert(info_.params.stop.end(), suite.completion_stop.begin(),
                               suite.completion_stop.end());
    template_.emplace(Template::parse(info_.mode == Mode::Chat ? subset.chat : subset.completion,
                                      Environment::LmEval));
    info_.whole = rows_->size();
    info_.size = limited(info_.whole, options.limit, where);
    draw_examples(options, paths, where);
    if (info_.size > 0) item(0);  // a template or a field that does not fit shows at once
  }

  const SuiteInfo& info() const override { return info_; }

  Item item(std::int64_t index) const override {
    LEITAI_CHECK(index >= 0 && index < info_.whole, std::to_string(index));
    const Question question = read(*rows_, path_, index);
    Item out;
    out.suite = info_.name;
    out.id = question.id.empty() ? std::to_string(index) : question.id;
    out.question = question.question;
    out.language = info_.language;
    out.grading.scorer = suite_.scorer;
    Json shown = {{"question", question.question}};
    if (!suite_.carried_fields.empty()) {
      Json fields = Json::object();
      for (const std::string& name : suite_.carried_fields) fields[name] = question.row.at(name);
      out.grading.fields_json = dump(fields);
    }
    if (suite_.code_style.empty()) {
      if (!suite_.answer_field.empty()) out.grading.gold = {question.gold};
    } else {
      const std::string language =
          suite_.code_language.empty() ? subset_.name : suite_.code_language;
      const Json fields = code_fields(suite_.code_style, language, question.row);
      out.grading.fields_json = dump(fields);
      shown.update(fields);
      out.tags.push_back("code=" + language);
    }
    if (suite_.is_paired) out.pair_key = suite_.name + "/" + std::to_string(index);
    const std::string asked = template_->render(shown);
    if (info_.mode == Mode::Chat) {
      for (const auto& [q, a] : examples_) {
        out.prompt.messages.push_back(message(Role::User, q));
        out.prompt.messages.push_back(message(Role::Assistant, a));
      }
      out.prompt.messages.push_back(message(Role::User, asked));
    } else {
      std::string text;
      for (const auto& [q, a] : examples_) text += q + " " + a + "\n\n";
      out.prompt.text = text + asked;
    }
    return out;
  }

 private:
  fs::path need(const std::string& file, const LoaderPaths& paths, std::string_view where) const {
    if (const auto found = find_data(suite_, file, paths)) return *found;
    const fs::path last = paths.data_dirs.empty() ? fs::path("datasets") : paths.data_dirs.back();
    std::string from = subset_.from;
    if (const std::size_t hole = from.find("{file}"); hole != std::string::npos)
      from.replace(hole, 6, file);
    if (const std::size_t slash = from.rfind('/');
        file != subset_.file && slash != std::string::npos)
      from = from.substr(0, slash + 1) + file;
    throw Error(fmt::format(
        "{}: {}: the data file {}/{} is missing\n        put it at {}\n        or name "
        "the folder above {}/ in LEITAI_DATA{}{}",
        where, suite_.name, suite_.data_folder, file, (last / suite_.data_folder / file).string(),
        suite_.data_folder, from.empty() ? "" : "\n        it comes from ", from));
  }

  std::string field(const Json& row, const std::string& name, const std::string& place) const {
    const Json* value = nullptr;
    if (row.is_array()) {
      const auto column = parse_int(name);
      if (column && *column >= 0 && static_cast<std::size_t>(*column) < row.size())
        value = &row[static_cast<std::size_t>(*column)];
    } else if (row.is_object() && row.contains(name)) {
      value = &row[name];
    }
    if (!value)
      throw Error(fmt::format("{}: no field \"{}\"; this is not the file that {} asks for", place,
                              name, suite_.name));
    return value->is_string() ? value->get<std::string>() : value->dump();
  }

  Question read(const Rows& rows, const fs::path& path, std::int64_t index) const {
    const Json row = rows.row(index);
    const std::string place = fmt::format("{}:{}", path.string(), rows.line(index));
    Question out{field(row, suite_.question_field, place), "", "", "", {}};
    if (!suite_.answer_field.empty()) out.answer = field(row, suite_.answer_field, place);
    if (!suite_.id_field.empty()) out.id = field(row, suite_.id_field, place);
    for (const std::string& name : suite_.carried_fields) field(row, name, place);
    if (!suite_.code_style.empty() || !suite_.carried_fields.empty()) out.row = row;
    if (!suite_.code_style.empty() || suite_.answer_field.empty()) return out;
    const std::size_t mark =
        suite_.gold_after.empty() ? std::string::npos : out.answer.rfind(suite_.gold_after);
    if (!suite_.gold_after.empty() && mark == std::string::npos)
      throw Error(fmt::format("{}: no \"{}\" in the answer", place, suite_.gold_after));
    out.gold = std::string(
        trim(mark == std::string::npos
                 ? std::string_view(out.answer)
                 : std::string_view(out.answer).substr(mark + suite_.gold_after.size())));
    if (mark != std::string::npos)
      out.answer = std::string(trim(std::string_view(out.answer).substr(0, mark)));
    return out;
  }

  /// The same examples for every item, drawn without repetition by (seed, suite).
  void draw_examples(const SuiteOptions& options, const LoaderPaths& paths,
                     std::string_view where) {
    const int n = options.few_shot.value_or(0);
    if (n < 0 || n > suite_.few_shot_most)
      throw Error(
          fmt::format("{}: few_shot: {} is not in 0 to {}", where, n, suite_.few_shot_most));
    if (n == 0) return;
    const fs::path path = need(suite_.few_shot_file, paths, where);
    const auto rows = open_rows(path, row_format_of(path));
    if (rows->size() < n)
      throw Error(fmt::format("{}: {}: fewer than {} rows", where, path.string(), n));
    SplitMix64 random(hash64({std::to_string(options.seed.value_or(0)), info_.name, "few-shot"}));
    std::vector<std::int64_t> drawn;
    while (drawn.size() < static_cast<std::size_t>(n)) {
      const auto index =
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(rows->size())));
      if (std::find(drawn.begin(), drawn.end(), index) == drawn.end()) drawn.push_back(index);
    }
    const Template answer = Template::parse(suite_.few_shot_answer, Environment::LmEval);
    for (const std::int64_t index : drawn) {
      const Question example = read(*rows, path, index);
      examples_.emplace_back(
          template_->render({{"question", example.question}}),
          answer.render({{"solution", without_marks(example.answer)}, {"gold", example.gold}}));
    }
  }

  std::string without_marks(std::string text) const {
    const auto& [open, close] = suite_.few_shot_cut;
    if (open.empty() || close.empty()) return text;
    for (std::size_t at = 0; (at = text.find(open, at)) != std::string::npos;) {
      const std::size_t end = text.find(close, at);
      if (end == std::string::npos) break;
      text.erase(at, end + close.size() - at);
    }
    return text;
  }

  SuiteFile suite_;
  SubsetFile subset_;
  fs::path path_;
  std::unique_ptr<Rows> rows_;
  SuiteInfo info_;
  std::optional<Template> template_;
  std::vector<std::pair<std::string, std::string>> examples_;
};

}  // namespace

std::vector<std::string> SuiteFile::options() const {
  std::vector<std::string> out{"limit", "max_tokens", "mode"};
  const bool has_parts = subsets.size() > 1 || !subsets[0].name.empty();
  if (has_parts) out.emplace_back("subsets");
  if (has_parts && std::any_of(subsets.begin(), subsets.end(),
                               [](const SubsetFile& s) { return !s.language.empty(); }))
    out.emplace_back("languages");
  if (!few_shot_file.empty()) out.emplace_back("few_shot");
  return out;
}

std::optional<fs::path> find_data(const SuiteFile& suite, const std::string& file,
                                  const LoaderPaths& paths) {
  std::error_code ignored;
  if (!suite.folder.empty() && fs::is_regular_file(suite.folder / file, ignored))
    return suite.folder / file;
  for (const fs::path& folder : paths.data_dirs) {
    if (fs::is_regular_file(folder / suite.data_folder / file, ignored))
      return folder / suite.data_folder / file;
  }
  return std::nullopt;
}

std::unique_ptr<Suite> open_native(const SuiteFile& suite, const SubsetFile& subset,
                                   const SuiteOptions& options, const LoaderPaths& paths,
                                   std::string_view where) {
  return std::make_unique<NativeSuite>(suite, subset, options, paths, where);
}

}  // namespace leitai
