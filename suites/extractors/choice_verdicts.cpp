#include <algorithm>

#include "suites/extractors/choice_extraction.h"

namespace leitai {

namespace {

using View = std::u32string_view;
constexpr View kBetween = U" )]}>.:-=(?|\u3001\u2013\u2014\u2192\uFE0F\u300D\u3011";

}  // namespace

void ChoiceExtraction::find_verdicts() {
  std::vector<int> verdicts(options_.options.size(), 0);
  std::size_t n_judged = 0;
  bool is_right = false;
  int later = 0;  // of the token behind
  for (std::size_t i = tokens_.size(); i-- > 0;) {
    const LabelToken& token = tokens_[i];
    const int inherited = later;
    later = 0;
    if (token.labels.empty() || token.is_lower || is_excluded(token)) continue;
    int verdict = verdict_before(token);
    if (verdict == 0) verdict = verdict_behind(token);
    if (verdict == 0 && inherited != 0 && are_joined(i)) verdict = inherited;
    later = verdict;
    if (verdict == 0) continue;
    if (n_judged == 0) last_judged_ = i;
    for (const std::size_t label : token.labels) {
      if (verdicts[label] != 0) continue;  // the last word on it counts
      verdicts[label] = verdict;
      ++n_judged;
      if (verdict > 0 && !is_right) {
        is_right = true;
        verdict_token_ = i;
      }
    }
  }
  if (n_judged < 2) return;
  // A label that stands alone behind the row is what comes of it.
  if (const auto lone = find_lone_line(); lone && lone->token > last_judged_) return;
  verdicts_ = std::move(verdicts);
}

int ChoiceExtraction::verdict_behind(const LabelToken& token) const {
  const std::size_t limit = std::min(low_.size(), token.end + 240);
  std::size_t at = token.end;
  const auto skip = [&] {
    while (at < limit && kBetween.find(text_[at]) != kNone) ++at;
  };
  skip();
  std::u32string shown;  // the option's own words may stand between, as long as they are no verdict
  if (token.labels.size() == 1) {
    const std::string_view words = options_.options[token.labels[0]].second;
    if (!words.empty() && words.size() <= 400) shown = unwrap(fold(trim_blank(words))).lowered;
    while (!shown.empty() && (shown.back() == U'.' || shown.back() == 0x3002)) shown.pop_back();
  }
  if (!shown.empty() && low_.substr(at).starts_with(shown)) {
    at += shown.size();
    if (at < limit && is_letter(text_[at])) return 0;
    skip();
  } else if (const std::size_t link = words_.links.at(low_, at);
             link > 0 && words_.verdicts_right.at(low_, at) == 0) {
    at += link;
    skip();
  }
  if (at >= limit || at == token.end) {
    // Chinese puts a verdict right behind: "A cuo".
    if (at >= limit || text_[at] < 0x2E80) return 0;
  }
  if (const std::size_t size = words_.verdicts_wrong.at(low_, at)) {
    if (shown.starts_with(low_.substr(at, size))) return 0;
    return ends_verdict(at + size) ? -1 : 0;
  }
  if (const std::size_t size = words_.verdicts_right.at(low_, at)) {
    if (shown.starts_with(low_.substr(at, size))) return 0;
    return ends_verdict(at + size) ? 1 : 0;
  }
  return 0;
}

int ChoiceExtraction::verdict_before(const LabelToken& token) const {
  std::size_t at = token.begin;
  const std::size_t limit = at > 24 ? at - 24 : 0;
  while (at > limit && View(U" ([*-.:\uFE0F\u3010").find(text_[at - 1]) != kNone) --at;
  if (at == limit || text_[at - 1] < 0x80) return 0;  // only marks
  const std::size_t right = words_.verdicts_right.before(low_, at);
  const std::size_t wrong = words_.verdicts_wrong.before(low_, at);
  const std::size_t size = std::max(right, wrong);
  if (size != 1 || is_letter(text_[at - 1]) || (text_[at - 1] >= 0x3040 && text_[at - 1] < 0xF900))
    return 0;
  std::size_t begin = at - 1;
  while (begin > 0 && View(U" -").find(text_[begin - 1]) != kNone) --begin;
  if (begin > 0 && text_[begin - 1] != U'\n') return 0;
  return right > 0 ? 1 : -1;
}

bool ChoiceExtraction::ends_verdict(std::size_t end) const {
  if (end >= text_.size()) return true;
  const char32_t mark = text_[end - 1];
  if ((mark >= 0x2190 && mark < 0x2E80) || mark >= 0x1F000 || mark == 0xD7) return true;
  if (View(U"\n.,;:!?)]}|(-\u2013\u2014\u3001\u3002\uFF0C\uFF1B").find(text_[end]) != kNone)
    return true;
  if (text_[end] != U' ') return false;
  const std::size_t next = text_.find_first_not_of(U" ([", end);
  if (next == kNone || text_[next] == U'\n' || View(U"-|\u2013\u2014").find(text_[next]) != kNone)
    return true;
  if (words_.after_label.at(low_, next) > 0) return true;
  const std::size_t place = skip_fillers(next, std::min(low_.size(), next + 16));
  const std::size_t token = token_from(place);
  return token < tokens_.size() && tokens_[token].begin == place && is_usable(tokens_[token]);
}

std::optional<ChoiceAnswer> ChoiceExtraction::by_verdicts() const {
  if (std::find(verdicts_.begin(), verdicts_.end(), 1) == verdicts_.end()) return std::nullopt;
  ChoiceAnswer out;
  out.tier = "M4";
  const LabelToken& last = tokens_[verdict_token_];
  out.begin = folded_.from[source_.from[last.begin]];
  out.end = folded_.from[source_.from[last.end - 1] + 1];
  for (std::size_t i = 0; i < verdicts_.size(); ++i) {
    if (verdicts_[i] > 0) out.labels.push_back(options_.options[i].first);
  }
  if (out.labels.size() > 1 && !options_.is_multi_select) out.status = ScoreStatus::Multi;
  return out;
}

std::optional<ChoiceExtraction::Found> ChoiceExtraction::find_spared() const {
  for (std::size_t i = tokens_.size(); i-- > 0;) {
    const LabelToken& token = tokens_[i];
    if (!is_usable(token) || !is_turned_down(token)) continue;
    std::size_t at = token.begin;
    while (at > 0 && View(U" ([").find(text_[at - 1]) != kNone) --at;
    if (const std::size_t filler = words_.fillers.before(low_, at); filler > 1) at -= filler;
    if (words_.all_but.before(low_, trimmed_end(at)) > 0) return Found{i, token.end, 4};
  }
  return std::nullopt;
}

bool ChoiceExtraction::is_beaten(std::size_t token) const {
  if (token == 0) return false;
  const auto skip = [&](std::size_t at) {
    while (at > 0 && View(U" ([)]").find(text_[at - 1]) != kNone) --at;
    return at;
  };
  const std::size_t at = skip(tokens_[token].begin);
  const std::size_t size = words_.beats.before(low_, at);
  return size > 0 && skip(at - size) == tokens_[token - 1].end && is_usable(tokens_[token - 1]);
}

}  // namespace leitai
