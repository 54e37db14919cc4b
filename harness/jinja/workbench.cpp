#include "harness/jinja/workbench.h"

namespace leitai {

nlohmann::json render_line(const nlohmann::ordered_json& line, Environment environment,
                           const Template* file_template, const RenderOptions& options) {
  try {
    if (file_template) return {{"text", file_template->render(line, options)}};
    const auto source = line.find("template");
    if (!line.is_object() || source == line.end() || !source->is_string()) {
      return {{"error", "the line wants \"template\", a text, and \"context\", an object"},
              {"kind", "Error"},
              {"line", nullptr}};
    }
    const Template parsed = Template::parse(source->get_ref<const std::string&>(), environment);
    const auto context = line.find("context");
    return {
        {"text", parsed.render(context == line.end() ? nlohmann::ordered_json::object() : *context,
                               options)}};
  } catch (const TemplateError& error) {
    nlohmann::json out = {{"error", error.message()}, {"kind", error.kind()}, {"line", nullptr}};
    if (error.line() > 0) {
      out["line"] = error.line();
      out["column"] = error.column();
    }
    return out;
  }
}

}  // namespace leitai
