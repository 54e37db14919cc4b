#include "harness/io/data_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/archive.h"
#include "harness/io/compression.h"
#include "harness/io/files.h"
#include "harness/io/parquet.h"

namespace leitai {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLongestLine = std::uint64_t{256} << 20;  // of a packed file

/// A folder of its own, removed at the end; files that are still open live on without a name.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code none;
    const fs::path parent = fs::temp_directory_path(none);
    std::string name = ((none ? fs::path("/tmp") : parent) / "leitai-XXXXXX").string();
    if (!mkdtemp(name.data())) throw Error(describe_io_error(parent, "cannot be written", errno));
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

std::string extension_of(const fs::path& path) { return ascii_lower(path.extension().string()); }

bool is_packed(const fs::path& path) {
  const std::string extension = extension_of(path);
  return extension == ".gz" || extension == ".zst";
}

std::uint64_t believable_size(const fs::path& packed, std::uint64_t most) {
  std::error_code unknown;
  const std::uintmax_t size = fs::file_size(packed, unknown);
  return unknown ? most : leitai::believable_size(std::uint64_t{size}, most);
}

int open_to_read(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw Error(describe_io_error(path, "cannot be read", errno));
  return file;
}

void unpack(const fs::path& from, const fs::path& shown, const fs::path& to, std::uint64_t most) {
  const int file = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) throw Error(describe_io_error(to, "cannot be written", errno));
  try {
    LineReader reader(from, kLongestLine);
    std::uint64_t total = 0, line = 0;
    for (std::string block; reader.next_block(block);) {
      total += block.size();
      const std::size_t end = block.rfind('\n');
      line = end == std::string::npos ? line + block.size() : block.size() - end - 1;
      if (line > kLongestLine)
        throw Error(
            fmt::format("{}: a line longer than {}", shown.string(), bytes_in_words(kLongestLine)));
      if (total > most)
        throw Error(
            fmt::format("{}: unpacks to more than {}; refused\n        this is not a data "
                        "file of a suite; unpack it by hand if you trust it",
                        shown.string(), bytes_in_words(most)));
      write_all(file, block, to);
    }
  } catch (const Error& error) {
    ::close(file);
    const std::string what = error.what(), place = from.string();
    if (from == shown || !what.starts_with(place)) throw;
    throw Error(shown.string() + what.substr(place.size()));
  } catch (...) {
    ::close(file);
    throw;
  }
  ::close(file);
}

/// What certainly is no data file, by its first bytes; "" where nothing speaks against it.
std::string trouble_at_head(int file) {
  std::string head(256, '\0');
  const ssize_t n = ::pread(file, head.data(), head.size(), 0);
  head.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF"))
    return "UTF-16; save the file as UTF-8";
  return not_data(head);
}

}  // namespace

std::uint64_t believable_size(std::uint64_t size, std::uint64_t most) {
  constexpr std::uint64_t kAlwaysFine = std::uint64_t{100} << 20, kLargestRatio = 200;
  if (size > most) return most;
  return std::min(most, std::max(kAlwaysFine, kLargestRatio * size));
}

DataFile::DataFile(const fs::path& path, std::uint64_t max_unpacked) : path_(path) {
  const fs::path outer = file_on_disk(path);
  const std::string inner = outer == path ? "" : path.string().substr(outer.string().size() + 1);
  fs::path now = outer;
  std::optional<TemporaryFolder> folder;
  const auto scratch = [&]() -> TemporaryFolder& {
    if (!folder) folder.emplace();
    return *folder;
  };
  // Of the outermost file, so that what is packed twice gains nothing by it.
  const std::uint64_t most = believable_size(outer, max_unpacked);
  if (!inner.empty()) {
    now = scratch() / "member";
    extract_entry(outer, inner, now, static_cast<std::int64_t>(most));
  }
  const fs::path name = inner.empty() ? outer : fs::path(inner);
  if (is_packed(name)) {
    const fs::path unpacked = scratch() / "unpacked";
    unpack(now, path, unpacked, most);
    now = unpacked;
  }
  if (extension_of(plain_name(path)) == ".parquet") {
    const fs::path rows = scratch() / "rows";
    parquet_to_jsonl(now, path.string(), rows, max_unpacked);
    now = rows;
  }
  file_ = open_to_read(now);
  struct stat info {};
  if (::fstat(file_, &info) != 0 || S_ISDIR(info.st_mode)) {
    ::close(file_);
    throw Error(describe_io_error(path, "cannot be read", EISDIR));
  }
  size_ = static_cast<std::uint64_t>(info.st_size);
  if (const std::string trouble = trouble_at_head(file_); !trouble.empty()) {
    ::close(file_);
    throw Error(fmt::format("{}: {}", path.string(), trouble));
  }
}

DataFile::~DataFile() { ::close(file_); }

std::size_t DataFile::read_at(char* out, std::size_t size, std::uint64_t offset) const {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = ::pread(file_, out + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error(describe_io_error(path_, "cannot be read", errno));
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

std::string not_data(std::string_view head) {
  if (head.starts_with("version https://git-lfs.")) return "a Git LFS pointer, not the file";
  if (starts_with_nocase(trim(head), "<!doctype html") || starts_with_nocase(trim(head), "<html"))
    return "a web page, not the file";
  return "";
}

std::string plain_name(const fs::path& path) {
  const std::string whole = path.string();
  const fs::path outer = file_on_disk(path);
  fs::path name = outer == path ? path : fs::path(whole.substr(outer.string().size() + 1));
  if (is_packed(name)) name = name.stem();
  return name.filename().string();
}

fs::path file_on_disk(const fs::path& path) {
  const std::string whole = path.string();
  for (std::size_t mark = whole.find('!'); mark != std::string::npos;
       mark = whole.find('!', mark + 1)) {
    const fs::path outer = whole.substr(0, mark);
    const std::string name = ascii_lower(outer.filename().string());
    if (name.ends_with(".zip") || name.ends_with(".tar") || name.ends_with(".tar.gz") ||
        name.ends_with(".tgz"))
      return outer;
  }
  return path;
}

}  // namespace leitai
