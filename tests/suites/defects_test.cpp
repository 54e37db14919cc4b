// Defects of public graders that ours must not have, by their number in the grading specification
// (scoring-and-statistics.md E): one row or more each in tests/golden/defects.jsonl.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "suites/extractors/code.h"
#include "suites/scorers/workbench.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

constexpr int kDefects = 35;

struct Elsewhere {
  const char* file;
  const char* test;
};

/// Defects that no single answer shows: where they are tested.
const std::map<int, Elsewhere>& elsewhere() {
  static const std::map<int, Elsewhere> kTests = {
      {26, {"tests/stats/passk_test.cpp", "OneOfTwoSamplesIsAHalf"}},
      {31, {"tests/stats/bootstrap_test.cpp", "StandardErrorDoesNotShrinkWithReplicates"}},
      {32, {"tests/stats/paired_test.cpp", "SwappedAndWeightedGamesAreOnePrompt"}},
      {33, {"tests/stats/aggregate_test.cpp", "WinRatesChangePlacesWithWhoTakesPart"}},
      {34, {"tests/stats/probes_test.cpp", "LowestTokensOfAShortText"}}};
  return kTests;
}

Json reply_to(const Json& row) {
  const std::string scorer = row["scorer"];
  const Json& line = row["line"];
  if (scorer != "extract_code") return find_workbench_grader(scorer)(line);
  const CodeAnswer found = extract_code(
      line["text"].get<std::string>(),
      {line["language"].get<std::string>(), line["entry_point"].get<std::string>(), "", ""});
  return {{"program", found.program ? Json(*found.program) : Json()}};
}

bool agrees(const Json& got, const Json& want) {
  if (want.is_number() && got.is_number())
    return std::abs(got.get<double>() - want.get<double>()) < 1e-9;
  if (want.is_array() && got.is_array() && want.size() == got.size()) {
    for (std::size_t i = 0; i < want.size(); ++i) {
      if (!agrees(got[i], want[i])) return false;
    }
    return true;
  }
  return got == want;
}

TEST(Defects, NoGraderHasThem) {
  std::set<int> seen;
  for (const Json& row : test::read_jsonl(test::source_dir() / "tests/golden/defects.jsonl")) {
    seen.insert(row["defect"].get<int>());
    Json reply = reply_to(row);
    if (reply.contains("program") && reply["program"].is_string()) {
      auto& program = reply["program"].get_ref<std::string&>();
      program.erase(program.find_last_not_of(" \r\n") + 1);
    }
    for (const auto& [key, want] : row["want"].items()) {
      EXPECT_TRUE(reply.contains(key) && agrees(reply[key], want))
          << "defect " << row["defect"] << ", " << row["where"] << ": " << key << " should be "
          << want << "\n"
          << row["line"].dump() << "\n"
          << reply.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
  }
  for (const auto& [number, where] : elsewhere()) {
    seen.insert(number);
    EXPECT_NE(test::read_text(test::source_dir() / where.file).find(where.test), std::string::npos)
        << "defect " << number << ": " << where.file << " has no test " << where.test;
  }
  for (int number = 1; number <= kDefects; ++number) {
    EXPECT_TRUE(seen.contains(number)) << "defect " << number;
  }
}

}  // namespace
}  // namespace leitai
