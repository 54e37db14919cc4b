// Cost of the progress display with 1,000 models at five drawings a second, as a share of one core.
#include <fmt/format.h>

#include <chrono>

#include "harness/progress.h"

int main() {
  leitai::ProgressSnapshot snapshot;
  snapshot.title = "bench";
  snapshot.suites = 11;
  snapshot.elapsed_s = 600;
  for (int i = 0; i < 1000; ++i) {
    snapshot.models.push_back({.id = fmt::format("vendor/model-{}-of-a-thousand", i),
                               .answered = 1000 + i,
                               .total = 5000,
                               .in_flight = 3,
                               .tok_s = 120,
                               .cut_off = i,
                               .spent = {{"CNY", 1.5 * i}},
                               .waiting = i % 9 == 0 ? "waiting 21 s (429)" : ""});
  }
  for (const int rows : {0, 50}) {
    std::size_t bytes = 0;
    leitai::ProgressPorts ports = leitai::stderr_ports();
    auto now = ports.now();
    ports.write = [&](std::string_view text) { bytes += text.size(); };
    ports.now = [&] { return now; };
    ports.size = [rows] { return std::pair(120, rows); };
    const auto progress = leitai::live_progress({.color = true}, std::move(ports));
    constexpr int kDrawings = 100;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kDrawings; ++i) {
      now += std::chrono::milliseconds(200);
      progress->update(snapshot);
    }
    const double ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
            .count() /
        kDrawings;
    fmt::print(
        "progress: 1000 models, {}: {:.2f} ms a drawing, {:.2f} % of a core at 5/s, {} bytes a "
        "drawing\n",
        rows == 0 ? "all shown" : "window of 50 rows", ms, ms * 5 / 10, bytes / kDrawings);
  }
}
