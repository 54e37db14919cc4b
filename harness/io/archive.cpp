#include "harness/io/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "harness/core/error.h"
#include "harness/io/files.h"

namespace leitai {
namespace {}  // namespace

Digest extract_entry(const std::filesystem::path& archive, const std::string& name,
                     const std::filesystem::path& out, std::int64_t max_bytes) {
  const std::unique_ptr<::archive, int (*)(::archive*)> reader(archive_read_new(),
                                                               archive_read_free);
  LEITAI_CHECK(reader != nullptr, "archive_read_new");
  const auto fail = [&] {
    const char* why = archive_error_string(reader.get());
    throw Error(
        fmt::format("{}: damaged archive: {}", archive.string(), why ? why : "unknown reason"));
  };
  archive_read_support_format_zip(reader.get());
  archive_read_support_format_tar(reader.get());
  archive_read_support_filter_gzip(reader.get());
  if (archive_read_open_filename(reader.get(), archive.c_str(), std::size_t{1} << 16) != ARCHIVE_OK)
    fail();

  archive_entry* entry = nullptr;
  for (;;) {
    const int code = archive_read_next_header(reader.get(), &entry);
    if (code == ARCHIVE_EOF)
      throw Error(fmt::format("{}: has no entry {}", archive.string(), name));
    if (code < ARCHIVE_WARN) fail();
    const char* path = archive_entry_pathname(entry);
    if (path && name == path) break;
  }
  if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
    throw Error(
        fmt::format("{}: entry {} is a link or a folder, not a file", archive.string(), name));
  int file = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) throw Error(describe_io_error(out, "cannot be written", errno));
  const std::unique_ptr<int, void (*)(int*)> closer(&file, [](int* handle) { close(*handle); });

  Sha256 digest;
  std::int64_t total = 0;
  std::vector<char> buffer(std::size_t{1} << 20);
  for (;;) {
    const la_ssize_t n = archive_read_data(reader.get(), buffer.data(), buffer.size());
    if (n < 0) fail();
    if (n == 0) break;
    total += n;
    if (total > max_bytes)
      throw Error(fmt::format("{}: entry {} is larger than expected", archive.string(), name));
    const std::string_view piece(buffer.data(), static_cast<std::size_t>(n));
    digest.update(piece);
    write_all(file, piece, out);
  }
  if (fsync(file) != 0) throw Error(describe_io_error(out, "cannot be written", errno));
  return digest.finish();
}

}  // namespace leitai
