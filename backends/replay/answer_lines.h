#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace leitai {

/// Where a line of a file lies.
struct AnswerLine {
  std::int64_t number = 0;  // 1-based
  std::uint64_t offset = 0;
  std::uint32_t size = 0;
};

/// The lines of a file of recorded answers, by place. A compressed file is unpacked into an unnamed
/// temporary file. Thread-safe after construction.
class AnswerLines {
 public:
  /// Throws Error naming the file.
  explicit AnswerLines(const std::string& path);
  ~AnswerLines();
  AnswerLines(const AnswerLines&) = delete;
  AnswerLines& operator=(const AnswerLines&) = delete;

  /// Every line that is not blank, from the first to the last, without its line end. A byte order
  /// mark is left out.
  void each(const std::function<void(const AnswerLine&, std::string_view text)>& visit) const;

  std::string read(const AnswerLine& line) const;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int file_ = -1;
};

}  // namespace leitai
