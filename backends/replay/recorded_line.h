#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "harness/core/response.h"
#include "harness/core/score.h"

/// One line of recorded answers (INTERFACE.md section 4), from our own export or other hands.
namespace leitai {

inline constexpr std::size_t kLongestRecordedLine = std::size_t{256} << 20;
inline constexpr std::size_t kShownMistakes = 20;  // of a file

/// The name of a model whose lines do not name it: the file's, without its endings.
std::string recorded_file_name(const std::string& path);

/// What is wrong with a line, or nothing.
std::optional<std::string> recorded_mistake(const nlohmann::json& line);

/// Members that are absent or of a wrong type count as not told.
Response recorded_response(const nlohmann::json& line);

/// The grade that came with the line: `score` as we export it, or `published` ({"correct",
/// "extracted"}) as its publisher gave it, then under the scorer "published@1". Absent without one.
std::optional<Score> recorded_score(const nlohmann::json& line);

}  // namespace leitai
