#include <fmt/format.h>

#include <algorithm>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/yaml.h"
#include "suites/coding/code_task.h"
#include "suites/native_suite.h"
#include "suites/scorers/workbench.h"

namespace leitai {

namespace {

class Reader {
 public:
  Reader(std::string_view text, std::string where)
      : where_(std::move(where)), root_(parse_yaml(text, where_)) {
    if (!root_.is_map()) throw Error(fmt::format("{}: keys and values are wanted", where_));
  }

  const YamlNode& root() const { return root_; }

  [[noreturn]] void mistake(const YamlNode& node, const std::string& what) const {
    throw Error(fmt::format("{}:{}: {}", where_, node.line, what));
  }

  void only(const YamlNode& map, const std::vector<std::string>& known) const {
    if (!map.is_map()) mistake(map, "keys and values are wanted");
    for (const auto& [key, value] : map.map) {
      if (std::find(known.begin(), known.end(), key) == known.end())
        mistake(value, fmt::format("unknown key \"{}\"{}", key, did_you_mean(key, known)));
    }
  }

  std::string text(const YamlNode& map, std::string_view key,
                   std::optional<std::string> otherwise = std::nullopt) const {
    const YamlNode* node = map.find(key);
    if (!node || node->is_null()) {
      if (!otherwise) mistake(map, fmt::format("\"{}\" is missing", key));
      return *otherwise;
    }
    if (!node->is_scalar()) mistake(*node, fmt::format("{}: text is wanted", key));
    return node->scalar;
  }

  std::int64_t whole(const YamlNode& map, std::string_view key, std::int64_t otherwise) const {
    const YamlNode* node = map.find(key);
    if (!node) return otherwise;
    const auto value = node->as_int();
    if (!value || *value < 0) mistake(*node, fmt::format("{}: a whole number is wanted", key));
    return *value;
  }

  std::vector<std::string> texts(const YamlNode& map, std::string_view key) const {
    const YamlNode* node = map.find(key);
    std::vector<std::string> out;
    if (!node) return out;
    if (!node->is_list()) mistake(*node, fmt::format("{}: a list is wanted", key));
    for (const YamlNode& one : node->list) out.push_back(one.scalar);
    return out;
  }

 private:
  std::string where_;
  YamlNode root_;
};

}  // namespace

SuiteFile read_suite_file(std::string_view text, const std::string& where,
                          const std::filesystem::path& folder) {
  const Reader read(text, where);
  const YamlNode& root = read.root();
  read.only(root, {"name",     "version", "about",      "family",          "kind",
                   "licence",  "publish", "floor",      "language",        "paired",
                   "data",     "fields",  "gold_after", "scorer",          "params",
                   "few_shot", "chat",    "completion", "completion_stop", "subsets",
                   "code"});
  SuiteFile out;
  out.folder = folder;
  out.name = read.text(root, "name");
  out.version = read.text(root, "version");
  out.about = read.text(root, "about", "");
  out.family = read.text(root, "family", "own");
  out.kind = read.text(root, "kind", "text");
  out.licence = read.text(root, "licence", "");
  out.publish = read.text(root, "publish", "ids");
  if (out.publish != "none" && out.publish != "ids" && out.publish != "full")
    read.mistake(*root.find("publish"), "publish: none, ids or full is wanted");
  if (const YamlNode* floor = root.find("floor")) {
    const auto value = floor->as_number();
    if (!value || *value < 0 || *value > 1)
      read.mistake(*floor, "floor: a number in 0 to 1 is wanted");
    out.floor = *value;
  }
  if (const YamlNode* paired = root.find("paired")) {
    const auto value = paired->as_bool();
    if (!value) read.mistake(*paired, "paired: true or false is wanted");
    out.is_paired = *value;
  }
  out.scorer = read.text(root, "scorer", "");
  if (!out.scorer.empty()) {
    try {
      find_scorer(out.scorer);
    } catch (const Error& error) {
      read.mistake(*root.find("scorer"), error.what());
    }
  }
  out.gold_after = read.text(root, "gold_after", "");
  out.completion_stop = read.texts(root, "completion_stop");
  const YamlNode* fields = root.find("fields");
  if (!fields) read.mistake(root, "\"fields\" is missing");
  read.only(*fields, {"question", "answer", "id", "carry"});
  out.id_field = read.text(*fields, "id", "");
  out.question_field = read.text(*fields, "question");
  out.carried_fields = read.texts(*fields, "carry");
  if (out.carried_fields.empty()) {
    out.answer_field = read.text(*fields, "answer");
  } else {
    out.answer_field = read.text(*fields, "answer", "");
  }
  if (const YamlNode* code = root.find("code")) {
    read.only(*code, {"style", "language"});
    out.code_style = read.text(*code, "style");
    out.code_language = read.text(*code, "language", "");
    if (!is_code_style(out.code_style))
      read.mistake(*code, "style: an unknown style of coding rows");
  }
  if ((out.scorer == "code") != !out.code_style.empty())
    read.mistake(root, "the scorer code needs \"code\" with a style, and only it does");
  if (const YamlNode* params = root.find("params")) {
    read.only(*params, {"max_tokens", "stop"});
    if (const std::int64_t n = read.whole(*params, "max_tokens", 0); n > 0)
      out.params.max_tokens = static_cast<int>(n);
    out.params.stop = read.texts(*params, "stop");
  }
  if (const YamlNode* few_shot = root.find("few_shot")) {
    read.only(*few_shot, {"file", "most", "cut", "answer"});
    out.few_shot_file = read.text(*few_shot, "file");
    out.few_shot_most = static_cast<int>(read.whole(*few_shot, "most", 32));
    out.few_shot_answer = read.text(*few_shot, "answer");
    const std::vector<std::string> cut = read.texts(*few_shot, "cut");
    if (cut.size() == 2) out.few_shot_cut = {cut[0], cut[1]};
  }
  YamlNode nothing;
  nothing.kind = YamlNode::Kind::Map;
  const YamlNode* data = root.find("data");
  if (!data) data = &nothing;
  read.only(*data, {"file", "folder", "rows", "sha256", "from"});
  out.data_folder = read.text(*data, "folder", out.name);
  const auto subset = [&](const std::string& name, const YamlNode& node) {
    SubsetFile one;
    one.name = name;
    one.language = read.text(node, "language", read.text(root, "language", ""));
    one.file = read.text(node, "file", read.text(*data, "file", ""));
    if (one.file.empty() || one.file.find("..") != std::string::npos || one.file.front() == '/')
      read.mistake(node, "file: the name of a data file is wanted");
    one.sha256 = read.text(node, "sha256", read.text(*data, "sha256", ""));
    one.rows = read.whole(node, "rows", read.whole(*data, "rows", 0));
    one.from = read.text(*data, "from", "");
    one.chat = read.text(node, "chat", read.text(root, "chat", "{{ question }}"));
    one.completion = read.text(node, "completion", read.text(root, "completion", ""));
    out.subsets.push_back(std::move(one));
  };
  if (const YamlNode* subsets = root.find("subsets")) {
    if (!subsets->is_map() || subsets->map.empty())
      read.mistake(*subsets, "subsets: names and their settings are wanted");
    for (const auto& [name, node] : subsets->map) {
      read.only(node, {"language", "file", "rows", "sha256", "chat", "completion"});
      subset(name, node);
    }
  } else {
    subset("", root);
  }
  return out;
}

}  // namespace leitai
