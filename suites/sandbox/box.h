#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace leitai {

/// What one program may use. Time of the processor is counted a process, memory over all of them.
struct BoxLimits {
  std::chrono::milliseconds wall{10'000};
  int stretch = 1;  // up to so many times `wall` while the program waits for a processor that
                    // others have: time in which it was ready and did not run is given back
  std::chrono::seconds cpu{5};
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  bool bound_addresses = false;  // also as address space: for programs that reserve only what they
                                 // use (not for virtual machines)
  std::uint64_t disk_bytes = std::uint64_t{64} << 20;
  std::uint64_t output_bytes = std::uint64_t{1} << 20;  // of stdout and stderr each
  std::uint64_t report_bytes = std::uint64_t{1} << 20;  // what comes back on descriptor 4
  int processes = 64;                                   // threads included
};

/// A file that the program finds in its box; gone with it.
struct BoxFile {
  std::string path;  // absolute, inside
  std::string bytes;
  bool is_executable = false;
};

/// A program to run in fresh namespaces. Inside: descriptor 3 yields `job`, what is written to
/// descriptor 4 is the report. The working folder is /tmp, the only place that can be written.
struct BoxJob {
  std::vector<std::string> argv;
  std::vector<BoxFile> files;
  std::vector<std::filesystem::path> shown;  // further folders of the host, read-only
  std::vector<std::pair<std::string, std::string>> variables;  // beside PATH, HOME, LANG, TZ
  std::string input;                                           // standard input
  std::string job;                                             // descriptor 3
  BoxLimits limits;
  bool as_owner = false;  // reads what only the operator may read (a tool chain in his home); never
                          // for programs themselves
};

/// Which end a program came to. Setup: the box could not be built; nothing of the program ran.
enum class BoxEnd { Exited, Signalled, WallClock, CpuClock, Memory, Output, Setup };

struct BoxResult {
  BoxEnd end = BoxEnd::Setup;
  int code = 0;          // exit status or signal
  std::string out, err;  // cut at the limit
  std::string report;
  std::string trouble;            // Setup: what went wrong
  bool was_memory_short = false;  // the kernel killed for memory while it ran
  std::chrono::milliseconds took{0};
};

/// Runs `job` to its end and kills all that is left of it. Blocks; thread-safe. Nothing of it
/// outlives this process, also when that is killed. Never throws for what the program does.
BoxResult run_boxed(const BoxJob& job);

/// Ends every box of this process, now; boxes asked for later are trouble (Setup). For a process
/// that is about to end. Thread-safe.
void abandon_boxes();

/// `argv` with at most so many processes, or fewer where this process itself may have no more.
std::vector<std::string> limited_argv(std::vector<std::string> argv, int processes = 128);

/// Whether a box in which a shell starts processes works right now; empty, or what went wrong.
std::string probe_boxes();

/// Whether boxes can be built here; found out once. Empty when they can, else what to enable.
const std::string& box_trouble();

/// "bubblewrap 0.8.0, seccomp, ..." for people.
std::string box_description();

}  // namespace leitai
