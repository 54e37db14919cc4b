// A small program like the verb `render`, for checks before the command line is built: --env
// chat|lm-eval [FILE.jinja] [--now TIME].
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/jinja/workbench.h"

int main(int argc, char** argv) {
  leitai::Environment environment = leitai::Environment::Chat;
  leitai::RenderOptions options;
  std::optional<leitai::Template> file;
  std::string path;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--env" && i + 1 < argc) {
      environment = std::string(argv[++i]) == "chat" ? leitai::Environment::Chat
                                                     : leitai::Environment::LmEval;
    } else if (flag == "--now" && i + 1 < argc) {
      options.now = argv[++i];
    } else {
      path = flag;
    }
  }
  if (!path.empty()) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    file = leitai::Template::parse(text.str(), environment);
  }
  for (std::string line; std::getline(std::cin, line);) {
    const auto json = nlohmann::ordered_json::parse(line);
    std::cout << leitai::render_line(json, environment, file ? &*file : nullptr, options).dump()
              << std::endl;
  }
}
