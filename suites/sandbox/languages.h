#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suites/sandbox/box.h"
#include "suites/sandbox/judge.h"

namespace leitai {

/// What a judged run looks like for one language, made from a check and a nonce.
struct LanguageRun {
  std::optional<BoxJob> compile;  // its report is the program, which `run` finds at `binary`
  std::string binary;             // path inside; unused without compile
  BoxJob run;
};

/// How programs of one language are run. The nonce is reported behind descriptor 4 only after the
/// checks came to their end.
struct Language {
  std::string_view name;
  std::string_view package;  // what to install where its tools are not here
  LanguageRun (*plan)(const CodeCheck&, const std::string& nonce);
  /// Refuses programs that would take part in their own check. Empty when there is nothing to say.
  std::string (*objection)(const CodeCheck&);
};

std::span<const Language> languages();

/// Null for a language that is not known.
const Language* find_language(std::string_view name);

/// Path of a tool on this machine, empty if it is not here.
const std::string& tool_path(std::string_view tool);

/// "Python 3.11.2", asked once; "" where its tools are missing.
std::string language_version(const Language& language);

}  // namespace leitai
