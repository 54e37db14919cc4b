#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/core/twin.h"
#include "harness/io/files.h"
#include "harness/store.h"

namespace leitai {

namespace {
int run(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb export_verb;
constinit const cli::Verb export_verb = {
    .name = "export",
    .group = "Look at results",
    .summary = "stored answers and grades as JSON lines, lm-eval samples or CSV",
    .usage = "RUN -f answers|lm-eval|csv [-o FILE] [--full]",
    .examples =
        "leitai export runs/x -f answers -o answers.jsonl\n"
        "leitai export runs/x -f csv -s gsm8k -m qwen-max > gsm8k.csv\n"
        "leitai export runs/x -f lm-eval -o samples/",
    .run = run};

namespace {

using OrderedJson = nlohmann::ordered_json;

/// A file that gets its name only when it is complete, or standard output.
class Output {
 public:
  explicit Output(const std::optional<std::filesystem::path>& path) {
    if (!path) return;
    std::error_code unknown;
    path_ = std::filesystem::is_symlink(*path, unknown) ? std::filesystem::weakly_canonical(*path)
                                                        : *path;
    // A device or a pipe is written to; only a file is replaced.
    const bool is_file = !std::filesystem::exists(path_, unknown) ||
                         std::filesystem::is_regular_file(path_, unknown);
    part_ = is_file ? path_.string() + ".part" : "";
    file_ = std::fopen(is_file ? part_.c_str() : path_.c_str(), "wb");
    if (!file_) throw Error(describe_io_error(path_, "cannot be written", errno));
  }
  ~Output() {
    if (file_ == stdout) return;
    if (file_) std::fclose(file_);
    std::error_code ignored;
    if (!done_ && !part_.empty()) std::filesystem::remove(part_, ignored);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void line(std::string text) {
    text += '\n';
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size())
      throw Error(
          describe_io_error(path_.empty() ? "standard output" : path_, "cannot be written", errno));
  }
  void finish() {
    if (std::fflush(file_) != 0)
      throw Error(
          describe_io_error(path_.empty() ? "standard output" : path_, "cannot be written", errno));
    if (file_ == stdout) return;
    const int closed = std::fclose(file_);
    file_ = nullptr;
    if (closed != 0) throw Error(describe_io_error(path_, "cannot be written", errno));
    if (!part_.empty()) std::filesystem::rename(part_, path_);
    done_ = true;
  }

 private:
  std::filesystem::path path_;
  std::string part_;
  std::FILE* file_ = stdout;
  bool done_ = false;
};

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string csv_row(const Record& record) {
  const Request& q = record.request;
  const Response& r = record.response;
  const auto number = [](const auto& value) {
    return value ? fmt::format("{}", *value) : std::string();
  };
  std::vector<std::string> fields{q.suite,
                                  q.item,
                                  std::to_string(q.sample),
                                  q.model,
                                  std::string(to_text(r.outcome)),
                                  r.failure ? std::string(to_text(r.failure->kind)) : "",
                                  record.score ? std::string(to_text(record.score->status)) : "",
                                  record.score ? number(record.score->score) : "",
                                  record.score ? record.score->extracted.value_or("") : "",
                                  number(r.usage.prompt_tokens),
                                  number(r.usage.completion_tokens),
                                  number(r.timing.total_ms),
                                  r.text};
  for (std::string& one : fields) one = csv_field(one);
  return fmt::format("{}", fmt::join(fields, ","));
}

/// One line of lm-evaluation-harness's samples_<task>.jsonl; without `item` the question, what was
/// sent and the gold answer are left out.
std::string sample_line(const Record& record, const std::optional<Item>& item) {
  const Request& q = record.request;
  OrderedJson out;
  const auto index = parse_int(q.item);
  out["doc_id"] = index ? OrderedJson(*index) : OrderedJson(q.item);
  out["doc"] = OrderedJson::object();
  if (item) out["doc"]["question"] = item->question;
  out["target"] = item && !item->grading.gold.empty() ? item->grading.gold[0] : "";
  const std::string context = !item           ? ""
                              : q.prompt.text ? *q.prompt.text
                                              : dump(messages_to_json(q.prompt.messages));
  out["arguments"] = OrderedJson::array({OrderedJson::array(
      {context, OrderedJson(parse_json(q.sent_json.empty() ? "{}" : q.sent_json, "sent"))})});
  out["resps"] = OrderedJson::array({OrderedJson::array({record.response.text})});
  out["filtered_resps"] = OrderedJson::array(
      {record.score ? record.score->extracted.value_or("[invalid]") : record.response.text});
  if (record.score && record.score->score) out["exact_match"] = *record.score->score;
  return out.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

int run(std::span<const std::string> args, cli::Global& global) {
  std::optional<std::string> format, out;
  bool full = false;
  std::vector<std::string> operands, models, suites;
  cli::Command command(export_verb, global);
  command
      .text("format,f", "FORMAT",
            "answers (JSON lines that replay: reads), lm-eval (samples_*.jsonl), csv", format)
      .text("output,o", "FILE", "write here instead of standard output; lm-eval wants a folder",
            out)
      .flag("full",
            "lm-eval: also the questions and answers of suites whose items are not to be published",
            full)
      .list("model,m", "ID", "only this model (repeatable)", models)
      .list("suites,s", "LIST", "only these suites", suites)
      .operands("the run", 1, 1, operands);
  if (!command.parse(args)) return 0;
  const std::vector<std::string> known{"answers", "lm-eval", "csv"};
  const std::string kind = format.value_or("answers");
  if (std::find(known.begin(), known.end(), kind) == known.end()) {
    throw Error(fmt::format("-f: unknown format \"{}\"{}\n        known: answers, lm-eval, csv",
                            kind, did_you_mean(kind, known)));
  }
  const std::filesystem::path folder = cli::run_folder(operands[0]);
  const Store store = Store::open_read(folder);
  suites = cli::split_list(suites);
  std::vector<std::string> stored_models, stored_suites;
  for (const StoredModel& one : store.models()) stored_models.push_back(one.id);
  for (const StoredSuite& one : store.suites()) stored_suites.push_back(one.info.name);
  for (const std::string& one : models) {
    if (std::find(stored_models.begin(), stored_models.end(), one) != stored_models.end()) continue;
    throw Error(fmt::format("-m: the run holds no model \"{}\"{}\n        it holds: {}", one,
                            did_you_mean(one, stored_models), fmt::join(stored_models, ", ")));
  }
  for (const std::string& one : suites) {
    const bool known_suite =
        std::any_of(stored_suites.begin(), stored_suites.end(),
                    [&](const std::string& s) { return s == one || s.starts_with(one + "/"); });
    if (known_suite) continue;
    throw Error(fmt::format("-s: the run holds no suite \"{}\"{}\n        it holds: {}", one,
                            did_you_mean(one, stored_suites), fmt::join(stored_suites, ", ")));
  }
  const auto wanted = [&](const Request& q) {
    const auto names = [](const std::vector<std::string>& list, const std::string& name) {
      return list.empty() || std::any_of(list.begin(), list.end(), [&](const std::string& one) {
               return name == one || name.starts_with(one + "/");
             });
    };
    return names(suites, q.suite) && names(models, q.model);
  };
  if (kind == "lm-eval") {
    if (!out)
      throw Error(
          "export -f lm-eval: -o FOLDER is wanted; it gets one samples_*.jsonl for each model and "
          "suite");
    make_folder(*out);
    std::set<std::string> withheld;
    for (const StoredSuite& one : store.suites())
      if (!full && one.info.publish != "full") withheld.insert(one.info.name);
    std::set<std::string> told;
    std::map<std::string, std::unique_ptr<Output>> files;
    store.each(Detail::Prompts, [&](const Record& record) {
      if (!wanted(record.request) || record.response.outcome == Outcome::Failed) return true;
      const std::string name = cli::file_name_of(record.request.model) + "/samples_" +
                               cli::file_name_of(record.request.suite) + ".jsonl";
      auto& file = files[name];
      if (!file) {
        make_folder(std::filesystem::path(*out) / cli::file_name_of(record.request.model));
        file = std::make_unique<Output>(std::filesystem::path(*out) / name);
      }
      const bool is_withheld = withheld.contains(record.request.suite);
      if (is_withheld) told.insert(record.request.suite);
      file->line(sample_line(record, is_withheld
                                         ? std::nullopt
                                         : store.item(record.request.suite, record.request.item)));
      return true;
    });
    for (auto& [name, file] : files) file->finish();
    if (!told.empty())
      fmt::print(stderr,
                 "{}: items are not to be published: ids and answers only (--full writes all)\n",
                 fmt::join(told, ", "));
    return 0;
  }
  std::optional<std::filesystem::path> path;
  if (out)
    path = std::filesystem::is_directory(*out)
               ? std::filesystem::path(*out) / (kind == "csv" ? "answers.csv" : "answers.jsonl")
               : std::filesystem::path(*out);
  Output output(path);
  if (kind == "csv")
    output.line(
        "suite,item,sample,model,outcome,kind,status,score,extracted,prompt_tokens,completion_"
        "tokens,total_ms,text");
  // That of own questions is their file's: one more leaves the answers to the others as they are.
  std::map<std::string, std::string> versions;
  for (const StoredSuite& one : store.suites())
    if (one.info.family != "own" || is_control(one.info.name))
      versions[one.info.name] = one.info.version;
  const auto answer = [&](const Record& record) {
    Request request = record.request;
    request.suite_version = versions[request.suite];
    return answer_line(request, record.response, record.score);
  };
  // Past a damaged page the rest is read before the error comes; what was salvaged is kept.
  std::exception_ptr damage;
  try {
    store.each(Detail::Answers, [&](const Record& record) {
      if (wanted(record.request)) output.line(kind == "csv" ? csv_row(record) : answer(record));
      return true;
    });
  } catch (const Error&) {
    damage = std::current_exception();
  }
  output.finish();
  if (damage) std::rethrow_exception(damage);
  return 0;
}

}  // namespace

}  // namespace leitai
