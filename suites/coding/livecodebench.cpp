#include "suites/coding/livecodebench.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/regex.h"
#include "harness/core/text.h"
#include "harness/io/compression.h"

namespace leitai {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostBytes = std::size_t{512} << 20;  // of the tests of one task

/// What answers may lean on without saying so; the benchmark's own runner provides the like.
constexpr char kPreamble[] =
    "import bisect, collections, functools, heapq, itertools, math, random, re, string, sys\n"
    "from bisect import *\nfrom collections import *\nfrom functools import *\nfrom heapq import "
    "*\n"
    "from itertools import *\nfrom math import *\nfrom typing import *\n";

std::string need(const Json& row, const char* name) {
  if (!row.is_object() || !row.contains(name) || !row[name].is_string())
    throw Error(fmt::format("no field \"{}\" in the row", name));
  return row[name].get<std::string>();
}

std::string from_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int n = 0;
  for (const char c : text) {
    if (c == '=' || c == '\n' || c == '\r') continue;
    const int value = c >= 'A' && c <= 'Z'   ? c - 'A'
                      : c >= 'a' && c <= 'z' ? c - 'a' + 26
                      : c >= '0' && c <= '9' ? c - '0' + 52
                      : c == '+'             ? 62
                      : c == '/'             ? 63
                                             : -1;
    if (value < 0) throw Error("tests: neither JSON nor base64");
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    n += 6;
    if (n < 8) continue;
    n -= 8;
    out += static_cast<char>(bits >> n & 0xFF);
  }
  return out;
}

/// The one string of a pickle: PROTO n, perhaps FRAME, one string with its length, perhaps a memo,
/// STOP. Lengths are little-endian.
std::string string_of_pickle(std::string_view bytes) {
  const auto fail = [] { return Error("tests: a pickle that holds more than one string"); };
  std::size_t at = 0;
  const auto number = [&](std::size_t n) {
    if (bytes.size() - at < n) throw fail();
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < n; ++i)
      out |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
    at += n;
    return out;
  };
  if (number(1) != 0x80) throw fail();
  number(1);
  std::string out;
  bool has_string = false;
  for (;;) {
    const std::uint64_t code = number(1);
    if (code == '.') break;
    if (code == 0x95) {  // FRAME
      number(8);
    } else if (code == 0x94) {  // MEMOIZE
    } else if (code == 'q') {   // BINPUT
      number(1);
    } else if ((code == 'X' || code == 0x8c || code == 0x8d) && !has_string) {
      const std::uint64_t size = number(code == 'X' ? 4 : code == 0x8c ? 1 : 8);
      if (size > bytes.size() - at) throw fail();
      out = std::string(bytes.substr(at, size));
      at += size;
      has_string = true;
    } else {
      throw fail();
    }
  }
  if (!has_string) throw fail();
  return out;
}

Json tests_of(const std::string& packed) {
  Json out = Json::parse(livecodebench_tests(packed), nullptr, false);
  if (!out.is_array()) throw Error("tests: a list is wanted");
  return out;
}

}  // namespace

std::string livecodebench_tests(std::string_view packed) {
  if (trim(packed).starts_with("[")) return std::string(packed);
  return string_of_pickle(unpack_zlib(from_base64(packed), kMostBytes));
}

Json livecodebench_fields(const Json& row) {
  Json all = tests_of(need(row, "public_test_cases"));
  for (Json& one : tests_of(need(row, "private_test_cases"))) all.push_back(std::move(one));
  if (all.empty()) throw Error("tests: none");
  const std::string starter = need(row, "starter_code");
  Json out = {{"language", "python"}, {"starter", starter}};
  Json cases = Json::array(), calls = Json::array();
  for (const Json& one : all) {
    const std::string input = need(one, "input"), output = need(one, "output");
    if (need(one, "testtype") == "functional")
      calls.push_back({input, output});
    else
      cases.push_back({{"input", input}, {"output", output}});
  }
  if (calls.empty()) {
    out["tests"] = std::move(cases);
    out["entry_point"] = "";
    return out;
  }
  const Json metadata = Json::parse(need(row, "metadata"), nullptr, false);
  const std::string name = need(metadata, "func_name");
  static const Regex kName("^[A-Za-z_]\\w*$");
  if (!cases.empty() || !kName.search(name)) throw Error("tests: of two kinds, or of no function");
  out["entry_point"] = "Solution";
  out["prompt"] = kPreamble + starter;
  out["tests"] = fmt::format(
      "import json\n"
      "for given, wanted in json.loads({}):\n"
      "    got = Solution().{}(*[json.loads(line) for line in given.split('\\n')])\n"
      "    if isinstance(got, tuple):\n        got = list(got)\n"
      "    assert got == json.loads(wanted)\n",
      Json(calls.dump()).dump(-1, ' ', true), name);
  return out;
}

}  // namespace leitai
