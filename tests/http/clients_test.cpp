// The official clients against our scripted services: that these speak the vendors' wires is not
// only our own belief.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>

#include "tests/support/support.h"
#include "tests/support/vendors.h"

namespace leitai {
namespace {

using test::Counted;
using test::WireReply;
using test::WireRequest;
using Json = nlohmann::json;

const std::string kThought = "\u60f3\u4e00\u60f3";
const std::string kText = "\u7b54\u6848\u662f 4. \U0001F600";

std::filesystem::path python() {
  return std::filesystem::path(LEITAI_BINARY_DIR).parent_path() / "clients/bin/python";
}

bool run(const std::string& command) { return std::system(command.c_str()) == 0; }

/// Makes the environment where the long campaigns are wanted; false where there is none.
bool has_clients() {
  if (std::filesystem::exists(python())) return true;
  if (!std::getenv("LEITAI_FULL")) return false;
  const std::string folder = python().parent_path().parent_path().string();
  return run(
      fmt::format("python3 -m venv '{0}' && '{0}/bin/pip' install -q openai anthropic", folder));
}

/// /ok/VENDOR/... answers; /error/VENDOR/N/... makes the vendor's error N.
WireReply answer(const WireRequest& request) {
  std::vector<std::string> parts;
  std::istringstream path(request.target);
  for (std::string part; std::getline(path, part, '/');) parts.push_back(part);
  const test::VendorFacts& facts = test::vendors().at(parts.at(2));
  if (parts.at(1) == "error")
    return test::vendor_event(facts, facts["errors"][std::stoul(parts.at(3))]);
  const test::Said said{kText, kThought, ""};
  const bool is_stream = Json::parse(request.body).value("stream", false);
  return is_stream ? test::in_pieces(test::vendor_stream(facts, said), 41)
                   : test::reply_of(200, test::vendor_whole(facts, said),
                                    "Content-Type: application/json\r\n");
}

TEST(Clients, TheOfficialOnesUnderstandOurServices) {
  if (!has_clients()) {
    test::count_skipped("official clients", 1,
                        "no build/clients (LEITAI_FULL=1 installs openai and anthropic there)");
    GTEST_SKIP() << "the official clients are not installed";
  }
  test::WireServer server(answer);
  const auto errors = [](const char* vendor) {
    return test::vendors().at(vendor)["errors"].size();
  };
  const test::TempDir folder;
  const std::string out = (folder / "found.json").string();
  ASSERT_TRUE(
      run(fmt::format("timeout 120 '{}' '{}/tests/http/clients.py' {} "
                      "deepseek,dashscope,zhipu,openai {} {} {} > '{}'",
                      python().string(), test::source_dir().string(), server.url(),
                      errors("openai"), errors("deepseek"), errors("anthropic"), out)));
  const Json found = Json::parse(test::read_text(out));
  std::int64_t n = 0;
  for (const char* way : {"stream", "whole"}) {
    for (const char* vendor : {"deepseek", "dashscope", "zhipu", "openai"}) {
      const std::string thought = std::string(vendor) == "openai" ? "" : kThought;
      EXPECT_EQ(found.at(fmt::format("{} {}", vendor, way)),
                Json({kText, thought, "stop", Counted::kPrompt}));
      ++n;
    }
    EXPECT_EQ(found.at(fmt::format("anthropic {}", way)),
              Json({kText, kThought, "end_turn", Counted::kCompletion}));
    EXPECT_EQ(found.at(fmt::format("responses {}", way)),
              Json({kText, kText, "completed", Counted::kPrompt}));
    n += 2;
  }
  // An error's class follows from its status; one after HTTP 200 is an error, too.
  const std::map<int, std::string> classes{
      {400, "BadRequestError"}, {401, "AuthenticationError"},      {403, "PermissionDeniedError"},
      {404, "NotFoundError"},   {422, "UnprocessableEntityError"}, {429, "RateLimitError"}};
  for (const char* vendor : {"openai", "deepseek", "anthropic"}) {
    for (std::size_t i = 0; i < errors(vendor); ++i) {
      const Json& error = test::vendors().at(vendor)["errors"][i];
      const int status = error.value("status", 200);
      const Json& got = found.at(fmt::format("{} error {}", vendor, i));
      if (const auto known = classes.find(status); known != classes.end()) {
        // The client of Anthropic has a class of its own for its spend limit.
        const bool is_own = status == 429 && error["is"] == "quota" && got[0] != known->second;
        EXPECT_EQ(got, Json({is_own ? "EnforcedSpendLimitReachedError" : known->second, status}))
            << error;
      } else if (status > 200) {
        EXPECT_EQ(got[1], status) << error << got;
      } else if (error.contains("event")) {
        EXPECT_NE(got[0], "none") << error;
      }
      ++n;
    }
  }
  test::count_compared("answers understood by the official clients", n);
}

}  // namespace
}  // namespace leitai
