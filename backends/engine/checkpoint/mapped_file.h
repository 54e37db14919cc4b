#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace leitai {

/// A file mapped for reading; unmapped at the end.
class MappedFile {
 public:
  /// Throws Error if the file is absent, unreadable or no regular file. An empty file has an empty
  /// view.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;

  const std::string& path() const { return path_; }
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }
  const std::byte* data() const { return static_cast<const std::byte*>(data_); }
  std::size_t size() const { return size_; }

 private:
  std::string path_;
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A name out of a file of unknown origin, fit for a message: controls shown, long ones cut.
std::string shown_name(std::string_view name);

}  // namespace leitai
