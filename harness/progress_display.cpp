#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <tuple>

#include "harness/core/text.h"
#include "harness/progress.h"

namespace leitai {

namespace {

constexpr auto kLeastGap = std::chrono::milliseconds(200);  // between two drawings

std::atomic<bool> cursor_is_hidden = false;

std::string without_colour(std::string_view line) {
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t escape = line.find('\x1b', at);
    out += line.substr(at, escape - at);
    if (escape == std::string_view::npos) break;
    at = line.find('m', escape) + 1;
  }
  return out;
}

class LiveProgress : public Progress {
 public:
  LiveProgress(const Style& style, ProgressPorts ports) : style_(style), ports_(std::move(ports)) {}
  ~LiveProgress() override { finish(); }

  void update(const ProgressSnapshot& snapshot) override {
    latest_ = snapshot;
    is_finished_ = false;
    const auto now = ports_.now();
    if (drawn_ && now - *drawn_ < kLeastGap) return;
    drawn_ = now;
    draw("");
  }

  void event(std::string_view text) override { draw(progress_event_line(text, ports_.wall())); }

  void finish() override {
    if (is_finished_) return;
    is_finished_ = true;
    draw("");
    lines_.clear();  // what follows stays below the block
    latest_.reset();
    if (cursor_is_hidden.exchange(false)) ports_.write("\x1b[?25h");
  }

 private:
  /// Replaces the block by `above` and a new block, in one write.
  void draw(const std::string& above) {
    int rows = 0;
    if (ports_.size) std::tie(style_.width, rows) = ports_.size();
    std::string out;
    if (latest_) {
      out += "\x1b[?25l";
      cursor_is_hidden = true;
    }
    int up = 0;  // rows that the old lines take; in a narrower window they have wrapped
    for (const std::string& line : lines_) {
      const int width =
          style_.width < drawn_width_ ? cell_width(without_colour(line), style_.ambiguous_wide) : 0;
      up += std::max(1, (width + style_.width - 1) / std::max(1, style_.width));
    }
    drawn_width_ = style_.width;
    if (up > 0) out += fmt::format("\r\x1b[{}A", up);
    if (up > 0 && (!above.empty() || up != static_cast<int>(lines_.size()))) out += "\x1b[J";
    if (!above.empty()) out += above + "\n";
    lines_.clear();
    if (latest_) {
      lines_ = progress_block(*latest_, style_, rows);
      for (const std::string& line : lines_) out += "\x1b[2K" + line + "\n";
      out += "\x1b[J";
    }
    ports_.write(out);
  }

  Style style_;
  ProgressPorts ports_;
  std::optional<ProgressSnapshot> latest_;
  std::optional<std::chrono::steady_clock::time_point> drawn_;
  std::vector<std::string> lines_;  // on the screen
  int drawn_width_ = 0;
  bool is_finished_ = true;
};

class PlainProgress : public Progress {
 public:
  PlainProgress(double every_s, ProgressPorts ports)
      : every_s_(every_s), ports_(std::move(ports)) {}
  ~PlainProgress() override { finish(); }

  void update(const ProgressSnapshot& snapshot) override {
    latest_ = snapshot;
    is_finished_ = false;
    const auto now = ports_.now();
    if (!last_) last_ = now;
    if (std::chrono::duration<double>(now - *last_).count() < every_s_) return;
    last_ = now;
    ports_.write(progress_line(snapshot, ports_.wall()) + "\n");
  }

  void event(std::string_view text) override {
    ports_.write(progress_event_line(text, ports_.wall()) + "\n");
  }

  void finish() override {
    if (is_finished_) return;
    is_finished_ = true;
    ports_.write(progress_line(*latest_, ports_.wall()) + "\n");
  }

 private:
  double every_s_;
  ProgressPorts ports_;
  std::optional<ProgressSnapshot> latest_;
  std::optional<std::chrono::steady_clock::time_point> last_;
  bool is_finished_ = true;
};

class SilentProgress : public Progress {
 public:
  void update(const ProgressSnapshot&) override {}
  void event(std::string_view) override {}
  void finish() override {}
};

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n < 0 && errno != EINTR && errno != EAGAIN) return;  // nobody looks any more
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

ProgressPorts stderr_ports() {
  ProgressPorts ports;
  ports.write = write_all;
  ports.now = [] { return std::chrono::steady_clock::now(); };
  ports.wall = [] { return std::chrono::system_clock::now(); };
  ports.size = [] {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
      return std::pair(80, 24);
    return std::pair<int, int>(size.ws_col, size.ws_row);
  };
  return ports;
}

std::unique_ptr<Progress> live_progress(const Style& style, ProgressPorts ports) {
  return std::make_unique<LiveProgress>(style, std::move(ports));
}
std::unique_ptr<Progress> plain_progress(double every_s, ProgressPorts ports) {
  return std::make_unique<PlainProgress>(every_s, std::move(ports));
}
std::unique_ptr<Progress> silent_progress() { return std::make_unique<SilentProgress>(); }

void restore_terminal() {
  if (!cursor_is_hidden.exchange(false)) return;
  constexpr std::string_view kShow = "\x1b[?25h";
  [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, kShow.data(), kShow.size());
}

namespace {

/// Stops as SIGTSTP would have by itself, and is in place again once the process goes on.
void on_suspend(int) {
  const int before = errno;
  restore_terminal();
  ::signal(SIGTSTP, SIG_DFL);
  sigset_t suspend, old;
  sigemptyset(&suspend);
  sigaddset(&suspend, SIGTSTP);
  ::raise(SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &suspend, &old);  // it is delivered here
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  restore_terminal_on_suspend();
  errno = before;
}

}  // namespace

void restore_terminal_on_suspend() {
  struct sigaction action {};
  action.sa_handler = on_suspend;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGTSTP, &action, nullptr);
}

}  // namespace leitai
