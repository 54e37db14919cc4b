#pragma once

#include <string>
#include <vector>

namespace leitai {

/// Takes known secrets out of text.
class Redactor {
 public:
  /// Also in the spellings in which services give a secret back: within JSON, in a URL, in base64.
  void add(const std::string& secret);  // shorter than 6 bytes: ignored

  /// "[key]" in place of each. A secret that the end of the text or "..." cuts short is one, too.
  std::string operator()(std::string text) const;

 private:
  void add_one(std::string spelling);
  std::vector<std::string> secrets_;  // longest first
};

}  // namespace leitai
