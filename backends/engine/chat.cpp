#include "backends/engine/chat.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/jinja/chat_template.h"

namespace leitai {
namespace {

// What templates that print the date see: the same prompt on any day.
constexpr const char* kToday = "2024-07-26T12:00:00";

std::string text_of(const Tokenizer& tokenizer, std::optional<int> id) {
  return id ? std::string(tokenizer.piece(*id)) : "";
}

}  // namespace

struct ChatTemplate::Parsed {
  Template chat;
};

ChatTemplate::ChatTemplate(const Engine& engine)
    : file_(engine.config().file), source_(engine.checkpoint().chat_template()) {
  const Tokenizer& tokenizer = engine.tokenizer();
  bos_ = text_of(tokenizer, tokenizer.bos_id());
  const std::vector<int> eos = tokenizer.eos_ids();
  eos_ = text_of(tokenizer, eos.empty() ? std::nullopt : std::optional(eos.front()));
  if (source_.empty()) return;
  try {
    parsed_ = std::make_unique<Parsed>(Parsed{Template::parse(source_, Environment::Chat)});
  } catch (const TemplateError& error) {
    throw Error(
        fmt::format("{}: its chat template cannot be parsed: {}\n        mend the template, or use "
                    "another checkpoint",
                    file_, error.what()));
  }
}

ChatTemplate::~ChatTemplate() = default;

bool ChatTemplate::is_present() const { return parsed_ != nullptr; }

bool ChatTemplate::knows_thinking() const {
  return source_.find("enable_thinking") != std::string::npos;
}

std::string ChatTemplate::render(std::span<const Message> messages, const std::string& tools_json,
                                 std::optional<bool> thinking) const {
  if (!parsed_)
    throw Error(fmt::format(
        "{}: the checkpoint has no chat template\n        ask with --mode completion", file_));
  ChatInput input;
  for (const Message& message : messages) {
    input.messages.push_back(
        {{"role", std::string(to_text(message.role))}, {"content", message.text()}});
  }
  if (!tools_json.empty()) input.tools = nlohmann::ordered_json::parse(tools_json);
  input.add_generation_prompt = true;
  input.bos_token = bos_;
  input.eos_token = eos_;
  if (thinking) input.kwargs["enable_thinking"] = *thinking;
  try {
    return render_chat(parsed_->chat, input, {.now = kToday});
  } catch (const TemplateError& error) {
    throw Error(fmt::format("{}: its chat template refuses this prompt: {}", file_, error.what()));
  }
}

}  // namespace leitai
