// Any bytes as a template: text or a TemplateError, within small limits. The first byte chooses the
// environment.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "harness/jinja/jinja.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace leitai;
  if (size == 0) return 0;
  static const nlohmann::ordered_json kContext = {
      {"xs", {1, 2, 3}},
      {"s", "a b"},
      {"messages", {{{"role", "user"}, {"content", "hi"}}}},
      {"none", nullptr}};
  const Environment environment = data[0] % 2 == 0 ? Environment::Chat : Environment::LmEval;
  RenderOptions options;
  options.limits = {.max_steps = 100000, .max_text_bytes = 1 << 16, .max_depth = 200};
  options.now = "2025-07-04T12:34:56";
  try {
    Template::parse(std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1),
                    environment)
        .render(kContext, options);
  } catch (const TemplateError&) {
  }
  return 0;
}
