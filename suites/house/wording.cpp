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

/// Replaces "{n:one|few|many}" by the form that the class of the number picks.
void put_form(std::string& out, std::string_view mark, std::size_t number_class) {
  for (std::size_t at = 0; (at = out.find(mark, at)) != std::string::npos;) {
    const std::size_t end = out.find('}', at);
    LEITAI_CHECK(end != std::string::npos, out);
    std::size_t begin = at + mark.size();
    for (std::size_t i = 0; i < number_class; ++i) begin = out.find('|', begin) + 1;
    const std::string form = out.substr(begin, out.find_first_of("|}", begin) - begin);
    out.replace(at, end + 1 - at, form);
  }
}

/// The patterns of a count, in the order of Wording::class_of().
std::array<std::string, 3> forms_of(const Json& forms, bool is_slavic) {
  if (forms.is_string()) {
    const auto all = forms.get<std::string>();
    return {all, all, all};
  }
  const auto one = [&](const char* key) { return forms.at(key).get<std::string>(); };
  if (is_slavic) return {one("one"), one("few"), one("many")};
  return {one("few"), one("many"), one("hundred")};
}

}  // namespace

nlohmann::json wording_file(std::string_view name) {
  for (const EmbeddedFile& file : house_wordings()) {
    if (file.path == fmt::format("suites/house/wordings/{}", name)) return Json::parse(file.bytes);
  }
  LEITAI_CHECK(false, std::string(name));
}

Wording::Wording(std::string_view name, std::string_view language) {
  const std::string path = fmt::format("suites/house/wordings/{}.{}.json", name, language);
  for (const EmbeddedFile& file : house_wordings()) {
    if (file.path != path) continue;
    const Json data = Json::parse(file.bytes);
    is_slavic_ = data.value("plural", "") == "slavic";
    names_ = data.at("names").get<std::vector<std::string>>();
    for (const Json& one : data.value("things", Json::array())) {
      Thing thing;
      const Json& count = one.at("count");
      const Json& in = one.contains("in") ? one.at("in") : count;
      thing.count = forms_of(count, is_slavic_);
      thing.in = forms_of(in, is_slavic_);
      thing.howmany = one.at("howmany").get<std::string>();
      thing.plural = one.at("plural").get<std::string>();
      thing.the = one.value("the", thing.plural);
      thing.each = one.value("each", "");
      things_.push_back(std::move(thing));
    }
    for (const auto& [key, text] : data.at("sentences").items())
      sentences_[key] = text.get<std::string>();
    date_ = data.value("date", "");
    date_first_ = data.value("date_first", date_);
    month_ = data.value("month", "");
    months_ = data.value("months", std::vector<std::string>());
    month_names_ = data.value("month_names", months_);
    ordinals_ = data.value("ordinals", std::vector<std::string>());
    weekdays_ = data.value("weekdays", std::vector<std::string>());
    long_ = data.at("long").get<std::string>();
    short_ = data.at("short").get<std::string>();
    joiner_ = data.at("joiner").get<std::string>();
    decimal_ = data.at("decimal").get<std::string>();
    return;
  }
  throw Error(fmt::format("house/{}: there is no wording in language \"{}\"\n        languages: {}",
                          name, language, fmt::join(languages_of(name), ", ")));
}

/// Russian: 21 as 1, 22 as 2, but not 11 to 14. Arabic counts 3 to 10 with a plural, 11 to 99 with
/// an accusative singular, hundreds with a genitive singular.
std::size_t Wording::class_of(std::int64_t n) const {
  const std::int64_t rest = n % 100;
  if (!is_slavic_) return rest >= 3 && rest <= 10 ? 0 : rest >= 11 ? 1 : 2;
  if (rest / 10 == 1) return 2;
  return rest % 10 == 1 ? 0 : rest % 10 >= 2 && rest % 10 <= 4 ? 1 : 2;
}

std::string Wording::date_in(const std::string& pattern, const std::string& iso,
                             const std::vector<std::string>& months) const {
  const auto month = static_cast<std::size_t>(std::stoi(iso.substr(5, 2)));
  std::string out = pattern;
  replace_all(out, "{d}", std::to_string(std::stoi(iso.substr(8, 2))));
  replace_all(out, "{y}", iso.substr(0, 4));
  replace_all(out, "{m}", months.at(month - 1));
  return out;
}

std::string Wording::say(const Sentence& sentence) const {
  const auto found = sentences_.find(sentence.key);
  LEITAI_CHECK(found != sentences_.end(), sentence.key);
  std::string out = found->second;
  if (sentence.thing >= 0) {
    const Thing& thing = things_.at(static_cast<std::size_t>(sentence.thing));
    replace_all(out, "{count}", thing.count[class_of(sentence.n)]);
    replace_all(out, "{in}", thing.in[class_of(sentence.n)]);
    replace_all(out, "{howmany}", thing.howmany);
    replace_all(out, "{plural}", thing.plural);
    replace_all(out, "{the}", thing.the);
    replace_all(out, "{each}", thing.each);
  }
  if (sentence.weekday >= 0)
    replace_all(out, "{weekday}", weekdays_.at(static_cast<std::size_t>(sentence.weekday)));
  const auto date = [&](const char* mark, const std::string& iso) {
    if (out.find(mark) != std::string::npos)
      replace_all(out, mark, date_in(iso.ends_with("-01") ? date_first_ : date_, iso, months_));
  };
  date("{date}", sentence.from);
  date("{until}", sentence.to);
  if (out.find("{month}") != std::string::npos)
    replace_all(out, "{month}", date_in(month_, sentence.from, month_names_));
  replace_all(out, "{start}", sentence.from);
  replace_all(out, "{end}", sentence.to);
  put_form(out, "{n:", class_of(sentence.n));
  put_form(out, "{k:", class_of(sentence.k));
  if (out.find("{nth}") != std::string::npos)
    replace_all(out, "{nth}", ordinals_.at(static_cast<std::size_t>(sentence.n - 1)));
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
