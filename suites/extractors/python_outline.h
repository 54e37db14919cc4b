#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leitai {

/// A statement at the left margin with all that is indented under it.
struct PythonStatement {
  std::string text;                // without blank lines at its end
  std::vector<std::string> names;  // that it binds
  bool is_import = false;
  bool is_main_guard = false;  // if __name__ == "__main__":
  bool is_plausible = false;   // reads as Python rather than as prose
};

/// The text cut at its margin; knows strings over several lines and open brackets.
std::vector<PythonStatement> python_statements(std::string_view text);

}  // namespace leitai
