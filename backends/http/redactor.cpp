#include "backends/http/redactor.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>

#include "harness/core/text.h"

namespace leitai {
namespace {

constexpr std::size_t kShortestCut = 8;  // of a secret that was cut: fewer bytes may be chance
constexpr std::string_view kMark = "[key]";
constexpr std::string_view kCut = "...";

/// Position of `what` in `text` from `from` on; npos: none.
std::size_t find_from(const std::string& text, const std::string& what, std::size_t from) {
  if (from >= text.size()) return std::string::npos;
  const void* found = memmem(text.data() + from, text.size() - from, what.data(), what.size());
  if (!found) return std::string::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

/// What people write where a server wants no key. To take such words out of answers would spoil
/// them and hide nothing.
bool is_placeholder(std::string_view secret) {
  const std::string lower = ascii_lower(secret);
  constexpr std::array kWords{"none",  "empty", "null",   "test",  "dummy",     "token",
                              "local", "fake",  "ollama", "nokey", "lm-studio", "no-key"};
  return std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
}

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' ||
         c == '~';
}

std::string percent(const std::string& text, bool is_upper) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c))
      out += c;
    else
      out += is_upper ? fmt::format("%{:02X}", byte) : fmt::format("%{:02x}", byte);
  }
  return out;
}

/// The part of the base64 of a text with `bytes` in it that depends on nothing else, where `before`
/// bytes (modulo 3) stand in front.
std::string base64_of(const std::string& bytes, std::size_t before, std::string_view digits) {
  const std::string all = std::string(before, '\0') + bytes;
  std::string out;
  for (std::size_t bit = (before * 8 + 5) / 6 * 6; bit + 6 <= all.size() * 8; bit += 6) {
    unsigned value = 0;
    for (std::size_t i = bit; i < bit + 6; ++i)
      value = value << 1 | (static_cast<unsigned char>(all[i / 8]) >> (7 - i % 8) & 1u);
    out += digits[value];
  }
  return out;
}

/// The length of the longest proper beginning of `secret` that `text` ends with; 0: too short.
std::size_t cut_length(std::string_view text, std::string_view secret) {
  for (std::size_t n = std::min(secret.size() - 1, text.size()); n >= kShortestCut; --n) {
    if (text.ends_with(secret.substr(0, n))) return n;
  }
  return 0;
}

}  // namespace

void Redactor::add(const std::string& secret) {
  if (secret.size() < kShortest || is_placeholder(secret)) return;
  add_one(secret);
  if (secret.size() < kShortestCut) return;  // its other spellings would be met by chance
  const std::string quoted =
      nlohmann::json(secret).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const std::string escaped = quoted.substr(1, quoted.size() - 2);
  add_one(escaped);
  std::string slashed, lower, upper;
  for (const char c : escaped) slashed += c == '/' ? std::string("\\/") : std::string(1, c);
  for (const char c : secret) {
    lower += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    upper += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
  }
  add_one(slashed);
  add_one(lower);
  add_one(upper);
  add_one(percent(secret, true));
  add_one(percent(secret, false));
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  for (std::size_t before = 0; before < 3; ++before) {
    add_one(base64_of(secret, before, digits + "+/"));
    add_one(base64_of(secret, before, digits + "-_"));
  }
}

void Redactor::add_one(std::string spelling) {
  if (std::find(secrets_.begin(), secrets_.end(), spelling) != secrets_.end()) return;
  secrets_.push_back(std::move(spelling));
  std::sort(secrets_.begin(), secrets_.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string Redactor::operator()(std::string text) const {
  for (const std::string& secret : secrets_) {
    for (std::size_t at = find_from(text, secret, 0); at != std::string::npos;
         at = find_from(text, secret, at)) {
      text.replace(at, secret.size(), kMark);
      at += kMark.size();
    }
  }
  for (std::size_t end = std::min(text.find(kCut), text.size());;) {
    std::size_t cut = 0;
    for (const std::string& secret : secrets_)
      cut = std::max(cut, cut_length(std::string_view(text).substr(0, end), secret));
    if (cut > 0) {
      text.replace(end - cut, cut, kMark);
      end = end - cut + kMark.size();
    }
    if (end >= text.size()) return text;
    end = std::min(text.find(kCut, end + kCut.size()), text.size());
  }
}

}  // namespace leitai
