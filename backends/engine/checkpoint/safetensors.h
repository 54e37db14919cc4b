#pragma once

#include <vector>

#include "backends/engine/checkpoint/checkpoint.h"
#include "backends/engine/checkpoint/mapped_file.h"

namespace leitai {

/// A tensor as the header describes it; `dtype_name` may be one that the engine does not compute
/// with.
struct SafetensorsEntry {
  TensorView view;         // dtype is meaningful only if `is_float`
  std::string dtype_name;  // "BF16", "I32"
  bool is_float = false;   // F32, F16 or BF16
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // sorted by name
  std::string_view text;                  // the JSON
};

/// Checks that every tensor lies inside the file, is as long as its shape says and overlaps no
/// other. Views point into `file`. Throws Error("PATH: tensor NAME: ...").
SafetensorsHeader read_safetensors(const MappedFile& file);

}  // namespace leitai
