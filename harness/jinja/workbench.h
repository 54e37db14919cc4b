#pragma once

#include <nlohmann/json.hpp>

#include "harness/jinja/jinja.h"

namespace leitai {

/// One line of the verb `render`: {"text": ...} or {"error", "kind", "line", "column"}. `line` is
/// the context where `file_template` is given, else {"template": ..., "context": {...}}. Never
/// throws for what the line holds.
nlohmann::json render_line(const nlohmann::ordered_json& line, Environment environment,
                           const Template* file_template, const RenderOptions& options);

}  // namespace leitai
