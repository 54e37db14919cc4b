#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "suites/sandbox/box.h"

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

/// A process under way with our ends of its pipes, all non-blocking.
struct Launched {
  pid_t process = -1;  // bwrap itself, outside of the namespaces
  Descriptor exit;     // a pidfd of it: readable once it has ended
  Descriptor in;       // standard input of the program
  Descriptor job;      // its descriptor 3
  Descriptor out, err, report, status;
};

/// Under which user of this machine boxes are built.
enum class BoxUser { Same, Nobody };

/// Starts bwrap. Throws Error if the machine refuses (no process, no descriptors). The process dies
/// with the thread that calls this.
Launched launch(const BoxJob& job, BoxUser user);

/// Where bwrap is; empty if it is not installed.
const std::string& bubblewrap_path();

}  // namespace leitai
