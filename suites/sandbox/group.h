#pragma once

#include <optional>
#include <string>

#include "suites/sandbox/box.h"
#include "suites/sandbox/descriptor.h"

namespace leitai {

/// A control group (v2) of one box: the kernel bounds its memory and its processes together. Made
/// only where this process's own group is delegated to it: then all that a box uses counts, in
/// whatever process and in /tmp as well.
class BoxGroup {
 public:
  /// Absent where groups are not delegated. Throws Error where one could not be made.
  static std::optional<BoxGroup> make(const BoxLimits& limits);

  BoxGroup(BoxGroup&& other) noexcept;
  BoxGroup& operator=(BoxGroup&&) = delete;
  ~BoxGroup();  // kills what is still in it

  /// A process joins by writing "0" here.
  const Descriptor& members() const { return members_; }
  /// Whether the kernel ended it for its memory.
  bool was_out_of_memory() const;

 private:
  explicit BoxGroup(std::string folder);
  std::string folder_;  // "": moved from
  Descriptor members_;
};

/// Why boxes have no groups here; empty if they have. Found out once, which moves this process into
/// a group of its own below the one it was in.
const std::string& group_trouble();

}  // namespace leitai
