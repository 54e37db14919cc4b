#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace leitai::ifeval {

/// One verdict an instruction. Strict: of the answer as it is. Loose: of the best of eight
/// readings: as it is or without asterisks; whole or without first line, last line or both.
struct Verdicts {
  std::vector<bool> strict, loose;
  bool all_strict() const;
  bool all_loose() const;
};

/// `ids` as in the data ("keywords:existence", or "ja:keywords:existence", whose language goes
/// before `language`), `kwargs` one object an id. Throws Error for an unknown id or kwargs that do
/// not fit; never for what stands in the answer.
Verdicts check_instructions(std::string_view answer, const nlohmann::json& ids,
                            const nlohmann::json& kwargs, std::string_view language);

/// Languages with checkers of their own, and types that a language has.
std::vector<std::string> types_of(std::string_view language);

}  // namespace leitai::ifeval
