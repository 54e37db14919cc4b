#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/score.h"
#include "suites/sandbox/box.h"

namespace leitai {

/// One run of a program that reads its input and prints its answer.
struct InputOutput {
  std::string input;
  std::string output;
};

/// A program and what holds it to account.
struct CodeCheck {
  std::string language;  // python, c, cpp, java, js, go, rust
  std::string program;
  std::string helpers;      // Python: what the task itself provides to its tests
  std::string tests;        // in the same language
  std::string declared;     // what the task gave as its declaration; "" when it was prose
  std::string entry_point;  // the function that is tested; "" when the tests say it themselves
  std::vector<InputOutput> cases;                 // instead of tests: whole programs
  std::optional<std::chrono::milliseconds> wall;  // given: kept to the letter, and never repeated
  std::optional<std::chrono::seconds> cpu;  // of the processor; twice as much by the wall clock
  std::optional<std::uint64_t> memory_bytes;
};

struct CodeVerdict {
  ScoreStatus status = ScoreStatus::InfraError;  // Correct only if the checks were seen to end well
  std::string why;
  std::string out, err;            // of the program or the compiler, cut
  std::string tool;                // "Python 3.11.2"
  std::vector<std::string> flags;  // timeout_repeated, flaky_exec, output_limit
};

/// Runs the program against its checks in the sandbox. Thread-safe; blocks. Never throws for what
/// the program does; trouble of the machine is InfraError.
CodeVerdict judge(const CodeCheck& check);

/// Whether `output` is what `wanted` says: lines trimmed, tokens equal as text or as decimals.
bool same_output(std::string_view output, std::string_view wanted);

}  // namespace leitai
