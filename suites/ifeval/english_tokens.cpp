// Tokens as NLTK's word tokenizer cuts them: sentence by sentence, by rewriting the text until
// blanks stand where tokens part. Only what is all upper case is counted here.
#include <array>

#include "harness/core/regex.h"
#include "harness/core/text.h"
#include "suites/ifeval/answer_text.h"
#include "suites/ifeval/sentences.h"
#include "suites/ifeval/tokens.h"

namespace leitai::ifeval {

namespace {

struct Rewrite {
  Regex pattern;
  std::string_view by;  // %0 to %3: the match and its groups
};

std::string rewritten(const std::string& text, const Rewrite& rule) {
  const auto matches = rule.pattern.all(text);
  if (matches.empty()) return text;
  std::string out;
  std::size_t from = 0;
  for (const Regex::Match& match : matches) {
    out.append(text, from, match.begin - from);
    for (std::size_t i = 0; i < rule.by.size(); ++i) {
      if (rule.by[i] == '%') {
        out += match.group(text, rule.by[++i] - '0');
      } else {
        out += rule.by[i];
      }
    }
    from = match.end;
  }
  return out.append(text, from);
}

const std::vector<Rewrite>& rules() {
  static const auto* const kRules = [] {
    auto* out = new std::vector<Rewrite>;
    const auto add = [&](std::string_view pattern, std::string_view by) {
      out->push_back({Regex(pattern), by});
    };
    // Opening quotes.
    add("[\u00AB\u201C\u2018\u201E]|`+", " %0 ");
    add("^\"", "``");
    add("``", " %0 ");
    add("([ (\\[{<])(?:\"|'{2})", "%1 `` ");
    add("(?i)(?<!\\w)'(?!(?:re|ve|ll|m|t|s|d|n)\\b)(?=\\w)", "' ");
    // Punctuation; the point that ends the sentence.
    add("([^.])(\\.)([\\])}>\"'\u00BB\u201D\u2019 ]*+)\\s*$", "%1 %2 %3 ");
    add("([:,])([^\\d])", " %1 %2");
    add("[:,]$", " %0 ");
    add("\\.{2,}", " %0 ");
    add("[;@#$%&]", " %0 ");
    add("[\u2012-\u2015]", " %0 ");
    add("([^.])(\\.)([\\])}>\"']*)\\s*$", "%1 %2%3 ");
    add("[?!]", " %0 ");
    add("([^'])' ", "%1 ' ");
    add("\\*", " %0 ");
    add("[\\]\\[(){}<>]", " %0 ");
    add("--", " -- ");
    add("^(?s:.*)$", " %0 ");
    // Closing quotes and what is glued by an apostrophe.
    add("[\u00BB\u201D\u2019]", " %0 ");
    add("''", " '' ");
    add("\"", " '' ");
    add("\\s+", " ");
    add("([^' ])('[sS]|'[mM]|'[dD]|') ", "%1 %2 ");
    add("([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", "%1 %2 ");
    // Words that are two.
    add("(?i)\\b(can)(not)\\b", " %1 %2 ");
    add("(?i)\\b(d)('ye)\\b", " %1 %2 ");
    add("(?i)\\b(gim)(me)\\b", " %1 %2 ");
    add("(?i)\\b(gon)(na)\\b", " %1 %2 ");
    add("(?i)\\b(got)(ta)\\b", " %1 %2 ");
    add("(?i)\\b(lem)(me)\\b", " %1 %2 ");
    add("(?i)\\b(more)('n)\\b", " %1 %2 ");
    add("(?i)\\b(wan)(na)(?=\\s)", " %1 %2 ");
    add("(?i) ('t)(is|was)\\b", " %1 %2 ");
    return out;
  }();
  return *kRules;
}

}  // namespace

std::int64_t count_capital_tokens(std::string_view text, std::string_view language) {
  const std::u32string points = to_utf32(text);
  std::int64_t count = 0;
  for (const auto& [begin, end] : punkt_sentences(points, language)) {
    std::string sentence = to_utf8(std::u32string_view(points).substr(begin, end - begin));
    for (const Rewrite& rule : rules()) sentence = rewritten(sentence, rule);
    const std::u32string cut = to_utf32(sentence);
    for (const std::u32string_view token : split_at_space(cut)) count += is_upper_text(token);
  }
  return count;
}

}  // namespace leitai::ifeval
