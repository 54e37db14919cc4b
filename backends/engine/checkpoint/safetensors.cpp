#include "backends/engine/checkpoint/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/core/error.h"

namespace leitai {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kAgain = "; the file is damaged: obtain it again";
constexpr std::size_t kMaxDims = 8;

struct Kind {
  std::string_view name;
  std::uint64_t size;
  std::optional<DType> dtype;
};

constexpr Kind kKinds[] = {
    {"F32", 4, DType::F32},    {"F16", 2, DType::F16},       {"BF16", 2, DType::BF16},
    {"F64", 8, std::nullopt},  {"I64", 8, std::nullopt},     {"I32", 4, std::nullopt},
    {"I16", 2, std::nullopt},  {"I8", 1, std::nullopt},      {"U64", 8, std::nullopt},
    {"U32", 4, std::nullopt},  {"U16", 2, std::nullopt},     {"U8", 1, std::nullopt},
    {"BOOL", 1, std::nullopt}, {"F8_E4M3", 1, std::nullopt}, {"F8_E5M2", 1, std::nullopt}};

/// A non-negative integer, or absent.
std::optional<std::uint64_t> whole(const Json& value) {
  if (!value.is_number_integer() || (!value.is_number_unsigned() && value.get<std::int64_t>() < 0))
    return std::nullopt;
  return value.get<std::uint64_t>();
}

SafetensorsEntry read_entry(const MappedFile& file, std::string_view data, const std::string& name,
                            const Json& value) {
  const auto wrong = [&](const std::string& what) {
    return Error(fmt::format("{}: tensor {}: {}{}", file.path(), shown_name(name), what, kAgain));
  };
  if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets") || !value["dtype"].is_string() ||
      !value["shape"].is_array() || !value["data_offsets"].is_array()) {
    throw wrong("its entry lacks dtype, shape or data_offsets");
  }
  SafetensorsEntry entry;
  entry.dtype_name = value["dtype"].get<std::string>();
  const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                 [&](const Kind& k) { return k.name == entry.dtype_name; });
  if (kind == std::end(kKinds)) throw wrong("unknown dtype " + shown_name(entry.dtype_name));
  entry.is_float = kind->dtype.has_value();
  if (kind->dtype) entry.view.dtype = *kind->dtype;

  const Json& shape = value["shape"];
  if (shape.size() > kMaxDims) throw wrong(fmt::format("has {} dimensions", shape.size()));
  std::uint64_t bytes = kind->size;
  for (const Json& dim : shape) {
    const auto size = whole(dim);
    if (!size) throw wrong("its shape has a dimension that is no size (negative or no integer)");
    if (*size > INT64_MAX || __builtin_mul_overflow(bytes, *size, &bytes)) {
      throw wrong("the number of elements of shape " + shown_name(shape.dump()) + " overflows");
    }
    entry.view.shape.push_back(static_cast<std::int64_t>(*size));
  }
  const Json& offsets = value["data_offsets"];
  if (offsets.size() != 2) throw wrong("data_offsets is not a pair");
  const auto begin = whole(offsets[0]), end = whole(offsets[1]);
  if (!begin || !end) throw wrong("data_offsets are negative or no integers");
  if (*end < *begin) throw wrong("data_offsets end before they begin");
  if (*end > data.size()) {
    throw wrong(
        fmt::format("its data ends at byte {} of the data, but the file has {}: it is cut off",
                    *end, data.size()));
  }
  if (*end - *begin != bytes) {
    throw wrong(fmt::format("{} bytes by data_offsets, but shape {} of {} needs {}", *end - *begin,
                            shown_name(shape.dump()), entry.dtype_name, bytes));
  }
  entry.view.name = name;
  entry.view.file = file.path();
  entry.view.data = reinterpret_cast<const std::byte*>(data.data() + *begin);
  entry.view.bytes = bytes;
  return entry;
}

}  // namespace

SafetensorsHeader read_safetensors(const MappedFile& file) {
  const std::string_view bytes = file.bytes();
  if (bytes.empty()) throw Error(fmt::format("{}: file is empty{}", file.path(), kAgain));
  std::uint64_t length = 0;
  if (bytes.size() < sizeof length) {
    throw Error(fmt::format("{}: file has {} bytes, too short for the length of a header{}",
                            file.path(), bytes.size(), kAgain));
  }
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > bytes.size() - sizeof length) {
    throw Error(fmt::format("{}: header length {} is larger than the file of {} bytes{}",
                            file.path(), length, bytes.size(), kAgain));
  }
  SafetensorsHeader out;
  out.text = bytes.substr(sizeof length, length);
  const std::string_view data = bytes.substr(sizeof length + length);
  const Json header = Json::parse(out.text, nullptr, /*allow_exceptions=*/false);
  if (header.is_discarded())
    throw Error(fmt::format("{}: header is not valid JSON{}", file.path(), kAgain));
  if (!header.is_object())
    throw Error(fmt::format("{}: header is JSON but not an object{}", file.path(), kAgain));
  for (const auto& [name, value] : header.items()) {
    if (name != "__metadata__") out.entries.push_back(read_entry(file, data, name, value));
  }
  std::vector<const SafetensorsEntry*> by_place;
  for (const SafetensorsEntry& entry : out.entries) {
    if (entry.view.bytes > 0) by_place.push_back(&entry);
  }
  std::sort(by_place.begin(), by_place.end(),
            [](const auto* a, const auto* b) { return a->view.data < b->view.data; });
  for (std::size_t i = 1; i < by_place.size(); ++i) {
    const TensorView &before = by_place[i - 1]->view, &view = by_place[i]->view;
    if (before.data + before.bytes > view.data) {
      throw Error(fmt::format("{}: tensor {}: its data overlaps that of {}{}", file.path(),
                              shown_name(view.name), shown_name(before.name), kAgain));
    }
  }
  return out;
}

}  // namespace leitai
