#pragma once

#include <string>
#include <string_view>

#include "backends/http/dialect.h"
#include "backends/http/redactor.h"
#include "harness/core/model.h"

namespace leitai {

struct Resolved {
  Endpoint endpoint;
  const Dialect* dialect = nullptr;
  std::string key;  // "" : none is sent
  Redactor redact;
  std::string identity;
  std::string describe;
};

/// What a target ("deepseek/deepseek-chat", "openai@http://127.0.0.1:8000/v1/my-model") and its
/// keys mean. A missing key is an Error unless `is_dry`.
Resolved resolve_endpoint(const Model& model, bool is_dry);

/// The model's own name in a target, for ids.
std::string model_name_of(std::string_view target);

/// Splits "http://host/v1/my/model" behind the first path segment that names a version, else before
/// the last segment. Throws Error where no model is named.
void split_url(std::string_view url, std::string& base, std::string& model);

}  // namespace leitai
