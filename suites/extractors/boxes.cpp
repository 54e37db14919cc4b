#include "suites/extractors/boxes.h"

#include <algorithm>
#include <array>

namespace leitai {

namespace {

using View = std::u32string_view;
constexpr std::size_t kNone = View::npos;

}  // namespace

std::vector<Box> find_boxes(View text) {
  std::vector<Box> out;
  if (text.find(U"\\boxed") == kNone && text.find(U"\\fbox") == kNone) return out;
  std::vector<std::size_t> close(text.size(), kNone), open;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == U'\\') {
      ++i;  // an escaped brace, or the first letter of a command
    } else if (text[i] == U'{') {
      open.push_back(i);
    } else if (text[i] == U'}' && !open.empty()) {
      close[open.back()] = i;
      open.pop_back();
    }
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != U'\\') continue;
    const View rest = text.substr(at);
    std::size_t name = 0;
    for (View word : {View(U"\\boxed"), View(U"\\fbox")}) {
      if (rest.starts_with(word)) name = word.size();
    }
    if (name == 0) continue;
    std::size_t begin = at + name;
    while (begin < text.size() && begin < at + name + 8 && text[begin] == U' ') ++begin;
    if (begin >= text.size()) break;
    Box box{at, begin, begin, begin};
    if (text[begin] == U'{') {
      if (close[begin] == kNone) continue;
      box = {at, begin + 1, close[begin], close[begin] + 1};
    } else if (begin > at + name) {  // \boxed 5
      while (box.end < text.size() && box.end < begin + 64 &&
             View(U" \n$,;").find(text[box.end]) == kNone)
        ++box.end;
      box.outer_end = box.end;
    } else {
      continue;
    }
    out.push_back(box);
    at = box.outer_end - 1;
  }
  return out;
}

bool are_adjacent(View text, const Box& left, const Box& right) {
  if (right.outer_begin - left.outer_end > 8) return false;
  View between = text.substr(left.outer_end, right.outer_begin - left.outer_end);
  static constexpr std::array<View, 5> kWords{U"and", U"or", U"\u548C", U"\u6216", U"\u3001"};
  while (!between.empty()) {
    if (View(U" ,;$\n").find(between[0]) != kNone) {
      between.remove_prefix(1);
      continue;
    }
    const auto* word =
        std::find_if(kWords.begin(), kWords.end(), [&](View w) { return between.starts_with(w); });
    if (word == kWords.end()) return false;
    between.remove_prefix(word->size());
  }
  return true;
}

}  // namespace leitai
