#include "suites/native_suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/regex.h"
#include "harness/core/text.h"
#include "harness/io/data_file.h"
#include "harness/io/package.h"
#include "harness/jinja/jinja.h"
#include "suites/coding/code_task.h"
#include "suites/datasets/rows.h"
#include "suites/few_shot.h"
#include "suites/question_reader.h"
#include "suites/sandbox/box.h"
#include "suites/suite_support.h"
#include "suites/worked.h"

namespace leitai {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

enum class OptionOrder { Data, Shuffled, Circular };

class NativeSuite : public Suite, public Worked {
 public:
  NativeSuite(const SuiteFile& suite, const SubsetFile& subset, const SuiteOptions& options,
              const LoaderPaths& paths, std::string_view where)
      : suite_(suite),
        subset_(subset),
        path_(need(subset.file, paths, where)),
        rows_(open_rows(path_, {subset.rows_in, subset.has_header})),
        reader_(suite, subset),
        seed_(options.seed.value_or(0)) {
    if (!suite.code_style.empty() && !box_trouble().empty())
      throw Error(fmt::format("{}: {}: {}", where, suite.name, box_trouble()));
    info_.name = subset.name.empty() ? suite.name : suite.name + "/" + subset.name;
    info_.version = suite.version;
    suite_.subsets.clear();  // of which there may be many
    check_digest(path_, subset_.sha256, where);
    info_.family = suite.family;
    info_.kind = subset.kind;
    info_.language = subset.language;
    info_.licence = suite.licence;
    info_.publish = suite.publish;
    info_.floor = subset.floor;
    info_.params = suite.params;
    if (options.max_tokens) info_.params.max_tokens = options.max_tokens;
    read_order(options, where);
    read_mode(options, where);
    if (!subset.beside.file.empty()) {
      const fs::path beside = need(subset.beside.file, paths, where);
      check_digest(beside, subset.beside.sha256, where);
      beside_ = open_rows(beside, {subset.rows_in, subset.has_header});
      if (beside_->size() != rows_->size())
        throw Error(fmt::format("{}: {}: {} rows beside {}", where, beside.string(),
                                beside_->size(), rows_->size()));
    }
    list_places(options, where);
    check_ids();
    read_shots(options, paths, where);
    if (info_.size > 0) item(0);  // a template or a field that does not fit shows at once
  }

  const SuiteInfo& info() const override { return info_; }

  Item item(std::int64_t index) const override {
    LEITAI_CHECK(index >= 0 && index < info_.whole, std::to_string(index));
    const Place place = place_of(index);
    Question question = reader_.read(row(place.row), where_of(place.row));
    const std::string id = question.id.empty() ? std::to_string(place.row) : question.id;
    Item out;
    out.suite = info_.name;
    out.id = id;
    out.question = question.question;
    out.language = info_.language;
    out.grading.scorer = subset_.scorer;
    if (suite_.is_paired) out.pair_key = suite_.name + "/" + std::to_string(place.row);
    if (!subset_.pair.empty())
      out.pair_key = fmt::format("{}/{}", info_.name,
                                 reader_.field(question.row, subset_.pair, where_of(place.row)));
    for (const auto& [tag, name] : subset_.tags)
      out.tags.push_back(tag + "=" + reader_.field(question.row, name, where_of(place.row)));
    if (!suite_.date.empty())
      out.tags.push_back("month=" + day_of(question.row, place.row).substr(0, 7));
    if (order_ == OptionOrder::Circular) {
      move(question, rotate_options(question.options, place.turn));
      out.id = fmt::format("{}@{}", id, place.turn);
      out.pair_key = fmt::format("{}/{}", info_.name, id);
    } else if (order_ == OptionOrder::Shuffled || subset_.shuffles_always) {
      const std::string seed = std::to_string(order_ == OptionOrder::Shuffled ? seed_ : 0);
      move(question, shuffle_options(question.options, hash64({seed, info_.name, id, "options"})));
    }
    at_row(place.row, [&] {
      OrderedJson shown = reader_.context(question);
      grade_by(question, out, shown);
      ask(question, shown, place.row, out);
    });
    return out;
  }

  std::string solution(std::int64_t index) const override {
    LEITAI_CHECK(index >= 0 && index < info_.whole, std::to_string(index));
    const Place place = place_of(index);
    return reader_.read(row(place.row), where_of(place.row)).solution;
  }

 private:
  struct Place {
    std::int64_t row;
    std::size_t turn;  // of the options
  };

  fs::path need(const std::string& file, const LoaderPaths& paths, std::string_view where) const {
    if (const auto found = find_data(suite_, file, paths)) return *found;
    const std::string names[] = {file};
    const SuiteData wanted = data_of(suite_, subset_, names, paths);
    std::string trouble;
    if (paths.obtain && !wanted.files[0].sources.empty()) {
      try {
        paths.obtain(wanted);
        if (const auto found = find_data(suite_, file, paths)) return *found;
      } catch (const Error& error) {
        trouble = fmt::format("\n        {}", error.what());
      }
    }
    throw Error(fmt::format(
        "{}: {}: the data file {}/{} is missing{}\n        put it at {}\n        or name "
        "the folder above {}/ in LEITAI_DATA{}{}",
        where, suite_.name, suite_.data_folder, file, trouble, wanted.files[0].target.string(),
        suite_.data_folder, facts_of(wanted.files[0], "\n        "),
        wanted.files[0].sources.empty()
            ? ""
            : fmt::format("\n        leitai pull {} obtains it", suite_.name)));
  }

  /// Other data than this version was made for: numbers do not compare.
  void check_digest(const fs::path& path, const std::string& pinned, std::string_view where) {
    const fs::path file = file_on_disk(path);
    if (pinned.empty() && subset_.sources.empty()) {
      has_other_bytes_ = true;
      return;
    }
    const std::string digest = file_sha256(file);
    if (pinned.empty()) {
      if (const std::string wrong = data_mismatch(file, ""); !wrong.empty())
        throw Error(
            fmt::format("{}: {}: {}, as it was when it first arrived\n        remove it and "
                        "{}.sha256 to obtain it anew",
                        where, file.string(), wrong, file.string()));
    }
    if (digest != pinned) info_.version += "+" + digest.substr(0, 8);
    if (digest != pinned && !pinned.empty())
      info_.cautions.push_back(fmt::format(
          "{}: {} is not the file that this version was made for (SHA-256 {}..., not {}...): its "
          "scores do not compare with those of others.",
          info_.name, file.filename().string(), digest.substr(0, 8), pinned.substr(0, 8)));
    has_other_bytes_ = has_other_bytes_ || digest != pinned;
  }

  /// Of files that were not checked before: two items of one id would be stored as one.
  void check_ids() const {
    if (subset_.id.empty() || !has_other_bytes_) return;
    std::unordered_map<std::string, std::int64_t> rows;
    for (std::int64_t i = 0; i < info_.whole; ++i) {
      if (place_of(i).turn > 0) continue;
      const std::int64_t at = place_of(i).row;
      const auto [other, is_new] =
          rows.try_emplace(reader_.field(row(at), subset_.id, where_of(at)), at);
      if (!is_new)
        throw Error(fmt::format("{}: the id \"{}\" is that of line {} too", where_of(at),
                                other->first, rows_->line(other->second)));
    }
  }

  void read_order(const SuiteOptions& options, std::string_view where) {
    if (!options.options) return;
    const std::string& order = *options.options;
    if (order != "shuffle" && order != "circular")
      throw Error(fmt::format("{}: options: \"{}\" is not known; shuffle or circular is wanted",
                              where, order));
    // Subsets without separate options (free answers beside choices) are asked as they are.
    if (subset_.options.shape == OptionsFile::Shape::None ||
        subset_.options.shape == OptionsFile::Shape::Within)
      return;
    order_ = order == "shuffle" ? OptionOrder::Shuffled : OptionOrder::Circular;
    info_.version +=
        order_ == OptionOrder::Circular ? "+circular" : fmt::format("+shuffle{}", seed_);
  }

  void read_mode(const SuiteOptions& options, std::string_view where) {
    info_.mode = options.mode.value_or(Mode::Chat);
    const bool is_scored = info_.mode == Mode::LogLikelihood;
    if (info_.mode == Mode::Completion && subset_.completion.empty())
      throw Error(
          fmt::format("{}: mode: {} has no prompt for completion\n        ask it by chat, or give "
                      "its suite.yaml "
                      "a `completion:`",
                      where, suite_.name));
    if (is_scored && subset_.likelihood.empty())
      throw Error(fmt::format("{}: mode: {} is answered with text; chat or completion is wanted",
                              where, suite_.name));
    if (info_.mode != Mode::Chat) info_.version += fmt::format("+{}", to_text(info_.mode));
    if (info_.mode == Mode::Completion)
      info_.params.stop.insert(info_.params.stop.end(), subset_.completion_stop.begin(),
                               subset_.completion_stop.end());
    const std::string& text = info_.mode == Mode::Chat                     ? subset_.chat
                              : is_scored && !subset_.scored_after.empty() ? subset_.scored_after
                                                                           : subset_.completion;
    template_.emplace(Template::parse(text, Environment::LmEval));
    if (is_scored) likelihood_.emplace(Template::parse(subset_.likelihood, Environment::LmEval));
  }

  /// Fewer or more items than this version was made for: the version says so wherever it is shown.
  void check_rows(std::int64_t found) {
    if (found == 0)
      throw Error(fmt::format(
          "{}: no item in it\n        the file is empty or not the one that {} asks for",
          path_.string(), suite_.name));
    if (subset_.rows == 0 || found == subset_.rows) return;
    info_.version += fmt::format("+{}of{}rows", found, subset_.rows);
    info_.cautions.push_back(fmt::format(
        "{}: {} has {} of {} items: its scores do not compare with those of others.", info_.name,
        path_.filename().string(), with_commas(found), with_commas(subset_.rows)));
  }

  /// Which rows are asked, and in how many turns: only where that is not simply every row once.
  void list_places(const SuiteOptions& options, std::string_view where) {
    const bool turns = order_ == OptionOrder::Circular;
    const DateWindow window = date_window(options, where);
    if (subset_.keep.empty() && !turns && window.is_open()) {
      info_.whole = rows_->size();
      check_rows(info_.whole);
      info_.size = limited(info_.whole, options.limit, where);
      return;
    }
    std::vector<std::int64_t> kept;
    for (std::int64_t i = 0; i < rows_->size(); ++i) {
      if (reader_.keeps(row(i), where_of(i))) kept.push_back(i);
    }
    check_rows(static_cast<std::int64_t>(kept.size()));
    if (!window.is_open()) {
      std::erase_if(kept, [&](std::int64_t i) { return !window.holds(day_of(row(i), i)); });
      info_.version += (window.from.empty() ? "" : "+from" + window.from) +
                       (window.until.empty() ? "" : "+until" + window.until);
    }
    const auto n_rows = static_cast<std::size_t>(
        limited(static_cast<std::int64_t>(kept.size()), options.limit, where));
    places_.emplace();
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const std::size_t n =
          turns ? reader_.read(row(kept[i]), where_of(kept[i])).options.size() : 1;
      for (std::size_t turn = 0; turn < n; ++turn) places_->push_back({kept[i], turn});
      if (i + 1 == n_rows) info_.size = static_cast<std::int64_t>(places_->size());
    }
    info_.whole = static_cast<std::int64_t>(places_->size());
  }

  /// "2024-08-17", from a date with or without a time.
  std::string day_of(const Json& data, std::int64_t index) const {
    static const Regex kDay("^\\d{4}-\\d\\d-\\d\\d");
    const std::string day = reader_.field(data, suite_.date, where_of(index));
    if (!kDay.search(day))
      throw Error(fmt::format("{}: {}: \"{}\" is no date", where_of(index), suite_.date, day));
    return day.substr(0, 10);
  }

  Place place_of(std::int64_t index) const {
    return places_ ? (*places_)[static_cast<std::size_t>(index)] : Place{index, 0};
  }

  std::string where_of(std::int64_t index) const {
    return fmt::format("{}:{}", path_.string(), rows_->line(index));
  }

  /// What goes wrong in a template names the suite, the file and the line.
  void at_row(std::int64_t index, const std::function<void()>& render) const {
    try {
      render();
    } catch (const TemplateError& error) {
      throw Error(fmt::format("{}: {}: {}", info_.name, where_of(index), error.what()));
    }
  }

  Json row(std::int64_t index) const {
    Json out = rows_->row(index);
    if (!beside_) return out;
    const Json other = beside_->row(index);
    const std::string& same = subset_.beside.same;
    if (!same.empty() &&
        reader_.field(out, same, where_of(index)) != reader_.field(other, same, where_of(index)))
      throw Error(
          fmt::format("{}: \"{}\" is not that of {}", where_of(index), same, subset_.beside.file));
    for (const std::string& name : subset_.beside.fields) out[name] = other.at(name);
    return out;
  }

  void grade_by(const Question& question, Item& out, OrderedJson& shown) const {
    if (!suite_.code_style.empty()) {
      const std::string language =
          suite_.code_language.empty() ? subset_.name : suite_.code_language;
      Json fields = code_fields(suite_.code_style, language, question.row);
      if (const auto limits = suite_.code_limits.find(out.id); limits != suite_.code_limits.end()) {
        if (limits->second.cpu_s > 0) fields["limits"]["cpu_s"] = limits->second.cpu_s;
        if (limits->second.memory_mb > 0) fields["limits"]["memory_mb"] = limits->second.memory_mb;
      }
      out.grading.fields_json = dump(fields);
      shown.update(OrderedJson(fields));
      out.tags.push_back("code=" + language);
      return;
    }
    out.grading.gold = question.gold;
    Json fields = subset_.grading_json.empty() ? Json::object() : Json::parse(subset_.grading_json);
    if (subset_.scorer == "choice") {
      Json options = Json::object();
      for (const auto& [label, text] : question.options) options[label] = text;
      fields["options"] = std::move(options);
      if (subset_.is_multi_select) fields["multi_select"] = true;
    }
    for (const auto& [name, from] : subset_.grading) {
      reader_.field(question.row, from, info_.name + "/" + out.id);  // an Error where it is absent
      fields[name] = question.row.at(from);
    }
    if (!fields.empty()) out.grading.fields_json = dump(fields);
  }

  void ask(const Question& question, const OrderedJson& shown, std::int64_t row, Item& out) const {
    const std::string asked = template_->render(shown);
    const bool are_own = subset_.few_shot.draw == FewShotFile::Draw::Others;
    const std::vector<const Shot*> shots =
        shots_for(shots_, n_shots_, row,
                  are_own ? example_keys(question, subset_, reader_, where_of(row))
                          : std::vector<std::string>{});
    if (info_.mode == Mode::Chat) {
      for (std::size_t i = 0; i < shots.size(); ++i) {
        const std::string& q = shots[i]->question;
        out.prompt.messages.push_back(message(Role::User, i == 0 ? intro_ + q : q));
        out.prompt.messages.push_back(message(Role::Assistant, shots[i]->answer));
      }
      out.prompt.messages.push_back(message(Role::User, shots.empty() ? intro_ + asked : asked));
      return;
    }
    std::string text = intro_;
    const bool is_scored = info_.mode == Mode::LogLikelihood;
    for (const Shot* one : shots)
      text += one->question + (is_scored || one->question.ends_with("\uFF1A") ? "" : " ") +
              one->answer + "\n\n";
    out.prompt.text = text + asked;
    if (!is_scored) return;
    for (const auto& [label, words] : question.options)
      out.prompt.continuations.push_back(continuation(shown, label, words));
  }

  std::string continuation(OrderedJson shown, const std::string& label,
                           const std::string& text) const {
    shown["label"] = label;
    shown["text"] = text;
    return likelihood_->render(shown);
  }

  static void move(Question& question, Reordered reordered) {
    for (std::string& gold : question.gold) {
      for (std::size_t i = 0; i < question.options.size(); ++i) {
        if (question.options[i].first != gold) continue;
        gold = question.options[reordered.moved[i]].first;
        break;
      }
    }
    question.options = std::move(reordered.options);
  }

  void read_shots(const SuiteOptions& options, const LoaderPaths& paths, std::string_view where) {
    const FewShotFile& from = subset_.few_shot;
    const int n = options.few_shot.value_or(from.usual);
    if (n < 0 || n > from.most)
      throw Error(
          fmt::format("{}: {}: few_shot: {} is not in 0 to {}", where, info_.name, n, from.most));
    if (n != from.usual) info_.version += fmt::format("+{}shot", n);
    if (n == 0) return;
    n_shots_ = static_cast<std::size_t>(n);
    const std::uint64_t seed = hash64({std::to_string(seed_), info_.name, "few-shot"});
    const ExampleWords words(from, info_.mode == Mode::Completion);
    const auto add = [&](const Question& question, std::string answer, std::int64_t row_at,
                         std::vector<std::string> keys) {
      const OrderedJson shown = reader_.context(question);
      if (info_.mode == Mode::LogLikelihood)
        answer = continuation(shown, question.gold.at(0), question.gold_text());
      shots_.push_back({template_->render(shown), std::move(answer), row_at, std::move(keys)});
    };
    if (from.draw == FewShotFile::Draw::Others) {
      const auto read = [&](std::int64_t index) {
        const std::int64_t row_at = place_of(index).row;
        OtherItem out{reader_.read(row(row_at), where_of(row_at)), row_at, {}};
        out.keys = example_keys(out.question, subset_, reader_, where_of(row_at));
        return out;
      };
      std::vector<OtherItem> others =
          draw_others(read, info_.whole, n_shots_, subset_.scorer == "choice", seed);
      if (others.empty())
        throw Error(fmt::format("{}: few_shot: {} has too few items for {} examples of others",
                                where, info_.name, n));
      for (OtherItem& one : others)
        at_row(one.row, [&] {
          add(one.question, words.answer(one.question, reader_), one.row, std::move(one.keys));
        });
      return;
    }
    const fs::path path = need(from.file, paths, where);
    check_digest(path, from.sha256, where);
    const Examples examples = read_examples(path, subset_, reader_, words, n, seed);
    if (!examples.intro.empty()) intro_ = examples.intro + "\n\n";
    for (const Example& one : examples.list) add(one.question, one.answer, -1, {});
  }

  SuiteFile suite_;
  SubsetFile subset_;
  fs::path path_;
  std::unique_ptr<Rows> rows_, beside_;
  QuestionReader reader_;
  std::uint64_t seed_;
  bool has_other_bytes_ = false;  // than this version of the suite was made for
  SuiteInfo info_;
  OptionOrder order_ = OptionOrder::Data;
  std::optional<Template> template_, likelihood_;
  std::optional<std::vector<Place>> places_;
  std::string intro_;
  std::vector<Shot> shots_;
  std::size_t n_shots_ = 0;  // that are shown
};

}  // namespace

std::optional<fs::path> find_data(const SuiteFile& suite, const std::string& file,
                                  const LoaderPaths& paths) {
  std::error_code ignored;
  if (!suite.folder.empty() && fs::is_regular_file(file_on_disk(suite.folder / file), ignored))
    return suite.folder / file;
  for (const fs::path& folder : paths.data_dirs) {
    if (fs::is_regular_file(file_on_disk(folder / suite.data_folder / file), ignored))
      return folder / suite.data_folder / file;
  }
  return std::nullopt;
}

std::vector<std::string> files_of(const SubsetFile& subset, const SuiteOptions& options) {
  std::vector<std::string> out{subset.file};
  if (!subset.beside.file.empty() && subset.beside.file != subset.file)
    out.push_back(subset.beside.file);
  if (options.few_shot.value_or(subset.few_shot.usual) > 0 && subset.few_shot.file != subset.file)
    out.push_back(subset.few_shot.file);
  return out;
}

SuiteData data_of(const SuiteFile& suite, const SubsetFile& subset,
                  std::span<const std::string> files, const LoaderPaths& paths) {
  const fs::path last = paths.data_dirs.empty() ? fs::path("datasets") : paths.data_dirs.back();
  SuiteData out{suite.name, suite.licence, suite.publish, {}};
  for (const std::string& name : files) {
    WantedFile file;
    file.target =
        file_on_disk(find_data(suite, name, paths).value_or(last / suite.data_folder / name));
    file.shown = suite.data_folder + "/" + name;
    file.sha256 = name == subset.file            ? subset.sha256
                  : name == subset.few_shot.file ? subset.few_shot.sha256
                  : name == subset.beside.file   ? subset.beside.sha256
                                                 : "";
    const bool has_rows = name == subset.file && subset.rows > 0 && subset.keep.empty();
    file.known = has_rows ? with_commas(subset.rows) + " rows, " : "";
    file.known += "licence " + (suite.licence.empty() ? "not stated" : suite.licence);
    for (DataSource source : subset.sources) {
      bool has_hole = false;
      for (std::string* text : {&source.url, &source.path, &source.member}) {
        const std::size_t hole = text->find("{file}");
        if (hole == std::string::npos) continue;
        text->replace(hole, 6, name);
        has_hole = true;
      }
      if (has_hole || name == subset.file) file.sources.push_back(std::move(source));
    }
    out.files.push_back(std::move(file));
  }
  return out;
}

std::unique_ptr<Suite> open_native(const SuiteFile& suite, const SubsetFile& subset,
                                   const SuiteOptions& options, const LoaderPaths& paths,
                                   std::string_view where) {
  return std::make_unique<NativeSuite>(suite, subset, options, paths, where);
}

}  // namespace leitai
