#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leitai {

/// How the model is asked. Part of every result: numbers of different modes are never mixed.
enum class Mode { Chat, Completion, LogLikelihood };

enum class Role { System, User, Assistant, Tool };

/// One piece of a message. Only Text is produced today; the other kinds exist so that stored data
/// need not change.
struct ContentPart {
  enum class Kind { Text, Image, Audio };
  Kind kind = Kind::Text;
  std::string text;  // Text: UTF-8; Image, Audio: a URL or a data URL
  bool operator==(const ContentPart&) const = default;
};

struct Message {
  Role role = Role::User;
  std::vector<ContentPart> content;
  bool operator==(const Message&) const = default;

  /// All text parts joined.
  std::string text() const;
};

/// What is sent, before a backend puts it on its wire.
///   Chat           `messages`
///   Completion     `text`
///   LogLikelihood  `continuations` scored after `messages` (chat template applied) or after `text`
struct Prompt {
  std::vector<Message> messages;
  std::optional<std::string> text;
  std::vector<std::string> continuations;
  std::string tools_json;  // JSON array of tool definitions; empty when there are none
  bool operator==(const Prompt&) const = default;
};

/// A message with one text part.
Message message(Role role, std::string text);

}  // namespace leitai
