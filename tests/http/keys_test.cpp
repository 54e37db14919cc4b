// Keys: where they come from, and which are taken.
#include <gtest/gtest.h>

#include <cstdlib>

#include "backends/http/endpoint.h"
#include "harness/io/env_file.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(EnvFile, IsReadAsItsUsersExpect) {
  const std::pair<const char*, Pairs> rows[] = {
      {"K=v # note", {{"K", "v"}}},
      {"K=\"v\" # note", {{"K", "v"}}},
      {"K = ' v # x '", {{"K", " v # x "}}},
      {"\xEF\xBB\xBFK=v\r\nL=w\r\n", {{"K", "v"}, {"L", "w"}}},
      {"export K=v\n# L=w\n\nexport\tM=x", {{"K", "v"}, {"M", "x"}}},
      {"K=a#b\nL=a=b==\nM=\nN= # note", {{"K", "a#b"}, {"L", "a=b=="}, {"M", ""}, {"N", ""}}},
      {"K=\"a\nb\"\nL=w", {{"K", "a\nb"}, {"L", "w"}}},
      {R"(K="a\"b\n\\")", {{"K", "a\"b\n\\"}}},
      {R"(K='a\n')", {{"K", "a\\n"}}},
      {"no pair\nK=v", {{"K", "v"}}},
  };
  for (const auto& [text, pairs] : rows)
    EXPECT_EQ(read_env_lines(text, "f", EnvLines::Mixed), pairs) << text;
}

TEST(EnvFile, AMistakeIsToldByItsLineWithoutTheValue) {
  const std::pair<const char*, const char*> rows[] = {
      {"A=1\nK=\"sk-canary", "f:2: the quote of K is not closed"},
      {"A=\"1\n2\"\nK='sk-canary' sk-canary", "f:3: something stands behind"},
      {"\nsk-canary", "f:2: NAME=VALUE is wanted"},
      {"sk canary=1", "f:1: NAME=VALUE is wanted"},
  };
  for (const auto& [text, part] : rows) {
    const std::string said =
        test::message_of([&] { read_env_lines(text, "f", EnvLines::AllMine); });
    EXPECT_NE(said.find(part), std::string::npos) << said;
    EXPECT_EQ(said.find("canary"), std::string::npos) << said;
  }
}

TEST(Keys, WhatCannotBeAKeyIsRefusedByTheNameOfItsVariable) {
  Model model;
  model.target = "deepseek/deepseek-chat";
  model.options["key_env"] = "LEITAI_TEST_KEY";
  for (const char* bad : {"sk-canary\u00e9", "sk canary", "sk-canary\x01", "abc"}) {
    setenv("LEITAI_TEST_KEY", bad, 1);
    const std::string said = test::message_of([&] { resolve_endpoint(model, false); });
    EXPECT_NE(said.find("LEITAI_TEST_KEY"), std::string::npos) << said;
    EXPECT_EQ(said.find("canary"), std::string::npos) << said;
    EXPECT_EQ(said.find("abc"), std::string::npos) << said;
  }
  for (const char* good : {"none", "EMPTY", "sk-1", "sk-canary-7f3a91"}) {
    setenv("LEITAI_TEST_KEY", good, 1);
    EXPECT_EQ(resolve_endpoint(model, false).key, good);
  }
  unsetenv("LEITAI_TEST_KEY");
}

TEST(Keys, ShortOnesAreTakenOutOfTextButWordsForNoKeyAreNot) {
  Redactor redact;
  for (const char* one : {"sk-1", "none", "EMPTY", "abc"}) redact.add(one);
  EXPECT_EQ(redact("sk-1 none EMPTY abc"), "[key] none EMPTY abc");
}

}  // namespace
}  // namespace leitai
