#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/digest.h"
#include "harness/core/response.h"

namespace leitai {

/// Answers kept across runs, by the digest of their request (model identity, mode, prompt, sent
/// parameters, sample): one SQLite file, table `answers`. Only answers that came to their end are
/// kept. Several processes may use it at a time. Thread-safe.
class AnswerCache {
 public:
  /// Opens or makes the file. Throws Error.
  explicit AnswerCache(const std::filesystem::path& file);
  ~AnswerCache();
  AnswerCache(const AnswerCache&) = delete;
  AnswerCache& operator=(const AnswerCache&) = delete;

  /// Without what belongs to the first asking: price and time in the queue.
  std::optional<Response> find(const Digest& digest) const;

  bool holds(const Digest& digest) const;

  /// Keeps an answered response; others and known digests are passed over.
  void put(const Digest& digest, const std::string& model, const Response& response);

  struct Line {
    std::string model;
    std::int64_t answers = 0;
    std::int64_t bytes = 0;
    std::string oldest, newest;  // ISO 8601, UTC
  };
  std::vector<Line> lines() const;

  /// Removes what is older than so many days; returns how many answers.
  std::int64_t prune(double days);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leitai
