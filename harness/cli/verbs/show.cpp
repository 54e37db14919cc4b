#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cli/command.h"
#include "harness/cli/compose.h"
#include "harness/cli/sources.h"
#include "harness/core/answer_state.h"
#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/store.h"
#include "reports/table.h"

namespace leitai {

namespace {
int run(std::span<const std::string> args, cli::Global& global);
}  // namespace

extern constinit const cli::Verb show_verb;
constinit const cli::Verb show_verb = {
    .name = "show",
    .group = "Look at results",
    .summary = "one item: question, prompt, answers, grades and why",
    .usage = "RUN SUITE/ITEM [-m MODEL] [--prompt] [--thinking] [--json]",
    .examples =
        "leitai show runs/x gsm8k/17\nleitai show runs/x house/ledger/en/3 -m smollm2 --prompt",
    .run = run};

namespace {

/// Text wrapped by lines as they are, each indented by two cells and safe to print.
std::string indented(std::string_view text) {
  std::string out;
  for (std::string_view line : split(text, '\n'))
    out += "  " + escape_controls(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line) +
           "\n";
  return out;
}

/// The answer with the extracted span marked: reverse video in colour, brackets without.
std::string marked(const Record& record, const Style& style) {
  const std::string& text = record.response.text;
  if (!record.score || !record.score->span) return indented(text);
  const auto [begin, end] = *record.score->span;
  if (begin > end || end > text.size()) return indented(text);
  const std::string open = style.color ? "\x01" : style.ascii ? "[[" : "\u27E6";
  const std::string close = style.color ? "\x02" : style.ascii ? "]]" : "\u27E7";
  std::string out = indented(text.substr(0, begin) + open + text.substr(begin, end - begin) +
                             close + text.substr(end));
  // The marks pass escape_controls as <U+0001> and <U+0002>; only now do they become escapes.
  const auto replace = [&](const std::string& from, const std::string& to) {
    if (const std::size_t at = out.find(from); at != std::string::npos)
      out.replace(at, from.size(), to);
  };
  if (style.color) {
    replace("<U+0001>", "\x1b[7m");
    replace("<U+0002>", "\x1b[27m");
  }
  return out;
}

std::string verdict(const Record& record, bool ascii) {
  const auto glyph = [ascii](const char* twin, const char* sign) {
    return std::string(ascii ? twin : sign);
  };
  switch (state_of(record.response, record.score)) {
    case AnswerState::Failed:
      return glyph("x", "\u2715") + " failed";
    case AnswerState::Right:
      return glyph("o", "\u25CF") + " right";
    case AnswerState::CutOff:
      return glyph("/", "\u22A3") + " cut off";
    case AnswerState::Refused:
      return glyph("R", "\u2298") + " refused";
    case AnswerState::NoAnswer:
      return glyph("_", "\u2013") + " no answer";
    case AnswerState::Ungraded:
      return "not graded";
    case AnswerState::Wrong:
      break;
  }
  std::string out = glyph(".", "\u25CB") + " wrong";
  // A program can be wrong in several ways.
  const ScoreStatus status = record.score->status;
  if (status != ScoreStatus::Incorrect && status != ScoreStatus::WrongOutput)
    out += fmt::format(" ({})", ascii_lower(to_text(status)));
  return out;
}

/// "the service blocked the question (1301: unsafe content)"
std::string refusal_in_words(const Response& r) {
  const std::string_view what = !r.blocked ? "question or answer"
                                : *r.blocked == Blocked::Input
                                    ? "the question, so nothing is known of the model"
                                    : "the answer";
  std::string why = r.service.code.value_or("");
  if (r.service.said) why += (why.empty() ? "" : ": ") + *r.service.said;
  return fmt::format("the service blocked {}{}", what,
                     why.empty() ? "" : " (" + escape_controls(why) + ")");
}

void print_record(const Record& record, char letter, const Style& style, bool thinking) {
  const Response& r = record.response;
  std::string head =
      fmt::format("{} {}  {}  {}", style.ascii ? "--" : "\u2500\u2500", letter,
                  escape_controls(record.request.model), verdict(record, style.ascii));
  if (record.request.sample > 0) head += fmt::format("  sample {}", record.request.sample);
  if (r.usage.completion_tokens)
    head += fmt::format("  {} tokens", with_commas(*r.usage.completion_tokens));
  if (r.price) head += "  " + money_text({{r.price->currency, r.price->amount}}, style);
  if (r.timing.total_ms) head += fmt::format("  {:.1f} s", *r.timing.total_ms / 1000);
  head += ' ';
  const int left = std::max(0, std::min(style.width, 100) - cell_width(head));
  for (int i = 0; i < left; ++i) head += style.ascii ? "-" : "\u2500";
  fmt::print("{}\n", head);
  if (r.failure) {
    fmt::print("  {}: {}\n\n", to_text(r.failure->kind), escape_controls(r.failure->message));
    return;
  }
  if (r.outcome == Outcome::Filtered) fmt::print("  {}\n", refusal_in_words(r));
  if (r.reasoning && thinking) fmt::print("{}  ---\n", indented(*r.reasoning));
  if (r.reasoning && !thinking)
    fmt::print("  (thinking: {} characters; --thinking shows them)\n",
               with_commas(static_cast<std::int64_t>(to_utf32(*r.reasoning).size())));
  fmt::print("{}", marked(record, style));
  if (record.score) {
    const Score& s = *record.score;
    fmt::print("  {}{}: {}{}\n", s.scorer, s.tier.empty() ? "" : " " + s.tier, to_text(s.status),
               s.why.empty() ? "" : ". " + escape_controls(s.why));
  }
  fmt::print("\n");
}

int run(std::span<const std::string> args, cli::Global& global) {
  std::vector<std::string> operands, models;
  bool json = false, prompt = false, thinking = false;
  cli::Command command(show_verb, global);
  command.list("model,m", "ID", "only this model (repeatable)", models)
      .flag("prompt", "the whole prompt as sent", prompt)
      .flag("thinking", "the reasoning too", thinking)
      .flag("json", "the raw record, a JSON line for each answer", json)
      .operands("the run and the item", 2, 2, operands);
  if (!command.parse(args)) return 0;
  const Store store = Store::open_read(cli::run_folder(operands[0]));
  const auto [suite, id] = cli::split_item(store, operands[1]);
  std::vector<Record> records = store.find(suite, id);
  if (!models.empty()) {
    std::vector<std::string> ids;
    for (const StoredModel& one : store.models()) ids.push_back(one.id);
    for (const std::string& model : models) {
      if (std::find(ids.begin(), ids.end(), model) == ids.end()) {
        throw Error(fmt::format("-m: the run holds no model \"{}\"{}\n        it holds: {}", model,
                                did_you_mean(model, ids), fmt::join(ids, ", ")));
      }
    }
    std::erase_if(records, [&](const Record& r) {
      return std::find(models.begin(), models.end(), r.request.model) == models.end();
    });
  }
  if (records.empty())
    throw Error(fmt::format("{}: no stored answer to {}/{}", operands[0], suite, id));
  const std::optional<Item> item = store.item(suite, id);
  if (json) {
    for (const Record& record : records) {
      nlohmann::ordered_json out{
          {"version", 1},
          {"model", record.request.model},
          {"suite", suite},
          {"item", id},
          {"sample", record.request.sample},
          {"digest", record.request.digest.hex()},
          {"mode", to_text(record.request.mode)},
          {"prompt", to_json(record.request.prompt)},
          {"wanted", to_json(record.request.wanted)},
          {"sent",
           parse_json(record.request.sent_json.empty() ? "{}" : record.request.sent_json, "sent")},
          {"response", to_json(record.response)}};
      if (record.score) out["score"] = to_json(*record.score);
      if (item) out["gold"] = item->grading.gold;
      fmt::print("{}\n",
                 out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    }
    return 0;
  }
  const Style style = cli::style_of(global, stdout);
  fmt::print("{}/{}", escape_controls(suite), escape_controls(id));
  if (item && !item->tags.empty())
    fmt::print("   {}", escape_controls(fmt::format("{}", fmt::join(item->tags, ", "))));
  if (item && !item->grading.gold.empty())
    fmt::print("   reference  {}", escape_controls(item->grading.gold[0]));
  fmt::print("\n\n");
  if (prompt) {
    const Prompt& sent = records[0].request.prompt;
    for (const Message& one : sent.messages)
      fmt::print("[{}]\n{}", to_text(one.role), indented(one.text()));
    if (sent.text) fmt::print("{}", indented(*sent.text));
    fmt::print("\n");
  } else if (item) {
    fmt::print("{}\n", indented(item->question));
  }
  char letter = 'A';
  for (const Record& record : records) {
    print_record(record, letter, style, thinking);
    if (letter < 'Z') ++letter;
  }
  std::vector<PriceSource> prices;
  for (const StoredModel& one : store.models()) {
    const bool costs = std::any_of(records.begin(), records.end(), [&](const Record& record) {
      return record.request.model == one.id && record.response.price;
    });
    if (const auto source = cli::price_source_of(one); costs && source) prices.push_back(*source);
  }
  if (!prices.empty()) fmt::print("{}\n", escape_controls(prices_text(prices)));
  return 0;
}

}  // namespace

}  // namespace leitai
