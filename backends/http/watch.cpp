#include "backends/http/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "harness/core/text.h"

namespace leitai {
namespace {

constexpr std::size_t kLong = 2000;      // bytes: what is longer may have been cut
constexpr std::size_t kReference = 600;  // shorter ones are mostly the chat template
constexpr std::int64_t kEnough = 8;      // answers that tell what is usual
constexpr double kTooMany = 1.6;         // times the usual ratio
constexpr double kDiffers = 1.15;        // times the size of another prompt

struct Size {
  std::size_t bytes = 0, other_bytes = 0;  // all; of characters beyond ASCII
  double tokens = 0;
};

void add(std::string_view text, Size& out) {
  out.bytes += text.size();
  out.other_bytes += static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }));
  out.tokens += rough_tokens(text);
}

Size size_of(const Prompt& prompt) {
  Size out;
  if (prompt.text) add(*prompt.text, out);
  for (const Message& one : prompt.messages) add(one.text(), out);
  return out;
}

/// 0: Latin, 1: another script; absent for mixtures, which say little.
std::optional<std::size_t> kind_of(const Size& size) {
  if (size.other_bytes * 10 <= size.bytes) return 0;
  if (size.other_bytes * 2 >= size.bytes) return 1;
  return std::nullopt;
}

}  // namespace

double rough_tokens(std::string_view text) {
  enum class Kind { None, Letters, Digits, Signs };
  double out = 0;
  Kind kind = Kind::None;
  std::size_t run = 0;
  const auto close = [&] {
    const auto n = static_cast<double>(run);
    if (kind == Kind::Letters) out += 1 + std::max(0.0, n - 6) / 5;
    if (kind == Kind::Digits) out += std::ceil(n / 3);
    if (kind == Kind::Signs) out += std::ceil(n / 2);
    run = 0;
  };
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const Kind next = byte >= 0x80 || std::isspace(byte) ? Kind::None
                      : std::isalpha(byte)               ? Kind::Letters
                      : std::isdigit(byte)               ? Kind::Digits
                                                         : Kind::Signs;
    if (next != kind) close();
    kind = next;
    ++run;
    if (byte >= 0xC0) out += byte >= 0xE0 ? 0.8 : 0.5;  // Chinese and its like; Cyrillic, Arabic
    if (byte == '\n') out += 0.5;
  }
  close();
  return out;
}

void Watch::see(const Request& request, const Response& response) {
  if (response.outcome == Outcome::Failed) return;
  std::lock_guard lock(mutex_);
  see_thinking(request, response);
  see_size(request, response);
  if (response.service.fingerprint && builds_.size() < 16)
    builds_.insert(*response.service.fingerprint);
}

void Watch::see_thinking(const Request& request, const Response& response) {
  const auto& counted = response.usage.reasoning_tokens;
  const bool thought =
      (response.reasoning && !response.reasoning->empty()) || counted.value_or(0) > 0;
  if (!request.wanted.thinking) return;
  if (*request.wanted.thinking == "off") {
    thought_unasked_ += thought;
  } else if (response.outcome != Outcome::Filtered) {
    ++thinking_wanted_;
    thinking_seen_ += thought;
    thinking_denied_ += !thought && counted == 0;
  }
}

/// A server that cuts the front of long prompts (Ollama, Hunyuan) counts what is left. That shows
/// in three ways: fewer tokens than any tokenizer makes, fewer than this one usually makes of such
/// text, and one count for prompts of all sizes.
void Watch::see_size(const Request& request, const Response& response) {
  const std::int64_t counted = response.usage.prompt_tokens.value_or(0);
  if (counted <= 0) return;
  const Size size = size_of(request.prompt);
  if (size.bytes < kReference) return;
  const auto kind = kind_of(size);
  const double ratio = size.tokens / static_cast<double>(counted);
  if (size.bytes <= kLong) {
    if (kind) ratios_[*kind].reference.add(ratio);
    return;
  }
  // No tokenizer packs more than about eight bytes of ordinary text into a token on the average.
  if (counted * 12 < static_cast<std::int64_t>(size.bytes)) {
    ++tiny_counts_;
  } else if (kind) {
    ratios_[*kind].of_long.add(ratio);
  }
  if (alike_.size() >= kAlikeCounts && !alike_.contains(counted)) {
    const auto single = std::find_if(alike_.begin(), alike_.end(),
                                     [](const auto& one) { return one.second.prompts == 1; });
    if (single == alike_.end()) return;
    alike_.erase(single);
  }
  Alike& alike = alike_[counted];
  ++alike.prompts;
  const bool is_new = std::all_of(alike.sizes.begin(), alike.sizes.end(), [&](double other) {
    return size.tokens > other * kDiffers || other > size.tokens * kDiffers;
  });
  if (is_new && alike.sizes.size() < kAlikeSizes) alike.sizes.push_back(size.tokens);
}

std::int64_t Watch::cut_prompts() const {
  std::int64_t out = tiny_counts_;
  for (const Ratios& one : ratios_) {
    const auto usual = one.reference.quantile(0.5);
    if (usual && one.reference.size() >= kEnough) out += one.of_long.count_above(*usual * kTooMany);
  }
  return out;
}

std::vector<std::string> Watch::cautions(std::string_view model) const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  if (const std::int64_t cut = cut_prompts(); cut > 0)
    out.push_back(
        fmt::format("{}: in {} answers the server counts far fewer prompt tokens than were sent; "
                    "it may cut long prompts without a word.",
                    model, cut));
  for (const auto& [tokens, alike] : alike_) {
    if (alike.sizes.size() < kAlikeSizes) continue;
    out.push_back(
        fmt::format("{}: the server counts {} prompt tokens in {} answers to prompts of clearly "
                    "different lengths; it may cut long prompts without a word.",
                    model, with_commas(tokens), alike.prompts));
  }
  if (thought_unasked_ > 0)
    out.push_back(fmt::format("{}: {} answers hold reasoning although thinking was to be off.",
                              model, thought_unasked_));
  // A service that neither shows nor counts reasoning says nothing by its silence.
  const std::int64_t without =
      thinking_seen_ > 0 ? thinking_wanted_ - thinking_seen_ : thinking_denied_;
  if (without > 0)
    out.push_back(fmt::format("{}: thinking was wanted, but {} of {} answers show none.", model,
                              without, thinking_wanted_));
  if (builds_.size() > 1)
    out.push_back(fmt::format("{}: the service changed its build while it was asked ({}).", model,
                              fmt::join(builds_, ", ")));
  return out;
}

}  // namespace leitai
