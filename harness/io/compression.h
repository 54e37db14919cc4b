#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace leitai {

/// Zstandard frames with size and checksum. Contexts are kept between calls; one object a thread.
class Zstd {
 public:
  explicit Zstd(int level = 3);
  ~Zstd();
  Zstd(Zstd&&) noexcept;
  Zstd& operator=(Zstd&&) noexcept;

  std::string compress(std::string_view bytes);

  /// Throws Error if `frame` is damaged, cut off, or unpacks to more than `max_bytes`.
  std::string decompress(std::string_view frame, std::size_t max_bytes);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

/// What a zlib stream (RFC 1950) holds. Throws Error if it is damaged, cut off, or unpacks to more
/// than `max_bytes`.
std::string unpack_zlib(std::string_view stream, std::size_t max_bytes);

/// Lines of a plain, gzip or zstd file (told by its first bytes), one at a time: memory is bounded
/// by the longest line.
class LineReader {
 public:
  /// Throws Error if the file cannot be opened.
  LineReader(const std::filesystem::path& path, std::size_t max_line_bytes);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// The next line without its line end ("\n"); a byte order mark at the start of the file is
  /// dropped. False at the end. Throws Error("FILE:LINE: ...") for a line that is too long or a
  /// damaged or cut-off file.
  bool next(std::string& line);

  /// The next unpacked bytes as they are, at most a few ten thousand; for callers that do not ask
  /// for lines. False at the end. Throws Error("FILE: ...") for a damaged or cut-off file.
  bool next_block(std::string& block);

  /// 1-based number of the line that next() gave last.
  std::int64_t line_number() const { return line_number_; }

 private:
  class Source;
  std::filesystem::path path_;
  std::size_t max_line_bytes_;
  std::unique_ptr<Source> source_;
  std::string buffer_;  // unpacked bytes; those before `at_` are used up
  std::size_t at_ = 0;
  bool is_at_end_ = false;
  std::int64_t line_number_ = 0;
};

}  // namespace leitai
