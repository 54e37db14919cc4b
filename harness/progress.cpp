#include "harness/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "harness/core/text.h"

namespace leitai {

namespace {

constexpr double kLeastData_s = 120;  // below this no time left is told

/// Glyphs and their ASCII twins. A terminal with wide ambiguous characters gets the twins: they
/// keep the columns.
struct Glyphs {
  const char* full;
  const char* empty;
  const char* dash;
  const char* dot;
  const char* more;
};
constexpr Glyphs kUtf8 = {"\u2501", "\u2500", "\u2013", " \u00b7 ", "\u2026"};
constexpr Glyphs kAscii = {"=", "-", "_", " | ", ".."};

bool is_plain(const Style& style) { return style.ascii || style.ambiguous_wide; }
const Glyphs& glyphs(const Style& style) { return is_plain(style) ? kAscii : kUtf8; }

/// Cells of printable ASCII, alone or after a sign of ours: most text here. Spares the
/// segmentation, most of the cost of a drawing.
std::optional<int> quick_cells(std::string_view text, const Style& style) {
  int sign = 0;
  if (!text.empty() && text.front() < 0 && !is_plain(style)) {
    for (const std::string_view known : {"\u00a5", "\u2013", "\u20ac", "\u00a3"}) {
      if (text.starts_with(known)) text.remove_prefix(known.size()), sign = 1;
    }
  }
  for (const char c : text) {
    if (c < ' ' || c > '~') return std::nullopt;
  }
  return sign + static_cast<int>(text.size());
}

int cells(std::string_view text, const Style& style) {
  const std::optional<int> quick = quick_cells(text, style);
  return quick ? *quick : cell_width(text, style.ambiguous_wide);
}

std::string fit(std::string_view text, int width, const Style& style) {
  if (const std::optional<int> quick = quick_cells(text, style); quick && *quick <= width)
    return std::string(text);
  const std::string safe = escape_controls(text);
  for (int room = width; room > 0; --room) {
    std::string out = shorten_middle(safe, room, is_plain(style));
    if (cells(out, style) <= width) return out;
  }
  return "";
}

std::string blanks(int n) { return std::string(static_cast<std::size_t>(std::max(0, n)), ' '); }
std::string left(const std::string& text, int width, const Style& style) {
  return text + blanks(width - cells(text, style));
}
std::string right(const std::string& text, int width, const Style& style) {
  return blanks(width - cells(text, style)) + text;
}

std::string painted(const std::string& text, const char* role, const Style& style) {
  return style.color && !text.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", role, text) : text;
}

std::string money(const std::string& currency, double amount, const Style& style) {
  const std::string digits =
      amount >= 10 ? with_commas(std::llround(amount)) : fmt::format("{:.2f}", amount);
  if (!is_plain(style)) {
    if (currency == "CNY") return "\u00a5" + digits;
    if (currency == "USD") return "$" + digits;
    if (currency == "EUR") return "\u20ac" + digits;
    if (currency == "GBP") return "\u00a3" + digits;
  }
  return fmt::format("{} {}", escape_controls(currency), digits);
}

std::string money(const std::map<std::string, double>& amounts, const Style& style) {
  std::string out;
  for (const auto& [currency, amount] : amounts)
    out += (out.empty() ? "" : "+") + money(currency, amount, style);
  return out;
}

std::string duration(double seconds) {
  const auto minutes = static_cast<long long>(std::ceil(seconds / 60));
  if (seconds < 60) return "1 min";
  if (minutes < 60) return fmt::format("{} min", minutes);
  if (minutes < 48 * 60) return fmt::format("{} h {} min", minutes / 60, minutes % 60);
  return fmt::format("{} d {} h", minutes / 1440, minutes % 1440 / 60);
}

struct Sums {
  std::int64_t answered = 0, total = 0, resumed = 0, in_flight = 0, cut_off = 0, refused = 0,
               failed = 0, retries = 0;
  double tok_s = 0;
  std::map<std::string, double> spent;
};

Sums sums_of(const ProgressSnapshot& snapshot) {
  Sums all;
  for (const ProgressModel& model : snapshot.models) {
    all.answered += model.answered;
    all.total += model.total;
    all.resumed += model.resumed;
    all.in_flight += model.in_flight;
    all.cut_off += model.cut_off;
    all.refused += model.refused;
    all.failed += model.failed;
    all.retries += model.retries;
    all.tok_s += model.tok_s;
    for (const auto& [currency, amount] : model.spent) all.spent[currency] += amount;
  }
  return all;
}

/// Share of the budget that is spent, of the currency nearest its end.
double budget_share(const ProgressSnapshot& snapshot, const Sums& all) {
  double share = 0;
  for (const auto& [currency, most] : snapshot.budget) {
    const auto spent = all.spent.find(currency);
    if (spent != all.spent.end() && most > 0) share = std::max(share, spent->second / most);
  }
  return share;
}

/// The columns of the block at one width; 0: dropped.
struct Layout {
  int name = 0, bar = 14, now = 5, tok_s = 9, cut_off = 9, refused = 9, failed = 8, retry = 8,
      spent = 9;
  bool reason_inline = true;
  int columns() const {
    return name + 2 + bar + 6 + now + tok_s + cut_off + refused + failed + retry + spent;
  }
};

constexpr int kReason = 19;  // a space and "waiting 21 s (429)"

Layout layout_for(const ProgressSnapshot& snapshot, const Style& style) {
  Layout at;
  int longest = 0, spent = 0;
  for (const ProgressModel& model : snapshot.models) {
    if (longest < 22) longest = std::max(longest, cells(escape_controls(model.id), style));
    if (!model.spent.empty()) spent = std::max(spent, cells(money(model.spent, style), style) + 2);
  }
  at.name = std::clamp(longest + 1, 12, 22);
  at.spent = std::max(at.spent, spent);
  if (at.columns() + kReason <= style.width) return at;
  at.reason_inline = false;
  const auto fits = [&] { return at.columns() <= style.width; };
  for (int Layout::*column : {&Layout::retry, &Layout::refused, &Layout::tok_s}) {
    if (fits()) return at;
    at.*column = 0;
  }
  const auto shrink = [&](int Layout::*column, int least) {
    at.*column = std::max(least, at.*column - std::max(0, at.columns() - style.width));
  };
  shrink(&Layout::bar, 11);
  shrink(&Layout::spent, std::max(7, spent));
  shrink(&Layout::bar, 6);
  shrink(&Layout::name, 12);
  for (int Layout::*column :
       {&Layout::cut_off, &Layout::now, &Layout::spent, &Layout::failed, &Layout::bar}) {
    if (fits()) return at;
    at.*column = 0;
  }
  shrink(&Layout::name, 1);
  return at;
}

std::string bar(const ProgressModel& model, int width, const Style& style) {
  const double share = model.total > 0
                           ? static_cast<double>(model.answered) / static_cast<double>(model.total)
                           : 1.0;
  const int full = std::clamp(static_cast<int>(std::floor(share * width + 1e-9)), 0, width);
  std::string on, off;
  for (int i = 0; i < full; ++i) on += glyphs(style).full;
  for (int i = full; i < width; ++i) off += glyphs(style).empty;
  return on + painted(off, "2", style);
}

std::string model_line(const ProgressModel& model, const Layout& at, const Style& style) {
  const double share = model.total > 0
                           ? static_cast<double>(model.answered) / static_cast<double>(model.total)
                           : 1.0;
  const std::string percent =
      model.is_done ? "done" : fmt::format("{:.0f} %", std::floor(100 * share + 1e-9));
  std::string out = left(fit(model.id, at.name, style), at.name + 2, style);
  out += bar(model, at.bar, style) + " " +
         (model.is_done ? left(percent, 5, style) : right(percent, 5, style));
  const auto number = [&](int width, const std::string& text) {
    if (width > 0) out += right(fit(text, width - 1, style), width, style);
  };
  number(at.now, with_commas(model.in_flight));
  number(at.tok_s, model.is_done ? glyphs(style).dash : with_commas(std::llround(model.tok_s)));
  number(at.cut_off, with_commas(model.cut_off));
  number(at.refused, with_commas(model.refused));
  number(at.failed, with_commas(model.failed));
  number(at.retry, with_commas(model.retries));
  number(at.spent, model.spent.empty() ? glyphs(style).dash : money(model.spent, style));
  if (at.reason_inline && !model.waiting.empty())
    out += " " + fit(model.waiting, style.width - at.columns() - 1, style);
  return out;
}

std::string header_line(const Layout& at, const Style& style) {
  std::string out = left(fit("model", at.name, style), at.name + 2, style);
  out += left(at.bar >= 8 ? "answered" : "", at.bar, style) + blanks(6);
  const auto head = [&](int width, const char* text) {
    if (width > 0) out += right(text, width, style);
  };
  head(at.now, "now");
  head(at.tok_s, "tok/s");
  head(at.cut_off, "cut off");
  head(at.refused, "refused");
  head(at.failed, "failed");
  head(at.retry, "retry");
  head(at.spent, "spent");
  return painted(out, "2", style);
}

/// The longest of `ways` that fits, else the last one shortened.
std::string first_fitting(const std::vector<std::string>& ways, const Style& style) {
  for (const std::string& way : ways) {
    if (cells(way, style) <= style.width) return way;
  }
  return fit(ways.back(), style.width, style);
}

std::string title_line(const ProgressSnapshot& snapshot, const Sums& all, const Style& style) {
  const std::string dot = glyphs(style).dot;
  const auto counted = [](std::int64_t n, const char* one) {
    return fmt::format("{} {}{}", with_commas(n), one, n == 1 ? "" : "s");
  };
  const std::string what = "leitai run " + escape_controls(snapshot.title);
  const std::string models = counted(static_cast<std::int64_t>(snapshot.models.size()), "model");
  const std::string rest =
      models + dot + counted(snapshot.suites, "suite") + dot + counted(all.total, "request");
  std::vector<std::string> ways;
  if (all.resumed > 0)
    ways.push_back(what + "   " + rest + dot + with_commas(all.resumed) + " already answered");
  ways.push_back(what + "   " + rest);
  ways.push_back(what + "   " + models);
  ways.push_back(what);
  std::string line = first_fitting(ways, style);
  if (style.color && line.starts_with(what))
    line = painted(what, "1", style) + line.substr(what.size());
  return line;
}

std::string budget_line(const ProgressSnapshot& snapshot, const Sums& all, const Style& style) {
  const std::string counts =
      fmt::format(" {} of {}", with_commas(all.answered), with_commas(all.total));
  const double share = budget_share(snapshot, all);
  std::string spent = money(all.spent, style), spent_short = spent;
  if (!snapshot.budget.empty()) {
    if (spent.empty()) spent = money(snapshot.budget.begin()->first, 0, style);
    spent_short = spent + " of " + money(snapshot.budget, style);
    spent = spent_short + " budget";
  }
  std::string time, time_short;
  if (!snapshot.stopping.empty()) {
    time = time_short = escape_controls(snapshot.stopping);
  } else if (all.answered >= all.total) {
    time = time_short = "all answered";
  } else if (share > 0.9 && share < 1 && snapshot.elapsed_s > 0) {
    time = time_short =
        fmt::format("stops in about {}", duration(snapshot.elapsed_s * (1 - share) / share));
  } else if (const std::optional<TimeLeft> still = time_left(snapshot)) {
    time_short = fmt::format("about {} left", duration(still->seconds));
    time = snapshot.models.size() > 1
               ? fmt::format("{}, {} last", time_short, fit(still->slowest, 24, style))
               : time_short;
  } else {
    time = time_short = "time left: measuring";
  }
  const auto join = [](std::initializer_list<std::string> parts) {
    std::string out;
    for (const std::string& part : parts) {
      if (!part.empty()) out += (out.empty() ? "" : "   ") + part;
    }
    return out;
  };
  const std::string log = snapshot.log.empty() ? "" : "log: " + escape_controls(snapshot.log);
  const std::string line =
      first_fitting({join({counts, spent, time, log}), join({counts, spent, time}),
                     join({counts, spent_short, time_short}), join({counts, time_short}), counts},
                    style);
  return share > 0.9 ? painted(line, "1", style) : line;
}

}  // namespace

std::optional<TimeLeft> time_left(const ProgressSnapshot& snapshot) {
  if (snapshot.elapsed_s < kLeastData_s) return std::nullopt;
  std::optional<TimeLeft> out;
  for (const ProgressModel& model : snapshot.models) {
    const std::int64_t fresh = model.answered - model.resumed, still = model.total - model.answered;
    if (still <= 0 || model.is_done) continue;
    if (fresh <= 0) return std::nullopt;
    const double seconds =
        snapshot.elapsed_s * static_cast<double>(still) / static_cast<double>(fresh);
    if (!out || seconds > out->seconds) out = TimeLeft{seconds, model.id};
  }
  return out ? out : TimeLeft{};
}

std::vector<std::string> progress_block(const ProgressSnapshot& snapshot, const Style& style,
                                        int rows) {
  const Sums all = sums_of(snapshot);
  const Layout at = layout_for(snapshot, style);
  std::vector<std::string> lines = {title_line(snapshot, all, style), "", header_line(at, style)};

  // Where rows are short, models that are still at work go first; the others share the last line.
  std::vector<const ProgressModel*> shown;
  for (const ProgressModel& model : snapshot.models) shown.push_back(&model);
  const std::size_t room =
      rows > 0 ? static_cast<std::size_t>(std::max(2, rows - 6)) : shown.size();
  std::string others;
  if (shown.size() > room) {
    std::stable_partition(shown.begin(), shown.end(),
                          [](const ProgressModel* model) { return !model->is_done; });
    const auto hidden = shown.begin() + static_cast<std::ptrdiff_t>(room - 1);
    const auto done = std::count_if(hidden, shown.end(),
                                    [](const ProgressModel* model) { return model->is_done; });
    const auto waiting = std::count_if(
        hidden, shown.end(), [](const ProgressModel* model) { return !model->waiting.empty(); });
    others = fmt::format("{} {} more models: {} done, {} waiting", glyphs(style).more,
                         shown.end() - hidden, done, waiting);
    shown.erase(hidden, shown.end());
  }

  const ProgressModel* told = nullptr;  // whose reason has its own line, in place of the empty one
  std::int64_t waiting = 0;
  for (const ProgressModel* model : shown) {
    lines.push_back(model_line(*model, at, style));
    if (at.reason_inline || model->waiting.empty()) continue;
    ++waiting;
    if (told) continue;
    told = model;
    lines.emplace_back();
  }
  if (told) {
    const auto place = 3 + (std::find(shown.begin(), shown.end(), told) - shown.begin()) + 1;
    const std::string reason = escape_controls(told->waiting) +
                               (waiting > 1 ? fmt::format(", {} more waiting", waiting - 1) : "");
    const int indent = at.name + 2 + 12 <= style.width ? at.name + 2 : 0;
    lines[static_cast<std::size_t>(place)] =
        blanks(indent) + fit(reason, style.width - indent, style);
  }
  if (!others.empty()) lines.push_back(painted(fit(others, style.width, style), "2", style));
  if (!told) lines.emplace_back();
  lines.push_back(budget_line(snapshot, all, style));
  return lines;
}

namespace {

std::string stamp(std::chrono::system_clock::time_point now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

/// "2h10m", "3m", "0m".
std::string short_duration(double seconds) {
  const auto minutes = static_cast<long long>(std::ceil(seconds / 60));
  return minutes < 60 ? fmt::format("{}m", minutes)
                      : fmt::format("{}h{:02}m", minutes / 60, minutes % 60);
}

}  // namespace

std::string progress_line(const ProgressSnapshot& snapshot,
                          std::chrono::system_clock::time_point now) {
  const Sums all = sums_of(snapshot);
  std::string spent;
  for (const auto& [currency, amount] : all.spent) {
    spent += fmt::format("{}{}{:.2f}", spent.empty() ? "" : "+", escape_controls(currency), amount);
    if (const auto most = snapshot.budget.find(currency); most != snapshot.budget.end())
      spent += fmt::format("/{:g}", most->second);
  }
  const std::optional<TimeLeft> still = time_left(snapshot);
  const double percent = all.total > 0 ? std::floor(1000.0 * static_cast<double>(all.answered) /
                                                    static_cast<double>(all.total)) /
                                             10
                                       : 100.0;
  const std::string eta = all.answered >= all.total ? "0m"
                          : still                   ? short_duration(still->seconds)
                                                    : "measuring";
  return fmt::format(
      "{} run {}/{} {:.1f}% in_flight={} tok_s={:.0f} cut_off={} refused={} failed={} retries={} "
      "spent={} eta={}",
      stamp(now), all.answered, all.total, percent, all.in_flight, all.tok_s, all.cut_off,
      all.refused, all.failed, all.retries, spent.empty() ? "0" : spent, eta);
}

std::string progress_event_line(std::string_view text, std::chrono::system_clock::time_point now) {
  return fmt::format("{} {}", stamp(now), escape_controls(text));
}

}  // namespace leitai
