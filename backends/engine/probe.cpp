#include "backends/engine/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"

namespace leitai {
namespace {

using nlohmann::json;

constexpr int kChunkTokens = 256;

/// A sequence that gives its pages back.
class HeldSequence {
 public:
  explicit HeldSequence(Engine& engine) : engine_(engine) {}
  ~HeldSequence() { engine_.release(sequence_); }
  HeldSequence(const HeldSequence&) = delete;
  HeldSequence& operator=(const HeldSequence&) = delete;

  /// Runs `ids`, calling row(position, logits, summary) for each position from `first_wanted` on.
  void run(std::span<const int> ids, int first_wanted,
           const std::function<void(int, const float*, const RowSummary&)>& row) {
    if (!engine_.reserve(sequence_, static_cast<int>(ids.size()))) {
      throw Error(
          "probe: the sequence does not fit the memory for keys and values\n        give more: "
          "memory=4GB");
    }
    const int base = static_cast<int>(sequence_.ids.size());
    for (int first = 0; first < static_cast<int>(ids.size()); first += kChunkTokens) {
      const int n = std::min(kChunkTokens, static_cast<int>(ids.size()) - first);
      const Chunk chunk{
          .sequence = &sequence_,
          .ids = ids.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n)),
          .first_wanted = std::clamp(first_wanted - first, 0, n)};
      const Tensor logits = engine_.forward({&chunk, 1});
      std::vector<RowSummary> summary(static_cast<std::size_t>(logits.rows));
      summarise_logits(engine_.stream(), logits, logits.cols, summary);
      for (int r = 0; r < logits.rows; ++r) {
        row(base + first + chunk.first_wanted + r, logits.row(r),
            summary[static_cast<std::size_t>(r)]);
      }
    }
  }

 private:
  Engine& engine_;
  Sequence sequence_;
};

std::vector<int> ids_of(const Engine& engine, const json& list, const char* name) {
  if (!list.is_array()) throw Error(fmt::format("probe: \"{}\" is not a list of token ids", name));
  std::vector<int> ids;
  for (const json& id : list) {
    if (!id.is_number_integer() || id.get<double>() < 0 ||
        id.get<double>() >= engine.vocab_size()) {
      throw Error(
          fmt::format("probe: \"{}\" holds {}, which is no token id of this model (0 ... {})", name,
                      id.dump(), engine.vocab_size() - 1));
    }
    ids.push_back(id.get<int>());
  }
  return ids;
}

std::vector<int> prompt_of(const Engine& engine, const json& line) {
  if (!line.is_object()) throw Error("probe: a line is an object with \"ids\" or \"text\"");
  if (line.contains("ids")) return ids_of(engine, line.at("ids"), "ids");
  if (!line.contains("text") || !line.at("text").is_string())
    throw Error("probe: a line needs \"ids\" or \"text\"");
  const EncodeOptions options{.add_special = line.value("special", false),
                              .parse_special = line.value("parse_special", true)};
  const std::vector<int> ids =
      engine.tokenizer().encode(line.at("text").get<std::string>(), options);
  for (const int id : ids) {
    if (id >= engine.vocab_size()) {
      throw Error(
          fmt::format("{}: the tokenizer gives id {}, but the embedding has {} rows\n        the "
                      "files do not belong together",
                      engine.config().file, id, engine.vocab_size()));
    }
  }
  return ids;
}

json top_of(const float* logits, int vocab_size, int n) {
  std::vector<int> order(static_cast<std::size_t>(vocab_size));
  for (int i = 0; i < vocab_size; ++i) order[static_cast<std::size_t>(i)] = i;
  n = std::min(n, vocab_size);
  std::partial_sort(order.begin(), order.begin() + n, order.end(), [&](int a, int b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  });
  json out = json::array();
  for (int i = 0; i < n; ++i) {
    const int id = order[static_cast<std::size_t>(i)];
    out.push_back({id, logits[id]});
  }
  return out;
}

json probe(Engine& engine, const json& line, const ProbeOptions& options) {
  const std::vector<int> prompt = prompt_of(engine, line);
  if (prompt.empty()) throw Error("probe: no tokens to compute");
  const int n_prompt = static_cast<int>(prompt.size());
  std::vector<int> ids = prompt;
  const bool has_continuation = line.contains("continuation_ids");
  if (has_continuation) {
    const std::vector<int> more = ids_of(engine, line.at("continuation_ids"), "continuation_ids");
    ids.insert(ids.end(), more.begin(), more.end());
  }
  json out{{"ids", prompt}, {"logprobs", json::array()}};
  if (options.all_positions) out["logits"] = json::array();
  if (has_continuation) {
    out["continuation_logprobs"] = json::array();
    out["continuation_greedy"] = true;
  }
  int next = 0;
  double next_logprob = 0;
  const auto at_prompt_end = [&](const float* logits, const RowSummary& summary) {
    next = summary.argmax;
    next_logprob = static_cast<double>(logits[next]) - summary.log_sum;
    if (options.top > 0) out["top"] = top_of(logits, engine.vocab_size(), options.top);
  };
  {
    HeldSequence sequence(engine);
    sequence.run(ids, 0, [&](int position, const float* logits, const RowSummary& summary) {
      if (options.all_positions)
        out["logits"].push_back(std::vector<float>(logits, logits + engine.vocab_size()));
      if (position == n_prompt - 1) at_prompt_end(logits, summary);
      if (position + 1 >= static_cast<int>(ids.size())) return;
      const int follows = ids[static_cast<std::size_t>(position + 1)];
      const double logprob = static_cast<double>(logits[follows]) - summary.log_sum;
      if (position + 1 < n_prompt) {
        out["logprobs"].push_back(logprob);
      } else {
        out["continuation_logprobs"].push_back(logprob);
        if (follows != summary.argmax) out["continuation_greedy"] = false;
      }
    });
    if (options.greedy > 0 && !has_continuation) {
      out["greedy"] = json::array();
      out["greedy_logprobs"] = json::array();
      for (int i = 0; i < options.greedy; ++i) {
        out["greedy"].push_back(next);
        out["greedy_logprobs"].push_back(next_logprob);
        if (i + 1 == options.greedy) break;
        sequence.run({&next, 1}, 0, [&](int, const float* logits, const RowSummary& summary) {
          next = summary.argmax;
          next_logprob = static_cast<double>(logits[next]) - summary.log_sum;
        });
      }
    }
  }
  return out;
}

}  // namespace

json probe_line(Engine& engine, const json& line, const ProbeOptions& options) {
  try {
    return probe(engine, line, options);
  } catch (const Error& error) {
    return {{"error", error.what()}};
  } catch (const json::exception& error) {
    return {{"error", std::string("probe: ") + error.what()}};
  }
}

}  // namespace leitai
