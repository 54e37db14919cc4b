#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/cli/command.h"
#include "harness/config.h"

namespace leitai::cli {

/// The flags that `run` and `plan` share: declared once, laid over the config file.
struct RunFlags {
  std::vector<std::string> models, suites, gen_kwargs, formats;
  std::optional<std::string> config_file, limit, num_fewshot, samples, reduce, seed, temperature,
      top_p, max_tokens, system, thinking, mode, in_flight, max_requests, time, allow_failures,
      suites_dir, name, out, progress_every, prompt, providers, budget, max_total_tokens;
  std::vector<std::string> rates, retry;
  bool offline = false, cache = false;

  void declare(Command& command);

  /// A flag that was given and only matters when models are asked; "" if none.
  std::string asking_flag() const;

  /// The config file (`file`, or --config) with the flags over it; suites checked, not yet
  /// resolved. Throws one Error with all mistakes.
  RunConfig configure(const std::string& file) const;
};

}  // namespace leitai::cli
