#include "suites/metrics/corpus_line.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/core/error.h"
#include "suites/metrics/bleu.h"
#include "suites/metrics/chrf.h"
#include "suites/metrics/ter.h"

namespace leitai::metrics {

using Json = nlohmann::json;

namespace {

constexpr int kMaxOrder = 32;

const Json* member(const Json& line, const char* name) {
  const auto found = line.find(name);
  return found == line.end() || found->is_null() ? nullptr : &*found;
}

bool flag(const Json& line, const char* name) {
  const Json* value = member(line, name);
  if (value == nullptr) return false;
  if (!value->is_boolean()) throw Error(fmt::format("{}: true or false is wanted", name));
  return value->get<bool>();
}

int number(const Json& line, const char* name, int otherwise, int least, int most) {
  const Json* value = member(line, name);
  if (value == nullptr) return otherwise;
  if (!value->is_number_integer() || *value < least || *value > most)
    throw Error(fmt::format("{}: a whole number from {} to {} is wanted", name, least, most));
  return value->get<int>();
}

std::string string_of(const Json& value, const char* name) {
  if (!value.is_string()) throw Error(fmt::format("{}: a string is wanted", name));
  return value.get<std::string>();
}

struct Corpus {
  std::vector<std::string> hyp;
  std::vector<std::vector<std::string>> refs;  // of each segment
  std::size_t n_refs = 0;
};

Corpus read_corpus(const Json& line) {
  Corpus out;
  const Json *hyp = member(line, "hyp"), *refs = member(line, "refs");
  if (hyp == nullptr || !hyp->is_array() || hyp->empty())
    throw Error("hyp: a list of strings, one a segment, is wanted");
  if (refs == nullptr || !refs->is_array() || refs->empty())
    throw Error("refs: a list of lists is wanted, one list a reference");
  for (const Json& one : *hyp) out.hyp.push_back(string_of(one, "hyp"));
  out.refs.resize(out.hyp.size());
  out.n_refs = refs->size();
  for (const Json& reference : *refs) {
    if (!reference.is_array() || reference.size() != out.hyp.size())
      throw Error(
          fmt::format("refs: each reference needs {} segments, as many as hyp", out.hyp.size()));
    for (std::size_t i = 0; i < reference.size(); ++i) {
      if (!reference[i].is_null()) out.refs[i].push_back(string_of(reference[i], "refs"));
    }
  }
  for (std::size_t i = 0; i < out.refs.size(); ++i) {
    if (out.refs[i].empty()) throw Error(fmt::format("refs: segment {} has no reference", i));
  }
  return out;
}

BleuOptions bleu_options(const Json& line) {
  BleuOptions out;
  if (const Json* value = member(line, "tokenize")) out.tokenize = string_of(*value, "tokenize");
  if (const Json* value = member(line, "smooth_method")) {
    const std::string name = string_of(*value, "smooth_method");
    if (name == "exp") {
      out.smooth_method = Smoothing::Exp;
    } else if (name == "floor") {
      out.smooth_method = Smoothing::Floor;
    } else if (name == "add-k") {
      out.smooth_method = Smoothing::AddK;
    } else if (name == "none") {
      out.smooth_method = Smoothing::None;
    } else {
      throw Error("smooth_method: exp, floor, add-k or none is wanted");
    }
  }
  if (const Json* value = member(line, "smooth_value")) {
    if (!value->is_number()) throw Error("smooth_value: a number is wanted");
    out.smooth_value = value->get<double>();
  }
  out.max_ngram_order = number(line, "max_ngram_order", 4, 1, kMaxOrder);
  out.lowercase = flag(line, "lowercase");
  out.effective_order = flag(line, "effective_order");
  return out;
}

ChrfOptions chrf_options(const Json& line) {
  ChrfOptions out;
  out.char_order = number(line, "char_order", 6, 1, kMaxOrder);
  out.word_order = number(line, "word_order", 0, 0, kMaxOrder);
  out.beta = number(line, "beta", 2, 1, 1000);
  out.lowercase = flag(line, "lowercase");
  out.whitespace = flag(line, "whitespace");
  out.eps_smoothing = flag(line, "eps_smoothing");
  return out;
}

TerOptions ter_options(const Json& line) {
  TerOptions out;
  out.normalized = flag(line, "normalized");
  out.no_punct = flag(line, "no_punct");
  out.asian_support = flag(line, "asian_support");
  out.case_sensitive = flag(line, "case_sensitive");
  return out;
}

/// Sums over the segments and, if wanted, the score of each alone.
template <typename Total, typename CountsOf, typename ScoreOf>
Total summed(const Corpus& corpus, CountsOf counts_of, ScoreOf score_of, Json* sentences) {
  Total out;
  for (std::size_t i = 0; i < corpus.hyp.size(); ++i) {
    const Total one = counts_of(corpus.hyp[i], corpus.refs[i]);
    out.add(one);
    if (sentences != nullptr) sentences->push_back(score_of(one));
  }
  return out;
}

/// Whole numbers without a point, as counts are.
Json plain(const std::vector<double>& values) {
  Json out = Json::array();
  for (const double value : values) {
    if (value == static_cast<double>(static_cast<std::int64_t>(value))) {
      out.push_back(static_cast<std::int64_t>(value));
    } else {
      out.push_back(value);
    }
  }
  return out;
}

Json bleu_corpus(const Json& line, const Corpus& corpus, Json* sentences) {
  const BleuOptions options = bleu_options(line);
  const auto counts = summed<BleuCounts>(
      corpus, [&](const auto& hyp, const auto& refs) { return bleu_counts(options, hyp, refs); },
      [&](const BleuCounts& one) { return bleu(options, one).score; }, sentences);
  const Bleu out = bleu(options, counts);
  return {{"score", out.score},
          {"counts", plain(out.counts)},
          {"totals", plain(out.totals)},
          {"precisions", out.precisions},
          {"bp", out.bp},
          {"sys_len", out.sys_len},
          {"ref_len", out.ref_len},
          {"signature", bleu_signature(options, corpus.n_refs)}};
}

Json chrf_corpus(const Json& line, const Corpus& corpus, Json* sentences) {
  const ChrfOptions options = chrf_options(line);
  const auto counts = summed<ChrfCounts>(
      corpus, [&](const auto& hyp, const auto& refs) { return chrf_counts(options, hyp, refs); },
      [&](const ChrfCounts& one) { return chrf(options, one); }, sentences);
  return {{"score", chrf(options, counts)}, {"signature", chrf_signature(options, corpus.n_refs)}};
}

Json ter_corpus(const Json& line, const Corpus& corpus, Json* sentences) {
  const TerOptions options = ter_options(line);
  const auto counts = summed<TerCounts>(
      corpus, [&](const auto& hyp, const auto& refs) { return ter_counts(options, hyp, refs); },
      [](const TerCounts& one) { return ter(one); }, sentences);
  return {{"score", ter(counts)},
          {"num_edits", counts.num_edits},
          {"ref_length", counts.ref_length},
          {"signature", ter_signature(options, corpus.n_refs)}};
}

}  // namespace

bool is_corpus_metric(std::string_view metric) {
  return metric == "bleu" || metric == "chrf" || metric == "ter";
}

Json corpus_line(std::string_view metric, const Json& line) {
  if (!line.is_object()) throw Error("a JSON object is wanted");
  const Corpus corpus = read_corpus(line);
  Json sentences = Json::array();
  Json* wanted = flag(line, "sentences") ? &sentences : nullptr;
  Json out = metric == "bleu"   ? bleu_corpus(line, corpus, wanted)
             : metric == "chrf" ? chrf_corpus(line, corpus, wanted)
                                : ter_corpus(line, corpus, wanted);
  if (wanted != nullptr) out["sentences"] = std::move(sentences);
  out["verdict"] = nullptr;
  out["answer"] = nullptr;
  out["tier"] = "";
  out["why"] = fmt::format("{} of {} segments against {} references", metric, corpus.hyp.size(),
                           corpus.n_refs);
  return out;
}

}  // namespace leitai::metrics
