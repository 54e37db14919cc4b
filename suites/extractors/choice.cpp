#include "suites/extractors/choice.h"

#include <algorithm>

#include "suites/extractors/boxes.h"
#include "suites/extractors/choice_labels.h"
#include "suites/extractors/choice_words.h"
#include "suites/extractors/words.h"

namespace leitai {

namespace {

using View = std::u32string_view;
constexpr std::size_t kNone = View::npos;
constexpr std::size_t kScanned = 64 * 1024;  // of the end of the text, for the options' own words
constexpr std::size_t kGap = 60;             // between "answer" and its label

bool is_blank_or_mark(char32_t c) {
  return View(U" \t\r\n\"'()[]<>:\u201C\u201D\u2018\u2019\u3010\u3011\u300C\u300D\u300A\u300B.")
             .find(c) != kNone;
}
bool ends_sentence(char32_t c) {
  return c == U'!' || c == U'?' || c == U';' || c == 0x3002 || c == 0xFF1B || c == 0x61B;
}
bool is_lower(char32_t c) { return c >= U'a' && c <= U'z'; }
bool is_letter(char32_t c) { return is_lower(c) || (c >= U'A' && c <= U'Z'); }

class ChoiceExtraction {
 public:
  ChoiceExtraction(const Folded& folded, const ChoiceOptions& options)
      : options_(options),
        source_(unwrap(folded)),
        text_(source_.text),
        low_(source_.lowered),
        words_(choice_words()),
        tokens_(find_labels(source_, options.options)),
        last_byte_(folded.from.back()) {}

  ChoiceAnswer run() {
    find_boxed();
    find_declared();
    std::optional<Found> best = declared_;
    if (const auto praised = find_praised()) {
      const bool taken_back =
          best && praised->at > best->at &&
          words_.corrections.is_in(low_, tokens_[best->token].end, tokens_[praised->token].begin);
      if (!best || taken_back) best = praised;
    }
    if (!best) best = find_lone_line();
    if (best) return finish(*best);
    if (const auto label = option_text()) {
      ChoiceAnswer out;
      out.labels = {options_.options[*label].first};
      out.tier = "M6";
      return out;
    }
    if (!options_.is_truncated) best = last_label();
    if (best) return finish(*best);
    return nothing();
  }

 private:
  struct Found {
    std::size_t token;
    std::size_t at;  // where it ends; the last declaration wins
    int tier;
  };

  void offer(std::size_t token, std::size_t at, int tier) {
    if (!declared_ || at > declared_->at || (at == declared_->at && tier < declared_->tier))
      declared_ = Found{token, at, tier};
  }

  /// Index of the first token that begins at or behind `at`.
  std::size_t token_from(std::size_t at) const {
    return static_cast<std::size_t>(
        std::lower_bound(tokens_.begin(), tokens_.end(), at,
                         [](const LabelToken& t, std::size_t place) { return t.begin < place; }) -
        tokens_.begin());
  }

  // What may stand around a label ----------------------------------------------------------------

  /// Past blanks, brackets, quotes and fillers.
  std::size_t skip_fillers(std::size_t at, std::size_t limit) const {
    while (at < limit) {
      const std::size_t token = token_from(at);
      if (token < tokens_.size() && tokens_[token].begin == at && !tokens_[token].is_lower) break;
      if (is_blank_or_mark(text_[at])) {
        ++at;
      } else if (const std::size_t size = words_.fillers.at(low_, at)) {
        at += size;
      } else {
        break;
      }
    }
    return at;
  }

  /// "A man", "I think": letters of the language, not labels.
  bool is_word_of_prose(const LabelToken& token) const {
    if (token.end - token.begin != 1) return false;
    const char32_t c = text_[token.begin];
    if (c != U'A' && c != U'I') return false;
    if (token.end < text_.size() && (text_[token.end] == U'\'' || text_[token.end] == 0x2019))
      return true;
    if (token.end + 1 >= text_.size() || text_[token.end] != U' ') return false;
    const std::size_t next = token.end + 1;
    if (!is_lower(text_[next])) return false;
    if (c == U'I' &&
        (low_.substr(next).starts_with(U"is ") || low_.substr(next).starts_with(U"as ")))
      return false;
    return words_.after_label.at(low_, next) == 0;
  }

  bool is_usable(const LabelToken& token) const {
    return !token.labels.empty() && !token.is_lower && !is_word_of_prose(token);
  }

  std::size_t behind(std::size_t at) const {
    while (at < text_.size() && (View(U" )]\"\u201D\u300D").find(text_[at]) != kNone ||
                                 ((text_[at] == U'.' || text_[at] == U':') &&
                                  at + 1 < text_.size() && text_[at + 1] > 0x2E80)))
      ++at;
    return at;
  }

  /// "B is wrong", "B、C都不对"
  bool is_turned_down(const LabelToken& token) const {
    std::size_t at = behind(token.end);
    for (int i = 0; i < 3; ++i) {
      if (words_.not_behind.at(low_, at) > 0) return true;
      const std::size_t size = words_.right_fillers.at(low_, at);
      if (size == 0) break;
      at += size;
    }
    return false;
  }

  /// "not B", "rule out B"
  bool is_excluded(const LabelToken& token) const {
    std::size_t at = token.begin;
    for (int i = 0; i < 6; ++i) {
      while (at > 0 && is_blank_or_mark(text_[at - 1]) && text_[at - 1] != U'.' &&
             text_[at - 1] != U'\n')
        --at;
      if (words_.not_before.before(low_, at) > 0) return true;
      const std::size_t size = words_.fillers.before(low_, at);
      if (size == 0) return false;
      at -= size;
    }
    return false;
  }

  /// Are tokens i and i + 1 parts of one list?
  bool are_joined(std::size_t i) const {
    if (i + 1 >= tokens_.size()) return false;
    const LabelToken &left = tokens_[i], &right = tokens_[i + 1];
    if (!is_usable(left) || right.labels.empty() || right.is_lower) return false;
    std::size_t begin = behind(left.end), end = right.begin;
    if (end < begin || end - begin > 16) return false;
    while (end > begin && View(U" ([\"\u201C\u300C").find(text_[end - 1]) != kNone) --end;
    const View between = text_.substr(begin, end - begin);
    if (between == U"/" || between == U"\u3001") return !is_word_of_prose(right);
    std::size_t at = begin;
    bool comma = false;
    while (at < end && (text_[at] == U',' || text_[at] == U' ' || text_[at] == 0x3001)) {
      comma = comma || text_[at] != U' ';
      ++at;
    }
    if (at < end) {
      if (const std::size_t size = words_.joiners.at(low_, at)) {
        std::size_t rest = at + size;
        while (rest < end && text_[rest] == U' ') ++rest;
        if (const std::size_t filler = words_.fillers.at(low_, rest)) rest += filler;
        while (rest < end && text_[rest] == U' ') ++rest;
        return rest == end;
      }
      return false;
    }
    // A bare comma: what follows must not begin a clause of its own.
    if (!comma || is_word_of_prose(right)) return false;
    const std::size_t next = behind(right.end);
    if (next >= text_.size() || text_[next] == U'\n' || text_[next] == U'.' ||
        text_[next] == U',' || text_[next] == 0x3001 || text_[next] == 0x3002 ||
        ends_sentence(text_[next]))
      return true;
    return words_.joiners.at(low_, next) > 0 || text_[next] == U'}';
  }

  // Tiers ----------------------------------------------------------------------------------------

  /// "B", "(B)", "B. text", "option B" at the beginning of `range`. Absent where it is something
  /// else.
  struct Line {
    std::size_t token;
    bool is_pure;  // nothing but the label
  };
  std::optional<Line> label_line(std::size_t begin, std::size_t end) const {
    std::size_t at = skip_fillers(begin, end);
    const std::size_t token = token_from(at);
    if (token >= tokens_.size() || tokens_[token].begin != at || tokens_[token].end > end)
      return std::nullopt;
    const bool bracket = at > begin && View(U"([<\u3010").find(text_[at - 1]) != kNone;
    std::size_t last = token;
    while (last + 1 < tokens_.size() && tokens_[last + 1].end <= end && are_joined(last)) ++last;
    at = tokens_[last].end;
    const std::size_t label_end = at;
    while (at < end && (is_blank_or_mark(text_[at]) || text_[at] == U',' || text_[at] == 0x3002 ||
                        text_[at] == U'!'))
      ++at;
    if (const std::size_t size = words_.right_fillers.at(low_, at); size > 0 && at + size == end)
      at += size;  // "A xiang"
    if (at == end) return Line{token, true};
    const char32_t mark = label_end < end ? text_[label_end] : U'\0';
    const bool separated = mark == U'.' || mark == U':' || mark == U')' || mark == U']' ||
                           mark == 0x3001 || mark == 0x3010 || mark == 0x3011 || bracket;
    if (!separated || last != token) return std::nullopt;
    return Line{token, false};
  }

  void find_boxed() {
    for (const Box& box : find_boxes(text_)) {
      const auto line = label_line(box.begin, box.end);
      if (!line) continue;
      if (tokens_[line->token].is_lower && !line->is_pure) continue;
      offer(line->token, box.outer_end, 1);
    }
  }

  void find_declared() {
    for (std::size_t at = 0; at < low_.size();) {
      if (const std::size_t size = words_.verbs.at(low_, at)) {
        if (!starts_option(at, size)) by_verb(at, at + size);
        // A verb may also end an answer's name: the longest reading goes on from here.
        at += size;
      } else if (const std::size_t noun = words_.answers.at(low_, at)) {
        by_noun(at + noun, true);
        at += noun;
      } else if (const std::size_t option = words_.options.at(low_, at)) {
        by_noun(at + option, false);
        at += option;
      } else {
        ++at;
      }
    }
  }

  /// The verb's characters begin the word for "option".
  bool starts_option(std::size_t at, std::size_t size) const {
    return words_.options.at(low_, at) > size;
  }

  void by_verb(std::size_t begin, std::size_t end) {
    const std::size_t at = skip_fillers(end, std::min(low_.size(), end + 24));
    const std::size_t token = token_from(at);
    if (token >= tokens_.size() || tokens_[token].begin != at || !is_usable(tokens_[token])) return;
    if (words_.not_before.before(low_, trimmed_end(begin)) > 0 || is_turned_down(tokens_[token]))
      return;
    if (begin > 0 &&
        (low_[begin - 1] == 0x4E0D || low_.substr(0, begin).ends_with(U"\u4E0D\u80FD")))
      return;  // "bu xuan", "bu neng xuan"
    offer(token, tokens_[token].end, 3);
  }

  std::size_t trimmed_end(std::size_t at) const {
    while (at > 0 && text_[at - 1] == U' ') --at;
    return at;
  }

  void by_noun(std::size_t end, bool is_answer) {
    if (is_answer && try_label(end, end, skip_fillers(end, std::min(low_.size(), end + 40)), 3))
      return;
    const std::size_t limit = std::min(low_.size(), end + kGap);
    for (std::size_t at = end; at < limit;) {
      const char32_t c = low_[at];
      if (ends_sentence(c) || c == U'\n' || (c == U'.' && at > end)) break;
      const std::size_t link = words_.links.at(low_, at);
      if (link == 0) {
        ++at;
        continue;
      }
      const int tier = c == U':' || c == U'=' || c == U'-' || c == U'>' || c == 0x3011 ? 2 : 3;
      const std::size_t behind_link = at + link;
      if (try_label(end, behind_link,
                    skip_fillers(behind_link, std::min(low_.size(), behind_link + 40)), tier))
        return;
      if (loose_label(end, behind_link)) return;
      at = behind_link;
    }
  }

  /// The label that stands right at `place`.
  bool try_label(std::size_t noun_end, std::size_t gap_end, std::size_t place, int tier) {
    const std::size_t token = token_from(place);
    if (token >= tokens_.size() || tokens_[token].begin != place) return false;
    const LabelToken& found = tokens_[token];
    const std::size_t next = behind(found.end);
    const bool linked = gap_end > noun_end || tier == 2;
    if (found.is_lower || found.labels.empty()) {
      // Only right behind a link, and with nothing that would make it a word.
      if (!linked && !has_colon(noun_end, place)) return false;
      if (next < text_.size() && next != found.end && is_letter(text_[next])) return false;
      if (next < text_.size() && text_[next] == U'=') return false;
    } else if (is_word_of_prose(found)) {
      return false;
    }
    if (words_.not_before.is_in(low_, noun_end, place)) return false;
    if (is_turned_down(found)) return false;
    offer(token, found.end, has_colon(noun_end, place) ? 2 : tier);
    return true;
  }

  bool has_colon(std::size_t begin, std::size_t end) const {
    return text_.substr(begin, end - begin).find_first_of(U":=>\u3011") != kNone;
  }

  /// "is obviously C": the first label of the sentence behind the link.
  bool loose_label(std::size_t noun_end, std::size_t begin) {
    std::size_t limit = std::min(low_.size(), begin + 40);
    for (std::size_t i = begin; i < limit; ++i) {
      if (ends_sentence(text_[i]) || text_[i] == U'.' || text_[i] == U'\n' || text_[i] == 0xFF0C) {
        limit = i;
        break;
      }
      // A comma between Chinese words parts clauses.
      if (text_[i] == U',' && i > 0 && text_[i - 1] > 0x2E80) limit = i;
    }
    for (std::size_t token = token_from(begin);
         token < tokens_.size() && tokens_[token].begin < limit; ++token) {
      if (!is_usable(tokens_[token])) continue;
      if (words_.not_before.is_in(low_, noun_end, tokens_[token].begin) ||
          is_turned_down(tokens_[token]))
        return false;
      offer(token, tokens_[token].end, 3);
      return true;
    }
    return false;
  }

  /// M4, the last one: "B is correct".
  std::optional<Found> find_praised() const {
    for (std::size_t i = tokens_.size(); i-- > 0;) {
      const LabelToken& token = tokens_[i];
      if (token.labels.empty() || token.is_lower || is_excluded(token)) continue;
      std::size_t at = behind(token.end);
      for (int j = 0; j < 5; ++j) {
        if (words_.not_behind.at(low_, at) > 0) break;
        if (const std::size_t size = words_.right.at(low_, at); size > 0 && !goes_on(at, size))
          return Found{i, at + size, 4};
        const std::size_t size = words_.right_fillers.at(low_, at);
        if (size == 0) break;
        at += size;
      }
    }
    return std::nullopt;
  }

  /// One Chinese character may be part of another word.
  bool goes_on(std::size_t at, std::size_t size) const {
    return size == 1 && low_[at] >= 0x3400 && at + 1 < low_.size() && low_[at + 1] >= 0x3400 &&
           low_[at + 1] <= 0x9FFF && words_.right_fillers.at(low_, at + 1) == 0;
  }

  /// M5: the whole, the first or the last line is a label.
  std::optional<Found> find_lone_line() const {
    std::vector<std::pair<std::size_t, std::size_t>> lines;
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t end = std::min(text_.find(U'\n', at), text_.size());
      std::size_t begin = at, stop = end;
      while (begin < stop && is_blank(text_[begin])) ++begin;
      while (stop > begin && is_blank(text_[stop - 1])) --stop;
      if (begin < stop) lines.emplace_back(begin, stop);
      at = end + 1;
    }
    if (lines.empty()) return std::nullopt;
    const auto of = [&](std::size_t i) {
      auto line = label_line(lines[i].first, lines[i].second);
      if (line && (tokens_[line->token].labels.empty() ||
                   (!line->is_pure && tokens_[line->token].is_lower) ||
                   (!line->is_pure && is_word_of_prose(tokens_[line->token]))))
        line.reset();
      return line;
    };
    const auto first = of(0), last = of(lines.size() - 1);
    const auto found = [&](const Line& line) {
      return Found{line.token, tokens_[line.token].end, 5};
    };
    if (last && last->is_pure) return found(*last);
    if (first && first->is_pure) return found(*first);
    const bool is_echo = lines.size() > 1 && (of(1) || (last && of(lines.size() - 2)));
    if (first && !is_echo && !is_turned_down(tokens_[first->token])) return found(*first);
    if (last && !is_echo && !is_turned_down(tokens_[last->token])) return found(*last);
    return std::nullopt;
  }

  /// M6: one option's own words, and no other's.
  std::optional<std::size_t> option_text() const {
    View text = low_;
    std::size_t skip = 0;
    if (text.size() > kScanned) skip = text.size() - kScanned;
    text.remove_prefix(skip);
    std::vector<std::pair<std::size_t, std::u32string>> matched;
    for (std::size_t i = 0; i < options_.options.size(); ++i) {
      const std::string_view shown = options_.options[i].second;
      std::u32string wanted = unwrap(fold(trim_blank(shown.substr(0, 1000)))).lowered;
      while (!wanted.empty() && (wanted.back() == U'.' || wanted.back() == 0x3002))
        wanted.pop_back();
      if (!wanted.empty() && occurs(text, wanted)) matched.emplace_back(i, std::move(wanted));
    }
    std::optional<std::size_t> out;
    for (const auto& [label, words] : matched) {
      const View mine = words;
      const bool inside = std::any_of(matched.begin(), matched.end(), [&](const auto& other) {
        return other.first != label && other.second.size() > mine.size() &&
               other.second.find(mine) != std::u32string::npos;
      });
      if (inside) continue;
      if (out) return std::nullopt;
      out = label;
    }
    return out;
  }

  bool occurs(View text, View wanted) const {
    for (std::size_t at = text.find(wanted); at != kNone; at = text.find(wanted, at + 1)) {
      const std::size_t end = at + wanted.size();
      const auto is_word = [](char32_t c) { return is_letter(c) || (c >= U'0' && c <= U'9'); };
      if (at > 0 && is_word(text[at]) && is_word(text[at - 1])) continue;
      if (end < text.size() && is_word(text[end - 1]) && is_word(text[end])) continue;
      std::size_t before = at;
      while (before > 0 && text[before - 1] == U' ') --before;
      if (words_.not_before.before(text, before) > 0) continue;
      return true;
    }
    return false;
  }

  /// M7: the last label that nobody turned down. Lists of labels are taken as one.
  std::optional<Found> last_label() {
    const std::vector<bool> listed = echoed();
    for (std::size_t i = tokens_.size(); i-- > 0;) {
      if (!is_usable(tokens_[i]) || listed[i]) continue;
      std::size_t first = i;
      while (first > 0 && are_joined(first - 1)) --first;
      if (!is_excluded(tokens_[first]) && !is_turned_down(tokens_[i]))
        return Found{first, tokens_[i].end, 7};
      i = first;
    }
    return std::nullopt;
  }

  /// Tokens that begin a line of a repeated list of options.
  std::vector<bool> echoed() const {
    std::vector<bool> out(tokens_.size(), false);
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      std::size_t begin = tokens_[i].begin;
      while (begin > 0 && (text_[begin - 1] == U' ' || text_[begin - 1] == U'(')) --begin;
      const bool at_start = begin == 0 || text_[begin - 1] == U'\n';
      const char32_t mark = tokens_[i].end < text_.size() ? text_[tokens_[i].end] : U'\0';
      if (at_start && (mark == U'.' || mark == U')' || mark == U':' || mark == 0x3001))
        starts.push_back(i);
    }
    if (starts.size() > 1) {
      for (std::size_t i : starts) out[i] = true;
    }
    return out;
  }

  // What comes of it -----------------------------------------------------------------------------

  ChoiceAnswer finish(const Found& found) const {
    ChoiceAnswer out;
    out.tier = "M" + std::to_string(found.tier);
    if (found.tier == 7) out.flags.push_back("fallback");
    std::size_t first = found.token, last = found.token;
    if (found.tier == 4) {
      while (first > 0 && are_joined(first - 1)) --first;
    }
    while (are_joined(last)) ++last;
    std::vector<std::size_t> labels;
    for (std::size_t i = first; i <= last; ++i) {
      for (std::size_t label : tokens_[i].labels) {
        if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
      }
    }
    out.begin = source_.from[tokens_[first].begin];
    out.end = source_.from[tokens_[last].end];
    if (labels.empty()) {
      out.status = ScoreStatus::InvalidLabel;
      return out;
    }
    std::sort(labels.begin(), labels.end());
    for (std::size_t label : labels) out.labels.push_back(options_.options[label].first);
    if (labels.size() > 1 && !options_.is_multi_select)
      out.status = found.tier == 7 ? ScoreStatus::Ambiguous : ScoreStatus::Multi;
    return out;
  }

  ChoiceAnswer nothing() const {
    ChoiceAnswer out;
    const View head = low_.substr(0, 2000);
    const auto& words = answer_words().refusals;
    const bool refused =
        std::any_of(words.begin(), words.end(),
                    [&](const std::u32string& word) { return head.find(word) != kNone; }) ||
        words_.refusals.is_in(head, 0, head.size());
    out.status = refused ? ScoreStatus::Refused : ScoreStatus::NoAnswer;
    return out;
  }

  const ChoiceOptions& options_;
  const ChoiceText source_;
  View text_, low_;
  const ChoiceWords& words_;
  std::vector<LabelToken> tokens_;
  std::uint32_t last_byte_;
  std::optional<Found> declared_;
};

}  // namespace

ChoiceAnswer choice_answer(const Folded& text, const ChoiceOptions& options) {
  return ChoiceExtraction(text, options).run();
}

}  // namespace leitai
