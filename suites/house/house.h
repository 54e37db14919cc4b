#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/core/suite.h"

/// Generated suites: (version, seed, index) -> item, the same item in every language, the same
/// bytes on every machine.
namespace leitai {

/// "house/ledger", "house/order", "house/rules".
std::vector<std::string> house_names();

/// Languages of one of them, English first.
std::vector<std::string> house_languages(const std::string& name);

std::string house_kind(const std::string& name);  // of the answer: "number"
std::string house_family(const std::string& name);
std::string house_about(const std::string& name);  // one line

/// Options: items (default 200), limit, seed (default 42), levels (default 1 to 5 in turn),
/// max_tokens, short_prompt. Throws Error for a level outside 1 to 5.
std::unique_ptr<Suite> open_house(const std::string& name, const std::string& language,
                                  const SuiteOptions& options);

}  // namespace leitai
