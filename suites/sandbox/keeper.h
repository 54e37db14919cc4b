#pragma once

#include <sys/types.h>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "suites/sandbox/descriptor.h"
#include "suites/sandbox/keeper/wire.h"

namespace leitai {

/// A box as its keeper hands it over.
struct Kept {
  Descriptor line;     // tells the end, see ended(); hanging up (or shutdown) kills the box
  pid_t process = -1;  // outermost process, to look at only: the keeper owns it
};

/// The harness's end of the process that starts boxes and whose death ends them all
/// (keeper/main.cpp). It is started with the first box, and again if somebody killed it. It ends
/// with this process, however that ends, and takes every box with it. Thread-safe.
class Keeper {
 public:
  static Keeper& instance();

  /// Starts a program in a process namespace of its own. `files[i]` becomes descriptor
  /// `order.targets[i]`; `group`, if given, lists the members of its control group. The counts in
  /// `order` are filled in here. Throws Error if the machine refuses.
  Kept start(keeper::Order order, const std::vector<int>& files, const Descriptor* group,
             const std::vector<std::string>& arguments, const std::vector<std::string>& variables);

  /// Ends every box; start() throws from now on.
  void abandon();

  /// Process id of the keeper, 0 before the first box.
  pid_t process();

 private:
  Keeper() = default;
  ~Keeper();
  void begin();
  void end();

  std::mutex mutex_;  // guards all below
  bool is_abandoned_ = false;
  Descriptor socket_;
  pid_t process_ = 0;
};

/// How a box ended, without waiting.
struct BoxNews {
  bool is_over = false;
  std::optional<int> status;  // as of waitpid; absent if the keeper was killed, and the box with it
};
BoxNews news_of(const Kept& kept);

/// A file in memory that holds `bytes`, to be read from its start. Throws Error.
Descriptor in_memory(const char* name, const std::string& bytes);

}  // namespace leitai
