// Prompts of all 57 subjects of MMLU with five examples each: 14,042 items must be made in under a
// second. Needs the data in $LEITAI_DATA or ../shared/datasets. Arguments: [suite].

#include <fmt/format.h>

#include <chrono>

#include "suites/loader.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

int run(const std::string& name) {
  LoaderPaths paths = LoaderPaths::from_environment();
  if (!test::shared_dir().empty()) paths.data_dirs.push_back(test::shared_dir() / "datasets");
  const auto begin = std::chrono::steady_clock::now();
  const auto suites = open_suites({name, {}, "bench"}, paths);
  const double opened = seconds_since(begin);
  std::int64_t items = 0;
  std::size_t bytes = 0;
  const auto start = std::chrono::steady_clock::now();
  for (const auto& suite : suites) {
    for (std::int64_t i = 0; i < suite->info().size; ++i) {
      const Item item = suite->item(i);
      ++items;
      for (const Message& one : item.prompt.messages) bytes += one.text().size();
    }
  }
  const double made = seconds_since(start);
  fmt::print("{}: {} subsets opened in {:.3f} s; {} items, {:.1f} MB of prompts in {:.3f} s\n",
             name, suites.size(), opened, items, static_cast<double>(bytes) / 1e6, made);
  return 0;
}

}  // namespace
}  // namespace leitai

int main(int argc, char** argv) { return leitai::run(argc > 1 ? argv[1] : "mmlu"); }
