#include "harness/io/env_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-';
         });
}

/// A value without quotes: up to " #".
std::string plain_value(std::string_view raw) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '#' && i > 0 && (raw[i - 1] == ' ' || raw[i - 1] == '\t')) raw = raw.substr(0, i);
  }
  return std::string(trim(raw));
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] != '\\' || std::string_view("nt\"\\$").find(next) == std::string_view::npos ||
        next == '\0') {
      out += text[i];
      continue;
    }
    out += next == 'n' ? '\n' : next == 't' ? '\t' : next;
    ++i;
  }
  return out;
}

/// Position of the quote that closes a value; npos: none does.
std::size_t closing_quote(std::string_view text, std::size_t from, char quote) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (text[i] == quote) {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> read_env_lines(std::string_view text,
                                                                std::string_view where,
                                                                EnvLines lines) {
  std::vector<std::pair<std::string, std::string>> out;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  int number = 1;
  for (std::size_t at = 0; at < text.size(); ++number) {
    std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = trim(text.substr(at, end - at));
    const std::size_t begin = at;
    at = end + 1;
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with("export ") || line.starts_with("export\t")) line = trim(line.substr(7));
    const std::size_t equals = line.find('=');
    const std::string_view name = trim(line.substr(0, std::min(equals, line.size())));
    if (equals == std::string_view::npos || !is_name(name)) {
      if (lines == EnvLines::Mixed) continue;
      throw Error(fmt::format("{}:{}: NAME=VALUE is wanted", where, number));
    }
    const std::string_view raw = line.substr(equals + 1);
    const std::size_t blanks = std::min(raw.find_first_not_of(" \t"), raw.size());
    const char quote = blanks < raw.size() ? raw[blanks] : '\0';
    if (quote != '"' && quote != '\'') {
      out.emplace_back(name, plain_value(raw));
      continue;
    }
    const std::size_t open = text.find(quote, text.find('=', begin));
    const std::size_t close = closing_quote(text, open + 1, quote);
    if (close == std::string_view::npos)
      throw Error(fmt::format("{}:{}: the quote of {} is not closed", where, number, name));
    end = std::min(text.find('\n', close), text.size());
    const std::string_view rest = trim(text.substr(close + 1, end - close - 1));
    if (!rest.empty() && !rest.starts_with('#'))
      throw Error(fmt::format(
          "{}:{}: something stands behind the closed quote of {}\n        a quote within "
          "the value needs quotes of the other kind around it",
          where, number, name));
    const std::string_view value = text.substr(open + 1, close - open - 1);
    out.emplace_back(name, quote == '"' ? unescaped(value) : std::string(value));
    number += static_cast<int>(std::count(value.begin(), value.end(), '\n'));
    at = end + 1;
  }
  return out;
}

}  // namespace leitai
