#include "suites/metrics/words.h"

#include "harness/core/text.h"
#include "harness/core/text_case.h"

namespace leitai::metrics {

Words split_blank(std::u32string_view text) {
  Words out;
  for (std::size_t at = 0; at < text.size();) {
    while (at < text.size() && is_space(text[at])) ++at;
    const std::size_t begin = at;
    while (at < text.size() && !is_space(text[at])) ++at;
    if (at > begin) out.emplace_back(text.substr(begin, at - begin));
  }
  return out;
}

std::u32string_view rstrip(std::u32string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::u32string_view strip(std::u32string_view text) {
  text = rstrip(text);
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

std::u32string lower(std::u32string_view text) { return to_utf32(to_lower(to_utf8(text))); }

bool is_ascii_mark(char32_t c) {
  return (c >= U'!' && c <= U'/') || (c >= U':' && c <= U'@') || (c >= U'[' && c <= U'`') ||
         (c >= U'{' && c <= U'~');
}

std::u32string WordNumbers::numbers(const Words& words) {
  std::u32string out;
  out.reserve(words.size());
  for (const std::u32string& word : words)
    out += known_.try_emplace(word, static_cast<char32_t>(known_.size() + 1)).first->second;
  return out;
}

Counts ngrams(std::u32string_view sequence, int n) {
  Counts out;
  const auto length = static_cast<std::size_t>(n);
  for (std::size_t i = 0; i + length <= sequence.size(); ++i)
    ++out[std::u32string(sequence.substr(i, length))];
  return out;
}

}  // namespace leitai::metrics
