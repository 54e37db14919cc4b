#include "backends/http/sse.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace leitai {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

/// All events, the text fed in pieces of `size` bytes.
Events events_of(std::string_view text, std::size_t size, bool with_rest = false) {
  SseReader reader;
  Events out;
  const auto take = [&](std::string_view name, std::string_view data) {
    out.emplace_back(name, data);
  };
  for (std::size_t i = 0; i < text.size(); i += size) reader.feed(text.substr(i, size), take);
  if (with_rest) reader.finish(take);
  return out;
}

TEST(Sse, GivesTheSameEventsAtAnySplit) {
  const std::string text =
      "\xEF\xBB\xBF: keep-alive\n\ndata: one\n\nevent: ping\n\nevent:delta\r\ndata:{\"a\":1}\r\n"
      "data:  two\r\n\r\n: OPENROUTER PROCESSING\nid: 7\nretry: 10\nnonsense\ndata\n\n"
      "data: \xE4\xBD\xA0\xE5\xA5\xBD\r\rdata: [DONE]\n\n";
  const Events expected = {{"", "one"},
                           {"delta", "{\"a\":1}\n two"},
                           {"", ""},
                           {"", "\xE4\xBD\xA0\xE5\xA5\xBD"},
                           {"", "[DONE]"}};
  for (std::size_t size = 1; size <= text.size(); ++size)
    EXPECT_EQ(events_of(text, size), expected) << "pieces of " << size;
}

TEST(Sse, AnEventWithoutItsBlankLineIsToldOnlyOnRequest) {
  EXPECT_EQ(events_of("data: a\n\ndata: b", 3), (Events{{"", "a"}}));
  EXPECT_EQ(events_of("data: a\n\ndata: b", 3, true), (Events{{"", "a"}, {"", "b"}}));
}

TEST(Sse, ALongLineIsRefusedInsteadOfKept) {
  SseReader reader(100);
  const auto ignore = [](auto, auto) {};
  EXPECT_TRUE(reader.feed("data: short\n\n", ignore));
  EXPECT_FALSE(reader.feed("data: " + std::string(200, 'x'), ignore));
  EXPECT_FALSE(reader.feed("\n\n", ignore));
}

}  // namespace
}  // namespace leitai
