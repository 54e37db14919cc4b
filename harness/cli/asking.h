#pragma once

#include <span>
#include <string>

#include "harness/cli/command.h"
#include "harness/cli/execute.h"
#include "harness/config.h"

namespace leitai::cli {

/// What the user allows a verb that works on stored answers.
struct Consent {
  bool ask = false;  // --ask: models may be asked for what is missing
  bool yes = false;  // --yes: without asking back
};

/// Carries out a resolved configuration as `leitai run` would. Recorded answers cost nothing and
/// are read as they are; other models are asked only with consent, after what they would be asked
/// has been shown. Throws Error where consent is missing; prints to standard error.
Executed ask_for_missing(const RunConfig& config, const std::optional<std::string>& suites_dir,
                         const Consent& consent, Global& global, const std::string& again);

}  // namespace leitai::cli
