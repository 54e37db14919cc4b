#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "backends/engine/engine.h"
#include "harness/core/prompt.h"

namespace leitai {

/// The checkpoint's chat template. Immutable and thread-safe.
class ChatTemplate {
 public:
  /// Throws Error naming the checkpoint if its template is malformed.
  explicit ChatTemplate(const Engine& engine);
  ~ChatTemplate();

  bool is_present() const;
  /// Whether the template asks for `enable_thinking`.
  bool knows_thinking() const;

  /// The text that the model is to continue. Throws Error if there is no template or it refuses the
  /// messages.
  std::string render(std::span<const Message> messages, const std::string& tools_json,
                     std::optional<bool> thinking) const;

 private:
  struct Parsed;
  std::string file_;
  std::string source_;
  std::string bos_;
  std::string eos_;
  std::unique_ptr<Parsed> parsed_;
};

}  // namespace leitai
