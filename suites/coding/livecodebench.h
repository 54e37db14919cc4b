#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace leitai {

/// The fields of the scorer `code` for a row of LiveCodeBench's code generation (lite): whole
/// programs get `tests` of input and output, methods of a class Solution get tests in Python.
/// Throws Error for a row that does not fit.
nlohmann::json livecodebench_fields(const nlohmann::json& row);

/// The tests of a row as JSON text. `packed` is that text itself, or base64 of a zlib stream that
/// holds it as the one string of a pickle. The string is read where it lies and nothing of a pickle
/// is ever run: any other opcode is an Error.
std::string livecodebench_tests(std::string_view packed);

}  // namespace leitai
