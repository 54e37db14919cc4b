// The reference cases of ../shared: small templates in both environments, and chat templates as
// published.
#include <functional>
#include <map>
#include <sstream>

#include "harness/jinja/chat_template.h"
#include "harness/jinja/jinja.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using nlohmann::ordered_json;

constexpr char kNow[] = "2025-07-04T12:34:56";

std::vector<ordered_json> lines_of(const std::filesystem::path& path) {
  std::vector<ordered_json> lines;
  std::istringstream text(test::read_text(path));
  for (std::string line; std::getline(text, line);) {
    if (!line.empty()) lines.push_back(ordered_json::parse(line));
  }
  return lines;
}

/// "" if the outcome is as expected, else what differs.
std::string difference(const ordered_json& expected, const std::function<std::string()>& render) {
  try {
    const std::string text = render();
    if (expected.contains("error"))
      return "wants " + expected["error"].dump() + ", rendered " + ordered_json(text).dump();
    if (text != expected["output"].get<std::string>())
      return "wants " + expected["output"].dump() + ", rendered " + ordered_json(text).dump();
  } catch (const TemplateError& error) {
    if (!expected.contains("error"))
      return "wants " + expected["output"].dump() + ", raised " + error.what();
    if (error.kind() != expected["error"].get<std::string>())
      return "wants " + expected["error"].dump() + ", raised " + error.what();
  }
  return {};
}

TEST(JinjaGolden, TemplatesInBothEnvironments) {
  LEITAI_NEEDS_SHARED("golden/jinja");
  const auto folder = test::shared_dir() / "golden/jinja";
  const auto contexts = ordered_json::parse(test::read_text(folder / "contexts.json"));
  std::int64_t compared = 0;
  for (const ordered_json& line : lines_of(folder / "cases.jsonl")) {
    for (const Environment environment : {Environment::Chat, Environment::LmEval}) {
      const char* own = environment == Environment::Chat ? "hf" : "lm_eval";
      const ordered_json& expected = line.contains("expected") ? line["expected"] : line[own];
      const std::string wrong = difference(expected, [&] {
        RenderOptions options;
        options.now = kNow;
        return Template::parse(line["template"].get<std::string>(), environment)
            .render(contexts[line["context"].get<std::string>()], options);
      });
      EXPECT_EQ(wrong, "") << line["id"] << " " << own << " " << line["template"];
      ++compared;
    }
  }
  EXPECT_GT(compared, 1000);
  test::count_compared("golden/jinja", compared);
}

TEST(JinjaGolden, ChatTemplatesAsPublished) {
  LEITAI_NEEDS_SHARED("golden/chat-templates");
  const auto folder = test::shared_dir() / "golden/chat-templates";
  const auto conversations = ordered_json::parse(test::read_text(folder / "conversations.json"));
  std::map<std::string, Template> templates;
  std::int64_t compared = 0;
  for (const ordered_json& line : lines_of(folder / "cases.jsonl")) {
    const std::string name = line["template"];
    auto found = templates.find(name);
    if (found == templates.end()) {
      found = templates
                  .emplace(name, Template::parse(test::read_text(folder / (name + ".jinja")),
                                                 Environment::Chat))
                  .first;
    }
    ordered_json expected = {{"output", nullptr}};
    if (line.contains("expected_error")) {
      expected = {{"error", line["expected_error"]["type"]}};
    } else {
      expected["output"] = line["expected"];
    }
    const std::string wrong = difference(expected, [&] {
      const ordered_json& conversation = conversations[line["conversation"].get<std::string>()];
      ChatInput input;
      input.messages = conversation["messages"];
      if (conversation.contains("tools")) input.tools = conversation["tools"];
      input.kwargs = line["kwargs"];
      RenderOptions options;
      options.now = kNow;
      return render_chat(found->second, input, options);
    });
    EXPECT_EQ(wrong, "") << line["id"] << " " << name << " " << line["conversation"];
    ++compared;
  }
  EXPECT_GT(compared, 1500);
  test::count_compared("golden/chat-templates", compared);
}

}  // namespace
}  // namespace leitai
