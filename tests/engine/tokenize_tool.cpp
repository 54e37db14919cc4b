// A tool on demand: `tokenize_tool FILE [--decode]` reads and writes the JSON lines of the verb
// `tokenize`. With
// `--speed FILE` it prints bytes a second of encoding that file.
#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "backends/engine/tokenizer/tokenizer.h"
#include "harness/core/codec.h"
#include "harness/io/files.h"

namespace {

using Json = nlohmann::json;

std::string from_hex(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

Json answer(const leitai::Tokenizer& tokenizer, const Json& line, bool decode) {
  if (!decode) {
    const std::string text = line.contains("hex") ? from_hex(line["hex"].get<std::string>())
                                                  : line["text"].get<std::string>();
    return {{"ids", tokenizer.encode(text, {.add_special = line.value("special", false),
                                            .parse_special = line.value("parse_special", true)})}};
  }
  const auto ids = line["ids"].get<std::vector<int>>();
  const bool skip = line.value("skip_special", false);
  Json out = {{"text", tokenizer.decode(ids, skip)}};
  if (line.value("stream", false)) {
    leitai::StreamDecoder decoder(tokenizer, skip);
    out["chunks"] = Json::array();
    for (const int id : ids) out["chunks"].push_back(decoder.push(id));
    out["flush"] = decoder.flush();
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto start = std::chrono::steady_clock::now();
    const auto seconds = [&] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    const auto tokenizer = leitai::load_tokenizer(argv[1]);
    if (argc > 3 && std::string(argv[2]) == "--speed") {
      const double loaded = seconds();
      const std::string text = leitai::read_file(argv[3]);
      std::size_t n = 0, bytes = 0;
      const double before = seconds();
      while (seconds() - before < 2) {
        n += tokenizer->encode(text).size();
        bytes += text.size();
      }
      fmt::print("loaded in {:.3f} s; {:.1f} MB/s, {} tokens\n", loaded,
                 static_cast<double>(bytes) / 1e6 / (seconds() - before), n);
      return 0;
    }
    const bool decode = argc > 2 && std::string(argv[2]) == "--decode";
    for (std::string line; std::getline(std::cin, line);) {
      Json out;
      try {
        out = answer(*tokenizer, Json::parse(line), decode);
      } catch (const std::exception& error) {
        out = {{"error", error.what()}};
      }
      std::cout << leitai::dump(out) << "\n" << std::flush;
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
