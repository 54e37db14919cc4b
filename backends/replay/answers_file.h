#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "backends/replay/answer_lines.h"

namespace leitai {

/// Recorded answers (INTERFACE.md section 4), indexed by (suite, item, sample) or (suite, prompt,
/// sample). Holds 32 bytes a line; the texts stay in the file. A compressed file is unpacked into
/// an unnamed temporary file. Thread-safe after construction.
class AnswersFile {
 public:
  /// Reads and checks every line. Throws Error naming the file, and all malformed lines together
  /// (the first 20). `only_model`: lines of this model only; "" demands that all lines name the
  /// same model or none.
  AnswersFile(const std::string& path, std::string_view only_model);
  AnswersFile(const AnswersFile&) = delete;
  AnswersFile& operator=(const AnswersFile&) = delete;

  using Line = AnswerLine;

  /// Looks by item first, then by the exact question.
  const Line* find(std::string_view suite, std::string_view item, std::string_view question,
                   int sample) const;

  /// The bytes of a line.
  std::string read(const Line& line) const { return lines_.read(line); }

  std::size_t size() const { return entries_.size(); }

  /// Suites that the lines name, in order of their names; the first 8.
  const std::set<std::string>& suites() const { return suites_; }
  const std::string& path() const { return lines_.path(); }

  /// A version of a suite that lines say they were made for.
  struct MadeFor {
    std::string suite, version;
    std::int64_t first = 0, lines = 0;  // number of the first, and how many
  };
  const std::vector<MadeFor>& made_for() const { return made_for_; }

  /// Position of a line among size() entries, for marking what was used.
  std::size_t position(const Line* line) const;
  const Line& at(std::size_t position) const { return entries_[position].line; }

 private:
  struct Entry {
    std::array<std::uint8_t, 16> key;
    Line line;
  };
  static std::array<std::uint8_t, 16> key_of(char kind, std::string_view suite,
                                             std::string_view name, std::int64_t sample);
  const Line* look_up(const std::array<std::uint8_t, 16>& key) const;
  void index(std::string_view only_model);

  AnswerLines lines_;
  std::set<std::string> suites_;
  std::vector<MadeFor> made_for_;  // in order of the first lines
  std::vector<Entry> entries_;     // sorted by key
};

}  // namespace leitai
