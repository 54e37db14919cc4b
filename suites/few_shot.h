#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "suites/question_reader.h"

namespace leitai {

/// A worked example of the data.
struct Example {
  Question question;
  std::string answer;  // as shown: solution and gold in the suite's words
};

struct Examples {
  std::string intro;  // what the data say before the first one; may be empty
  std::vector<Example> list;
};

/// Says the answers of examples in the suite's words.
class ExampleWords {
 public:
  /// `completes`: behind the prompt of completion, which may already say "Answer:".
  ExampleWords(const FewShotFile& shots, bool completes);

  std::string answer(const Question& question, const QuestionReader& reader) const;

 private:
  std::pair<std::string, std::string> cut_;
  Template template_;
};

/// The first `n` examples of `path`, or `n` drawn without repetition by `seed`. Throws Error where
/// the file has fewer or does not fit.
Examples read_examples(const std::filesystem::path& path, const SubsetFile& subset,
                       const QuestionReader& reader, const ExampleWords& words, int n,
                       std::uint64_t seed);

/// A worked example as an item shows it.
struct Shot {
  std::string question, answer;
  std::int64_t row = -1;            // of the suite's own data, where it is drawn from them
  std::vector<std::string> keys{};  // an item that has one of them is not shown it
};

/// What only the same problem has, a variant of it, or one about the same text (`pair`, `apart`).
std::vector<std::string> example_keys(const Question& question, const SubsetFile& subset,
                                      const QuestionReader& reader, const std::string& place);

/// The first `n` that the item of `row` and `keys` may be shown: the same for every item, except
/// that one gives way to the next where it is the item asked or has a key of it.
std::vector<const Shot*> shots_for(const std::vector<Shot>& shots, std::size_t n, std::int64_t row,
                                   const std::vector<std::string>& keys);

struct OtherItem {
  Question question;
  std::int64_t row;
  std::vector<std::string> keys;
};

/// Items drawn by `seed` as examples for the others of the same data: a few more than `n`, no two
/// with a key in common, as each key of an item can take one away. `are_choices`: the gold answer
/// must name an option. Empty where there are too few.
std::vector<OtherItem> draw_others(const std::function<OtherItem(std::int64_t index)>& read,
                                   std::int64_t size, std::size_t n, bool are_choices,
                                   std::uint64_t seed);

}  // namespace leitai
