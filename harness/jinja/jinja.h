#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "harness/core/error.h"

/// Jinja2 templates (the language of Jinja2 3.1.6) for chat templates and task files.
namespace leitai {

/// Chat: transformers' sandbox for chat templates. LmEval: lm-evaluation-harness' task files, where
/// an undefined name is an error.
enum class Environment { Chat, LmEval };

/// Bounds of one rendering; past one of them it ends with a TemplateError of kind "LimitError".
struct Limits {
  std::int64_t max_steps = 20'000'000;                 // nodes evaluated and elements made
  std::size_t max_text_bytes = std::size_t{64} << 20;  // the output, and any one string
  int max_depth = 1000;  // nested expressions, statements and macro calls; kind "RecursionError"
};

struct RenderOptions {
  Limits limits;
  std::optional<std::string>
      now;  // what strftime_now sees, "2025-07-04T12:34:56"; absent: the clock, local time
};

/// A template that cannot be parsed or rendered.
class TemplateError : public Error {
 public:
  TemplateError(std::string kind, std::string message, int line = 0, int column = 0);
  const std::string& kind() const {
    return kind_;
  }  // Python's class name: "UndefinedError", "TypeError", ...
  const std::string& message() const { return message_; }  // without kind and position
  int line() const { return line_; }                       // from 1; 0 when unknown
  int column() const { return column_; }                   // code points from 1; 0 when unknown

 private:
  std::string kind_;
  std::string message_;
  int line_;
  int column_;
};

namespace jinja {
struct Program;
}

/// A parsed template. Immutable and thread-safe; copies share the parsed form.
class Template {
 public:
  /// Throws TemplateError. `source` is UTF-8; invalid bytes count as U+FFFD.
  static Template parse(std::string_view source, Environment environment);

  /// Throws TemplateError. `context` is an object; each name in it is a variable.
  std::string render(const nlohmann::ordered_json& context,
                     const RenderOptions& options = {}) const;

  Environment environment() const;

 private:
  explicit Template(std::shared_ptr<const jinja::Program> program) : program_(std::move(program)) {}
  std::shared_ptr<const jinja::Program> program_;
};

}  // namespace leitai
