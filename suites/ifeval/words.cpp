#include "suites/ifeval/words.h"

#include <algorithm>
#include <map>
#include <span>

#include "harness/core/embedded.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/yaml.h"

namespace leitai {

std::span<const EmbeddedFile> suite_files();  // generated

namespace ifeval {

namespace {

struct AllWords {
  std::map<std::string, Words, std::less<>> languages;
  std::map<std::string, Relation, std::less<>> relations;
};

std::vector<std::string> texts(const YamlNode* node) {
  std::vector<std::string> out;
  if (!node) return out;
  for (const YamlNode& one : node->list) out.push_back(one.scalar);
  return out;
}

std::set<std::u32string, std::less<>> words(const YamlNode* node) {
  std::set<std::u32string, std::less<>> out;
  if (!node) return out;
  for (const YamlNode& line : node->list) {
    for (const std::string_view word : split(line.scalar, ' ')) {
      if (!word.empty()) out.insert(to_utf32(word));
    }
  }
  return out;
}

const AllWords& all_words() {
  static const AllWords kAll = [] {
    constexpr std::string_view kPath = "suites/ifeval/words.yaml";
    const auto files = suite_files();
    const auto file = std::find_if(files.begin(), files.end(),
                                   [&](const EmbeddedFile& f) { return f.path == kPath; });
    LEITAI_CHECK(file != files.end(), std::string(kPath));
    const YamlNode root = parse_yaml(file->bytes, kPath);
    AllWords out;
    for (const auto& [name, relation] :
         {std::pair{"less", Relation::Less}, std::pair{"at_least", Relation::AtLeast},
          std::pair{"at_most", Relation::AtMost}}) {
      for (std::string& text : texts(root.find(name))) out.relations[std::move(text)] = relation;
    }
    for (const auto& [language, node] : root.find("languages")->map)
      out.languages[language] = {texts(node.find("answers")), words(node.find("abbreviations")),
                                 words(node.find("starters")), words(node.find("short_forms"))};
    return out;
  }();
  return kAll;
}

}  // namespace

const Words& words_of(std::string_view language) {
  static const Words kNone;
  const auto& all = all_words().languages;
  const auto found = all.find(language);
  return found == all.end() ? kNone : found->second;
}

Relation relation_of(std::string_view words) {
  const auto& all = all_words().relations;
  const auto found = all.find(words);
  return found == all.end() ? Relation::Unknown : found->second;
}

}  // namespace ifeval

}  // namespace leitai
