#include "backends/replay/answer_lines.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "backends/replay/recorded_line.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/compression.h"

namespace leitai {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

int open_unpacked(const std::string& path) {
  const std::string folder = std::filesystem::temp_directory_path().string();
  const int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0)
    throw Error(fmt::format("{}: no temporary file in {} to unpack into: {}", path, folder,
                            std::strerror(errno)));
  try {
    LineReader lines(path, kLongestRecordedLine);
    std::string line;
    while (lines.next(line)) {
      line += '\n';
      for (std::string_view rest = line; !rest.empty();) {
        const ssize_t wrote = ::write(file, rest.data(), rest.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0)
          throw Error(
              fmt::format("{}: cannot unpack into {}: {}", path, folder, std::strerror(errno)));
        rest.remove_prefix(static_cast<std::size_t>(wrote));
      }
    }
  } catch (...) {
    ::close(file);
    throw;
  }
  return file;
}

bool is_packed(int file) {
  char head[4] = {};
  const ssize_t got = ::pread(file, head, sizeof head, 0);
  const std::string_view magic(head, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return magic.starts_with("\x1F\x8B") || magic.starts_with("\x28\xB5\x2F\xFD");
}

}  // namespace

AnswerLines::AnswerLines(const std::string& path) : path_(path) {
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0)
    throw Error(
        fmt::format("{}: cannot be read: {}\n        replay: wants a file of recorded answers, a "
                    "JSON object a line",
                    path, std::strerror(errno)));
  struct stat info {};
  if (fstat(file_, &info) == 0 && S_ISDIR(info.st_mode)) {
    ::close(file_);
    throw Error(fmt::format(
        "{}: is a folder; replay: wants a file of recorded answers, a JSON object a line", path));
  }
  if (!is_packed(file_)) return;
  ::close(file_);
  file_ = open_unpacked(path);
}

AnswerLines::~AnswerLines() { ::close(file_); }

void AnswerLines::each(
    const std::function<void(const AnswerLine&, std::string_view text)>& visit) const {
  std::string buffer(1 << 20, '\0'), pending;
  std::uint64_t begin = 0, read_at = 0;
  std::int64_t number = 0;
  const auto take = [&](std::string_view line) {
    ++number;
    std::uint64_t offset = begin;
    begin += line.size() + 1;
    if (number == 1 && line.starts_with(kByteOrderMark)) {
      offset += kByteOrderMark.size();
      line.remove_prefix(kByteOrderMark.size());
    }
    if (!trim(line).empty()) visit({number, offset, static_cast<std::uint32_t>(line.size())}, line);
  };
  for (;;) {
    const ssize_t got = ::pread(file_, buffer.data(), buffer.size(), static_cast<off_t>(read_at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(fmt::format("{}: cannot be read: {}", path_, std::strerror(errno)));
    if (got == 0) break;
    read_at += static_cast<std::uint64_t>(got);
    std::string_view rest(buffer.data(), static_cast<std::size_t>(got));
    for (std::size_t end; (end = rest.find('\n')) != std::string_view::npos;
         rest.remove_prefix(end + 1)) {
      if (pending.empty()) {
        take(rest.substr(0, end));
      } else {
        pending += rest.substr(0, end);
        take(pending);
        pending.clear();
      }
    }
    pending += rest;
    if (pending.size() > kLongestRecordedLine)
      throw Error(fmt::format("{}:{}: the line is longer than {} MiB", path_, number + 1,
                              kLongestRecordedLine >> 20));
  }
  if (!pending.empty()) take(pending);
}

std::string AnswerLines::read(const AnswerLine& line) const {
  std::string out(line.size, '\0');
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(file_, out.data() + done, out.size() - done,
                                static_cast<off_t>(line.offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      throw Error(
          fmt::format("{}:{}: cannot be read again; was the file changed?", path_, line.number));
    done += static_cast<std::size_t>(got);
  }
  return out;
}

}  // namespace leitai
