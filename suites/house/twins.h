#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "harness/core/suite.h"
#include "harness/core/twin.h"

/// Twins of other suites, for contamination checks: the same questions in another dress. A model
/// that knows a published item by heart does worse on its twin.
namespace leitai {

/// The seed with which a generated suite makes twins: other numbers and names by the same
/// templates.
std::uint64_t seed_of_twins(std::uint64_t seed);

/// One twin for each item of `base`, with its id. Choice: the options in another order, the right
/// one under another letter; not where an option speaks of others ("all of the above"). Others:
/// people get other names, one language of names.json at a time; where the data carry the answer's
/// computation (worked.h, renumber.h), numbers and the answer change as well. The tag
/// "twin=options|names|numbers|names+numbers|same" says what was done.
/// `is_generated`: base was opened with seed_of_twins() and is itself the twin.
std::unique_ptr<Suite> twins_of(std::unique_ptr<Suite> base, std::uint64_t seed, bool is_generated);

}  // namespace leitai
