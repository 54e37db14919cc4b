// TLS and HTTP/2 against nginx with certificates made for the occasion.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "harness/core/backend.h"
#include "harness/core/codec.h"
#include "tests/support/nginx.h"
#include "tests/support/support.h"
#include "tests/support/wire_server.h"

namespace leitai {

extern constinit const BackendFactory http;

namespace {

using Json = nlohmann::json;

#define LEITAI_NEEDS_NGINX()                                                      \
  do {                                                                            \
    if (!test::has_nginx()) {                                                     \
      test::count_skipped("TLS and HTTP/2", 1, "no nginx (Debian: nginx-light)"); \
      GTEST_SKIP() << "nginx is not there";                                       \
    }                                                                             \
  } while (false)

const std::string kAnswer =
    R"({"choices":[{"message":{"content":"It is 4."},"finish_reason":"stop"}]})";

std::string server_block(const std::string& certificate, bool http2 = false) {
  return fmt::format(
      "  server {{ listen PORT_{0}{2} ssl{1}; ssl_certificate {0}.pem; ssl_certificate_key {0}.key;"
      " location / {{ return 200 '{3}'; }} }}\n",
      certificate, http2 ? " http2" : "", "", kAnswer);
}

/// Asks `n` questions and waits for all answers.
std::vector<Response> ask(const std::string& spec_target,
                          std::map<std::string, std::string> options, const std::string& ca_file,
                          int n = 1) {
  Channel<Answer> answers(256);
  Model model;
  model.id = "m";
  model.target = spec_target;
  model.options = std::move(options);
  BackendContext context;
  context.ca_file = ca_file;
  context.attempts = 3;
  context.max_wait_s = 0.01;
  const auto backend = http.make_in(model, answers, context);
  for (int i = 0; i < n; ++i) {
    Request request;
    request.id = i;
    request.prompt.messages = {message(Role::User, fmt::format("{} + {}?", i, i))};
    backend->prepare(request);
    seal(request, backend->traits().identity);
    backend->submit(std::move(request));
  }
  std::vector<Response> out;
  while (static_cast<int>(out.size()) < n) {
    auto answer = answers.pop_for(std::chrono::seconds(20));
    if (!answer) break;
    out.push_back(std::move(answer->response));
  }
  return out;
}

class Tls : public ::testing::Test {
 protected:
  void SetUp() override {
    LEITAI_NEEDS_NGINX();
    test::make_certificates(folder_.path());
  }
  Response one(int port, const std::string& ca = "ca.pem") {
    return ask(fmt::format("openai@https://127.0.0.1:{}/v1/m", port), {},
               ca.empty() ? "" : (folder_ / ca).string())
        .at(0);
  }
  test::TempDir folder_;
};

TEST_F(Tls, ACertificateOfTheOwnCAIsTakenAndNoOtherIsAndNothingIsRepeated) {
  if (IsSkipped()) return;
  const test::Nginx nginx(folder_.path(), server_block("good") + server_block("expired") +
                                              server_block("elsewhere") + server_block("stranger"));
  const Response good = one(nginx.port("good"));
  EXPECT_EQ(good.outcome, Outcome::Answered) << (good.failure ? good.failure->message : "");
  EXPECT_EQ(good.text, "It is 4.");
  const std::map<std::string, std::string> bad{
      {"expired", "expired"}, {"elsewhere", "127.0.0.1"}, {"stranger", "ca_file"}};
  for (const auto& [name, word] : bad) {
    const Response got = one(nginx.port(name));
    ASSERT_EQ(got.outcome, Outcome::Failed) << name;
    EXPECT_EQ(got.failure->kind, FailureKind::Tls) << name;
    EXPECT_EQ(got.attempts, 1) << name;
    EXPECT_NE(got.failure->message.find(word), std::string::npos) << got.failure->message;
  }
  // The system's CAs do not know ours.
  EXPECT_EQ(one(nginx.port("good"), "").failure->kind, FailureKind::Tls);
  EXPECT_EQ(nginx.log().find(" 200\n"), nginx.log().rfind(" 200\n"));  // one request in all
}

TEST_F(Tls, AServerThatSpeaksNoTlsIsToldApart) {
  if (IsSkipped()) return;
  const test::Nginx nginx(folder_.path(),
                          "  server { listen PORT_plain; location / { return 200; } }\n");
  const Response got = one(nginx.port("plain"));
  EXPECT_EQ(got.failure->kind, FailureKind::Tls) << got.failure->message;
}

TEST_F(Tls, HTTP2IsSpokenWhereTheRecordAsksForItAndOnlyThere) {
  if (IsSkipped()) return;
  const test::Nginx nginx(folder_.path(), server_block("good", true));
  const std::filesystem::path records = folder_ / "records";
  std::filesystem::create_directory(records);
  for (const bool http2 : {true, false})
    test::write_text(
        records / (http2 ? "two.json" : "one.json"),
        Json{{"id", http2 ? "two" : "one"},
             {"name", "test"},
             {"source", "this test"},
             {"as_of", "2026-11-27"},
             {"wire", "openai"},
             {"regions", {{"local", fmt::format("https://127.0.0.1:{}/v1", nginx.port("good"))}}},
             {"key_env", Json::array()},
             {"needs_key", false},
             {"allow", Json::array()},
             {"http2", http2}}
            .dump());
  setenv("LEITAI_PROVIDERS", records.c_str(), 1);
  const std::string ca = (folder_ / "ca.pem").string();
  for (const char* id : {"two", "one"}) {
    const auto got = ask(std::string(id) + "/m", {}, ca, 50);
    ASSERT_EQ(got.size(), 50u);
    for (const Response& response : got)
      EXPECT_EQ(response.text, "It is 4.") << (response.failure ? response.failure->message : "");
  }
  unsetenv("LEITAI_PROVIDERS");
  const std::string log = nginx.log();
  int two = 0, one = 0;
  for (std::size_t at = 0; at < log.size(); at = log.find('\n', at) + 1) {
    two += log.compare(at, 8, "HTTP/2.0") == 0;
    one += log.compare(at, 8, "HTTP/1.1") == 0;
  }
  EXPECT_EQ(two, 50);
  EXPECT_EQ(one, 50);
  test::count_compared("requests over HTTP/2 and HTTP/1.1 with TLS", 100);
}

TEST(Redirect, TheKeyGoesToNoOtherHost) {
  test::WireServer other([](const test::WireRequest&) { return test::reply_of(200, kAnswer); });
  for (const int status : {301, 302, 303, 307, 308}) {
    test::WireServer server([&](const test::WireRequest&) {
      return test::reply_of(status, "", "Location: " + other.url() + "/v1/chat/completions\r\n");
    });
    setenv("OPENAI_API_KEY", "sk-redirect-canary", 1);
    const Response got = ask("openai@" + server.url() + "/v1/m", {}, "").at(0);
    EXPECT_EQ(got.failure->kind, FailureKind::Request) << status;
    EXPECT_NE(got.failure->message.find("redirect"), std::string::npos) << got.failure->message;
    EXPECT_EQ(server.seen().size(), 1u) << status;
  }
  EXPECT_EQ(other.connections(), 0);
}

}  // namespace
}  // namespace leitai
