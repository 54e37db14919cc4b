#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace leitai {

/// Takes known secrets out of text.
class Redactor {
 public:
  static constexpr std::size_t kShortest = 4;  // bytes of a secret; a shorter one is ignored

  /// Also in the spellings in which services give a secret back: within JSON, in a URL, in base64.
  /// Words that stand for no key ("none", "EMPTY") are ignored.
  void add(const std::string& secret);

  /// "[key]" in place of each. A secret that the end of the text or "..." cuts short is one, too.
  std::string operator()(std::string text) const;

 private:
  void add_one(std::string spelling);
  std::vector<std::string> secrets_;  // longest first
};

}  // namespace leitai
