#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "backends/http/provider.h"
#include "harness/core/reporter.h"

namespace leitai::cli {

/// Everything a user needs of a provider: addresses, key variable (and whether it is set), limits,
/// what is sent, and prices with their date and source.
std::string provider_text(const Provider& provider, const Style& style);
nlohmann::ordered_json provider_json(const Provider& provider);

/// "USD, 2026-09-10": currencies and newest date of the price rows; "unknown" without any.
std::string price_dates(const Provider& provider);

/// "256 shared, 600 rpm".
std::string limit_words(const Limits& limits);

}  // namespace leitai::cli
