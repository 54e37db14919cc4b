#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leitai {

enum class EnvLines {
  AllMine,  // what is not NAME=VALUE is an Error
  Mixed     // is passed over: the file may belong to another tool, too
};

/// The NAME=VALUE lines of a .env file, in order, as its users expect them: "export " and a byte
/// order mark may stand before, " # note" behind; values in quotes keep blanks and "#" and may have
/// several lines, those in double quotes know \n \t \" \\ and \$. Throws Error with `where` and the
/// line, never with the value.
std::vector<std::pair<std::string, std::string>> read_env_lines(std::string_view text,
                                                                std::string_view where,
                                                                EnvLines lines);

}  // namespace leitai
