#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "backends/engine/tokenizer/tokenizer.h"
#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/cli/workbench.h"
#include "harness/core/error.h"

namespace leitai {

namespace {

using Json = nlohmann::ordered_json;

std::string bytes_of_hex(const std::string& hex) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (hex.size() % 2) throw Error("hex: an even number of digits is wanted");
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) throw Error("hex: only digits 0-9 and a-f are wanted");
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string encode_line(const Tokenizer& tokenizer, const Json& line) {
  std::string text;
  if (line.contains("hex")) {
    text = bytes_of_hex(line["hex"].get<std::string>());
  } else if (line.contains("text")) {
    text = line["text"].get<std::string>();
  } else {
    throw Error("\"text\" or \"hex\" is wanted");
  }
  EncodeOptions options;
  options.add_special = line.value("special", false);
  options.parse_special = line.value("parse_special", true);
  return Json{{"ids", tokenizer.encode(text, options)}}.dump();
}

std::string decode_line(const Tokenizer& tokenizer, const Json& line) {
  if (!line.contains("ids")) throw Error("\"ids\" is wanted");
  const auto ids = line["ids"].get<std::vector<int>>();
  const bool skip = line.value("skip_special", false);
  Json out;
  if (line.value("stream", false)) {
    StreamDecoder decoder(tokenizer, skip);
    std::vector<std::string> chunks;
    std::string whole;
    for (int id : ids) whole += chunks.emplace_back(decoder.push(id));
    const std::string rest = decoder.flush();
    out = {{"text", whole + rest}, {"chunks", chunks}, {"flush", rest}};
  } else {
    out = {{"text", tokenizer.decode(ids, skip)}};
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

int run(std::span<const std::string> args, cli::Global& global);

}  // namespace

extern constinit const cli::Verb tokenize_verb;
constinit const cli::Verb tokenize_verb = {
    .name = "tokenize",
    .group = "Workbench (JSON lines in, JSON lines out)",
    .summary = "text to token ids and back, with the tokenizer of a model",
    .usage = "ENGINE-MODEL|tokenizer.json|x.gguf [--decode] < lines",
    .examples =
        "echo '{\"text\": \"Hello\"}' | leitai tokenize smollm2-135m\n"
        "echo '{\"ids\": [19556, 2260], \"stream\": true}' | leitai tokenize smollm2-135m "
        "--decode\n"
        "leitai tokenize weights/tokenizer.json --in texts.jsonl",
    .run = run};

namespace {

int run(std::span<const std::string> args, cli::Global& global) {
  bool decode = false;
  std::optional<std::string> in;
  std::vector<std::string> operands;
  cli::Command command(tokenize_verb, global);
  command.flag("decode", "lines hold ids; answer with text", decode)
      .text("in", "FILE", "read lines from this file", in)
      .operands("the tokenizer", 1, 1, operands);
  if (!command.parse(args)) return 0;
  const std::unique_ptr<Tokenizer> tokenizer = load_tokenizer(cli::model_path(operands[0]));
  return cli::serve_lines(in, [&](const Json& line) {
    return decode ? decode_line(*tokenizer, line) : encode_line(*tokenizer, line);
  });
}

}  // namespace

}  // namespace leitai
