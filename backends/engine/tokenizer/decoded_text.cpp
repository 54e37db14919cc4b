#include "backends/engine/tokenizer/decoded_text.h"

#include "harness/core/text.h"

namespace leitai {
namespace {

constexpr std::string_view kWords[] = {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe",
                                       "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn"};

Category look_up(char32_t value) {
  if ((value >= 9 && value <= 13) || value == 0x85) return kControlSpace;
  const std::string_view word = general_category(value);
  for (std::size_t i = 0; i < std::size(kWords); ++i) {
    if (kWords[i] == word) return static_cast<Category>(i);
  }
  return kCn;
}

constexpr char32_t kTableSize = 0x20000;  // the basic and the first supplementary plane

}  // namespace

Category category_of(char32_t value) {
  static const std::vector<Category> kTable = [] {
    std::vector<Category> out(kTableSize);
    for (char32_t c = 0; c < kTableSize; ++c) out[c] = look_up(c);
    return out;
  }();
  return value < kTableSize ? kTable[value] : look_up(value);
}

CategoryMask mask_from(std::string_view word) {
  CategoryMask out = 0;
  for (std::size_t i = 0; i < std::size(kWords); ++i) {
    if (kWords[i] == word || (word.size() == 1 && kWords[i][0] == word[0])) out |= CategoryMask{1} << i;
  }
  return out;
}

DecodedText::DecodedText(std::string_view source) : text(source) {
  chars.reserve(source.size());
  categories.reserve(source.size());
  offsets.reserve(source.size() + 1);
  for (std::size_t at = 0; at < source.size();) {
    const auto byte = static_cast<unsigned char>(source[at]);
    const CodePoint point = byte < 0x80 ? CodePoint{byte, 1, true} : decode_utf8(source.substr(at));
    chars.push_back(point.value);
    categories.push_back(category_of(point.value));
    offsets.push_back(at);
    at += static_cast<std::size_t>(point.size);
  }
  offsets.push_back(source.size());
}

}  // namespace leitai
