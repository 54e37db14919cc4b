#pragma once

#include <cstdint>
#include <string>

namespace leitai::bench {

/// What libcurl alone costs: POSTs `body` `n` times with `in_flight` at once and throws the answers
/// away. One thread, epoll, handles and connections used again; nothing is parsed, kept or timed.
/// Returns how many answers came.
std::int64_t ask_bare(const std::string& url, const std::string& body, std::int64_t n,
                      int in_flight);

}  // namespace leitai::bench
