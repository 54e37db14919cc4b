#include "suites/suite_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/yaml.h"
#include "suites/coding/code_task.h"
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

  bool truth(const YamlNode& map, std::string_view key, bool otherwise) const {
    const YamlNode* node = map.find(key);
    if (!node) return otherwise;
    const auto value = node->as_bool();
    if (!value) mistake(*node, fmt::format("{}: true or false is wanted", key));
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

  std::vector<std::pair<std::string, std::string>> pairs(const YamlNode& map,
                                                         std::string_view key) const {
    const YamlNode* node = map.find(key);
    std::vector<std::pair<std::string, std::string>> out;
    if (!node) return out;
    if (!node->is_map()) mistake(*node, fmt::format("{}: names and fields are wanted", key));
    for (const auto& [name, value] : node->map) out.emplace_back(name, value.scalar);
    return out;
  }

 private:
  std::string where_;
  YamlNode root_;
};

const std::vector<std::string>& shared_keys() {
  static const std::vector<std::string> kKeys{
      "kind",       "floor",    "language", "fields",       "gold_after",     "scorer",
      "grading",    "tags",     "keep",     "pair",         "completion",     "chat",
      "likelihood", "few_shot", "beside",   "scored_after", "completion_stop"};
  return kKeys;
}

/// One subset: what its own keys say, else what the suite's say.
class SubsetReader {
 public:
  SubsetReader(const Reader& read, const YamlNode& own) : read_(read), own_(own) {}

  SubsetFile run(const std::string& name, const YamlNode& data) {
    SubsetFile out;
    out.name = name;
    out.kind = text("kind", "text");
    out.language = text("language", "");
    out.scorer = text("scorer", "");
    out.gold_after = text("gold_after", "");
    out.keep = text("keep", "");
    out.pair = text("pair", "");
    out.chat = text("chat", "{{ question }}");
    out.completion = text("completion", "");
    out.completion_stop =
        read_.texts(own_.find("completion_stop") ? own_ : read_.root(), "completion_stop");
    out.likelihood = text("likelihood", "");
    out.scored_after = text("scored_after", "");
    if (!out.scorer.empty()) {
      try {
        find_scorer(out.scorer);
      } catch (const Error& error) {
        read_.mistake(*node("scorer"), error.what());
      }
    }
    if (const YamlNode* floor = node("floor")) {
      const auto value = floor->as_number();
      if (!value || *value < 0 || *value > 1)
        read_.mistake(*floor, "floor: a number in 0 to 1 is wanted");
      out.floor = *value;
    }
    const auto data_text = [&](const char* key) {
      return read_.text(own_, key, read_.text(data, key, ""));
    };
    const YamlNode* named = own_.find("file") ? own_.find("file") : data.find("file");
    out.file = data_file(named ? *named : data, filled(data_text("file"), name));
    out.sha256 = data_text("sha256");
    out.rows = read_.whole(own_, "rows", read_.whole(data, "rows", 0));
    sources(out, data);
    out.rows_in = read_.text(data, "rows_in", "");
    out.has_header = read_.truth(data, "header", true);
    if (const YamlNode* grading = node("grading")) {
      read_.only(*grading, {"row", "always"});
      out.grading = read_.pairs(*grading, "row");
      if (const YamlNode* always = grading->find("always"))
        out.grading_json = dump(nlohmann::json(yaml_to_json(*always)));
    }
    fields(out);
    if (const YamlNode* tags = node("tags")) {
      for (const auto& [tag, field] : tags->map) out.tags.emplace_back(tag, field.scalar);
    }
    if (const YamlNode* beside = node("beside")) {
      read_.only(*beside, {"file", "same", "fields"});
      out.beside.file = data_file(*beside, filled(read_.text(*beside, "file"), name));
      out.beside.same = read_.text(*beside, "same", "");
      out.beside.fields = read_.texts(*beside, "fields");
    }
    few_shot(out);
    return out;
  }

 private:
  const YamlNode* node(std::string_view key) const {
    const YamlNode* found = own_.find(key);
    return found ? found : read_.root().find(key);
  }

  /// Refuses what would lie outside the data folder.
  std::string data_file(const YamlNode& place, std::string name) const {
    if (name.empty() || name.find("..") != std::string::npos || name.front() == '/')
      read_.mistake(place, "file: the name of a data file is wanted");
    return name;
  }

  std::string text(std::string_view key, const std::string& otherwise) const {
    return read_.text(own_, key, read_.text(read_.root(), key, otherwise));
  }

  static std::string filled(std::string value, const std::string& name) {
    constexpr std::string_view kHole = "{subset}";
    for (std::size_t at = 0; (at = value.find(kHole, at)) != std::string::npos; at += name.size())
      value.replace(at, kHole.size(), name);
    return value;
  }

  void fields(SubsetFile& out) const {
    const YamlNode* from = node("fields");
    if (!from) read_.mistake(read_.root(), "\"fields\" is missing");
    read_.only(*from, {"question", "answer", "id", "options", "answer_is", "multi_select", "order",
                       "carry", "solution"});
    out.id = read_.text(*from, "id", "");
    out.question = read_.text(*from, "question");
    out.answer = read_.text(*from, "answer", "");
    out.solution = read_.text(*from, "solution", "");
    for (const std::string& name : read_.texts(*from, "carry"))
      out.grading.emplace_back(name, name);
    if (out.answer.empty() && out.grading.empty() && !out.scorer.empty() && out.scorer != "code")
      read_.mistake(*from, "answer: the field of the gold answer is wanted");
    out.is_multi_select = read_.truth(*from, "multi_select", false);
    const std::string form = read_.text(*from, "answer_is", "label");
    const std::string order = read_.text(*from, "order", "data");
    if (order != "data" && order != "shuffled")
      read_.mistake(*from, "order: data or shuffled is wanted");
    out.shuffles_always = order == "shuffled";
    if (form == "label") {
      out.answer_form = AnswerForm::Label;
    } else if (form == "text") {
      out.answer_form = AnswerForm::Text;
    } else if (form == "index") {
      out.answer_form = AnswerForm::Index;
    } else if (form == "first") {
      out.answer_form = AnswerForm::FirstField;
    } else {
      read_.mistake(*from, "answer_is: label, text, index or first is wanted");
    }
    const YamlNode* options = from->find("options");
    if (!options) return;
    if (options->is_list()) {
      out.options.shape = OptionsFile::Shape::Fields;
      out.options.names = read_.texts(*from, "options");
    } else if (options->is_map()) {
      read_.only(*options, {"field", "label", "text", "within"});
      if (options->find("within")) {
        out.options.shape = OptionsFile::Shape::Within;
        return;
      }
      out.options.shape = OptionsFile::Shape::Field;
      out.options.names = {read_.text(*options, "field")};
      out.options.label = read_.text(*options, "label", "");
      out.options.text = read_.text(*options, "text", "");
    } else {
      out.options.shape = OptionsFile::Shape::Field;
      out.options.names = {options->scalar};
    }
  }

  /// `from` is a URL; `sources` names files on hubs too. What the subset says comes in place of
  /// what the suite says.
  void sources(SubsetFile& out, const YamlNode& data) const {
    const YamlNode& place = own_.find("from") || own_.find("sources") ? own_ : data;
    const auto add = [&](HubKind kind, const YamlNode& node) {
      try {
        out.sources.push_back(data_source_from(kind, filled(node.scalar, out.name)));
      } catch (const Error& error) {
        read_.mistake(node, error.what());
      }
    };
    if (const YamlNode* url = place.find("from")) add(HubKind::Direct, *url);
    const YamlNode* hubs = place.find("sources");
    if (!hubs) return;
    read_.only(*hubs, {"huggingface", "modelscope", "github"});
    for (const auto& [name, node] : hubs->map) {
      if (name == "github" && !is_on_github(node.scalar))
        read_.mistake(node, "github: a URL of GitHub is wanted; \"from\" takes any other");
      add(name == "huggingface"  ? HubKind::HuggingFace
          : name == "modelscope" ? HubKind::ModelScope
                                 : HubKind::Direct,
          node);
    }
  }

  static bool is_on_github(std::string_view url) {
    const std::size_t begin = url.find("://");
    if (begin == std::string_view::npos) return false;
    const std::string_view host = url.substr(begin + 3, url.find('/', begin + 3) - begin - 3);
    return host == "github.com" || host.ends_with(".githubusercontent.com");
  }

  void few_shot(SubsetFile& out) const {
    const YamlNode* from = node("few_shot");
    if (!from || from->is_null()) return;
    read_.only(*from, {"file", "most", "usual", "draw", "style", "name", "golds", "cut", "answer",
                       "completion_answer", "apart"});
    FewShotFile& shots = out.few_shot;
    const std::string draw = read_.text(*from, "draw", "seed");
    if (draw != "seed" && draw != "first" && draw != "others")
      read_.mistake(*from, "draw: seed, first or others is wanted");
    shots.draw = draw == "seed"    ? FewShotFile::Draw::Seed
                 : draw == "first" ? FewShotFile::Draw::First
                                   : FewShotFile::Draw::Others;
    if (shots.draw == FewShotFile::Draw::Others) {
      if (from->find("file") || from->find("style"))
        read_.mistake(*from,
                      "draw: others takes the suite's own items; no file or style is wanted");
      shots.file = out.file;
    } else {
      shots.file = data_file(*from, filled(read_.text(*from, "file"), out.name));
    }
    shots.most = static_cast<int>(read_.whole(*from, "most", 32));
    shots.usual = static_cast<int>(read_.whole(*from, "usual", 0));
    shots.style = read_.text(*from, "style", "rows");
    if (shots.style != "rows" && shots.style != "qa-text" && shots.style != "python")
      read_.mistake(*from, "style: rows, qa-text or python is wanted");
    if (shots.style == "python") {
      shots.name = read_.text(*from, "name");
      shots.golds = read_.text(*from, "golds", "");
    }
    shots.answer = read_.text(*from, "answer", "{{ solution }}");
    shots.completion_answer = read_.text(*from, "completion_answer", "");
    shots.apart = read_.text(*from, "apart", "");
    const std::vector<std::string> cut = read_.texts(*from, "cut");
    if (cut.size() == 2) shots.cut = {cut[0], cut[1]};
  }

  const Reader& read_;
  const YamlNode& own_;
};

}  // namespace

std::vector<std::string> SuiteFile::options() const {
  std::vector<std::string> out{"limit", "max_tokens", "mode"};
  const auto some = [&](const auto& is_so) {
    return std::any_of(subsets.begin(), subsets.end(), is_so);
  };
  if (!date.empty()) out.insert(out.end(), {"from", "until"});
  const bool has_parts = subsets.size() > 1 || !subsets[0].name.empty();
  if (has_parts) out.emplace_back("subsets");
  if (has_parts && some([](const SubsetFile& s) { return !s.language.empty(); }))
    out.emplace_back("languages");
  if (some([](const SubsetFile& s) { return !s.few_shot.file.empty(); }))
    out.emplace_back("few_shot");
  if (some([](const SubsetFile& s) {
        return s.options.shape == OptionsFile::Shape::Fields ||
               s.options.shape == OptionsFile::Shape::Field;
      }))
    out.emplace_back("options");
  return out;
}

namespace {

bool is_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Digests of files that are not a subset's own: of examples, and of what stands beside.
void pin_others(SuiteFile& suite, const Reader& read, const YamlNode& root) {
  std::map<std::string, std::string> known;
  for (const SubsetFile& one : suite.subsets) known[one.file] = one.sha256;
  for (const auto& [file, digest] : read.pairs(root, "checksums")) {
    if (!is_digest(digest))
      read.mistake(*root.find("checksums"),
                   fmt::format("checksums: {}: 64 hexadecimal digits are wanted", file));
    known[file] = digest;
  }
  for (SubsetFile& one : suite.subsets) {
    for (auto [file, digest] : {std::pair(&one.few_shot.file, &one.few_shot.sha256),
                                std::pair(&one.beside.file, &one.beside.sha256)}) {
      if (const auto found = known.find(*file); found != known.end()) *digest = found->second;
    }
  }
}

}  // namespace

SuiteFile read_suite_file(std::string_view text, const std::string& where,
                          const std::filesystem::path& folder) {
  const Reader read(text, where);
  const YamlNode& root = read.root();
  std::vector<std::string> known{"name",    "version",   "about", "family", "licence",
                                 "publish", "paired",    "data",  "params", "code",
                                 "subsets", "checksums", "date"};
  known.insert(known.end(), shared_keys().begin(), shared_keys().end());
  read.only(root, known);
  SuiteFile out;
  out.folder = folder;
  out.name = read.text(root, "name");
  out.version = read.text(root, "version");
  out.about = read.text(root, "about", "");
  out.family = read.text(root, "family", "own");
  out.licence = read.text(root, "licence", "");
  out.publish = read.text(root, "publish", "ids");
  if (out.publish != "none" && out.publish != "ids" && out.publish != "full")
    read.mistake(*root.find("publish"), "publish: none, ids or full is wanted");
  out.is_paired = read.truth(root, "paired", false);
  out.date = read.text(root, "date", "");
  if (const YamlNode* code = root.find("code")) {
    read.only(*code, {"style", "language", "limits"});
    out.code_style = read.text(*code, "style");
    out.code_language = read.text(*code, "language", "");
    if (!is_code_style(out.code_style))
      read.mistake(*code, "style: an unknown style of coding rows");
    if (const YamlNode* limits = code->find("limits")) {
      if (!limits->is_map()) read.mistake(*limits, "limits: items and their limits are wanted");
      for (const auto& [item, node] : limits->map) {
        read.only(node, {"cpu_s", "memory_mb"});
        out.code_limits[item] = {read.whole(node, "cpu_s", 0), read.whole(node, "memory_mb", 0)};
      }
    }
  }
  if ((read.text(root, "scorer", "") == "code") != !out.code_style.empty())
    read.mistake(root, "the scorer code needs \"code\" with a style, and only it does");
  if (const YamlNode* params = root.find("params")) {
    read.only(*params, {"max_tokens", "stop"});
    if (const std::int64_t n = read.whole(*params, "max_tokens", 0); n > 0)
      out.params.max_tokens = static_cast<int>(n);
    out.params.stop = read.texts(*params, "stop");
  }
  YamlNode nothing;
  nothing.kind = YamlNode::Kind::Map;
  const YamlNode* data = root.find("data");
  if (!data) data = &nothing;
  read.only(*data,
            {"file", "folder", "rows", "sha256", "from", "sources", "rows_in", "header", "items"});
  out.data_folder = read.text(*data, "folder", out.name);
  out.items = read.whole(*data, "items", 0);
  if (const YamlNode* subsets = root.find("subsets")) {
    if (!subsets->is_map() || subsets->map.empty())
      read.mistake(*subsets, "subsets: names and their settings are wanted");
    known = shared_keys();
    known.insert(known.end(), {"file", "rows", "sha256", "from", "sources"});
    for (const auto& [name, node] : subsets->map) {
      read.only(node, known);
      out.subsets.push_back(SubsetReader(read, node).run(name, *data));
    }
  } else {
    out.subsets.push_back(SubsetReader(read, nothing).run("", *data));
  }
  pin_others(out, read, root);
  out.kind = out.subsets[0].kind;
  for (const SubsetFile& one : out.subsets) {
    if (one.kind != out.kind) {
      out.kind = "mixed";
      break;
    }
  }
  return out;
}

}  // namespace leitai
