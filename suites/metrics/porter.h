#pragma once

#include <string>

namespace leitai::metrics {

/// Stem of an English word in lower-case ASCII: Porter's algorithm (Program 14(3), 1980) with the
/// changes of NLTK's stemmer, which is what published ROUGE numbers with stemming rest on. The
/// Snowball "porter" differs from it in short words, in -y and in a few endings.
std::string porter_stem(std::string word);

}  // namespace leitai::metrics
