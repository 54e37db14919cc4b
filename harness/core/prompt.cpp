#include "harness/core/prompt.h"

namespace leitai {

std::string Message::text() const {
  std::string out;
  for (const ContentPart& part : content) {
    if (part.kind == ContentPart::Kind::Text) out += part.text;
  }
  return out;
}

Message message(Role role, std::string text) {
  return {role, {{ContentPart::Kind::Text, std::move(text)}}};
}

}  // namespace leitai
