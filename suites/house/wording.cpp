#include "suites/house/wording.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "harness/core/embedded.h"
#include "harness/core/error.h"

namespace leitai {

std::span<const EmbeddedFile> house_wordings();  // generated

namespace house {

namespace {

using Json = nlohmann::json;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

std::string form(const Json& forms, const char* key) {
  return forms.is_string() ? forms.get<std::string>() : forms.at(key).get<std::string>();
}

/// Arabic counts 3 to 10 with a plural, 11 to 99 with an accusative singular, hundreds with a
/// genitive singular.
const std::string& pick(std::int64_t n, const std::string& few, const std::string& many,
                        const std::string& hundred) {
  const std::int64_t rest = n % 100;
  return rest >= 3 && rest <= 10 ? few : rest >= 11 ? many : hundred;
}

}  // namespace

Wording::Wording(std::string_view name, std::string_view language) {
  const std::string path = fmt::format("suites/house/wordings/{}.{}.json", name, language);
  for (const EmbeddedFile& file : house_wordings()) {
    if (file.path != path) continue;
    const Json data = Json::parse(file.bytes);
    names_ = data.at("names").get<std::vector<std::string>>();
    for (const Json& one : data.value("things", Json::array())) {
      Thing thing;
      const Json& count = one.at("count");
      const Json& in = one.contains("in") ? one.at("in") : count;
      thing.few = form(count, "few");
      thing.many = form(count, "many");
      thing.hundred = form(count, "hundred");
      thing.in_few = form(in, "few");
      thing.in_many = form(in, "many");
      thing.in_hundred = form(in, "hundred");
      thing.howmany = one.at("howmany").get<std::string>();
      thing.plural = one.at("plural").get<std::string>();
      thing.the = one.value("the", thing.plural);
      things_.push_back(std::move(thing));
    }
    for (const auto& [key, text] : data.at("sentences").items())
      sentences_[key] = text.get<std::string>();
    long_ = data.at("long").get<std::string>();
    short_ = data.at("short").get<std::string>();
    joiner_ = data.at("joiner").get<std::string>();
    decimal_ = data.at("decimal").get<std::string>();
    return;
  }
  throw Error(fmt::format("house/{}: there is no wording in language \"{}\"\n        languages: {}",
                          name, language, fmt::join(languages_of(name), ", ")));
}

std::string Wording::say(const Sentence& sentence) const {
  const auto found = sentences_.find(sentence.key);
  LEITAI_CHECK(found != sentences_.end(), sentence.key);
  std::string out = found->second;
  if (sentence.thing >= 0) {
    const Thing& thing = things_.at(static_cast<std::size_t>(sentence.thing));
    replace_all(out, "{count}", pick(sentence.n, thing.few, thing.many, thing.hundred));
    replace_all(out, "{in}", pick(sentence.n, thing.in_few, thing.in_many, thing.in_hundred));
    replace_all(out, "{howmany}", thing.howmany);
    replace_all(out, "{plural}", thing.plural);
    replace_all(out, "{the}", thing.the);
  }
  replace_all(out, "{n}", std::to_string(sentence.n));
  replace_all(out, "{k}", std::to_string(sentence.k));
  if (!decimal_.empty() && out.find("{text}") != std::string::npos) {
    std::string text = sentence.text;
    replace_all(text, ".", decimal_);
    replace_all(out, "{text}", text);
  }
  const auto name = [&](const char* mark, int index) {
    if (index >= 0) replace_all(out, mark, names_.at(static_cast<std::size_t>(index)));
  };
  name("{a}", sentence.a);
  name("{b}", sentence.b);
  name("{c}", sentence.c);
  return out;
}

std::vector<std::string> languages_of(std::string_view name) {
  std::vector<std::string> out;
  const std::string begin = fmt::format("suites/house/wordings/{}.", name);
  for (const EmbeddedFile& file : house_wordings()) {
    if (!file.path.starts_with(begin)) continue;
    std::string_view rest = file.path.substr(begin.size());
    out.emplace_back(rest.substr(0, rest.find('.')));
  }
  std::sort(out.begin(), out.end(), [](const std::string& a, const std::string& b) {
    return (a == "en") != (b == "en") ? a == "en" : a < b;
  });
  return out;
}

}  // namespace house

}  // namespace leitai
