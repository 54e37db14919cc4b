#include <algorithm>

#include "harness/core/text.h"
#include "suites/extractors/choice_extraction.h"

namespace leitai {

namespace {

using View = std::u32string_view;

}  // namespace

void ChoiceExtraction::join_options_of_labels() {
  if (options_.is_multi_select) return;
  const auto is_ascii_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  for (std::size_t i = 0; i < options_.options.size(); ++i) {
    const std::string_view shown = options_.options[i].second;
    if (shown.size() > 200) continue;
    std::size_t n_labels = 0;
    for (std::size_t at = 0; at < shown.size(); ++at) {
      const bool is_alone = (at == 0 || !is_ascii_word(shown[at - 1])) &&
                            (at + 1 == shown.size() || !is_ascii_word(shown[at + 1]));
      n_labels +=
          is_alone && shown[at] >= 'A' && shown[at] <= 'Z' &&
          static_cast<std::size_t>(shown[at] - 'A') < options_.options.size() &&
          options_.options[static_cast<std::size_t>(shown[at] - 'A')].first == shown.substr(at, 1);
    }
    if (n_labels < 2) continue;
    std::u32string wanted = unwrap(fold(trim_blank(shown))).lowered;
    while (!wanted.empty() && (wanted.back() == U'.' || wanted.back() == 0x3002)) wanted.pop_back();
    for (std::size_t at = low_.find(wanted); at != kNone; at = low_.find(wanted, at + 1)) {
      const std::size_t end = at + wanted.size();
      if ((at > 0 && is_letter(low_[at - 1])) || (end < low_.size() && is_letter(low_[end])))
        continue;
      const auto first = tokens_.begin() + static_cast<std::ptrdiff_t>(token_from(at));
      const auto last = tokens_.begin() + static_cast<std::ptrdiff_t>(token_from(end));
      if (last - first < 2) continue;  // part of a longer one
      tokens_.insert(tokens_.erase(first, last), {at, end, {i}, false});
    }
  }
}

ChoiceExtraction::Found ChoiceExtraction::corrected(const Found& best) const {
  for (std::size_t i = tokens_.size(); i-- > best.token + 1;) {
    const LabelToken& token = tokens_[i];
    if (!is_usable(token) || token.begin < best.at || is_turned_down(token)) continue;
    const char32_t next = token.end < text_.size() ? text_[token.end] : U'\n';
    if (View(U".,;!)\n").find(next) == kNone && next != 0x3002) continue;
    bool bridged = false;
    for (std::size_t at = token.begin; at > best.at; --at) {
      if (words_.corrections.before(low_, at) > 0) return {i, token.end, best.tier};
      if (const std::size_t bridge = words_.bridges.before(low_, at); bridge > 0 && !bridged) {
        bridged = true;
        at -= bridge - 1;  // the loop takes the last
        continue;
      }
      if (View(U" ,:.-(\n").find(text_[at - 1]) == kNone && text_[at - 1] != 0xFF0C) break;
    }
  }
  return best;
}

std::size_t ChoiceExtraction::skip_fillers(std::size_t at, std::size_t limit) const {
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

bool ChoiceExtraction::is_word_of_prose(const LabelToken& token) const {
  if (token.end - token.begin != 1) return false;
  const char32_t c = text_[token.begin];
  if (c != U'A' && c != U'I' && c != U'a' && c != U'i') return false;
  if (token.end < text_.size() && (text_[token.end] == U'\'' || text_[token.end] == 0x2019))
    return true;
  if (token.end + 1 >= text_.size() || text_[token.end] != U' ') return false;
  const std::size_t next = token.end + 1;
  if (!is_small(text_[next])) return false;
  if ((c == U'I' || c == U'i') &&
      (low_.substr(next).starts_with(U"is ") || low_.substr(next).starts_with(U"as ")))
    return false;
  return words_.after_label.at(low_, next) == 0 && words_.joiners.at(low_, next) == 0;
}

std::size_t ChoiceExtraction::behind(std::size_t at) const {
  const auto is_mark_before_cjk = [&](std::size_t i) {
    if (text_[i] != U'.' && text_[i] != U':') return false;
    ++i;
    while (i < text_.size() && text_[i] == U' ') ++i;
    return i < text_.size() && text_[i] > 0x2E80;
  };
  while (at < text_.size() &&
         (View(U" )]\"\u201D\u300D").find(text_[at]) != kNone || is_mark_before_cjk(at)))
    ++at;
  return at;
}

bool ChoiceExtraction::is_turned_down(const LabelToken& token) const {
  std::size_t at = behind(token.end);
  for (int i = 0; i < 3; ++i) {
    if (words_.not_behind.at(low_, at) > 0) return true;
    const std::size_t size = words_.right_fillers.at(low_, at);
    if (size == 0) break;
    at += size;
  }
  return false;
}

bool ChoiceExtraction::is_excluded(const LabelToken& token) const {
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

bool ChoiceExtraction::are_joined(std::size_t i) const {
  if (i + 1 >= tokens_.size()) return false;
  const LabelToken &left = tokens_[i], &right = tokens_[i + 1];
  if (!is_usable(left) || right.labels.empty() || right.is_lower) return false;
  std::size_t begin = behind(left.end), end = right.begin;
  if (end < begin || end - begin > 16) return false;
  while (end > begin && View(U" ([\"\u201C\u300C").find(text_[end - 1]) != kNone) --end;
  const View between = text_.substr(begin, end - begin);
  if (between == U"/" || between == U"\u3001") return !is_word_of_prose(right);
  // "A B D" of a formula
  if (between.find_first_not_of(U' ') == kNone && begin - left.end <= 1 && end <= begin)
    return !is_word_of_prose(right) && right.end - right.begin == 1;
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
  if (next >= text_.size() || text_[next] == U'\n' || text_[next] == U'.' || text_[next] == U',' ||
      text_[next] == 0x3001 || text_[next] == 0x3002 || ends_sentence(text_[next]))
    return true;
  return words_.joiners.at(low_, next) > 0 || text_[next] == U'}';
}

std::optional<ChoiceExtraction::Line> ChoiceExtraction::label_line(std::size_t begin,
                                                                   std::size_t end) const {
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

}  // namespace leitai
