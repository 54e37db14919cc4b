#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/backend.h"
#include "harness/core/model.h"

namespace leitai {

/// Parses `BACKEND:WHAT[,key=value...]`. `where` names the place for messages ("-m", "eval.yaml:4:
/// models[0]"). Sampling keys are the same for every backend; the others are the backend's own
/// closed list. The id is the one given by `id=`, else the backend's default with a suffix for each
/// parameter that differs from its default. Throws Error naming the wrong word and the nearest
/// known one.
Model parse_model(std::string_view spec, std::string_view where,
                  std::span<const BackendFactory* const> backends);

/// Sets one sampling parameter or "system" from text. False when `key` is not one of them; throws
/// Error for a bad value.
bool set_model_param(Model& model, std::string_view key, std::string_view value,
                     std::string_view where);

/// Names that set_model_param knows.
std::span<const std::string_view> model_param_names();

/// Gives `model.id` its default where it is empty: target's short name plus what was set
/// ("-t0.6-max96").
void default_model_id(Model& model, std::span<const BackendFactory* const> backends);

/// "30s", "10m", "2h", "1h30m" or plain seconds. Throws Error.
double parse_duration_seconds(std::string_view text, std::string_view where);

}  // namespace leitai
