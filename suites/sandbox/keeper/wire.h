#pragma once

#include <cstdint>

namespace leitai::keeper {

// What the harness and its keeper say to each other over a socket of messages (SOCK_SEQPACKET).
// Both ends are of one build, so these structs travel as they are.

inline constexpr int kSocket = 3, kHarness = 4;  // descriptors of the keeper at its start
inline constexpr int kMostMoves = 64, kMostLimits = 16, kMostBoxes = 1024;

struct Limit {
  std::int32_t resource;
  std::uint64_t soft, hard;
};

/// Start a program. Descriptors that come along: the line of this box, the text, then one a move,
/// then the list of members of its control group, if it has one.
/// The text is argv and then the environment, each string with a zero behind it. Hanging up the
/// line ends the box.
struct Order {
  std::int32_t n_moves = 0, n_limits = 0, n_arguments = 0, n_variables = 0;
  std::int32_t as_nobody = 0, has_group = 0;
  std::int32_t targets[kMostMoves] = {};  // which number a descriptor has inside
  Limit limits[kMostLimits] = {};
};

/// First on the socket (the keeper itself) and first on every line. If error is 0 on a line, a
/// pidfd comes along.
struct Started {
  std::int32_t error = 0;
  char stage[28] = {};  // what failed
};

/// Last on every line: nothing of the box is left.
struct Ended {
  std::int32_t status = 0;  // as of waitpid
};

}  // namespace leitai::keeper
