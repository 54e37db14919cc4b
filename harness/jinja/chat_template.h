#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "harness/jinja/jinja.h"

namespace leitai {

/// What a chat template is rendered with, as transformers' apply_chat_template does.
struct ChatInput {
  nlohmann::ordered_json messages = nlohmann::ordered_json::array();
  nlohmann::ordered_json tools;               // array of definitions; null when there are none
  nlohmann::ordered_json documents;           // null when there are none
  std::optional<bool> add_generation_prompt;  // absent: the name is undefined in the template
  std::optional<std::string> bos_token;
  std::optional<std::string> eos_token;
  nlohmann::ordered_json kwargs =
      nlohmann::ordered_json::object();  // further names, such as enable_thinking
};

/// The context that the template sees. A message's reasoning (the first non-null of
/// reasoning_content, thinking, reasoning) is copied to reasoning_content and, where absent, to
/// thinking.
nlohmann::ordered_json chat_context(const ChatInput& input);

/// Throws TemplateError. `chat_template` was parsed for Environment::Chat.
std::string render_chat(const Template& chat_template, const ChatInput& input,
                        const RenderOptions& options = {});

}  // namespace leitai
