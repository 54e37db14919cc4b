// A service that shows the key wherever it can: no byte that leitai writes or prints may hold it,
// in any spelling.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>

#include "tests/support/program.h"
#include "tests/support/support.h"
#include "tests/support/wire_server.h"

namespace leitai {
namespace {

using test::Ran;
using test::WireReply;
using test::WireRequest;
using Json = nlohmann::json;

const std::string kEnvKey = R"(sk-ca/na+ry"7f\3a91==Zz)";  // spelled differently in URLs and JSON
constexpr const char* kFileKey = "sk-dotenv-canary-5e1f0b77";
constexpr const char* kProxyWord = "proxyCanary77";
constexpr const char* kUrlWord = "urlCanary5511";

std::string base64(const std::string& bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned word = 0;
    for (std::size_t j = 0; j < 3; ++j)
      word = word << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j > bytes.size() ? '=' : kDigits[word >> (18 - 6 * j) & 63];
  }
  return out;
}

std::string percent(const std::string& text, const char* form) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.')
      out += c;
    else
      out += fmt::format(fmt::runtime(form), static_cast<unsigned char>(c));
  }
  return out;
}

/// The key in every spelling that a service may give it back in: what it says, and the part of that
/// which holds the key and nothing else.
struct Spelling {
  std::string said, of_key;
};

std::vector<Spelling> spellings(const std::string& key) {
  const std::string quoted = Json(key).dump();
  const std::string escaped = quoted.substr(1, quoted.size() - 2);
  std::string slashed, unicode;
  for (const char c : escaped) slashed += c == '/' ? std::string("\\/") : std::string(1, c);
  for (const char c : key) unicode += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
  std::vector<Spelling> out;
  for (const std::string& one :
       {key, escaped, slashed, unicode, percent(key, "%{:02X}"), percent(key, "%{:02x}")})
    out.push_back({one, one});
  for (const std::string before : {"", "u", "u:"}) {
    const std::string all = base64(before + key + "??");
    const std::size_t from = (before.size() * 8 + 5) / 6;
    out.push_back({all, all.substr(from, (before.size() + key.size()) * 8 / 6 - from)});
  }
  return out;
}

std::string key_of(const WireRequest& request) {
  const auto bearer = request.headers.find("authorization");
  if (bearer != request.headers.end()) return bearer->second.substr(7);
  const auto own = request.headers.find("x-api-key");
  return own == request.headers.end() ? "no key" : own->second;
}

/// Answers by the first part of the path.
WireReply echo(const WireRequest& request) {
  const std::string key = key_of(request);
  const std::string way = request.target.substr(1, request.target.find('/', 1) - 1);
  const std::string headers = fmt::format(
      "Set-Cookie: session={0}; Path=/\r\nx-request-id: req-{0}\r\nX-Echo: Bearer {0}\r\n", key);
  const auto error = [&](int status, const std::string& message) {
    return test::reply_of(
        status,
        Json{{"error", {{"message", message}, {"type", "t-" + key}, {"code", "c-" + key}}},
             {"request_id", "r-" + key}}
            .dump(),
        headers);
  };
  if (way == "e401") return error(401, "Incorrect API key provided: " + key);
  if (way == "e400") return error(400, "bad request with " + key);
  if (way == "e429") return error(429, "Bearer " + key + " is too fast");
  if (way == "e500") return test::reply_of(500, "<pre>Authorization: Bearer " + key, headers);
  if (way == "cut") {  // the key falls where messages are shortened, at each of its bytes
    static std::atomic<std::size_t> turn{0};
    return test::reply_of(400, std::string(380 + turn++ % 24, 'x') + key + " and more", headers);
  }
  if (way == "forms") {
    static std::atomic<std::size_t> turn{0};
    const auto all = spellings(key);
    return test::reply_of(400, "who is " + all[turn++ % all.size()].said + "?", headers);
  }
  if (way == "basic") return test::reply_of(400, "Basic " + base64("user:" + key), headers);
  if (way == "moved")
    return test::reply_of(302, "", headers + "Location: http://127.0.0.1:9/?key=" + key + "\r\n");
  Json chunk{{"id", "id-" + key}, {"model", "m-" + key}, {"system_fingerprint", "fp-" + key}};
  std::string stream;
  const auto add = [&](Json delta, Json finish) {
    chunk["choices"] =
        Json::array({{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", finish}}});
    stream += "data: " + chunk.dump() + "\n\n";
  };
  add({{"reasoning_content", "the key is " + key}}, nullptr);
  add({{"content", "Your key: " + key.substr(0, 9)}}, nullptr);
  add({{"content", key.substr(9) + ", as URL " + percent(key, "%{:02X}")}}, nullptr);
  if (way == "broken")
    stream +=
        "data: " + Json{{"error", {{"message", "lost " + key}, {"code", key}}}}.dump() + "\n\n";
  else
    add({{"content", ". Answer: 4"}}, way == "finish" ? "stopped " + key : "stop");
  return test::reply_of(200, stream + "data: [DONE]\n\n", headers);
}

class Secrets : public ::testing::Test {
 protected:
  Ran here(const std::vector<std::string>& args) {
    test::CallOptions options;
    options.folder = folder_.path();
    options.environment = {{"LEITAI_HOME", (folder_ / "home").string()},
                           {"OPENAI_API_KEY", kEnvKey},
                           {"ANTHROPIC_API_KEY", std::string(kFileKey) + "-anthropic"},
                           {"http_proxy", fmt::format("http://user:{}@127.0.0.1:9", kProxyWord)},
                           {"https_proxy", fmt::format("http://user:{}@127.0.0.1:9", kProxyWord)},
                           {"no_proxy", "127.0.0.1"}};
    Ran out = test::call(args, options);
    std::string line;
    for (const std::string& arg : args) line += arg + " ";
    check(out.out, line + "(stdout)");
    check(out.err, line + "(stderr)");
    return out;
  }

  void check(const std::string& text, const std::string& where) {
    for (const std::string& key : {kEnvKey, std::string(kFileKey)}) {
      for (const Spelling& one : spellings(key)) {
        const std::size_t at = text.find(one.of_key);
        EXPECT_EQ(at, std::string::npos)
            << where << ": " << text.substr(at < 60 ? 0 : at - 60, 120 + one.of_key.size());
      }
    }
    for (const char* word : {kProxyWord, kUrlWord})
      EXPECT_EQ(text.find(word), std::string::npos) << where << ": " << word;
    // A key that was shortened is still most of a key.
    const std::size_t part = text.find(kEnvKey.substr(0, 12));
    EXPECT_EQ(part, std::string::npos)
        << where << ": " << text.substr(part < 60 ? 0 : part - 60, 120);
    checked_ += static_cast<std::int64_t>(text.size());
  }

  void check_files() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (!entry.is_regular_file() || entry.path().filename() == ".env") continue;
      check(test::read_text(entry.path()), entry.path().string());
    }
  }

  test::TempDir folder_;
  std::int64_t checked_ = 0;
};

TEST_F(Secrets, NoByteWrittenOrPrintedHoldsAKeyThatTheServiceEchoes) {
  std::vector<std::unique_ptr<test::WireServer>> servers;  // of their own: a wrong key stops one
  test::write_text(folder_ / ".env", fmt::format("DEEPSEEK_API_KEY={}\n", kFileKey));
  std::string questions;
  for (int i = 0; i < 24; ++i)
    questions +=
        Json{{"question", fmt::format("{}: how much is 2 + 2?", i)}, {"answer", 4}}.dump() + "\n";
  test::write_text(folder_ / "q.jsonl", questions);
  std::vector<std::string> run{"run",
                               "-s",
                               "q.jsonl",
                               "--name",
                               "r",
                               "--log",
                               "events.jsonl",
                               "-v",
                               "-f",
                               "terminal,markdown,csv,json",
                               "--allow-failures",
                               "100"};
  std::string config = "retry: {attempts: 2, max_wait: 0.05s}\n";
  for (const char* way : {"good", "e401", "e400", "e429", "e500", "cut", "forms", "basic", "moved",
                          "broken", "finish"}) {
    servers.push_back(std::make_unique<test::WireServer>(echo));
    const std::string url = servers.back()->url() + "/" + way;
    run.insert(run.end(), {"-m", fmt::format("openai@{}/v1/m,id={}", url, way)});
    run.insert(run.end(),
               {"-m", fmt::format("deepseek/deepseek-flash,base_url={},id=ds-{}", url, way)});
  }
  run.insert(run.end(), {"-m", "openai@http://nowhere.invalid/v1/m,id=proxied"});
  test::write_text(folder_ / "c.yaml", config);
  run.insert(run.begin() + 1, "c.yaml");
  const Ran ran = here(run);
  EXPECT_EQ(ran.code, 0) << ran.err.substr(0, 2000);
  std::size_t seen = 0;
  for (const auto& server : servers) seen += server->seen().size();
  EXPECT_GT(seen, 100u);
  const Ran exported = here({"export", "runs/r", "-f", "answers"});
  EXPECT_NE(exported.out.find("Your key: [key], as URL [key]. Answer: 4"), std::string::npos)
      << exported.out.substr(0, 1000);
  EXPECT_NE(exported.out.find("\"failed\""), std::string::npos);
  for (const char* format : {"samples", "csv"})
    here({"export", "runs/r", "-f", format, "-o", std::string("out-") + format});
  for (const char* format : {"terminal", "markdown", "csv", "json", "html", "junit"})
    here({"report", "runs/r", "-f", format});
  for (const char* item : {"q/1", "q/2", "q/9"}) here({"show", "runs/r", item});
  for (const char* what : {"runs", "models", "providers"}) here({"ls", what});
  here({"ls", "items", "runs/r"});
  here({"doctor"});
  here({"plan", "c.yaml", "-s", "q.jsonl", "-m",
        fmt::format("openai@{}/good/v1/m", servers[0]->url()), "--requests"});
  here({"compare", "runs/r"});
  check_files();
  EXPECT_GT(checked_, 100'000);
  test::count_compared("bytes searched for keys", checked_);
}

TEST_F(Secrets, AKeyInAURLIsRefusedAndNotRepeated) {
  test::write_text(folder_ / "q.jsonl", "{\"question\": \"2 + 2?\", \"answer\": 4}\n");
  for (const std::string& spec :
       {fmt::format("openai@http://user:{}@127.0.0.1:9/v1/m", kUrlWord),
        fmt::format("openai@http://127.0.0.1:9/v1/m?key={}", kUrlWord),
        fmt::format("deepseek/deepseek-flash,base_url=http://user:{}@127.0.0.1:9", kUrlWord),
        fmt::format("deepseek/deepseek-flash,base_url=http://127.0.0.1:9/v1?key={}", kUrlWord)}) {
    for (const char* verb : {"run", "plan"}) {
      test::CallOptions options;
      options.folder = folder_.path();
      options.environment = {{"OPENAI_API_KEY", kEnvKey}, {"DEEPSEEK_API_KEY", kFileKey}};
      const Ran ran = test::call({verb, "-m", spec, "-s", "q.jsonl"}, options);
      EXPECT_EQ(ran.code, 1) << verb << " " << spec;
      check(ran.out + ran.err, verb);
      EXPECT_NE(ran.err.find("URL"), std::string::npos) << ran.err;
    }
  }
  check_files();
}

}  // namespace
}  // namespace leitai
