#pragma once

#include <string>

#include "suites/sandbox/box.h"
#include "suites/sandbox/descriptor.h"
#include "suites/sandbox/group.h"
#include "suites/sandbox/keeper.h"

namespace leitai {

/// A box under way with our ends of its pipes, all non-blocking.
struct Launched {
  Kept kept;       // bwrap, which the keeper started
  Descriptor in;   // standard input of the program
  Descriptor job;  // its descriptor 3
  Descriptor out, err, report, status;
};

/// Under which user of this machine boxes are built.
enum class BoxUser { Same, Nobody };

/// Starts bwrap, in `group` if there is one. Throws Error if the machine refuses (no process, no
/// descriptors).
Launched launch(const BoxJob& job, BoxUser user, const BoxGroup* group);

/// Where bwrap is; empty if it is not installed.
const std::string& bubblewrap_path();

}  // namespace leitai
