#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace leitai {

/// Where a path lies. Read from statfs(2) and /proc/self/mountinfo.
struct FileSystem {
  std::string type;              // "ext4", "nfs4", "fuse.sshfs"; "" if unknown
  std::string mount_point;       // "" if unknown
  std::uint64_t free_bytes = 0;  // for this user
  bool is_network =
      false;  // a file system whose locks and shared memory do not hold between machines
};

/// Of `path`, or of its nearest parent that exists. Never throws.
FileSystem file_system_of(const std::filesystem::path& path);

/// Judges by statfs magic number and by the mount's type name; either may be enough. Types of FUSE
/// count as network unless known to be local.
bool is_network_file_system(std::uint64_t magic, std::string_view type);

/// The whole message of an Error about `path`: "PATH: cannot be written: no space left (ext4 on
/// /home, 12 MB free)\n        what to do". `action` is "cannot be read", "cannot be written", ...;
/// `error` an errno.
std::string describe_io_error(const std::filesystem::path& path, std::string_view action,
                              int error);

/// All bytes. Throws Error if the file is missing, a folder, unreadable, or longer than
/// `max_bytes`.
std::string read_file(const std::filesystem::path& path,
                      std::uint64_t max_bytes = std::uint64_t{1} << 32);

/// Readers see the old bytes or the new ones, never a part, also after a power loss: temporary file
/// in the same folder, fsync, rename, fsync of the folder. Keeps the mode of a file that is there.
/// Throws Error; then the old file is untouched and no temporary file stays.
void write_file_atomic(const std::filesystem::path& path, std::string_view bytes);

/// Writes all of `bytes` to the open descriptor `file`; `path` is how an Error names it.
void write_all(int file, std::string_view bytes, const std::filesystem::path& path);

/// Makes the folder and its parents; throws Error where that fails or something else is in the way.
void make_folder(const std::filesystem::path& path);

/// "1.5 GB", "12 kB": powers of 1000.
std::string bytes_in_words(std::uint64_t bytes);

/// An exclusive lock among processes (flock) on a file that holds "pid N on HOST". Released at the
/// end, also of a killed process.
class FileLock {
 public:
  /// Absent if another process holds it; then `holder` tells who. Throws Error if the file cannot
  /// be made.
  static std::optional<FileLock> try_take(const std::filesystem::path& path, std::string* holder);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;

 private:
  FileLock(std::filesystem::path path, int file) : path_(std::move(path)), file_(file) {}
  void release();

  std::filesystem::path path_;
  int file_ = -1;
};

}  // namespace leitai
