#pragma once

#include <utility>

namespace leitai {

/// An open descriptor, closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int file = -1) : file_(file) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset(std::exchange(other.file_, -1));
    return *this;
  }
  int get() const { return file_; }
  bool is_open() const { return file_ >= 0; }
  void reset(int file = -1);

 private:
  int file_;
};

}  // namespace leitai
