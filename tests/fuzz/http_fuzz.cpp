// Any bytes as a vendor's record and as an answer of every wire: read or refused, the same at any
// split, never a crash.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "backends/http/attempt_reader.h"
#include "backends/http/outcome.h"

namespace {

leitai::Attempt attempt_of(const leitai::Dialect& wire, std::string_view body, std::size_t piece) {
  const leitai::Endpoint endpoint{leitai::Provider{}, std::string(wire.name), "http://h", "m",
                                  true};
  leitai::Request request;
  request.mode = wire.speaks(leitai::Mode::Chat) ? leitai::Mode::Chat : leitai::Mode::LogLikelihood;
  request.prompt.text = "context";
  request.prompt.continuations = {" a", " b"};
  leitai::AttemptReader reader(wire.reader(endpoint, request));
  for (std::size_t i = 0; i < body.size(); i += piece) reader.take(body.substr(i, piece), {});
  reader.finish();
  leitai::Attempt out;
  out.status = 200;
  out.parsed = reader.parsed();
  out.has_body = reader.has_body();
  out.body_start = reader.start();
  out.headers = {{"retry-after", std::string(body.substr(0, 40))},
                 {"x-ratelimit-reset-requests", std::string(body.substr(0, 40))}};
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body{reinterpret_cast<const char*>(data), size};
  std::vector<std::string> mistakes;
  leitai::read_provider(body, "fuzz.json", mistakes);
  for (const leitai::Dialect* wire : leitai::dialects()) {
    const leitai::Attempt whole = attempt_of(*wire, body, size + 1);
    const leitai::Attempt split = attempt_of(*wire, body, 1 + size % 7);
    const leitai::Verdict one = leitai::judge(leitai::Provider{}, whole);
    const leitai::Verdict two = leitai::judge(leitai::Provider{}, split);
    if (whole.parsed.text != split.parsed.text || one.outcome != two.outcome ||
        one.message != two.message)
      std::abort();
  }
  return 0;
}
