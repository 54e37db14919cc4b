#include "suites/questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/json_depth.h"
#include "harness/core/regex.h"
#include "harness/core/text.h"
#include "suites/datasets/rows.h"
#include "suites/extractors/choice.h"
#include "suites/extractors/json_schema.h"
#include "suites/extractors/numeric.h"
#include "suites/loader.h"
#include "suites/scorers/workbench.h"
#include "suites/suite_support.h"

namespace leitai {

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t kMistakesShown = 20;

const std::vector<std::string>& known_fields() {
  static const std::vector<std::string> kFields{"question", "messages", "answer",  "scorer",
                                                "pattern",  "schema",   "options", "language",
                                                "id",       "tags",     "system"};
  return kFields;
}

std::string text_of(const Json& value, const char* name) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  throw Error(fmt::format("{}: a string is wanted", name));
}

/// A cell of a CSV file that stands for JSON: "[...]" or "{...}".
Json cell_as_json(const Json& value, const char* name) {
  const std::string_view text = trim(value.get_ref<const std::string&>());
  if (text.empty() || (text.front() != '[' && text.front() != '{')) return value;
  if (is_too_deep(text))
    throw Error(fmt::format("{}: JSON nested more than {} deep", name, kMaxJsonDepth));
  Json parsed = Json::parse(text, nullptr, false);
  if (parsed.is_discarded()) throw Error(fmt::format("{}: not JSON", name));
  return parsed;
}

bool is_number_whole(const std::string& gold) {
  const auto token = numeric_gold(gold);
  if (!token || !token->ratio.empty()) return false;
  const Folded folded = fold(trim_blank(gold));
  return token->begin == 0 && token->end == folded.size() && token->begin < token->end;
}

/// Columns A, B, C ... of a CSV file are the options.
void options_of_columns(Json& row) {
  if (row.contains("options") || !row.contains("A") || !row.contains("B")) return;
  Json options = Json::object();
  for (char label = 'A'; label <= 'Z' && row.contains(std::string(1, label)); ++label) {
    const std::string name(1, label);
    options[name] = row[name];
    row.erase(name);
  }
  row["options"] = std::move(options);
}

/// One line as an Item. Throws Error with what is wrong, without the place.
Item read_question(Json row, std::int64_t line, bool is_csv) {
  if (!row.is_object()) throw Error("a JSON object is wanted");
  if (is_csv) {
    for (auto member = row.begin(); member != row.end();) {
      if (trim(member->get_ref<const std::string&>()).empty()) {
        member = row.erase(member);
        continue;
      }
      for (const char* name : {"messages", "answer", "schema", "options", "tags"}) {
        if (member.key() == name) *member = cell_as_json(*member, name);
      }
      ++member;
    }
    options_of_columns(row);
  }
  for (const auto& [name, value] : row.items()) {
    const auto& known = known_fields();
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw Error(fmt::format("unknown field \"{}\"{}; known: {}", name, did_you_mean(name, known),
                              fmt::join(known, ", ")));
    }
  }
  const auto find = [&](const char* name) -> const Json* {
    const auto found = row.find(name);
    return found == row.end() || found->is_null() ? nullptr : &*found;
  };
  Item item;
  item.id = std::to_string(line);
  if (const Json* id = find("id")) {
    if (!id->is_string() && !id->is_number_integer())
      throw Error("id: a string or a whole number is wanted");
    item.id = text_of(*id, "id");
    if (item.id.empty()) throw Error("id: empty");
  }
  const Json* question = find("question");
  const Json* messages = find("messages");
  if (!question && !messages) throw Error("question: missing (or messages)");
  if (question && messages) throw Error("question and messages: only one of them is wanted");
  if (const Json* system = find("system"))
    item.prompt.messages.push_back(message(Role::System, text_of(*system, "system")));
  Json fields = Json::object();
  if (question) {
    if (!question->is_string()) throw Error("question: a string is wanted");
    item.question = question->get<std::string>();
    if (trim_blank(item.question).empty()) throw Error("question: empty");
  } else {
    const std::vector<Message> all = messages_from(*messages);
    if (all.empty()) throw Error("messages: empty");
    item.prompt.messages.insert(item.prompt.messages.end(), all.begin(), all.end());
    item.question = all.back().text();
  }
  std::string choices;
  if (const Json* options = find("options")) {
    const auto add = [&](const std::string& label, const Json& text) {
      choices += fmt::format("\n{}. {}", label, text_of(text, "options"));
    };
    if (options->is_object()) {
      for (const auto& [label, text] : options->items()) add(label, text);
    } else if (options->is_array() && options->size() <= 26) {
      for (std::size_t i = 0; i < options->size(); ++i)
        add(std::string(1, static_cast<char>('A' + i)), (*options)[i]);
    } else {
      throw Error("options: {letter: text} or a list of at most 26 texts is wanted");
    }
    fields["options"] = *options;
  }
  if (question) item.prompt.messages.push_back(message(Role::User, item.question + choices));
  if (const Json* answer = find("answer")) {
    if (answer->is_array()) {
      for (const Json& one : *answer) item.grading.gold.push_back(text_of(one, "answer"));
      if (answer->empty()) throw Error("answer: an empty list");
    } else {
      item.grading.gold.push_back(text_of(*answer, "answer"));
    }
  }
  if (const Json* pattern = find("pattern")) {
    fields["pattern"] = text_of(*pattern, "pattern");
    Regex check(fields["pattern"].get_ref<const std::string&>());
  }
  if (const Json* schema = find("schema")) {
    check_schema(*schema);
    fields["schema"] = *schema;
  }
  const std::vector<std::string>& gold = item.grading.gold;
  if (const Json* scorer = find("scorer")) {
    item.grading.scorer = text_of(*scorer, "scorer");
    find_scorer(item.grading.scorer);
  } else if (fields.contains("pattern")) {
    item.grading.scorer = "regex";
  } else if (fields.contains("schema")) {
    item.grading.scorer = "json_schema";
  } else if (fields.contains("options") && !gold.empty()) {
    item.grading.scorer = "choice";
  } else if (!gold.empty()) {
    item.grading.scorer =
        std::all_of(gold.begin(), gold.end(), is_number_whole) ? "numeric" : "exact";
  }
  const std::string& scorer = item.grading.scorer;
  if (scorer == "regex" && !fields.contains("pattern"))
    throw Error("pattern: missing; the scorer regex needs it");
  if (scorer == "json_schema" && !fields.contains("schema"))
    throw Error("schema: missing; the scorer json_schema needs it");
  if (scorer == "choice") {
    if (!fields.contains("options")) throw Error("options: missing; the scorer choice needs them");
    const ChoiceOptions options_given = read_choice_options(fields);
    for (const std::string& one : gold) {
      if (choice_gold(one, options_given).empty())
        throw Error(fmt::format("answer: \"{}\" names none of the options", one));
    }
  }
  if (!scorer.empty() && scorer != "regex" && scorer != "json_schema" && gold.empty())
    throw Error(fmt::format("answer: missing; the scorer {} needs it", scorer));
  if (scorer == "numeric") {
    for (const std::string& one : gold) {
      if (!numeric_gold(one))
        throw Error(
            fmt::format("answer: \"{}\" holds no number; the scorer numeric needs one", one));
    }
  }
  if (!fields.empty()) item.grading.fields_json = dump(fields);
  if (const Json* language = find("language")) item.language = text_of(*language, "language");
  if (const Json* tags = find("tags")) {
    if (tags->is_string()) {
      for (std::string_view tag : split(tags->get_ref<const std::string&>(), ';')) {
        if (!trim(tag).empty()) item.tags.emplace_back(trim(tag));
      }
    } else if (tags->is_array()) {
      for (const Json& tag : *tags) item.tags.push_back(text_of(tag, "tags"));
    } else {
      throw Error("tags: a list of strings is wanted");
    }
  }
  return item;
}

class Questions : public Suite {
 public:
  Questions(const fs::path& path, const SuiteOptions& options, std::string_view where)
      : format_(row_format_of(path)), rows_(open_rows(path)) {
    if (format_ == RowFormat::Tsv || format_ == RowFormat::Text)
      throw Error(
          fmt::format("{}: {}: questions come as .jsonl, .csv or .json", where, path.string()));
    info_.name = path.stem().string();
    info_.family = "own";
    info_.kind = "own";
    info_.publish = "none";
    info_.mode = options.mode.value_or(Mode::Chat);
    info_.params.max_tokens = options.max_tokens;
    info_.whole = rows_->size();
    info_.version = check(path);
    if (info_.mode != Mode::Chat) info_.version += fmt::format("+{}", to_text(info_.mode));
    info_.size = limited(info_.whole, options.limit, where);
    if (info_.whole == 0)
      throw Error(fmt::format("{}: {}: no question in it", where, path.string()));
  }

  const SuiteInfo& info() const override { return info_; }

  Item item(std::int64_t index) const override {
    LEITAI_CHECK(index >= 0 && index < info_.whole, std::to_string(index));
    Item out = read_question(rows_->row(index), rows_->line(index), format_ == RowFormat::Csv);
    out.suite = info_.name;
    if (info_.mode != Mode::Chat) {
      std::string text;
      for (const Message& one : out.prompt.messages)
        text += (text.empty() ? "" : "\n\n") + one.text();
      out.prompt.messages.clear();
      out.prompt.text = std::move(text);
    }
    if (info_.mode == Mode::LogLikelihood) score_labels(out);
    return out;
  }

 private:
  /// The likelihood of each option's label behind "Answer:". An item without options stays as it
  /// is, and the plan says that it has nothing to score.
  static void score_labels(Item& item) {
    if (item.grading.fields_json.empty()) return;
    const Json fields = Json::parse(item.grading.fields_json);
    if (!fields.contains("options")) return;
    *item.prompt.text += "\nAnswer:";
    for (const auto& [label, text] : read_choice_options(fields).options)
      item.prompt.continuations.push_back(" " + label);
  }

  /// Reads every line once; returns the version, made of all lines.
  std::string check(const fs::path& path) {
    struct Id {
      std::uint64_t hash;
      std::uint32_t row;
    };
    std::vector<Id> ids;
    ids.reserve(static_cast<std::size_t>(rows_->size()));
    std::vector<std::string> mistakes;
    std::int64_t wrong = 0;
    std::optional<std::string> language;
    bool is_mixed = false;
    Sha256 all;
    for (std::int64_t i = 0; i < rows_->size(); ++i) {
      const std::string place = fmt::format("{}:{}", path.string(), rows_->line(i));
      try {
        const Json row = rows_->row(i);
        all.update(dump(row));
        all.update("\n");
        const Item item = read_question(row, rows_->line(i), format_ == RowFormat::Csv);
        ids.push_back({hash64({item.id}), static_cast<std::uint32_t>(i)});
        is_mixed = is_mixed || (language && *language != item.language);
        language = item.language;
      } catch (const Error& error) {
        ++wrong;
        const std::string what = error.what();
        if (mistakes.size() < kMistakesShown)
          mistakes.push_back(what.starts_with(place) ? what : place + ": " + what);
      }
    }
    std::sort(ids.begin(), ids.end(), [](const Id& a, const Id& b) {
      return a.hash != b.hash ? a.hash < b.hash : a.row < b.row;
    });
    for (std::size_t i = 1; i < ids.size(); ++i) {
      if (ids[i].hash != ids[i - 1].hash) continue;
      ++wrong;
      if (mistakes.size() >= kMistakesShown) continue;
      const Item item =
          read_question(rows_->row(ids[i].row), rows_->line(ids[i].row), format_ == RowFormat::Csv);
      mistakes.push_back(fmt::format("{}:{}: the id \"{}\" is already that of line {}",
                                     path.string(), rows_->line(ids[i].row), item.id,
                                     rows_->line(ids[i - 1].row)));
    }
    if (wrong > static_cast<std::int64_t>(mistakes.size()))
      mistakes.push_back(
          fmt::format("... and {} more", wrong - static_cast<std::int64_t>(mistakes.size())));
    if (!mistakes.empty()) throw Error(fmt::format("{}", fmt::join(mistakes, "\n")));
    if (!is_mixed && language) info_.language = *language;
    return all.finish().hex().substr(0, 12);
  }

  RowFormat format_;
  std::unique_ptr<Rows> rows_;
  SuiteInfo info_;
};

class OnePrompt : public Suite {
 public:
  explicit OnePrompt(std::string prompt) : prompt_(std::move(prompt)) {
    info_.name = "prompt";
    info_.family = "own";
    info_.kind = "text";
    info_.publish = "none";
    info_.version = "1";
    info_.size = info_.whole = 1;
  }
  const SuiteInfo& info() const override { return info_; }
  Item item(std::int64_t) const override {
    Item out;
    out.suite = info_.name;
    out.id = "1";
    out.question = prompt_;
    out.prompt.messages.push_back(message(Role::User, prompt_));
    return out;
  }

 private:
  std::string prompt_;
  SuiteInfo info_;
};

}  // namespace

std::unique_ptr<Suite> open_questions(const fs::path& path, const SuiteOptions& options,
                                      std::string_view where) {
  return std::make_unique<Questions>(path, options, where);
}

std::span<const std::string> question_options() {
  static const std::vector<std::string> kOptions{"limit", "mode", "max_tokens"};
  return kOptions;
}

std::unique_ptr<Suite> prompt_suite(std::string prompt) {
  return std::make_unique<OnePrompt>(std::move(prompt));
}

}  // namespace leitai
