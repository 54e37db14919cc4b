#include "harness/jinja/chat_template.h"

namespace leitai {

nlohmann::ordered_json chat_context(const ChatInput& input) {
  nlohmann::ordered_json context = nlohmann::ordered_json::object();
  context["messages"] = input.messages;
  if (input.messages.is_array()) {
    for (auto& message : context["messages"]) {
      if (!message.is_object()) continue;
      for (const char* name : {"reasoning_content", "thinking", "reasoning"}) {
        const auto found = message.find(name);
        if (found == message.end() || found->is_null()) continue;
        const nlohmann::ordered_json reasoning = *found;
        message["reasoning_content"] = reasoning;
        if (!message.contains("thinking")) message["thinking"] = reasoning;
        break;
      }
    }
  }
  context["tools"] = input.tools;
  context["documents"] = input.documents;
  if (input.add_generation_prompt) context["add_generation_prompt"] = *input.add_generation_prompt;
  if (input.bos_token) context["bos_token"] = *input.bos_token;
  if (input.eos_token) context["eos_token"] = *input.eos_token;
  for (const auto& [name, value] : input.kwargs.items()) context[name] = value;
  return context;
}

std::string render_chat(const Template& chat_template, const ChatInput& input,
                        const RenderOptions& options) {
  return chat_template.render(chat_context(input), options);
}

}  // namespace leitai
