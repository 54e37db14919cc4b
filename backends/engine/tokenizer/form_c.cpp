#include "backends/engine/tokenizer/form_c.h"

#include <algorithm>
#include <utility>

#include "harness/core/text.h"

namespace leitai {
namespace {

// Characters of Unicode 10.0 to 15.0 that are reordered or composed (UnicodeData.txt). The
// reference, whose tables are those of 9.0, takes them for unassigned: nothing moves across them.
constexpr std::pair<char32_t, char32_t> kLater[] = {
    {0x7FD, 0x7FD},     {0x898, 0x89F},     {0x8CA, 0x8D3},     {0x9FE, 0x9FE},
    {0xC3C, 0xC3C},     {0xD3B, 0xD3C},     {0xEBA, 0xEBA},     {0x1715, 0x1715},
    {0x1ABF, 0x1ACE},   {0x1DF6, 0x1DFA},   {0xA82C, 0xA82C},   {0x10D24, 0x10D27},
    {0x10EAB, 0x10EAC}, {0x10EFD, 0x10EFF}, {0x10F46, 0x10F50}, {0x10F82, 0x10F85},
    {0x11070, 0x11070}, {0x1133B, 0x1133B}, {0x1145E, 0x1145E}, {0x11839, 0x1183A},
    {0x11930, 0x11930}, {0x1193D, 0x1193E}, {0x11943, 0x11943}, {0x119E0, 0x119E0},
    {0x11A34, 0x11A34}, {0x11A47, 0x11A47}, {0x11A99, 0x11A99}, {0x11D42, 0x11D42},
    {0x11D44, 0x11D45}, {0x11D97, 0x11D97}, {0x11F41, 0x11F42}, {0x16FF0, 0x16FF1},
    {0x1E08F, 0x1E08F}, {0x1E130, 0x1E136}, {0x1E2AE, 0x1E2AE}, {0x1E2EC, 0x1E2EF},
    {0x1E4EC, 0x1E4EF},
};

bool is_later(char32_t c) {
  const auto* after =
      std::upper_bound(std::begin(kLater), std::end(kLater), c,
                       [](char32_t value, const auto& range) { return value < range.first; });
  return after != std::begin(kLater) && c <= std::prev(after)->second;
}

}  // namespace

std::string form_c(std::string_view text) {
  // Below U+0300 all text is in form C.
  constexpr unsigned char kFirstLead = 0xCC;
  if (std::all_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) < kFirstLead; })) {
    return std::string(text);
  }
  std::string out;
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const CodePoint point = byte < 0x80 ? CodePoint{byte, 1, true} : decode_utf8(text.substr(at));
    const std::size_t next = at + static_cast<std::size_t>(point.size);
    if (point.value >= kLater[0].first && is_later(point.value)) {
      out += to_nfc(text.substr(done, at - done));
      out += text.substr(at, next - at);
      done = next;
    }
    at = next;
  }
  out += to_nfc(text.substr(done));
  return out;
}

}  // namespace leitai
