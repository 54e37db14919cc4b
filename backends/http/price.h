#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "backends/http/provider.h"
#include "harness/core/backend.h"
#include "harness/core/request.h"
#include "harness/core/response.h"

/// Money from a record's price rows: a million tokens each, in the vendor's currency, never
/// converted.
namespace leitai {

/// The row for a model at a moment (seconds since 1970, UTC): the first whose pattern fits and
/// whose validity holds it; null where the record knows none.
const PriceRow* price_row(const Provider& provider, std::string_view model, std::int64_t unix_time);

/// 1, or the row's factor inside its peak hours. Public holidays are not known here: they count as
/// the days of the week that they are.
double peak_factor(const PriceRow& row, std::int64_t unix_time);

/// What an answer cost. Cached prompt tokens take the `cached` price; where the row has a price for
/// reasoning and the model thought, all of the output takes that one, as the vendors charge it.
/// Absent without a row, or where the service told no usage.
std::optional<Price> price_of(const Provider& provider, std::string_view model, const Usage& usage,
                              bool is_thinking, std::int64_t unix_time);

/// Tokens of a request at most: every two bytes of the prompt, and all of the answer that is
/// allowed, thoughts that the vendor does not count as length included.
TokensAtMost tokens_at_most(const Provider& provider, const Request& request);

/// What a request can cost at most: these tokens, none of them cached. Absent without a row.
std::optional<Price> price_at_most(const Provider& provider, std::string_view model,
                                   const Request& request, std::int64_t unix_time);

/// The row in words that reports can show. Absent without a row.
std::optional<PriceNote> price_note(const Provider& provider, std::string_view model,
                                    std::int64_t unix_time);

}  // namespace leitai
