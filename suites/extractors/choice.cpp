#include "suites/extractors/choice.h"

#include <algorithm>

#include "suites/extractors/boxes.h"
#include "suites/extractors/choice_extraction.h"
#include "suites/extractors/words.h"

namespace leitai {

namespace {

using View = std::u32string_view;
constexpr std::size_t kScanned = 64 * 1024;  // of the end of the text, for the options' own words
constexpr std::size_t kGap = 60;             // between "answer" and its label

}  // namespace

ChoiceAnswer ChoiceExtraction::run() {
  find_boxed();
  find_declared();
  std::optional<Found> best = declared_;
  if (const auto praised = find_praised()) {
    const bool taken_back =
        best && praised->at > best->at &&
        words_.corrections.is_in(low_, tokens_[best->token].end, tokens_[praised->token].begin);
    if (!best || taken_back) best = praised;
  }
  if (!declared_) {
    find_verdicts();
    if (!best) best = find_spared();
    if (!best || options_.is_multi_select) {
      if (auto judged = by_verdicts()) return *judged;
    }
  }
  if (!best) best = find_lone_line();
  if (best) return finish(corrected(*best));
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

void ChoiceExtraction::find_boxed() {
  for (const Box& box : find_boxes(text_)) {
    const auto line = label_line(box.begin, box.end);
    if (!line) continue;
    if (tokens_[line->token].is_lower && !line->is_pure) continue;
    offer(line->token, box.outer_end, 1);
  }
}

void ChoiceExtraction::find_declared() {
  for (std::size_t at = 0; at < low_.size();) {
    const char32_t second = at + 1 < low_.size() ? low_[at + 1] : U'\0';
    if ((at > 0 && is_small(low_[at]) && is_small(low_[at - 1])) ||
        !(words_.verbs.may_begin(low_[at], second) || words_.answers.may_begin(low_[at], second) ||
          words_.options.may_begin(low_[at], second) ||
          words_.conclusions.may_begin(low_[at], second))) {
      ++at;  // inside a word, or none of these
    } else if (const std::size_t size = words_.verbs.at(low_, at)) {
      if (!starts_option(at, size)) by_verb(at, at + size);
      // A verb may also end an answer's name: the longest reading goes on from here.
      at += size;
    } else if (const std::size_t noun = words_.answers.at(low_, at)) {
      by_noun(at + noun, true);
      at += noun;
    } else if (const std::size_t option = words_.options.at(low_, at)) {
      by_noun(at + option, false);
      at += option;
    } else if (const std::size_t conclusion = words_.conclusions.at(low_, at)) {
      by_conclusion(at + conclusion);
      at += conclusion;
    } else {
      ++at;
    }
  }
}

/// "Therefore, (D)." and nothing more in the sentence.
void ChoiceExtraction::by_conclusion(std::size_t end) {
  const std::size_t at = skip_fillers(end, std::min(low_.size(), end + 24));
  const std::size_t token = token_from(at);
  if (token >= tokens_.size() || tokens_[token].begin != at || tokens_[token].is_lower ||
      !is_usable(tokens_[token]))
    return;
  std::size_t next = tokens_[token].end;
  while (next < text_.size() && View(U" )]").find(text_[next]) != kNone) ++next;
  const bool ends = next == text_.size() || text_[next] == U'\n' || ends_sentence(text_[next]) ||
                    (text_[next] == U'.' && (next + 1 == text_.size() || text_[next + 1] == U' ' ||
                                             text_[next + 1] == U'\n'));
  if (ends) offer(token, tokens_[token].end, 3);
}

void ChoiceExtraction::by_verb(std::size_t begin, std::size_t end) {
  const std::size_t at = skip_fillers(end, std::min(low_.size(), end + 24));
  const std::size_t token = token_from(at);
  if (token >= tokens_.size() || tokens_[token].begin != at || !is_usable(tokens_[token])) return;
  if (words_.not_before.before(low_, trimmed_end(begin)) > 0 || is_turned_down(tokens_[token]))
    return;
  if (begin > 0 && (low_[begin - 1] == 0x4E0D || low_.substr(0, begin).ends_with(U"\u4E0D\u80FD")))
    return;  // "bu xuan", "bu neng xuan"
  offer(token, tokens_[token].end, 3);
}

void ChoiceExtraction::by_noun(std::size_t end, bool is_answer) {
  if (is_answer && try_label(end, end, skip_fillers(end, std::min(low_.size(), end + 40)), 3))
    return;
  if (!is_answer) {  // "choice A is ...": of that option something is said
    const std::size_t at = skip_fillers(end, std::min(low_.size(), end + 12));
    const std::size_t token = token_from(at);
    if (token < tokens_.size() && tokens_[token].begin == at && is_usable(tokens_[token]) &&
        !has_colon(end, at))
      return;
  }
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

bool ChoiceExtraction::try_label(std::size_t noun_end, std::size_t gap_end, std::size_t place,
                                 int tier) {
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

bool ChoiceExtraction::loose_label(std::size_t noun_end, std::size_t begin) {
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

std::optional<ChoiceExtraction::Found> ChoiceExtraction::find_praised() const {
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

std::optional<ChoiceExtraction::Found> ChoiceExtraction::find_lone_line() const {
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
    if (line &&
        (tokens_[line->token].labels.empty() || (!line->is_pure && tokens_[line->token].is_lower) ||
         (!line->is_pure && is_word_of_prose(tokens_[line->token])) ||
         is_negated(tokens_[line->token])))
      line.reset();
    return line;
  };
  const auto first = of(0), last = of(lines.size() - 1);
  const auto found = [&](const Line& line) {
    return Found{line.token, tokens_[line.token].end, 5};
  };
  if (last && last->is_pure) return found(*last);
  if (first && first->is_pure) return found(*first);
  // The options again, one a line and in order, choose nothing.
  std::size_t n_labelled = 0, highest = 0;
  bool ascending = true;
  for (std::size_t i = 0; i < lines.size() && i < 200; ++i) {
    const auto line = of(i);
    if (!line || line->is_pure) continue;
    const std::size_t label = tokens_[line->token].labels[0];
    ascending = ascending && (n_labelled == 0 || label > highest);
    highest = label;
    ++n_labelled;
  }
  const bool is_list = n_labelled > 2 && ascending;
  const bool is_echo = is_list || (lines.size() > 1 && (of(1) || (last && of(lines.size() - 2))));
  if (first && !is_echo && !is_turned_down(tokens_[first->token])) return found(*first);
  if (last && !is_echo && !is_turned_down(tokens_[last->token])) return found(*last);
  return std::nullopt;
}

std::optional<std::size_t> ChoiceExtraction::option_text() const {
  View text = low_;
  std::size_t skip = 0;
  if (text.size() > kScanned) skip = text.size() - kScanned;
  text.remove_prefix(skip);
  std::vector<std::pair<std::size_t, std::u32string>> matched;
  for (std::size_t i = 0; i < options_.options.size(); ++i) {
    const std::string_view shown = options_.options[i].second;
    std::u32string wanted = unwrap(fold(trim_blank(shown.substr(0, 1000)))).lowered;
    while (!wanted.empty() && (wanted.back() == U'.' || wanted.back() == 0x3002)) wanted.pop_back();
    if (!verdicts_.empty() && verdicts_[i] < 0) continue;
    if (!wanted.empty() && occurs(text, wanted)) matched.emplace_back(i, std::move(wanted));
  }
  std::optional<std::size_t> out;
  for (const auto& one : matched) {
    const std::size_t label = one.first;
    const View mine = one.second;
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

bool ChoiceExtraction::occurs(View text, View wanted) const {
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

std::optional<ChoiceExtraction::Found> ChoiceExtraction::last_label() {
  const std::vector<bool> listed = echoed();
  for (std::size_t i = tokens_.size(); i-- > 0;) {
    if (!is_usable(tokens_[i]) || listed[i] || is_negated(tokens_[i]) || is_beaten(i)) continue;
    std::size_t first = i;
    while (first > 0 && are_joined(first - 1)) --first;
    if (!is_excluded(tokens_[first]) && !is_turned_down(tokens_[i]))
      return Found{first, tokens_[i].end, 7};
    i = first;
  }
  return std::nullopt;
}

std::vector<bool> ChoiceExtraction::echoed() const {
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

ChoiceAnswer ChoiceExtraction::finish(const Found& found) const {
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
  out.begin = folded_.from[source_.from[tokens_[first].begin]];
  out.end = folded_.from[source_.from[tokens_[last].end - 1] + 1];
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

ChoiceAnswer ChoiceExtraction::nothing() const {
  ChoiceAnswer out;
  const View head = low_.substr(0, 2000);
  const bool refused = declines(low_) || words_.refusals.is_in(head, 0, head.size());
  out.status = refused ? ScoreStatus::Refused : ScoreStatus::NoAnswer;
  return out;
}

ChoiceAnswer choice_answer(const Folded& text, const ChoiceOptions& options) {
  return ChoiceExtraction(text, options).run();
}

}  // namespace leitai
