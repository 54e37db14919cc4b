#pragma once

#include <string_view>
#include <unordered_map>

#include "harness/jinja/runtime.h"

namespace leitai::jinja {

using Filter = Value (*)(Runtime&, const Value&, Args&);
using FilterTable = std::unordered_map<std::string_view, Filter>;

const FilterTable& text_filters();
const FilterTable& number_filters();
const FilterTable& list_filters();

std::optional<BigInt> int_from_text(const std::string& text, int base);
std::optional<double> float_from_text(const std::string& text);

}  // namespace leitai::jinja
