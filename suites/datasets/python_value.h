#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace leitai {

/// The value that Python source assigns to `name` at the start of a line, read without running
/// anything: strings (joined where they stand side by side), numbers, True, False, None, lists,
/// tuples and dicts with strings or numbers as keys, in their order. Absent where there is no such
/// assignment or it is anything else. Linear.
std::optional<nlohmann::ordered_json> python_value(std::string_view source, std::string_view name);

}  // namespace leitai
