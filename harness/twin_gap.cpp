#include "harness/twin_gap.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/contrast.h"
#include "harness/core/twin.h"

namespace leitai {

namespace {

using Scores = std::map<std::string, double>;  // by item

/// Gap of each item that has both scores.
std::map<std::string, double> gaps_of(const Scores& published, const Scores& twins) {
  std::map<std::string, double> out;
  for (const auto& [item, score] : published) {
    if (const auto twin = twins.find(item); twin != twins.end()) out[item] = score - twin->second;
  }
  return out;
}

/// What keeps a suite and its twins from being compared; "" where nothing does.
std::string difference_of(const BoardFacts::SuiteFacts& suite,
                          const BoardFacts::SuiteFacts& twins) {
  if (twins.mode != suite.mode) return fmt::format("asked by {} and by {}", suite.mode, twins.mode);
  const std::string base = twins.version.substr(0, twins.version.find(", twins "));
  if (base != suite.version) return fmt::format("versions {} and {}", suite.version, base);
  if (twins.scorer != suite.scorer)
    return fmt::format("graded by {} and by {}", suite.scorer, twins.scorer);
  return "";
}

/// One score beside another of the same item, each item for itself.
Contrast paired(const std::vector<double>& left, const std::vector<double>& right,
                std::uint64_t seed) {
  std::vector<ScorePair> pairs;
  for (std::size_t i = 0; i < left.size(); ++i)
    pairs.push_back(
        {static_cast<std::uint32_t>(i), 0, static_cast<std::int64_t>(i), left[i], right[i]});
  return contrast(pairs, {0.05, seed});
}

double mean_over(const Scores& scores, const std::map<std::string, double>& items) {
  double sum = 0;
  for (const auto& [item, gap] : items) sum += scores.at(item);
  return sum / static_cast<double>(items.size());
}

}  // namespace

std::vector<TwinGap> twin_gaps(const RunReader& run, const BoardFacts& facts,
                               std::vector<std::string>& cautions) {
  std::map<std::string, std::string> twin_of;  // suite -> its twins
  std::set<std::string> wanted;
  for (const BoardFacts::SuiteFacts& suite : facts.suites) {
    const std::string twins = std::string(kTwins) + suite.name;
    const auto found =
        std::find_if(facts.suites.begin(), facts.suites.end(),
                     [&](const BoardFacts::SuiteFacts& other) { return other.name == twins; });
    if (found == facts.suites.end() || suite.scorer.empty()) continue;
    if (const std::string other = difference_of(suite, *found); !other.empty()) {
      cautions.push_back(fmt::format("{} and its twins do not compare: {}.", suite.name, other));
      continue;
    }
    twin_of[suite.name] = twins;
    wanted.insert({suite.name, twins});
  }
  if (wanted.empty()) return {};
  std::set<std::pair<std::string, std::string>> same;  // twins in which nothing was changed
  run.each_summary([&](const ItemSummary& item) {
    if (std::find(item.tags.begin(), item.tags.end(), "twin=same") != item.tags.end())
      same.insert({item.suite, item.id});
  });
  std::map<std::pair<std::string, std::string>, Scores> scores;  // by suite and model
  SampleFold fold(facts.reducer);
  std::optional<Request> current;
  const auto close = [&] {
    if (!current) return;
    const ItemOutcome outcome = fold.finish();
    if (outcome.is_scored() && !same.contains({current->suite, current->item}))
      scores[{current->suite, current->model}][current->item] = outcome.score;
    current.reset();
  };
  run.each(Detail::Facts, [&](const Record& record) {
    const Request& asked = record.request;
    if (!wanted.contains(asked.suite)) return true;
    if (!current || current->suite != asked.suite || current->model != asked.model ||
        current->item != asked.item) {
      close();
      current = asked;
    }
    fold.add(record.response, record.score, true);
    return true;
  });
  close();

  std::vector<TwinGap> out;
  for (const BoardFacts::SuiteFacts& suite : facts.suites) {
    const auto twins = twin_of.find(suite.name);
    if (twins == twin_of.end()) continue;
    std::map<std::string, std::map<std::string, double>> gaps;  // by model
    for (const BoardFacts::ModelFacts& model : facts.models)
      gaps[model.id] = gaps_of(scores[{suite.name, model.id}], scores[{twins->second, model.id}]);
    for (const BoardFacts::ModelFacts& model : facts.models) {
      const auto& mine = gaps[model.id];
      if (mine.size() < 2) continue;
      TwinGap one;
      one.suite = suite.name;
      one.model = model.id;
      one.n = static_cast<std::int64_t>(mine.size());
      one.published = mean_over(scores[{suite.name, model.id}], mine);
      one.twins = mean_over(scores[{twins->second, model.id}], mine);
      std::vector<double> left, right, own, of_others;
      for (const auto& [item, gap] : mine) {
        left.push_back(scores[{suite.name, model.id}].at(item));
        right.push_back(scores[{twins->second, model.id}].at(item));
        double others = 0;
        int n_others = 0;
        bool is_common = true;
        for (const auto& [id, theirs] : gaps) {
          if (id == model.id || theirs.size() < 2) continue;
          const auto found = theirs.find(item);
          is_common = is_common && found != theirs.end();
          if (!is_common) break;
          others += found->second;
          ++n_others;
        }
        if (!is_common || n_others == 0) continue;
        own.push_back(gap);
        of_others.push_back(others / n_others);
      }
      const Contrast gap = paired(left, right, facts.seed);
      one.interval = gap.interval;
      one.p = gap.p;
      if (own.size() >= 2) {
        const Contrast more = paired(own, of_others, facts.seed);
        one.beyond_others = more.difference;
        one.beyond_interval = more.interval;
      }
      out.push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace leitai
