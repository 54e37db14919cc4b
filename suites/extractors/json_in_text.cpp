#include <nlohmann/json.hpp>

#include "harness/core/text.h"
#include "suites/extractors/folding.h"
#include "suites/extractors/json_schema.h"

namespace leitai {

namespace {

constexpr std::size_t kMaxDepth = 500;
constexpr int kMaxTries = 20;  // of places where JSON may begin

bool is_json(std::string_view text) {
  std::size_t depth = 0;
  for (char c : text) {
    if (c == '{' || c == '[') {
      if (++depth > kMaxDepth) return false;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return nlohmann::json::accept(text.begin(), text.end());
}

/// From an opening bracket to the one that closes it, strings skipped; none when it stays open.
std::optional<std::string_view> balanced(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return text.substr(0, i + 1);
    }
  }
  return std::nullopt;
}

/// The content of the last closed fence that holds JSON.
std::optional<std::string_view> fenced(std::string_view text) {
  std::size_t end = text.size();
  for (int tries = 0; tries < kMaxTries; ++tries) {
    const std::size_t close = text.substr(0, end).rfind("```");
    if (close == std::string_view::npos || close == 0) return std::nullopt;
    const std::size_t open = text.substr(0, close).rfind("```");
    if (open == std::string_view::npos) return std::nullopt;
    const std::size_t line = text.find('\n', open);
    if (line != std::string_view::npos && line < close) {
      const std::string_view body = trim_blank(text.substr(line + 1, close - line - 1));
      if (!body.empty() && is_json(body)) return body;
    }
    end = close;
  }
  return std::nullopt;
}

}  // namespace

std::optional<JsonInText> find_json(std::string_view text) {
  const std::string_view all = trim_blank(text);
  if (!all.empty() && is_json(all)) return JsonInText{all, "whole"};
  if (const auto body = fenced(text)) return JsonInText{*body, "fence"};
  std::size_t at = 0;
  for (int tries = 0; tries < kMaxTries; ++tries, ++at) {
    at = text.find_first_of("{[", at);
    if (at == std::string_view::npos) break;
    const auto part = balanced(text.substr(at));
    if (part && is_json(*part)) return JsonInText{*part, "balanced"};
  }
  return std::nullopt;
}

}  // namespace leitai
