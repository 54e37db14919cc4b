#pragma once

#include <string>
#include <string_view>

namespace leitai::metrics {

/// Japanese `text` (UTF-8) with blanks between its words, by MeCab with the IPA dictionary, as
/// `mecab -Owakati` writes it. Throws Error where the dictionary is not installed. Thread-safe.
std::string mecab_wakati(std::string_view text);

/// "0.996"
std::string_view mecab_version();

}  // namespace leitai::metrics
