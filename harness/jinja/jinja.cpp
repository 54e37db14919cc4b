#include "harness/jinja/jinja.h"

#include <nlohmann/json.hpp>

#include "harness/jinja/ast.h"
#include "harness/jinja/evaluator.h"

namespace leitai {

namespace {

std::string describe(const std::string& kind, const std::string& message, int line, int column) {
  const std::string what = kind + ": " + message;
  return line > 0 ? "template line " + std::to_string(line) + ", column " + std::to_string(column) +
                        ": " + what
                  : "template: " + what;
}

}  // namespace

TemplateError::TemplateError(std::string kind, std::string message, int line, int column)
    : Error(describe(kind, message, line, column)),
      kind_(std::move(kind)),
      message_(std::move(message)),
      line_(line),
      column_(column) {}

Template Template::parse(std::string_view source, Environment environment) {
  return Template(jinja::parse_program(source, environment));
}

Environment Template::environment() const { return program_->environment; }

std::string Template::render(const nlohmann::ordered_json& context,
                             const RenderOptions& options) const {
  if (!context.is_object()) throw TemplateError("TypeError", "the context is not an object");
  return jinja::Evaluator(*program_, context, options).run();
}

}  // namespace leitai
