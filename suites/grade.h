#pragma once

#include <optional>

#include "harness/core/item.h"
#include "harness/core/response.h"
#include "harness/core/score.h"

namespace leitai {

/// The opinion of the item's scorer on a response. Absent for a failed response (never scored) and
/// where the item names no scorer. Filtered: REFUSED; Empty: EMPTY_ANSWER. Pure and total: a scorer
/// that throws yields INFRA_ERROR.
std::optional<Score> grade(const Item& item, const Response& response);

}  // namespace leitai
