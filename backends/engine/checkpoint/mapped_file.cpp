#include "backends/engine/checkpoint/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/files.h"

namespace leitai {

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path.string()) {
  const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT)
      throw Error(path_ + ": file is absent; check the path, or pull the model again");
    throw Error(describe_io_error(path, "cannot be read", errno));
  }
  struct stat info {};
  const bool known = ::fstat(file, &info) == 0;
  if (!known || !S_ISREG(info.st_mode)) {
    ::close(file);
    throw Error(path_ + ": is no regular file; name a .gguf file or a folder with config.json");
  }
  size_ = static_cast<std::size_t>(info.st_size);
  if (size_ > 0) {
    void* at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    const int error = errno;
    if (at == MAP_FAILED) {
      ::close(file);
      throw Error(describe_io_error(path, "cannot be mapped into memory", error));
    }
    data_ = at;
  }
  ::close(file);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

std::string shown_name(std::string_view name) {
  constexpr std::size_t kLongest = 100;
  std::string out = escape_controls(name.substr(0, kLongest));
  if (name.size() > kLongest) out += "...";
  return out;
}

}  // namespace leitai
