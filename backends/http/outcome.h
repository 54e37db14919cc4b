#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "backends/http/dialect.h"
#include "backends/http/provider.h"
#include "harness/core/response.h"
#include "harness/io/transport_engine.h"

namespace leitai {

/// Everything that is known about one attempt.
struct Attempt {
  CallEnd end = CallEnd::Complete;
  int status = 0;
  HeaderList headers;
  std::string why;  // of the transport
  Parsed parsed;    // whole body or stream, as far as it came
  bool has_body = false;
  std::string body_start;  // for messages where the body holds no error that we can read
  std::int64_t now_unix = 0;
};

enum class Advice {
  Keep,          // nothing to repeat
  Repeat,        // same parameters, after a pause
  RepeatSlower,  // likewise, and fewer at once from now on
  StopQueue      // no further request to this vendor can succeed
};

struct Verdict {
  Outcome outcome = Outcome::Failed;
  std::optional<FailureKind> kind;  // if Failed
  std::optional<FinishReason> finish;
  std::string message;  // if Failed; may hold what the server wrote, so redact before showing
  std::optional<Blocked> blocked;  // if Filtered
  std::string code, said;          // the service's words for an error or a refusal, likewise
  Advice advice = Advice::Keep;
  std::optional<std::chrono::milliseconds> retry_after;
  std::optional<std::chrono::milliseconds> hint;  // reset of a limit, where nothing is demanded
};

/// What happened: the tables of providers.md section 7 with the rulings of 7.3. Pure. Body code
/// first, HTTP status last.
Verdict judge(const Provider& provider, const Attempt& attempt);

/// The wait that headers ask for: Retry-After (seconds or HTTP date), retry-after-ms.
std::optional<std::chrono::milliseconds> retry_after(const HeaderList& headers,
                                                     std::int64_t now_unix);

/// The longest reset header of a limit (seconds, "1m30s", "500ms", ISO 8601 time): a hint, not a
/// demand.
std::optional<std::chrono::milliseconds> reset_hint(const HeaderList& headers,
                                                    std::int64_t now_unix);

}  // namespace leitai
