#include "harness/io/compression.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>

#include "harness/core/error.h"
#include "harness/io/files.h"

namespace leitai {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = 1 << 16;
constexpr int kLargestWindowLog = 27;  // 128 MiB: what `zstd --long` needs, and a bound on memory
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

struct Zstd::Contexts {
  int level;
  ZSTD_CCtx* compress = ZSTD_createCCtx();
  ZSTD_DCtx* decompress = ZSTD_createDCtx();
  explicit Contexts(int l) : level(l) {
    ZSTD_CCtx_setParameter(compress, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(compress, ZSTD_c_checksumFlag, 1);
  }
  ~Contexts() {
    ZSTD_freeCCtx(compress);
    ZSTD_freeDCtx(decompress);
  }
  Contexts(const Contexts&) = delete;
  Contexts& operator=(const Contexts&) = delete;
};

Zstd::Zstd(int level) : contexts_(std::make_unique<Contexts>(level)) {}
Zstd::~Zstd() = default;
Zstd::Zstd(Zstd&&) noexcept = default;
Zstd& Zstd::operator=(Zstd&&) noexcept = default;

std::string Zstd::compress(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress2(contexts_->compress, out.data(), out.size(), bytes.data(), bytes.size());
  LEITAI_CHECK(!ZSTD_isError(size), ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

std::string Zstd::decompress(std::string_view frame, std::size_t max_bytes) {
  const unsigned long long told = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (told == ZSTD_CONTENTSIZE_ERROR || told == ZSTD_CONTENTSIZE_UNKNOWN)
    throw Error("not a zstd frame with its size");
  if (told > max_bytes)
    throw Error(fmt::format("unpacks to more than {}", bytes_in_words(max_bytes)));
  std::string out(static_cast<std::size_t>(told), '\0');
  const std::size_t size = ZSTD_decompressDCtx(contexts_->decompress, out.data(), out.size(),
                                               frame.data(), frame.size());
  if (ZSTD_isError(size))
    throw Error(fmt::format("damaged zstd frame: {}", ZSTD_getErrorName(size)));
  out.resize(size);
  return out;
}

/// Unpacked bytes of a file, block by block.
class LineReader::Source {
 public:
  explicit Source(const fs::path& path)
      : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_ < 0) throw Error(describe_io_error(path, "cannot be read", errno));
    struct stat info {};
    const bool is_folder = fstat(file_, &info) == 0 && S_ISDIR(info.st_mode);
    try {
      if (is_folder) throw Error(describe_io_error(path, "cannot be read", EISDIR));
      while (raw_.size() < 4 && read_raw()) {
      }
      const std::string_view head(raw_);
      if (head.starts_with("\x28\xB5\x2F\xFD")) {
        zstd_ = ZSTD_createDCtx();
        ZSTD_DCtx_setParameter(zstd_, ZSTD_d_windowLogMax, kLargestWindowLog);
      } else if (head.starts_with("\x1F\x8B")) {
        is_gzip_ = inflateInit2(&gzip_, 15 + 16) == Z_OK;
        LEITAI_CHECK(is_gzip_, path.string());
      }
    } catch (...) {
      ::close(file_);
      throw;
    }
  }
  ~Source() {
    ::close(file_);
    if (zstd_) ZSTD_freeDCtx(zstd_);
    if (is_gzip_) inflateEnd(&gzip_);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  /// Appends at least one byte; false at the end. Throws Error saying what is wrong, without the
  /// place.
  bool read(std::string& out) {
    if (zstd_) return read_zstd(out);
    if (is_gzip_) return read_gzip(out);
    if (raw_at_ == raw_.size() && !read_raw()) return false;
    out.append(raw_, raw_at_);
    raw_at_ = raw_.size();
    return true;
  }

 private:
  /// More bytes of the file behind those not used yet; false at its end.
  bool read_raw() {
    raw_.erase(0, raw_at_);
    raw_at_ = 0;
    const std::size_t size = raw_.size();
    raw_.resize(size + kBlock);
    ssize_t got;
    do {
      got = ::read(file_, raw_.data() + size, kBlock);
    } while (got < 0 && errno == EINTR);
    const int error = errno;
    raw_.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0) throw Error(describe_io_error(path_, "cannot be read", error));
    return got > 0;
  }

  bool read_zstd(std::string& out) {
    const std::size_t before = out.size();
    while (true) {
      if (raw_at_ == raw_.size() && !read_raw()) {
        if (!is_frame_done_)
          throw Error("the zstd data ends too early; copy or download the file again");
        return false;
      }
      ZSTD_inBuffer in{raw_.data(), raw_.size(), raw_at_};
      out.resize(before + kBlock);
      ZSTD_outBuffer to{out.data() + before, kBlock, 0};
      const std::size_t left = ZSTD_decompressStream(zstd_, &to, &in);
      raw_at_ = in.pos;
      out.resize(before + to.pos);
      if (ZSTD_isError(left))
        throw Error(fmt::format("damaged zstd data: {}", ZSTD_getErrorName(left)));
      is_frame_done_ = left == 0;
      if (to.pos > 0) return true;
    }
  }

  bool read_gzip(std::string& out) {
    const std::size_t before = out.size();
    while (true) {
      if (raw_at_ == raw_.size() && !read_raw()) {
        if (!is_frame_done_)
          throw Error("the gzip data ends too early; copy or download the file again");
        return false;
      }
      if (is_frame_done_) inflateReset(&gzip_);  // a further member
      out.resize(before + kBlock);
      gzip_.next_in = reinterpret_cast<Bytef*>(raw_.data() + raw_at_);
      gzip_.avail_in = static_cast<uInt>(raw_.size() - raw_at_);
      gzip_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      gzip_.avail_out = kBlock;
      const int code = inflate(&gzip_, Z_NO_FLUSH);
      raw_at_ = raw_.size() - gzip_.avail_in;
      const std::size_t made = kBlock - gzip_.avail_out;
      out.resize(before + made);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
        throw Error(fmt::format("damaged gzip data: {}", gzip_.msg ? gzip_.msg : "unknown error"));
      }
      is_frame_done_ = code == Z_STREAM_END;
      if (made > 0) return true;
    }
  }

  fs::path path_;
  int file_;
  std::string raw_;  // bytes of the file; those before `raw_at_` are used up
  std::size_t raw_at_ = 0;
  ZSTD_DCtx* zstd_ = nullptr;
  z_stream gzip_{};
  bool is_gzip_ = false;
  bool is_frame_done_ = false;
};

LineReader::LineReader(const fs::path& path, std::size_t max_line_bytes)
    : path_(path), max_line_bytes_(max_line_bytes), source_(std::make_unique<Source>(path)) {}

LineReader::~LineReader() = default;

bool LineReader::next_block(std::string& block) {
  block.clear();
  try {
    return source_->read(block);
  } catch (const Error& error) {
    const std::string what = error.what();
    if (what.starts_with(path_.string())) throw;
    throw Error(fmt::format("{}: {}", path_.string(), what));
  }
}

bool LineReader::next(std::string& line) {
  std::size_t searched = at_;
  std::size_t end;
  while ((end = buffer_.find('\n', searched)) == std::string::npos && !is_at_end_) {
    if (buffer_.size() - at_ > max_line_bytes_) break;
    buffer_.erase(0, at_);
    at_ = 0;
    searched = buffer_.size();
    try {
      is_at_end_ = !source_->read(buffer_);
    } catch (const Error& error) {
      const std::string what = error.what();
      if (what.starts_with(path_.string())) throw;
      throw Error(fmt::format("{}:{}: {}", path_.string(), line_number_ + 1, what));
    }
  }
  const std::size_t stop = end == std::string::npos ? buffer_.size() : end;
  if (line_number_ == 0 &&
      std::string_view(buffer_).substr(at_, stop - at_).starts_with(kByteOrderMark))
    at_ += kByteOrderMark.size();
  if (end == std::string::npos && is_at_end_ && at_ == buffer_.size()) return false;
  if (stop - at_ > max_line_bytes_) {
    throw Error(fmt::format("{}:{}: a line longer than {}", path_.string(), line_number_ + 1,
                            bytes_in_words(max_line_bytes_)));
  }
  line.assign(buffer_, at_, stop - at_);
  at_ = end == std::string::npos ? buffer_.size() : end + 1;
  ++line_number_;
  return true;
}

std::string unpack_zlib(std::string_view stream, std::size_t max_bytes) {
  z_stream state{};
  if (inflateInit(&state) != Z_OK) throw Error("zlib: no memory");
  const std::unique_ptr<z_stream, int (*)(z_streamp)> end(&state, inflateEnd);
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(stream.data()));
  state.avail_in = static_cast<uInt>(stream.size());
  std::string out;
  char buffer[65536];
  for (int code = Z_OK; code != Z_STREAM_END;) {
    state.next_out = reinterpret_cast<Bytef*>(buffer);
    state.avail_out = sizeof buffer;
    code = inflate(&state, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END) throw Error("zlib: damaged or cut off");
    out.append(buffer, sizeof buffer - state.avail_out);
    if (out.size() > max_bytes) throw Error("zlib: unpacks to more than may be");
  }
  return out;
}

}  // namespace leitai
