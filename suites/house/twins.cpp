#include "suites/house/twins.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <vector>

#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/random.h"
#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/extractors/choice.h"
#include "suites/house/generator.h"
#include "suites/house/renumber.h"
#include "suites/house/wording.h"
#include "suites/worked.h"

namespace leitai {

namespace {

using Json = nlohmann::json;

struct Names {
  std::map<std::string, std::vector<std::vector<std::string>>> lists;  // by language
  std::vector<std::string> refers;    // words by which an option speaks of others
  std::vector<std::string> of_facts;  // suites that ask what is true of known people
  std::set<std::string> titles;       // words before a name that make it another's
};

const Names& known_names() {
  static const Names kNames = [] {
    Names out;
    const Json data = house::wording_file("names.json");
    for (const auto& [key, value] : data.items()) {
      if (key == "refers") out.refers = value.get<std::vector<std::string>>();
      if (key == "of_facts") out.of_facts = value.get<std::vector<std::string>>();
      if (key == "titles") out.titles = value.get<std::set<std::string>>();
      if (!value.is_object()) continue;
      for (const auto& [kind, list] : value.items())
        out.lists[key].push_back(list.get<std::vector<std::string>>());
    }
    return out;
  }();
  return kNames;
}

/// The letter of a script with spaces that ends (or begins) at a place: part of the same word.
bool is_joined(std::string_view text, std::size_t at, bool before) {
  if (before) {
    if (at == 0) return false;
    std::size_t begin = at - 1;
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
    const char32_t c = decode_utf8(text.substr(begin)).value;
    return c < 0x2E80 && (is_alpha(c) || is_numeric(c));
  }
  if (at >= text.size()) return false;
  const char32_t c = decode_utf8(text.substr(at)).value;
  return c < 0x2E80 && (is_alpha(c) || is_numeric(c));
}

/// Where `word` stands as a whole word; in Chinese anywhere.
std::vector<std::size_t> places_of(std::string_view text, std::string_view word) {
  std::vector<std::size_t> out;
  const bool has_words = static_cast<unsigned char>(word[0]) < 0xE3;
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string_view::npos;
       at += word.size()) {
    if (has_words && (is_joined(text, at, true) || is_joined(text, at + word.size(), false)))
      continue;
    out.push_back(at);
  }
  return out;
}

using Renaming = std::map<std::string, std::string>;

std::string renamed(const std::string& text, const Renaming& names) {
  std::map<std::size_t, const std::pair<const std::string, std::string>*> places;
  for (const auto& one : names) {
    for (const std::size_t at : places_of(text, one.first)) places[at] = &one;
  }
  std::string out;
  std::size_t done = 0;
  for (const auto& [at, one] : places) {
    if (at < done) continue;
    out += text.substr(done, at - done);
    out += one->second;
    done = at + one->first.size();
  }
  return out + text.substr(done);
}

bool is_upper_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return false;
  const std::string one(text.substr(at, decode_utf8(text.substr(at)).size));
  return to_lower(one) != one;
}

/// Part of a longer name: a family name behind it, or a title or another name before it.
bool is_part_of_name(std::string_view text, std::size_t at, std::size_t size) {
  if (at + size < text.size() && text[at + size] == ' ' && is_upper_at(text, at + size + 1))
    return true;
  if (at < 2 || text[at - 1] != ' ' || is_joined(text, at - 1, true) == false) return false;
  std::size_t begin = at - 1;
  while (begin > 0 && text[begin - 1] != ' ' && text[begin - 1] != '\n') --begin;
  const std::string before(text.substr(begin, at - 1 - begin));
  if (!is_upper_at(before, 0)) return false;
  if (known_names().titles.contains(before)) return true;
  // The first word of a sentence is in upper case whatever it is.
  while (begin > 0 && text[begin - 1] == ' ') --begin;
  return begin > 0 && is_joined(text, begin, true);
}

/// Words in lower case, cut at everything that is no letter.
std::set<std::u32string> words_of(std::string_view text) {
  std::set<std::u32string> out;
  std::u32string word;
  for (const char32_t c : to_utf32(to_lower(text))) {
    if (is_alpha(c)) {
      word += c;
    } else if (!word.empty()) {
      out.insert(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) out.insert(std::move(word));
  return out;
}

/// Does one character more, less or other turn one into the other?
bool are_alike(const std::u32string& a, const std::u32string& b) {
  const std::u32string& longer = a.size() >= b.size() ? a : b;
  const std::u32string& shorter = a.size() >= b.size() ? b : a;
  if (longer.size() - shorter.size() > 1) return false;
  std::size_t i = 0;
  while (i < shorter.size() && shorter[i] == longer[i]) ++i;
  const std::size_t skip = longer.size() == shorter.size() ? 1 : 0;
  return i == shorter.size() || shorter.substr(i + skip) == longer.substr(i + 1);
}

/// Another name of the same list for each name that the question holds, no name for two people and
/// none that looks like a word of `all`, which is everything that is asked and graded.
Renaming draw_names(const std::string& text, const std::string& all, const std::string& language,
                    SplitMix64& dice) {
  Renaming out;
  const auto found = known_names().lists.find(language.substr(0, language.find_first_of("-_")));
  if (found == known_names().lists.end()) return out;
  std::set<std::u32string> words = words_of(all);
  const auto is_mistakable = [&](const std::string& name) {
    if (static_cast<unsigned char>(name[0]) >= 0xE3) return false;  // no words to mistake it for
    const std::u32string low = to_utf32(to_lower(name));
    return std::any_of(words.begin(), words.end(),
                       [&](const std::u32string& word) { return are_alike(low, word); });
  };
  for (const std::vector<std::string>& list : found->second) {
    std::vector<std::string> here, free;
    for (const std::string& name : list) {
      const std::vector<std::size_t> places = places_of(all, name);
      if (places.empty()) {
        if (!is_mistakable(name)) free.push_back(name);
      } else if (!places_of(text, name).empty() &&
                 std::none_of(places.begin(), places.end(), [&](std::size_t at) {
                   return is_part_of_name(all, at, name.size());
                 })) {
        here.push_back(name);
      }
    }
    for (const std::string& name : here) {
      if (free.empty()) break;
      const std::string chosen = free[dice.below(free.size())];
      out[name] = chosen;
      words.insert(to_utf32(to_lower(chosen)));
      std::erase_if(free,
                    [&](const std::string& one) { return one == chosen || is_mistakable(one); });
    }
  }
  return out;
}

/// Every text inside `value` with the other names; the names of members stay.
void rename_in(Json& value, const Renaming& names) {
  if (value.is_string()) {
    value = renamed(value.get<std::string>(), names);
  } else if (value.is_structured()) {
    for (Json& one : value) rename_in(one, names);
  }
}

bool rename_people(Item& item, SplitMix64& dice) {
  for (const std::string& suite : known_names().of_facts) {
    if (item.suite == suite) return false;
  }
  std::string all = item.question;
  for (const Message& message : item.prompt.messages) all += "\n" + message.text();
  if (item.prompt.text) all += "\n" + *item.prompt.text;
  Json fields;
  if (!item.grading.fields_json.empty()) {
    fields = Json::parse(item.grading.fields_json);
    all += "\n" + fields.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  for (const std::string& gold : item.grading.gold) all += "\n" + gold;
  const Renaming names = draw_names(item.question, all, item.language, dice);
  if (names.empty()) return false;
  item.question = renamed(item.question, names);
  for (Message& message : item.prompt.messages) {
    for (ContentPart& part : message.content) part.text = renamed(part.text, names);
  }
  if (item.prompt.text) item.prompt.text = renamed(*item.prompt.text, names);
  for (std::string& gold : item.grading.gold) gold = renamed(gold, names);
  if (!item.grading.fields_json.empty()) {
    const Json before = fields;
    rename_in(fields, names);
    if (fields != before) item.grading.fields_json = fields.dump();
  }
  return true;
}

// Numbers
// ------------------------------------------------------------------------------------------

/// Other numbers by the chain of `solution`, in the question as it is asked and in the gold answer.
bool change_numbers(Item& item, const std::string& solution, SplitMix64& dice) {
  if (item.grading.scorer != "numeric" || item.language != "en" || item.grading.gold.size() != 1)
    return false;
  std::string* asked = item.prompt.text ? &*item.prompt.text
                       : item.prompt.messages.empty()
                           ? nullptr
                           : &item.prompt.messages.back().content[0].text;
  const std::size_t at = asked ? asked->rfind(item.question) : std::string::npos;
  if (at == std::string::npos) return false;
  const house::Renumbered other =
      house::renumber(item.question, solution, item.grading.gold[0], dice);
  if (!other.refused.empty()) return false;
  asked->replace(at, item.question.size(), other.question);
  item.question = other.question;
  item.grading.gold = {other.gold};
  return true;
}

// Options
// ------------------------------------------------------------------------------------------

struct Place {
  std::size_t begin = 0;  // of the option's text
  std::size_t option = 0;
};

/// Where each option is listed, its label at the start of a line or behind a blank; absent unless
/// each is listed exactly once behind the last one.
std::optional<std::vector<Place>> listed(std::string_view text, const ChoiceOptions& options) {
  std::vector<Place> out;
  std::size_t from = 0;
  for (std::size_t i = 0; i < options.options.size(); ++i) {
    const auto& [label, shown] = options.options[i];
    std::optional<std::size_t> place;
    for (const char* const mark : {".", ")", ":", "\u3001", "\uFF0E", "\uFF1A"}) {
      for (const char* const blank : {" ", ""}) {
        const std::string wanted = label + mark + blank + shown;
        for (std::size_t at = text.find(wanted, from); at != std::string_view::npos;
             at = text.find(wanted, at + 1)) {
          const bool starts =
              at == 0 || text[at - 1] == '\n' || text[at - 1] == ' ' || text[at - 1] == '(';
          const std::size_t end = at + wanted.size();
          const bool ends = end == text.size() || text[end] == '\n' || text[end] == ' ';
          if (!starts || !ends || (*blank == '\0' && shown.starts_with(' '))) continue;
          const std::size_t begin = end - shown.size();
          if (place && *place != begin) return std::nullopt;
          place = begin;
        }
      }
    }
    if (!place || shown.empty()) return std::nullopt;
    out.push_back({*place, i});
    from = *place + shown.size();
  }
  return out;
}

bool speaks_of_others(const ChoiceOptions& options) {
  for (const auto& [label, shown] : options.options) {
    const std::string low = to_lower(shown);
    for (const std::string& word : known_names().refers) {
      if (!places_of(low, word).empty()) return true;
    }
    for (const auto& [other, text] : options.options) {
      if (shown.size() > other.size() && !places_of(shown, other).empty()) return true;
    }
  }
  return false;
}

std::string with_order(std::string_view text, const std::vector<Place>& places,
                       const ChoiceOptions& options, const std::vector<std::size_t>& order) {
  std::string out;
  std::size_t done = 0;
  for (const Place& place : places) {
    out += text.substr(done, place.begin - done);
    out += options.options[order[place.option]].second;
    done = place.begin + options.options[place.option].second.size();
  }
  return out + std::string(text.substr(done));
}

bool turn_options(Item& item, SplitMix64& dice) {
  if (item.grading.fields_json.empty() || item.grading.gold.empty()) return false;
  Json fields = Json::parse(item.grading.fields_json);
  if (!fields.contains("options")) return false;
  const ChoiceOptions options = read_choice_options(fields);
  const std::size_t n = options.options.size();
  if (n < 2 || options.is_multi_select || speaks_of_others(options)) return false;
  std::set<std::size_t> gold;
  for (const std::string& one : item.grading.gold) {
    for (const std::string& label : choice_gold(one, options)) {
      for (std::size_t i = 0; i < n; ++i) {
        if (options.options[i].first == label) gold.insert(i);
      }
    }
  }
  if (gold.size() != 1) return false;
  std::string* asked = item.prompt.text ? &*item.prompt.text : nullptr;
  for (Message& message : item.prompt.messages) {
    if (message.role == Role::User && !message.content.empty())
      asked = &message.content.back().text;
  }
  if (asked == nullptr) return false;
  const auto places = listed(*asked, options);
  if (!places) return false;
  // order[i]: the option that now stands under label i. The right one moves.
  std::vector<std::size_t> order(n);
  const std::size_t right = *gold.begin();
  do {
    for (std::size_t i = 0; i < n; ++i) order[i] = i;
    for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[dice.below(i)]);
  } while (order[right] == right);
  if (const auto also = listed(item.question, options))
    item.question = with_order(item.question, *also, options, order);
  *asked = with_order(*asked, *places, options, order);
  std::vector<std::string>& scored = item.prompt.continuations;
  bool are_texts = scored.size() == n;
  for (std::size_t i = 0; i < n && are_texts; ++i)
    are_texts = trim(scored[i]) == trim(options.options[i].second);
  if (are_texts) {
    const std::vector<std::string> before = scored;
    for (std::size_t i = 0; i < n; ++i) scored[i] = before[order[i]];
  }
  for (std::size_t i = 0; i < n; ++i) {
    const auto& [label, text] = options.options[i];
    (fields["options"].is_array() ? fields["options"][i] : fields["options"][label]) =
        options.options[order[i]].second;
    if (order[i] == right) item.grading.gold = {label};
  }
  item.grading.fields_json = fields.dump();
  return true;
}

class TwinSuite final : public Suite {
 public:
  TwinSuite(std::unique_ptr<Suite> base, std::uint64_t seed, bool is_generated)
      : base_(std::move(base)),
        seed_(seed),
        is_generated_(is_generated),
        info_(base_->info()),
        worked_(dynamic_cast<const Worked*>(base_.get())) {
    info_.name = std::string(kTwins) + info_.name;
    // Generated twins have the seed of seed_of_twins(); their version tells that of the run.
    const std::string seed_shown = house::seed_in_version(seed);
    if (const std::size_t own = info_.version.find("+seed");
        is_generated && own != std::string::npos)
      info_.version.replace(own, std::string::npos, seed_shown);
    info_.version += ", twins 3" + seed_shown;
  }

  const SuiteInfo& info() const override { return info_; }

  Item item(std::int64_t index) const override {
    Item out = base_->item(index);
    SplitMix64 dice(hash64({"house/twins/1", std::to_string(seed_), out.suite, out.id}));
    if (out.pair_key.empty()) out.pair_key = twin_pair_key(out.suite, out.id);
    out.suite = info_.name;
    const char* done = "numbers";
    if (!is_generated_ && out.grading.scorer == "choice") {
      done = turn_options(out, dice) ? "options" : "same";
    } else if (!is_generated_) {
      const bool has_numbers = worked_ && change_numbers(out, worked_->solution(index), dice);
      const bool has_names = rename_people(out, dice);
      done = has_numbers ? has_names ? "names+numbers" : "numbers" : has_names ? "names" : "same";
    }
    out.tags.push_back(fmt::format("twin={}", done));
    return out;
  }

 private:
  std::unique_ptr<Suite> base_;
  std::uint64_t seed_;
  bool is_generated_;
  SuiteInfo info_;
  const Worked* worked_;  // base_, if it has solutions
};

}  // namespace

std::uint64_t seed_of_twins(std::uint64_t seed) {
  return hash64({"house/twins/1", std::to_string(seed)});
}

std::unique_ptr<Suite> twins_of(std::unique_ptr<Suite> base, std::uint64_t seed,
                                bool is_generated) {
  return std::make_unique<TwinSuite>(std::move(base), seed, is_generated);
}

}  // namespace leitai
