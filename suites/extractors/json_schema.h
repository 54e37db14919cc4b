#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leitai {

/// JSON Schema, draft 2020-12: types, values, numbers, strings, arrays, objects, combinations,
/// `if`, local `$ref`. Throws Error naming the keyword for one that would change the outcome and is
/// not known, and for malformed ones.
void check_schema(const nlohmann::json& schema);

/// What does not fit, at most 20 entries such as "/items/3: ...". Empty: it fits. Bounded work; a
/// schema that refers to itself without end is an entry. The schema has passed check_schema().
std::vector<std::string> validate_json(const nlohmann::json& schema, const nlohmann::json& value);

/// The JSON of an answer: all of it, the last fence that holds JSON, or the first balanced object
/// or array.
struct JsonInText {
  std::string_view text;  // part of the argument
  std::string tier;       // "whole", "fence", "balanced"
};
std::optional<JsonInText> find_json(std::string_view text);

}  // namespace leitai
