#include "harness/io/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

namespace fs = std::filesystem;

// Magic numbers: linux/magic.h, statfs(2), and the headers of the file systems named.
constexpr std::uint64_t kNetworkMagics[] = {
    0x6969,      // NFS
    0x517B,      // SMB
    0xFF534D42,  // CIFS
    0xFE534D42,  // SMB2
    0x01021997,  // 9P
    0x00C36400,  // Ceph
    0x5346414F,  // AFS
    0x6B414653,  // kAFS
    0x73757245,  // Coda
    0x564C,      // NCP
    0x0BD00BD0,  // Lustre
    0x47504653,  // GPFS
    0x19830326,  // BeeGFS
    0x01161970,  // GFS2
    0x7461636F,  // OCFS2
};
constexpr std::string_view kNetworkTypes[] = {
    "nfs",   "nfs4",   "cifs", "smb3",   "smbfs", "9p",    "ceph",      "afs",      "coda",
    "ncpfs", "lustre", "gpfs", "beegfs", "gfs2",  "ocfs2", "glusterfs", "orangefs", "pvfs2"};
constexpr std::uint64_t kFuseMagic = 0x65735546;
// FUSE file systems whose data lies on this machine.
constexpr std::string_view kLocalFuse[] = {
    "fuseblk",     "virtiofs",   "fuse.fuse-overlayfs", "fuse.ntfs-3g", "fuse.exfat",
    "fuse.bindfs", "fuse.encfs", "fuse.gocryptfs",      "fuse.cryfs",   "fuse.mergerfs",
    "fuse.portal", "fuse.lxcfs", "fuse.ext4",           "fuse.zfs"};

template <typename Range, typename Value>
bool holds(const Range& range, const Value& value) {
  return std::find(std::begin(range), std::end(range), value) != std::end(range);
}

/// Of a descriptor; closed at the end.
struct Descriptor {
  int value = -1;
  explicit Descriptor(int v) : value(v) {}
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

/// "\040" and the like, as the kernel writes mount points.
std::string unescape_octal(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                               (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

fs::path nearest_existing(const fs::path& path) {
  std::error_code ignored;
  fs::path at = fs::absolute(path, ignored);
  while (!fs::exists(at, ignored) && at.has_parent_path() && at != at.parent_path())
    at = at.parent_path();
  return at;
}

/// Fills type and mount point from the mount table; the mount of the same device with the longest
/// matching mount point wins.
void find_mount(const fs::path& path, FileSystem& out) {
  std::error_code ignored;
  const std::string real = fs::canonical(path, ignored).string();
  struct stat info {};
  const bool has_device = stat(path.c_str(), &info) == 0;
  const std::string device = fmt::format("{}:{}", major(info.st_dev), minor(info.st_dev));
  std::ifstream table("/proc/self/mountinfo");
  std::size_t best = 0;
  bool best_is_device = false;
  for (std::string line; std::getline(table, line);) {
    // id parent major:minor root mount-point options [optional ...] - type source super-options
    const std::vector<std::string_view> fields = split(line, ' ');
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 6 || fields.end() - dash < 2) continue;
    const std::string mount = unescape_octal(fields[4]);
    const bool is_above = mount == "/" || real == mount || real.starts_with(mount + "/");
    if (!is_above) continue;
    const bool is_device = has_device && fields[2] == device;
    if (best_is_device && !is_device) continue;
    if (is_device == best_is_device && mount.size() < best) continue;
    best = mount.size();
    best_is_device = is_device;
    out.mount_point = mount;
    out.type = *(dash + 1);
  }
}

[[noreturn]] void fail(const fs::path& path, std::string_view action, int error) {
  throw Error(describe_io_error(path, action, error));
}

}  // namespace

void write_all(int file, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(file, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) fail(path, "cannot be written", errno);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

bool is_network_file_system(std::uint64_t magic, std::string_view type) {
  if (holds(kNetworkMagics, magic) || holds(kNetworkTypes, type)) return true;
  const bool is_fuse = magic == kFuseMagic || type == "fuse" || type.starts_with("fuse.");
  return is_fuse && !holds(kLocalFuse, type);
}

FileSystem file_system_of(const fs::path& path) {
  FileSystem out;
  const fs::path at = nearest_existing(path);
  struct statfs info {};
  std::uint64_t magic = 0;
  if (statfs(at.c_str(), &info) == 0) {
    magic = static_cast<std::uint32_t>(info.f_type);
    out.free_bytes =
        static_cast<std::uint64_t>(info.f_bavail) * static_cast<std::uint64_t>(info.f_bsize);
  }
  find_mount(at, out);
  out.is_network = is_network_file_system(magic, out.type);
  return out;
}

std::string bytes_in_words(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", value, unit > 0 && value < 9.95 ? 1 : 0, kUnits[unit]);
}

std::string describe_io_error(const fs::path& path, std::string_view action, int error) {
  const auto where = [&] {
    const FileSystem system = file_system_of(path);
    return fmt::format("{} on {}", system.type.empty() ? "file system" : system.type,
                       system.mount_point.empty() ? "an unknown mount" : system.mount_point);
  };
  const std::string head = fmt::format("{}: {}: ", path.string(), action);
  switch (error) {
    case ENOSPC:
      return fmt::format(
          "{}no space left ({}, {} free)\n        free some space there or choose another place",
          head, where(), bytes_in_words(file_system_of(path).free_bytes));
    case EDQUOT:
      return fmt::format(
          "{}your quota is used up ({})\n        free some space there or choose another place",
          head, where());
    case EFBIG:
      return fmt::format(
          "{}a file of this size is not allowed ({}; `ulimit -f` tells the limit)\n        raise "
          "the limit or choose another place",
          head, where());
    case EROFS:
      return fmt::format("{}the file system is read-only ({})\n        choose another place", head,
                         where());
    case EACCES:
    case EPERM:
      return fmt::format(
          "{}no permission (as user {})\n        change the rights of the file or its folder, or "
          "choose another place",
          head, geteuid());
    case ENOENT:
      return head + "there is no such file or folder";
    case EISDIR:
      return head + "it is a folder, a file is wanted";
    case ENOTDIR:
      return head + "a part of the path is a file, not a folder";
    case EMFILE:
    case ENFILE:
      return head + "too many open files (`ulimit -n` tells the limit)";
    default:
      return head + std::strerror(error);
  }
}

std::string read_file(const fs::path& path, std::uint64_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.value < 0) fail(path, "cannot be read", errno);
  struct stat info {};
  if (fstat(file.value, &info) != 0) fail(path, "cannot be read", errno);
  if (S_ISDIR(info.st_mode)) fail(path, "cannot be read", EISDIR);
  const auto too_long = [&] {
    return Error(fmt::format("{}: longer than {}", path.string(), bytes_in_words(max_bytes)));
  };
  if (S_ISREG(info.st_mode) && static_cast<std::uint64_t>(info.st_size) > max_bytes)
    throw too_long();
  std::string out;
  out.reserve(static_cast<std::size_t>(info.st_size) + 1);
  std::array<char, 65536> block;
  while (true) {
    const ssize_t got = ::read(file.value, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, "cannot be read", errno);
    if (got == 0) return out;
    out.append(block.data(), static_cast<std::size_t>(got));
    if (out.size() > max_bytes) throw too_long();
  }
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (fs::is_directory(path)) return;
  fail(path, "the folder cannot be made", error ? error.value() : ENOTDIR);
}

void write_file_atomic(const fs::path& asked, std::string_view bytes) {
  std::error_code unknown;
  const fs::path path = fs::is_symlink(asked, unknown) ? fs::weakly_canonical(asked) : asked;
  if (fs::exists(path, unknown) && !fs::is_regular_file(path, unknown) &&
      !fs::is_directory(path, unknown)) {
    // A device or a pipe is written to; only a file is replaced.
    const Descriptor device(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (device.value < 0) fail(path, "cannot be written", errno);
    return write_all(device.value, bytes, path);
  }
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::string name = (folder / ("." + path.filename().string() + ".XXXXXX")).string();
  const Descriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (file.value < 0) fail(path, "cannot be written", errno);
  try {
    struct stat old {};
    const mode_t mask = umask(0);
    umask(mask);
    if (fchmod(file.value, stat(path.c_str(), &old) == 0 ? old.st_mode & 07777 : 0666 & ~mask) != 0)
      fail(path, "cannot be written", errno);
    write_all(file.value, bytes, path);
    if (fsync(file.value) != 0) fail(path, "cannot be written", errno);
    if (::rename(name.c_str(), path.c_str()) != 0) fail(path, "cannot be written", errno);
  } catch (...) {
    ::unlink(name.c_str());
    throw;
  }
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.value >= 0) fsync(directory.value);
}

std::optional<FileLock> FileLock::try_take(const fs::path& path, std::string* holder) {
  while (true) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) fail(path, "cannot be written", errno);
    FileLock lock(path, file);
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      lock.path_.clear();  // it is the holder's: not removed
      if (error != EWOULDBLOCK) fail(path, "cannot be locked", error);
      char text[256];
      const ssize_t got = ::pread(file, text, sizeof text, 0);
      if (holder)
        *holder =
            got > 0 ? std::string(trim({text, static_cast<std::size_t>(got)})) : "no pid told";
      return std::nullopt;
    }
    // The holder before may have removed the file between open and lock.
    struct stat mine {
    }, there{};
    if (fstat(file, &mine) == 0 && stat(path.c_str(), &there) == 0 && mine.st_ino == there.st_ino &&
        mine.st_dev == there.st_dev) {
      char host[256] = "";
      gethostname(host, sizeof host - 1);
      const std::string text = fmt::format("pid {} on {}\n", getpid(), host);
      if (ftruncate(file, 0) != 0) fail(path, "cannot be written", errno);
      write_all(file, text, path);
      return lock;
    }
    lock.path_.clear();
  }
}

FileLock::~FileLock() { release(); }
FileLock::FileLock(FileLock&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {
  other.path_.clear();
}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  if (this == &other) return *this;
  release();
  path_ = std::move(other.path_);
  file_ = std::exchange(other.file_, -1);
  other.path_.clear();
  return *this;
}

void FileLock::release() {
  if (file_ < 0) return;
  if (!path_.empty()) ::unlink(path_.c_str());  // while still locked
  ::close(file_);
  file_ = -1;
}

}  // namespace leitai
