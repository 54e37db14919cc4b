#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/engine/checkpoint/mapped_file.h"

namespace leitai {

/// Types of metadata values, by their number in the file.
enum class GgufType : std::uint32_t {
  U8,
  I8,
  U16,
  I16,
  U32,
  I32,
  F32,
  Bool,
  String,
  Array,
  U64,
  I64,
  F64
};

/// One metadata value; `bytes` lies in the mapped file and was checked to hold what type and count
/// say.
struct GgufValue {
  GgufType type = GgufType::U8;
  GgufType element = GgufType::U8;  // of an Array
  std::uint64_t count = 1;          // elements of an Array
  std::string_view bytes;           // of a String: its text
};

struct GgufTensorInfo {
  std::string_view name;
  std::vector<std::uint64_t> dims;  // fastest first
  std::uint32_t type = 0;
  std::uint64_t offset = 0;  // from the start of the data section
};

/// The container of GGUF version 2 or 3 (ggml's docs/gguf.md). Parsing checks every count and
/// length against the size of the file and allocates nothing by a claimed size. What tensors hold
/// is not looked at here.
class GgufFile {
 public:
  /// Throws Error("PATH: ...").
  explicit GgufFile(const std::filesystem::path& path);

  const MappedFile& file() const { return file_; }
  const std::string& path() const { return file_.path(); }
  const std::vector<GgufTensorInfo>& tensors() const { return tensors_; }
  std::uint64_t data_begin() const { return data_begin_; }
  std::uint64_t alignment() const { return alignment_; }

  const GgufValue* find(std::string_view key) const;

  /// Absent if the key is; throws Error naming the key if its value is of another kind.
  std::optional<std::int64_t> integer(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<std::string_view> string(std::string_view key) const;
  std::optional<std::vector<std::string_view>> strings(std::string_view key) const;
  std::optional<std::vector<std::int64_t>> integers(std::string_view key) const;

 private:
  struct Entry {
    std::string_view key;
    GgufValue value;
  };
  [[noreturn]] void wrong_kind(std::string_view key, std::string_view wanted) const;

  MappedFile file_;
  std::vector<Entry> metadata_;  // sorted by key
  std::vector<GgufTensorInfo> tensors_;
  std::uint64_t alignment_ = 32;
  std::uint64_t data_begin_ = 0;
};

}  // namespace leitai
