#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace leitai {

/// The most that a packed data file may unpack to.
inline constexpr std::uint64_t kMaxUnpacked = std::uint64_t{8} << 30;

/// What a packed file of `size` bytes may unpack to, at most `most`: text packs to a hundredth at
/// best, and what grows more is made to fill a disk.
std::uint64_t believable_size(std::uint64_t size, std::uint64_t most = kMaxUnpacked);

/// The bytes of a data file, by position. What is packed (.gz, .zst) or lies in an archive
/// ("data.zip!folder/rows.csv") is unpacked once into a temporary file without a name, and a
/// .parquet file is written out there as lines of JSON: memory stays flat. Immutable and
/// thread-safe.
class DataFile {
 public:
  /// Throws Error: missing, a folder, damaged, or unpacking to more than `max_unpacked`.
  explicit DataFile(const std::filesystem::path& path, std::uint64_t max_unpacked = kMaxUnpacked);
  ~DataFile();
  DataFile(const DataFile&) = delete;
  DataFile& operator=(const DataFile&) = delete;

  /// Fewer bytes only at the end of the file.
  std::size_t read_at(char* out, std::size_t size, std::uint64_t offset) const;

  std::uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int file_ = -1;
  std::uint64_t size_ = 0;
};

/// What a file that begins with `head` certainly is instead of data: "a web page, not the file"; ""
/// where nothing speaks against it.
std::string not_data(std::string_view head);

/// "rows.csv" of "data.zip!rows.csv.gz": the name that tells the format.
std::string plain_name(const std::filesystem::path& path);

/// Of "data.zip!rows.csv" the file "data.zip", else `path` itself: what must be there.
std::filesystem::path file_on_disk(const std::filesystem::path& path);

}  // namespace leitai
