#include "harness/core/backend.h"

namespace leitai {

TokensAtMost estimated_tokens(const Request& request) {
  constexpr int kUsualLength = 8192;
  constexpr std::size_t kBytesOfAFrame = 16;  // what a template puts around a message
  std::size_t bytes = request.prompt.text ? request.prompt.text->size() : 0;
  for (const Message& one : request.prompt.messages) bytes += one.text().size() + kBytesOfAFrame;
  for (const std::string& one : request.prompt.continuations) bytes += one.size();
  return {
      static_cast<std::int64_t>(bytes / 2) + 8,
      request.mode == Mode::LogLikelihood ? 1 : request.wanted.max_tokens.value_or(kUsualLength)};
}

}  // namespace leitai
