#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace leitai {

/// A word of a Japanese text; the views hold during the call alone.
struct Morpheme {
  std::string_view surface;
  std::string_view feature;  // as the dictionary has it, comma separated; part of speech first
  bool after_blank = false;  // white space stands before it
};

/// The words of Japanese `text` (UTF-8) in order, by MeCab with the IPA dictionary. Throws Error
/// where the dictionary is not installed. Thread-safe.
void each_morpheme(std::string_view text, const std::function<void(const Morpheme&)>& visit);

namespace metrics {

/// `text` with a blank behind each of its words, as `mecab -Owakati` writes it.
std::string mecab_wakati(std::string_view text);

/// "0.996"
std::string_view mecab_version();

}  // namespace metrics

}  // namespace leitai
