#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/reporter.h"

namespace leitai {

/// One model's line.
struct ProgressModel {
  std::string id;
  std::int64_t resumed = 0;   // of `answered`, stored before this call
  std::int64_t answered = 0;  // items with a stored outcome
  std::int64_t total = 0;
  std::int64_t in_flight = 0;
  double tok_s = 0;  // the last 30 s, all streams
  std::int64_t cut_off = 0;
  std::int64_t refused = 0;
  std::int64_t failed = 0;
  std::int64_t retries = 0;
  std::map<std::string, double> spent;  // by currency
  std::string waiting;  // why it does not go on: "waiting 21 s (429)"; "" when it does
  bool is_done = false;
};

/// Everything a progress display shows, at one moment.
struct ProgressSnapshot {
  std::string title;  // the run's name or file
  int suites = 0;
  double elapsed_s = 0;                  // of this call
  std::vector<ProgressModel> models;     // in configured order
  std::map<std::string, double> budget;  // by currency; empty: none
  std::string log;                       // path of the log, shown where there is room
  std::string stopping;                  // "stopping, 229 answers still arriving"; "" while running
};

/// Seconds until the last model is done at the pace so far, and that model. Absent before 2 minutes
/// of data, or where one has no pace.
struct TimeLeft {
  double seconds = 0;
  std::string slowest;
};
std::optional<TimeLeft> time_left(const ProgressSnapshot& snapshot);

/// The live block: always models + 5 lines, so that nothing jumps; models that `rows` (0: no bound)
/// has no room for share one line. No line is wider than the style's width; no line end is
/// included.
std::vector<std::string> progress_block(const ProgressSnapshot& snapshot, const Style& style,
                                        int rows = 0);

/// "2026-11-21T13:32:00Z run 139540/193764 72.0% in_flight=189 ...": keys are stable; no colour, no
/// carriage return.
std::string progress_line(const ProgressSnapshot& snapshot,
                          std::chrono::system_clock::time_point now);

/// "2026-11-21T13:32:07Z <text>", controls escaped.
std::string progress_event_line(std::string_view text, std::chrono::system_clock::time_point now);

/// Shows how a run goes. Called from one thread; update() is cheap when it is not yet time to draw.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void update(const ProgressSnapshot& snapshot) = 0;
  /// Something worth a person's time: "model deepseek-r1 slowed in_flight=40->5 why=\"HTTP 429\"".
  virtual void event(std::string_view text) = 0;
  /// Draws the last snapshot and gives the terminal back. Called by the destructor too.
  virtual void finish() = 0;
};

/// The outside of a display, injected so that tests need no terminal and no clock.
struct ProgressPorts {
  std::function<void(std::string_view)> write;  // to stderr
  std::function<std::chrono::steady_clock::time_point()> now;
  std::function<std::chrono::system_clock::time_point()> wall;
  std::function<std::pair<int, int>()> size;  // columns and rows now; empty: Style::width, no bound
};

/// stderr, the real clocks, the window's size.
ProgressPorts stderr_ports();

/// Redrawn in place, at most 5 times a second; events scroll above the block. The cursor is hidden
/// until finish().
std::unique_ptr<Progress> live_progress(const Style& style, ProgressPorts ports = stderr_ports());
/// One line every `every_s` seconds, one at each event and one at the end.
std::unique_ptr<Progress> plain_progress(double every_s, ProgressPorts ports = stderr_ports());
/// -q.
std::unique_ptr<Progress> silent_progress();

/// Shows the cursor again on stderr if a live display hid it; the next drawing hides it again.
/// Async-signal-safe: for handlers of SIGINT and SIGTERM.
void restore_terminal();

/// From now on Ctrl-Z shows the cursor before the process stops. For main programs with a live
/// display.
void restore_terminal_on_suspend();

}  // namespace leitai
