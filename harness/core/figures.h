#pragma once

#include <string>

/// Figures in words: the same in sentences, tables and files.
namespace leitai {

/// "+2.6", "-3.7", "0.0": points of a share.
std::string signed_points(double share);

/// "2.6": the same without its sign.
std::string plain_points(double share);

/// A p-value: "< .001", ".041", "1".
std::string chance_text(double p);

}  // namespace leitai
