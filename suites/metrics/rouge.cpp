#include "suites/metrics/rouge.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "suites/metrics/porter.h"
#include "suites/metrics/words.h"

namespace leitai::metrics {

namespace {

constexpr std::size_t kMostInOrder = 20'000;  // the longest common subsequence takes quadratic time

/// Numbers for tokens; equal tokens have equal numbers.
class Tokens {
 public:
  explicit Tokens(Stemming stemming) : stemming_(stemming) {}

  std::u32string of(std::string_view text) {
    std::u32string out;
    std::string token;
    const auto flush = [&] {
      if (token.empty()) return;
      if (stemming_ == Stemming::Porter && token.size() > 3) token = porter_stem(std::move(token));
      out += known_.try_emplace(token, static_cast<char32_t>(known_.size() + 1)).first->second;
      token.clear();
    };
    for (const char c : to_lower(text)) {
      if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
        token += c;
      } else {
        flush();
      }
    }
    flush();
    return out;
  }

 private:
  Stemming stemming_;
  std::unordered_map<std::string, char32_t> known_;
};

Overlap overlap(double common, double predicted, double wanted) {
  Overlap out;
  out.precision = common / std::max(predicted, 1.0);
  out.recall = common / std::max(wanted, 1.0);
  const double sum = out.precision + out.recall;
  if (sum > 0) out.fmeasure = 2 * out.precision * out.recall / sum;
  return out;
}

Overlap by_ngrams(const std::u32string& prediction, const std::u32string& gold, int n) {
  const Counts predicted = ngrams(prediction, n);
  std::int64_t common = 0;
  for (const auto& [gram, count] : ngrams(gold, n)) {
    const auto found = predicted.find(gram);
    if (found != predicted.end()) common += std::min(count, found->second);
  }
  const auto how_many = [n](const std::u32string& tokens) {
    return tokens.size() < static_cast<std::size_t>(n)
               ? 0.0
               : static_cast<double>(tokens.size() + 1 - static_cast<std::size_t>(n));
  };
  return overlap(static_cast<double>(common), how_many(prediction), how_many(gold));
}

/// Positions in `gold` of one longest common subsequence; where two are as long, the one that
/// skips a token of `gold` first, from the end.
std::vector<std::size_t> common_positions(std::u32string_view gold, std::u32string_view other) {
  if (gold.empty() || other.empty()) return {};
  const std::size_t columns = other.size();
  std::vector<bool> goes_left(gold.size() * columns);
  std::vector<std::uint32_t> above(columns + 1), row(columns + 1);
  for (std::size_t i = 0; i < gold.size(); ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      if (gold[i] == other[j]) {
        row[j + 1] = above[j] + 1;
      } else {
        row[j + 1] = std::max(above[j + 1], row[j]);
        goes_left[i * columns + j] = row[j] > above[j + 1];
      }
    }
    std::swap(above, row);
  }
  std::vector<std::size_t> out;
  for (std::size_t i = gold.size(), j = columns; i > 0 && j > 0;) {
    if (gold[i - 1] == other[j - 1]) {
      out.push_back(i - 1);
      --i;
      --j;
    } else if (goes_left[(i - 1) * columns + j - 1]) {
      --j;
    } else {
      --i;
    }
  }
  return out;
}

Overlap in_order(std::u32string_view prediction, std::u32string_view gold) {
  if (prediction.empty() || gold.empty()) return {};
  return overlap(static_cast<double>(common_positions(gold, prediction).size()),
                 static_cast<double>(prediction.size()), static_cast<double>(gold.size()));
}

std::vector<std::u32string> lines_of(Tokens& tokens, std::string_view text, bool& is_shortened) {
  std::vector<std::u32string> out;
  std::size_t left = kMostInOrder;
  for (const std::string_view line : split(text, '\n')) {
    std::u32string all = tokens.of(line);
    if (all.size() > left) {
      all.resize(left);
      is_shortened = true;
    }
    left -= all.size();
    if (!all.empty()) out.push_back(std::move(all));
  }
  return out;
}

/// Of each line of `gold`, the tokens that stand in order in some line of `prediction`; no token
/// counts more often than it occurs on either side.
Overlap by_lines(const std::vector<std::u32string>& prediction,
                 const std::vector<std::u32string>& gold) {
  std::unordered_map<char32_t, std::int64_t> left_predicted, left_gold;
  double n_predicted = 0, n_gold = 0, hits = 0;
  for (const std::u32string& line : prediction) {
    n_predicted += static_cast<double>(line.size());
    for (const char32_t token : line) ++left_predicted[token];
  }
  for (const std::u32string& line : gold) {
    n_gold += static_cast<double>(line.size());
    for (const char32_t token : line) ++left_gold[token];
  }
  if (n_predicted == 0 || n_gold == 0) return {};
  for (const std::u32string& line : gold) {
    std::set<std::size_t> positions;
    for (const std::u32string& other : prediction) {
      const auto found = common_positions(line, other);
      positions.insert(found.begin(), found.end());
    }
    for (const std::size_t at : positions) {
      if (left_predicted[line[at]] <= 0 || left_gold[line[at]] <= 0) continue;
      ++hits;
      --left_predicted[line[at]];
      --left_gold[line[at]];
    }
  }
  return overlap(hits, n_predicted, n_gold);
}

}  // namespace

Rouge rouge(std::string_view prediction, std::string_view gold, Stemming stemming) {
  Rouge out;
  Tokens tokens(stemming);
  const std::u32string predicted = tokens.of(prediction), wanted = tokens.of(gold);
  out.rouge1 = by_ngrams(predicted, wanted, 1);
  out.rouge2 = by_ngrams(predicted, wanted, 2);
  out.is_shortened = predicted.size() > kMostInOrder || wanted.size() > kMostInOrder;
  out.rougeL = in_order(std::u32string_view(predicted).substr(0, kMostInOrder),
                        std::u32string_view(wanted).substr(0, kMostInOrder));
  out.rougeLsum = by_lines(lines_of(tokens, prediction, out.is_shortened),
                           lines_of(tokens, gold, out.is_shortened));
  return out;
}

}  // namespace leitai::metrics
