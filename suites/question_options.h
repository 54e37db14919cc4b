#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leitai {

/// Label and text of each option, in the order shown.
using Options = std::vector<std::pair<std::string, std::string>>;

/// A, B, C ... for each text. A mark such as "(A)", "A." or "A\uFF0E" with the option's own letter
/// at the beginning of a text is taken off.
Options label_options(std::vector<std::string> texts);

/// The options that the text of a question lists last: "(A) ..." lines, or "A. ... B. ..." on one
/// line or several. Where no whole list from A on is found, A to D without texts. Linear.
Options options_within(std::string_view question);

/// "A. first\nB. second"
std::string list_options(const Options& options);

/// The options with their texts in another order, labels staying where they are, and where the text
/// of each label went: `moved[i]` is the new place of old option i.
struct Reordered {
  Options options;
  std::vector<std::size_t> moved;
};

/// Turned by `steps`: the text of the second option comes first with one step.
Reordered rotate_options(const Options& options, std::size_t steps);

/// In an order drawn by `seed`.
Reordered shuffle_options(const Options& options, std::uint64_t seed);

}  // namespace leitai
