#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/suite.h"

/// What the loader knows of generated suites. Where the build has none, the list is empty.
#if __has_include("suites/house/house.h")
#include "suites/house/house.h"
#else
namespace leitai {

inline std::vector<std::string> house_names() { return {}; }
inline std::vector<std::string> house_languages(const std::string&) { return {}; }
inline std::string house_kind(const std::string&) { return ""; }
inline std::string house_about(const std::string&) { return ""; }
inline std::unique_ptr<Suite> open_house(const std::string& name, const std::string&, const SuiteOptions&) { throw Error(name + ": this build has no house suites"); }

}  // namespace leitai
#endif
