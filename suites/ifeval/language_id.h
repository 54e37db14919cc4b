#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace leitai::ifeval {

/// The language of most of `text` as ISO 639-1, Chinese as "zh-cn" or "zh-tw"; "?" where the
/// letters give no hold. Absent where there is no letter. Deterministic; by CLD2, with the scripts
/// that only one language uses decided by the script.
std::optional<std::string> detect_language(std::string_view text);

}  // namespace leitai::ifeval
