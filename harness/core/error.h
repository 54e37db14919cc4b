#pragma once

#include <stdexcept>
#include <string>

namespace leitai {

/// The operator must act: a bad flag, a config mistake, a missing file, a corrupt checkpoint, a
/// full disk. The message says what, where and what to do, and starts with the thing the reader can
/// edit. Further lines are advice. `main` prints it behind "leitai: " and exits with 1.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Prints `expression`, the place and `values`, then aborts. Use through LEITAI_CHECK.
[[noreturn]] void check_failed(const char* expression, const char* file, int line,
                               const std::string& values);

}  // namespace leitai

/// The program is wrong if this does not hold: aborts, printing the condition and the given text.
#define LEITAI_CHECK(condition, values)                                                 \
  do {                                                                                  \
    if (!(condition)) ::leitai::check_failed(#condition, __FILE__, __LINE__, (values)); \
  } while (false)
