// Bodies in a content coding that nobody asked for.
#include <gtest/gtest.h>
#include <zlib.h>

#include <future>

#include "harness/io/transport_engine.h"
#include "tests/support/wire_server.h"

namespace leitai {
namespace {

using std::chrono::milliseconds;
using test::WireReply;
using test::WireRequest;
using test::WireServer;

/// `parts` in one gzip stream, each flushed so that it can be decoded as soon as it is there.
std::vector<std::string> coded(const std::vector<std::string>& parts, int window_bits = 15 + 16) {
  z_stream zip{};
  EXPECT_EQ(deflateInit2(&zip, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::string room(parts[i].size() + 200, '\0');
    std::string part = parts[i];
    zip.next_in = reinterpret_cast<Bytef*>(part.data());
    zip.avail_in = static_cast<uInt>(part.size());
    zip.next_out = reinterpret_cast<Bytef*>(room.data());
    zip.avail_out = static_cast<uInt>(room.size());
    deflate(&zip, i + 1 == parts.size() ? Z_FINISH : Z_SYNC_FLUSH);
    room.resize(room.size() - zip.avail_out);
    out.push_back(std::move(room));
  }
  deflateEnd(&zip);
  return out;
}

struct Got {
  std::string body;
  std::vector<double> moments_ms;  // of each piece, from the begin of the call
  CallResult result;
};

Got fetched(const std::string& url, std::int64_t max_bytes = 1 << 20) {
  Got got;
  std::promise<void> done;
  TransportEngine engine;
  engine.post([&] {
    Call call;
    call.url = url;
    call.body = "{}";
    call.max_bytes = max_bytes;
    const auto begun = EngineClock::now();
    call.on_data = [&got, begun](std::string_view bytes) {
      got.body += bytes;
      got.moments_ms.push_back(
          std::chrono::duration<double, std::milli>(EngineClock::now() - begun).count());
      return Arrival::Progress;
    };
    call.on_end = [&](CallResult result) {
      got.result = std::move(result);
      done.set_value();
    };
    engine.begin(std::move(call));
  });
  done.get_future().wait();
  return got;
}

std::string coding(const char* name) { return std::string("Content-Encoding: ") + name + "\r\n"; }

TEST(CodedBody, IsDecodedThoughNoneWasAskedFor) {
  for (const auto& [name, bits] : {std::pair("gzip", 15 + 16), std::pair("deflate", 15)}) {
    WireServer server([&, name = name, bits = bits](const WireRequest&) {
      return test::reply_of(200, coded({R"({"a":1})"}, bits)[0], coding(name));
    });
    EXPECT_EQ(fetched(server.url() + "/v1").body, R"({"a":1})") << name;
    EXPECT_EQ(server.seen().at(0).headers.at("accept-encoding"), "identity");
  }
}

TEST(CodedBody, AStreamArrivesEventByEvent) {
  WireServer server([](const WireRequest&) {
    WireReply reply = test::reply_of(200, "", coding("gzip"));
    reply.pieces.clear();
    for (std::string& part : coded({"data: 1\n\n", "data: 2\n\n", "data: 3\n\n"}))
      reply.pieces.push_back({std::move(part), milliseconds(150), {}});
    return reply;
  });
  const Got got = fetched(server.url() + "/v1");
  EXPECT_EQ(got.body, "data: 1\n\ndata: 2\n\ndata: 3\n\n");
  ASSERT_EQ(got.moments_ms.size(), 3u);
  EXPECT_LT(got.moments_ms[0], 280);  // not held back until the end, at 450
}

TEST(CodedBody, ABombEndsAtTheBoundOfTheDecodedBytes) {
  const std::string bomb = coded({std::string(8 << 20, 'x')})[0];
  ASSERT_LT(bomb.size(), 20'000u);
  WireServer server([&](const WireRequest&) { return test::reply_of(200, bomb, coding("gzip")); });
  const Got got = fetched(server.url() + "/v1", 100'000);
  EXPECT_EQ(got.result.end, CallEnd::TooLarge);
  EXPECT_LE(got.body.size(), 100'000u);
}

TEST(CodedBody, WhatCannotBeDecodedIsToldApart) {
  WireServer server([](const WireRequest& request) {
    return request.target == "/unknown" ? test::reply_of(200, "xyz", coding("rot13"))
                                        : test::reply_of(200, "this is no gzip", coding("gzip"));
  });
  for (const char* path : {"/unknown", "/broken"}) {
    const Got got = fetched(server.url() + path);
    EXPECT_EQ(got.result.end, CallEnd::BadEncoding) << path << " " << got.result.why;
    EXPECT_FALSE(got.result.why.empty());
  }
}

TEST(BadUrl, IsNoConnectionTrouble) {
  EXPECT_EQ(fetched("http://h:99999/v1").result.end, CallEnd::BadUrl);
}

}  // namespace
}  // namespace leitai
