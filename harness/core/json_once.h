#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace leitai {

/// Discarded where `text` is no JSON. `twice`: a key that an object has twice, so that nobody can
/// know which value is meant; "" where there is none.
nlohmann::json parse_json_once(std::string_view text, std::string& twice);

}  // namespace leitai
