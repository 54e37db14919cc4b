#pragma once

#include <string>
#include <string_view>

namespace leitai {

/// Before the name of a suite: its twins, the same questions in another dress
/// ("house/twins/gsm8k").
inline constexpr std::string_view kTwins = "house/twins/";

/// Twins are held beside the published suite, as a control: beside others they are in no index and
/// no rank.
inline bool is_control(std::string_view suite) { return suite.starts_with(kTwins); }

/// What an item and its twin have in common where the item stands alone otherwise.
inline std::string twin_pair_key(std::string_view suite, std::string_view item) {
  if (is_control(suite)) suite.remove_prefix(kTwins.size());
  return std::string(suite).append("/").append(item);
}

}  // namespace leitai
