#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "harness/core/suite.h"

namespace leitai {

/// The user's own questions (INTERFACE.md section 3): a .jsonl, .csv or .json file. Every line is
/// checked once; afterwards items are read when asked for. Throws Error with all malformed lines
/// (the first 20), duplicate ids among them.
std::unique_ptr<Suite> open_questions(const std::filesystem::path& path,
                                      const SuiteOptions& options, std::string_view where);

/// The options that a file of questions knows.
std::span<const std::string> question_options();

}  // namespace leitai
