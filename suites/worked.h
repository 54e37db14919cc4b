#pragma once

#include <cstdint>
#include <string>

namespace leitai {

/// A suite whose data come with worked solutions.
class Worked {
 public:
  virtual ~Worked() = default;

  /// What leads to the gold answer of item(index); "" where the data do not say.
  virtual std::string solution(std::int64_t index) const = 0;
};

}  // namespace leitai
