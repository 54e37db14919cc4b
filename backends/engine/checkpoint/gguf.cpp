#include "backends/engine/checkpoint/gguf.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "harness/core/error.h"

namespace leitai {
namespace {

constexpr std::string_view kAgain = "; the file is damaged: obtain it again";
constexpr int kMaxArrayDepth = 4;
constexpr std::uint32_t kMaxDims = 4;

template <typename T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// Bytes of a value of fixed size; 0 for strings and arrays.
std::uint64_t fixed_size(GgufType type) {
  switch (type) {
    case GgufType::U8:
    case GgufType::I8:
    case GgufType::Bool:
      return 1;
    case GgufType::U16:
    case GgufType::I16:
      return 2;
    case GgufType::U32:
    case GgufType::I32:
    case GgufType::F32:
      return 4;
    case GgufType::U64:
    case GgufType::I64:
    case GgufType::F64:
      return 8;
    case GgufType::String:
    case GgufType::Array:
      return 0;
  }
  return 0;
}

/// Reads forward through the file; throws as soon as something cannot fit into what is left.
class Cursor {
 public:
  Cursor(std::string_view bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  std::uint64_t left() const { return bytes_.size() - at_; }
  std::uint64_t at() const { return at_; }
  void in(std::string part) { part_ = std::move(part); }

  std::string_view take(std::uint64_t size, std::string_view what) {
    if (size > left()) {
      throw Error(fmt::format(
          "{}: {}: {} of {} bytes cannot fit into the {} bytes that are left of the file{}", path_,
          part_, what, size, left(), kAgain));
    }
    const std::string_view out = bytes_.substr(at_, size);
    at_ += size;
    return out;
  }

  template <typename T>
  T read() {
    if (sizeof(T) > left())
      throw Error(fmt::format("{}: file ends inside {}{}", path_, part_, kAgain));
    const T value = load<T>(bytes_.data() + at_);
    at_ += sizeof(T);
    return value;
  }

  std::string_view string(std::string_view what) { return take(read<std::uint64_t>(), what); }

  GgufType type() {
    const auto number = read<std::uint32_t>();
    if (number > static_cast<std::uint32_t>(GgufType::F64)) {
      throw Error(fmt::format("{}: {} has unknown value type {}{}", path_, part_, number, kAgain));
    }
    return static_cast<GgufType>(number);
  }

  GgufValue value(GgufType type, int depth = 0) {
    GgufValue out{.type = type};
    if (type == GgufType::String) {
      out.bytes = string("a text");
    } else if (type != GgufType::Array) {
      out.bytes = take(fixed_size(type), "a value");
    } else {
      if (depth >= kMaxArrayDepth)
        throw Error(fmt::format("{}: {}: arrays nested too deep{}", path_, part_, kAgain));
      out.element = this->type();
      out.count = read<std::uint64_t>();
      const std::uint64_t least = out.element == GgufType::Array    ? 12
                                  : out.element == GgufType::String ? 8
                                                                    : fixed_size(out.element);
      if (out.count > left() / least) {
        throw Error(fmt::format("{}: {}: array of {} elements cannot fit into the file{}", path_,
                                part_, out.count, kAgain));
      }
      const std::uint64_t begin = at_;
      if (out.element == GgufType::String) {
        for (std::uint64_t i = 0; i < out.count; ++i) string("a text");
      } else if (out.element == GgufType::Array) {
        for (std::uint64_t i = 0; i < out.count; ++i) value(GgufType::Array, depth + 1);
      } else {
        take(out.count * least, "an array");
      }
      out.bytes = bytes_.substr(begin, at_ - begin);
    }
    return out;
  }

 private:
  std::string_view bytes_;
  const std::string& path_;
  std::string part_ = "the header";
  std::uint64_t at_ = 0;
};

std::optional<std::int64_t> as_integer(GgufType type, const char* at) {
  switch (type) {
    case GgufType::U8:
      return load<std::uint8_t>(at);
    case GgufType::I8:
      return load<std::int8_t>(at);
    case GgufType::U16:
      return load<std::uint16_t>(at);
    case GgufType::I16:
      return load<std::int16_t>(at);
    case GgufType::U32:
      return load<std::uint32_t>(at);
    case GgufType::I32:
      return load<std::int32_t>(at);
    case GgufType::U64: {
      const auto value = load<std::uint64_t>(at);
      if (value > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
      return static_cast<std::int64_t>(value);
    }
    case GgufType::I64:
      return load<std::int64_t>(at);
    default:
      return std::nullopt;
  }
}

}  // namespace

GgufFile::GgufFile(const std::filesystem::path& path) : file_(path) {
  Cursor cursor(file_.bytes(), file_.path());
  if (file_.size() == 0) throw Error(fmt::format("{}: file is empty{}", this->path(), kAgain));
  if (file_.bytes().substr(0, 4) !=
      std::string_view("GGUF").substr(0, std::min<std::size_t>(4, file_.size()))) {
    throw Error(
        fmt::format("{}: does not start with GGUF; name a GGUF file or a folder with config.json",
                    this->path()));
  }
  cursor.read<std::uint32_t>();
  const auto version = cursor.read<std::uint32_t>();
  if (version != 2 && version != 3) {
    throw Error(
        fmt::format("{}: GGUF version {} is not supported{}", this->path(), version,
                    version >= 1u << 16
                        ? " (big-endian, or damaged); obtain a little-endian file of version 2 or 3"
                        : "; convert it to version 3 with llama.cpp"));
  }
  const auto tensor_count = cursor.read<std::uint64_t>();
  const auto metadata_count = cursor.read<std::uint64_t>();
  constexpr std::uint64_t kLeastTensor = 24, kLeastMetadata = 13;  // bytes of the smallest entry
  for (const auto& [what, count, least] :
       {std::tuple{"tensor", tensor_count, kLeastTensor},
        std::tuple{"metadata", metadata_count, kLeastMetadata}}) {
    if (count > cursor.left() / least) {
      throw Error(fmt::format("{}: {} count {} cannot fit into the file{}", this->path(), what,
                              count, kAgain));
    }
  }
  for (std::uint64_t i = 0; i < metadata_count; ++i) {
    cursor.in(fmt::format("the metadata (entry {} of {})", i + 1, metadata_count));
    const std::string_view key = cursor.string("a key");
    cursor.in("metadata " + shown_name(key));
    const GgufType type = cursor.type();
    metadata_.push_back({key, cursor.value(type)});
  }
  std::sort(metadata_.begin(), metadata_.end(),
            [](const Entry& a, const Entry& b) { return a.key < b.key; });
  const auto twice =
      std::adjacent_find(metadata_.begin(), metadata_.end(),
                         [](const Entry& a, const Entry& b) { return a.key == b.key; });
  if (twice != metadata_.end()) {
    throw Error(fmt::format("{}: metadata {} occurs twice{}", this->path(), shown_name(twice->key),
                            kAgain));
  }
  for (std::uint64_t i = 0; i < tensor_count; ++i) {
    cursor.in(fmt::format("the list of tensors (entry {} of {})", i + 1, tensor_count));
    GgufTensorInfo info;
    info.name = cursor.string("a name");
    const auto n_dims = cursor.read<std::uint32_t>();
    if (n_dims > kMaxDims) {
      throw Error(fmt::format("{}: tensor {}: has {} dimensions, at most {} are possible{}",
                              this->path(), shown_name(info.name), n_dims, kMaxDims, kAgain));
    }
    for (std::uint32_t d = 0; d < n_dims; ++d) info.dims.push_back(cursor.read<std::uint64_t>());
    info.type = cursor.read<std::uint32_t>();
    info.offset = cursor.read<std::uint64_t>();
    tensors_.push_back(std::move(info));
  }
  if (const auto alignment = integer("general.alignment")) {
    if (*alignment <= 0 || *alignment % 8 != 0 || *alignment > 1 << 20) {
      throw Error(fmt::format("{}: metadata general.alignment is {}, not a multiple of 8{}",
                              this->path(), *alignment, kAgain));
    }
    alignment_ = static_cast<std::uint64_t>(*alignment);
  }
  data_begin_ = (cursor.at() + alignment_ - 1) / alignment_ * alignment_;
}

const GgufValue* GgufFile::find(std::string_view key) const {
  const auto at = std::lower_bound(
      metadata_.begin(), metadata_.end(), key,
      [](const Entry& entry, std::string_view wanted) { return entry.key < wanted; });
  return at != metadata_.end() && at->key == key ? &at->value : nullptr;
}

void GgufFile::wrong_kind(std::string_view key, std::string_view wanted) const {
  throw Error(fmt::format("{}: metadata {} is not {}{}", path(), key, wanted, kAgain));
}

std::optional<std::int64_t> GgufFile::integer(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto out = as_integer(value->type, value->bytes.data());
  if (!out) wrong_kind(key, "an integer");
  return out;
}

std::optional<double> GgufFile::number(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type == GgufType::F32) return load<float>(value->bytes.data());
  if (value->type == GgufType::F64) return load<double>(value->bytes.data());
  const auto out = as_integer(value->type, value->bytes.data());
  if (!out) wrong_kind(key, "a number");
  return static_cast<double>(*out);
}

std::optional<bool> GgufFile::boolean(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != GgufType::Bool) wrong_kind(key, "true or false");
  return value->bytes[0] != 0;
}

std::optional<std::string_view> GgufFile::string(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != GgufType::String) wrong_kind(key, "a text");
  return value->bytes;
}

std::optional<std::vector<std::string_view>> GgufFile::strings(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != GgufType::Array || value->element != GgufType::String)
    wrong_kind(key, "a list of texts");
  std::vector<std::string_view> out;
  out.reserve(value->count);  // each takes 8 bytes of the file at least
  std::string_view rest = value->bytes;
  for (std::uint64_t i = 0; i < value->count; ++i) {
    const auto size = load<std::uint64_t>(rest.data());
    out.push_back(rest.substr(8, size));
    rest.remove_prefix(8 + size);
  }
  return out;
}

std::optional<std::vector<std::int64_t>> GgufFile::integers(std::string_view key) const {
  const GgufValue* value = find(key);
  if (value == nullptr) return std::nullopt;
  const std::uint64_t size = value->type == GgufType::Array ? fixed_size(value->element) : 0;
  if (size == 0) wrong_kind(key, "a list of integers");
  std::vector<std::int64_t> out;
  out.reserve(value->count);  // each takes a byte of the file at least
  for (std::uint64_t i = 0; i < value->count; ++i) {
    const auto element = as_integer(value->element, value->bytes.data() + i * size);
    if (!element) wrong_kind(key, "a list of integers");
    out.push_back(*element);
  }
  return out;
}

}  // namespace leitai
