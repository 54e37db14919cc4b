#pragma once

#include <string>

#include "backends/http/outcome.h"

namespace leitai {

/// A message of a failure with what the operator can do about it behind it: "HTTP 404: no such
/// model; check ...". Pure.
std::string with_advice(const Provider& provider, const Attempt& attempt, const Verdict& verdict);

}  // namespace leitai
