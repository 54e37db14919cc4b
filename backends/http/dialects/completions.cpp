// OpenAI text completions: POST {base}/completions. The only wire that scores given continuations
// (echo with log-probabilities), and so only of vLLM, SGLang and their kin (providers.md section
// 9).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "backends/http/dialect.h"
#include "harness/core/text.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

bool speaks(Mode mode) { return mode != Mode::Chat; }

std::string url(const Endpoint& endpoint) { return endpoint.base_url + "/completions"; }

Json params(const Endpoint& endpoint, const Request& request) {
  const Provider& provider = endpoint.provider;
  Json out = provider.always.is_object() ? provider.always : Json::object();
  out["model"] = endpoint.model;
  if (request.mode == Mode::LogLikelihood) {
    // One token is made in any case; some servers refuse to make none.
    out["echo"] = true;
    out["logprobs"] = 1;
    out["max_tokens"] = 1;
    out["temperature"] = 0;
    out["stream"] = false;
    return out;
  }
  const SamplingParams sent = sendable(provider, request.wanted);
  out["stream"] = endpoint.stream;
  if (endpoint.stream && provider.stream_usage) out["stream_options"] = {{"include_usage", true}};
  const auto put = [&](const char* name, const auto& value) {
    if (value) out[name] = *value;
  };
  put("temperature", sent.temperature);
  put("top_p", sent.top_p);
  put("min_p", sent.min_p);
  put("top_k", sent.top_k);
  put("seed", sent.seed);
  put("max_tokens", sent.max_tokens);
  put("logprobs", sent.logprobs);
  if (!sent.stop.empty()) out["stop"] = sent.stop;
  return out;
}

Json prompt(const Endpoint&, const Request& request) {
  const std::string text = request.prompt.text.value_or("");
  if (request.mode != Mode::LogLikelihood) return {{"prompt", text}};
  Json all = Json::array();
  for (const std::string& one : request.prompt.continuations) all.push_back(text + one);
  return {{"prompt", std::move(all)}};
}

class Reader final : public AnswerReader {
 public:
  explicit Reader(const Request& request) : is_scored_(request.mode == Mode::LogLikelihood) {
    if (!is_scored_) return;
    // Offsets of the servers count code points.
    context_ = to_utf32(request.prompt.text.value_or("")).size();
    for (const std::string& one : request.prompt.continuations)
      ends_.push_back(context_ + to_utf32(one).size());
    parsed.continuation_logprobs.assign(ends_.size(), 0);
    parsed.continuation_greedy.assign(ends_.size(), false);
    parsed.continuation_tokens.assign(ends_.size(), 0);
    is_filled_.assign(ends_.size(), false);
  }

  bool event(std::string_view, const Json& data) override { return take(data); }
  void whole(const Json& body) override { take(body); }

  void finish() override {
    if (!is_scored_) return;
    if (std::find(is_filled_.begin(), is_filled_.end(), false) == is_filled_.end()) {
      parsed.finish = "stop";
    } else {
      parsed.finish.reset();
      parsed.continuation_logprobs.clear();
      parsed.continuation_greedy.clear();
      parsed.continuation_tokens.clear();
      if (has_choices_ && !parsed.error && parsed.malformed.empty())
        parsed.malformed = "the answer lacks the log-probabilities of the prompt (echo)";
    }
  }

 private:
  bool take(const Json& body) {
    if (!is_sound(body)) return false;
    if (const auto usage = body.find("usage"); usage != body.end()) read_usage(*usage, parsed);
    const auto choices = body.find("choices");
    if (choices == body.end() || !choices->is_array()) return false;
    bool has_text = false;
    for (std::size_t i = 0; i < choices->size(); ++i) {
      const Json& choice = (*choices)[i];
      if (!choice.is_object()) continue;
      has_choices_ = true;
      if (is_scored_) {
        score(choice, static_cast<std::size_t>(
                          number_of(choice, "index").value_or(static_cast<std::int64_t>(i))));
        continue;
      }
      const std::string text = text_of(choice, "text");
      parsed.text += text;
      has_text = has_text || !text.empty();
      if (std::string word = text_of(choice, "finish_reason"); !word.empty())
        parsed.finish = std::move(word);
      take_logprobs(choice);
    }
    return has_text;
  }

  void take_logprobs(const Json& choice) {
    const auto probs = choice.find("logprobs");
    if (probs == choice.end() || !probs->is_object()) return;
    const Json tokens = probs->value("tokens", Json::array());
    const Json values = probs->value("token_logprobs", Json::array());
    for (std::size_t i = 0; i < std::min(tokens.size(), values.size()); ++i) {
      if (tokens[i].is_string() && values[i].is_number())
        parsed.logprobs.push_back({tokens[i].get<std::string>(), values[i].get<double>()});
    }
  }

  /// Sums what lies behind the context and before the surplus token. A token that spans the border
  /// belongs to the continuation.
  void score(const Json& choice, std::size_t index) {
    const auto probs = choice.find("logprobs");
    if (index >= ends_.size() || probs == choice.end() || !probs->is_object()) return;
    const Json values = probs->value("token_logprobs", Json::array());
    const Json offsets = probs->value("text_offset", Json::array());
    const Json tokens = probs->value("tokens", Json::array());
    const Json tops = probs->value("top_logprobs", Json::array());
    double sum = 0;
    int count = 0;
    bool greedy = true;
    for (std::size_t i = 0; i < std::min(values.size(), offsets.size()); ++i) {
      if (!offsets[i].is_number_integer()) return;
      const auto begin = offsets[i].get<std::size_t>();
      const std::size_t end = i + 1 < offsets.size() && offsets[i + 1].is_number_integer()
                                  ? offsets[i + 1].get<std::size_t>()
                                  : begin + 1;
      if (end <= context_ || begin >= ends_[index]) continue;
      if (!values[i].is_number() || values[i].get<double>() <= -9000) return;  // unknown
      const double value = values[i].get<double>();
      sum += value;
      ++count;
      if (i < tops.size() && tops[i].is_object()) {
        for (const auto& [token, other] : tops[i].items()) {
          if (other.is_number() && other.get<double>() > value &&
              !(i < tokens.size() && tokens[i] == token))
            greedy = false;
        }
      } else {
        greedy = false;
      }
    }
    if (count == 0) return;
    parsed.continuation_logprobs[index] = sum;
    parsed.continuation_tokens[index] = count;
    parsed.continuation_greedy[index] = greedy;
    is_filled_[index] = true;
  }

  const bool is_scored_;
  bool has_choices_ = false;
  std::size_t context_ = 0;        // code points
  std::vector<std::size_t> ends_;  // of context and continuation
  std::vector<bool> is_filled_;
};

std::unique_ptr<AnswerReader> reader(const Endpoint&, const Request& request) {
  return std::make_unique<Reader>(request);
}

}  // namespace

extern constinit const Dialect completions_dialect;
constinit const Dialect completions_dialect = {
    .name = "completions",
    .help = "OpenAI text completions, with scoring of continuations",
    .default_key_env = "OPENAI_API_KEY",
    .speaks = speaks,
    .url = url,
    .params = params,
    .prompt = prompt,
    .headers = bearer_alone,
    .reader = reader};

}  // namespace leitai
