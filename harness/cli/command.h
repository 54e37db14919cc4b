#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leitai::cli {

/// What every verb is told.
struct Global {
  std::string program;  // path of the running binary
  int verbosity = 0;    // -q: -1, -v: 1
  std::string color = "auto";
  std::optional<std::string> log_file;
};

/// The file is the registration: harness/cli/verbs/<name>.cpp defines `extern constinit const Verb
/// <name>_verb`.
struct Verb {
  std::string_view name;
  std::string_view group;     // heading in `leitai --help`
  std::string_view summary;   // one line
  std::string_view usage;     // what follows `leitai NAME`
  std::string_view examples;  // at least two lines, each beginning with "leitai NAME"
  int (*run)(std::span<const std::string> args, Global& global);
};

/// All verbs, by name.
std::span<const Verb* const> verbs();

/// Flags and operands of one verb; a thin layer over Boost.Program_options that accepts "-" and "_"
/// alike in names and says the nearest known flag for a wrong one.
class Command {
 public:
  Command(const Verb& verb, Global& global);
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  /// `name` is "limit" or "model,m"; `argument` names the value in --help.
  Command& flag(const std::string& name, const std::string& help, bool& value);
  Command& text(const std::string& name, const std::string& argument, const std::string& help,
                std::optional<std::string>& value);
  Command& list(const std::string& name, const std::string& argument, const std::string& help,
                std::vector<std::string>& values);
  /// Up to `most` operands; fewer than `least` is an error that names `what`.
  Command& operands(const std::string& what, std::size_t least, std::size_t most,
                    std::vector<std::string>& values);

  /// False if --help was asked for and printed. Throws Error for a wrong call.
  bool parse(std::span<const std::string> args);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Values of flags, checked: throw Error("--limit: ...").
int whole_flag(std::string_view flag, const std::string& text, long long low, long long high);
double number_flag(std::string_view flag, const std::string& text, double low, double high);

/// "gsm8k,house/*" given several times -> single names.
std::vector<std::string> split_list(const std::vector<std::string>& values);

}  // namespace leitai::cli
