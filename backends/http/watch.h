#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/log_histogram.h"
#include "harness/core/request.h"
#include "harness/core/response.h"

namespace leitai {

/// What the answers of one model showed about the service. Thread-safe; memory does not grow with
/// the answers.
class Watch {
 public:
  void see(const Request& request, const Response& response);
  std::vector<std::string> cautions(std::string_view model) const;

 private:
  /// Long prompts that were counted alike.
  struct Alike {
    std::int64_t prompts = 0;
    std::vector<double> sizes;  // those that clearly differ, `kAlikeSizes` at most
  };
  /// Expected tokens of a counted one, in prompts of one kind of script.
  struct Ratios {
    LogHistogram reference, of_long;
  };
  static constexpr std::size_t kAlikeSizes = 4, kAlikeCounts = 64;

  void see_thinking(const Request& request, const Response& response);
  void see_size(const Request& request, const Response& response);
  std::int64_t cut_prompts() const;

  mutable std::mutex mutex_;  // guards all below
  std::set<std::string> builds_;
  std::array<Ratios, 2> ratios_;         // of Latin and of other scripts
  std::map<std::int64_t, Alike> alike_;  // by the count of tokens
  std::int64_t tiny_counts_ = 0;         // far fewer tokens than any tokenizer makes
  std::int64_t thought_unasked_ = 0;
  std::int64_t thinking_wanted_ = 0, thinking_seen_ = 0, thinking_denied_ = 0;
};

/// A rough count of the tokens of a text: by words, numbers, signs and characters of other scripts,
/// so that code and prose of one tokenizer come out alike.
double rough_tokens(std::string_view text);

}  // namespace leitai
