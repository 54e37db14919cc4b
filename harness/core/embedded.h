#pragma once

#include <span>
#include <string_view>

namespace leitai {

/// A data file compiled into the binary, by its path from the source root.
struct EmbeddedFile {
  std::string_view path;
  std::string_view bytes;
};

}  // namespace leitai
