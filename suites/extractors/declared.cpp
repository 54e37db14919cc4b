#include "suites/extractors/declared.h"

#include <algorithm>

#include "suites/extractors/answer_markers.h"
#include "suites/extractors/boxes.h"
#include "suites/extractors/words.h"

namespace leitai {

namespace {

using View = std::u32string_view;

constexpr std::size_t kLongestLine = 2000;  // of a declared answer
constexpr std::size_t kMarkers = 500;  // the last ones: a text of nothing else is still read fast
constexpr std::size_t kShortLine = 120;
constexpr std::size_t kShortText = 1000;
constexpr View kAround = U" \t\r*_`$\"'\u201C\u201D\u2018\u2019\u300C\u300D";
constexpr View kBefore = U":=\u3011>";
constexpr View kBehind = U".\u3002!,;";

struct Piece {
  std::size_t begin, end;  // code points
  bool is_empty() const { return begin >= end; }
};

bool is_any_of(char32_t c, View set) { return set.find(c) != View::npos; }

/// Without quotes, marks of Markdown and a final full stop.
Piece stripped(View text, Piece piece, bool is_behind_marker) {
  const auto at_front = [&](char32_t c) {
    return is_any_of(c, kAround) || (is_behind_marker && is_any_of(c, kBefore));
  };
  while (!piece.is_empty() && at_front(text[piece.begin])) {
    // "> >": a bracket with a blank behind it belongs to the answer.
    if (text[piece.begin] == U'>' &&
        (piece.begin + 1 >= piece.end || text[piece.begin + 1] != U'*'))
      break;
    ++piece.begin;
  }
  while (!piece.is_empty() &&
         (is_any_of(text[piece.end - 1], kAround) || is_any_of(text[piece.end - 1], kBehind)))
    --piece.end;
  return piece;
}

Piece line_at(View text, std::size_t begin) {
  return {begin, std::min({text.find(U'\n', begin), text.size(), begin + kLongestLine})};
}

/// The rest of the line behind a marker, else the next line that holds something.
Piece behind_marker(View text, std::size_t at) {
  bool first = true;
  while (at < text.size()) {
    const Piece line = line_at(text, at);
    const Piece found = stripped(text, line, first);
    if (!found.is_empty()) return found;
    first = false;
    at = std::min(text.find(U'\n', line.end), text.size());
    if (at < text.size()) ++at;
  }
  return {text.size(), text.size()};
}

Piece last_line(View text) {
  std::size_t end = text.size();
  while (true) {
    const std::size_t line = end == 0 ? View::npos : text.rfind(U'\n', end - 1);
    const std::size_t begin = line == View::npos ? 0 : line + 1;
    const Piece found = stripped(text, {begin, end}, false);
    if (!found.is_empty() || begin == 0) return found;
    end = begin - 1;
  }
}

Piece first_sentence(View text, Piece piece) {
  for (std::size_t i = piece.begin; i + 1 < piece.end; ++i) {
    const char32_t c = text[i];
    if ((c == U'.' && text[i + 1] == U' ') || c == 0x3002 || c == U'\n')
      return stripped(text, {piece.begin, i}, false);
  }
  return piece;
}

bool is_word(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9') || (c >= 0xC0 && c <= 0x24F);
}

struct Word {
  std::size_t at;
  std::size_t choice;
};

/// The first or the last closed word in [begin, end) of `lowered`.
std::optional<Word> find_word(View lowered, Piece piece, const std::vector<std::u32string>& words,
                              bool from_behind) {
  std::optional<Word> best;
  const View part = lowered.substr(piece.begin, piece.end - piece.begin);
  for (std::size_t w = 0; w < words.size(); ++w) {
    const View word = words[w];
    for (std::size_t at = part.find(word); at != View::npos; at = part.find(word, at + 1)) {
      const std::size_t end = at + word.size();
      if ((at > 0 && is_word(part[at - 1]) && is_word(word.front())) ||
          (end < part.size() && is_word(part[end]) && is_word(word.back())))
        continue;
      const std::size_t where = piece.begin + at;
      if (!best || (from_behind ? where > best->at : where < best->at)) best = Word{where, w};
      if (!from_behind) break;
    }
  }
  return best;
}

class Extraction {
 public:
  Extraction(std::string_view source, const Folded& folded, const DeclaredOptions& options)
      : source_(source), folded_(folded), options_(options), lowered_(lower(folded.text)) {
    for (const std::string& word : options.choices) words_.push_back(lower(fold(word).text));
  }

  DeclaredAnswer run() {
    const View text = folded_.text;
    for (const Box& box : reversed(find_boxes(text))) {
      if (give({box.begin, box.end}, "box")) return std::move(out_);
    }
    std::vector<std::size_t> markers = reversed(find_answer_markers(lowered_));
    markers.resize(std::min(markers.size(), kMarkers));
    for (const std::size_t marker : markers) {
      if (give(behind_marker(text, marker), "marker")) return std::move(out_);
    }
    const Piece line = last_line(text);
    if (!options_.is_truncated && !line.is_empty()) {
      if (words_.empty() ? !declines(lowered_) && give(line, "line")
                         : give_lone(line) || give_only())
        return std::move(out_);
    }
    out_.status = declines(lowered_) ? ScoreStatus::Refused : ScoreStatus::NoAnswer;
    return std::move(out_);
  }

 private:
  template <typename T>
  static std::vector<T> reversed(std::vector<T> list) {
    std::reverse(list.begin(), list.end());
    return list;
  }

  std::string_view bytes(Piece piece) const {
    const std::size_t begin = folded_.from[piece.begin];
    return source_.substr(begin, folded_.from[piece.end] - begin);
  }

  void take(Piece piece, const char* tier) {
    out_.begin = folded_.from[piece.begin];
    out_.end = folded_.from[piece.end];
    out_.tier = tier;
  }

  bool give_word(const Word& word, const char* tier) {
    const Piece piece{word.at, word.at + words_[word.choice].size()};
    out_.readings = {options_.choices[word.choice]};
    take(piece, tier);
    return true;
  }

  bool give(Piece piece, const char* tier) {
    if (piece.is_empty()) return false;
    if (!words_.empty()) {
      const auto word = find_word(lowered_, piece, words_, false);
      return word && give_word(*word, tier);
    }
    out_.readings = {std::string(bytes(piece))};
    const Piece sentence = first_sentence(folded_.text, piece);
    if (!sentence.is_empty() && sentence.end != piece.end)
      out_.readings.emplace_back(bytes(sentence));
    take(piece, tier);
    return true;
  }

  /// A last line that begins with one of the closed words, or a short one that holds no other.
  bool give_lone(Piece line) {
    const auto first = find_word(lowered_, line, words_, false);
    if (!first) return false;
    if (first->at != line.begin) {
      const auto last = find_word(lowered_, line, words_, true);
      if (line.end - line.begin > kShortLine || first->choice != last->choice) return false;
      out_.flags.emplace_back("fallback");
    }
    return give_word(*first, "line");
  }

  /// The only one of the closed words that a short text mentions.
  bool give_only() {
    const Piece all{0, lowered_.size()};
    const auto first = find_word(lowered_, all, words_, false);
    if (!first || all.end > kShortText) return false;
    for (std::size_t w = 0; w < words_.size(); ++w) {
      if (w != first->choice && find_word(lowered_, all, {words_[w]}, false)) return false;
    }
    out_.flags.emplace_back("fallback");
    return give_word(*first, "only");
  }

  std::string_view source_;
  const Folded& folded_;
  const DeclaredOptions& options_;
  std::u32string lowered_;
  std::vector<std::u32string> words_;
  DeclaredAnswer out_;
};

}  // namespace

DeclaredAnswer declared_answer(std::string_view source, const Folded& folded,
                               const DeclaredOptions& options) {
  return Extraction(source, folded, options).run();
}

}  // namespace leitai
