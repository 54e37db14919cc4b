#include "suites/metrics/ter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai::metrics {

namespace {

constexpr int kMaxShiftSize = 10;
constexpr int kMaxShiftDistance = 50;
constexpr int kMaxShiftsTried = 1000;
constexpr int kBeamWidth = 25;
constexpr std::int64_t kInfinity = 10'000'000'000'000'000;

using Ids = std::u32string;  // numbers of words

/// Step of a path through the matrix that rewrites the hypothesis into the reference.
enum class Step : std::uint8_t { Keep, Replace, Insert, Delete, None };

struct Cell {
  std::int64_t cost = kInfinity;
  Step step = Step::None;
};

/// Edit distance to one reference within a band around the diagonal. Remembers the rows of the last
/// hypothesis: those of a common beginning are the same, since all hypotheses here have one length.
class BandedDistance {
 public:
  explicit BandedDistance(const Ids& ref) : ref_(ref) {}

  std::int64_t distance(const Ids& hyp) {
    fill(hyp);
    return at(hyp.size(), ref_.size()).cost;
  }

  /// The steps of the last hypothesis, from the start.
  std::vector<Step> path() const {
    std::vector<Step> out;
    std::size_t i = hyp_.size(), j = ref_.size();
    while (i > 0 || j > 0) {
      Step step = at(i, j).step;
      if (j == 0) {
        step = Step::Delete;
      } else if (i == 0 || step == Step::None) {  // None: the band was left
        step = Step::Insert;
      }
      out.push_back(step);
      if (step != Step::Insert) --i;
      if (step != Step::Delete) --j;
    }
    std::reverse(out.begin(), out.end());
    return out;
  }

 private:
  struct Row {
    std::size_t begin = 0;  // column of the first cell
    std::vector<Cell> cells;
  };

  Cell at(std::size_t i, std::size_t j) const {
    const Row& row = rows_[i];
    return j < row.begin || j >= row.begin + row.cells.size() ? Cell{} : row.cells[j - row.begin];
  }

  void fill(const Ids& hyp) {
    std::size_t same = 0;
    if (!rows_.empty() && hyp_.size() == hyp.size()) {
      while (same < hyp.size() && hyp[same] == hyp_[same]) ++same;
    }
    hyp_ = hyp;
    rows_.resize(hyp.size() + 1);
    if (rows_[0].cells.empty()) {
      for (std::size_t j = 0; j <= ref_.size(); ++j)
        rows_[0].cells.push_back({static_cast<std::int64_t>(j), Step::Insert});
    }
    const double ratio =
        hyp.empty() ? 1 : static_cast<double>(ref_.size()) / static_cast<double>(hyp.size());
    const double beam = kBeamWidth < ratio / 2 ? std::ceil(ratio / 2 + kBeamWidth) : kBeamWidth;
    for (std::size_t i = same + 1; i <= hyp.size(); ++i) {
      const double diagonal = std::floor(static_cast<double>(i) * ratio);
      const auto begin = static_cast<std::size_t>(std::max(0.0, diagonal - beam));
      auto end =
          static_cast<std::size_t>(std::min(static_cast<double>(ref_.size() + 1), diagonal + beam));
      if (i == hyp.size()) end = ref_.size() + 1;
      Row& row = rows_[i];
      row.begin = begin;
      row.cells.assign(end > begin ? end - begin : 0, {});
      for (std::size_t j = begin; j < end; ++j) {
        Cell& cell = row.cells[j - begin];
        if (j == 0) {
          cell = {at(i - 1, 0).cost + 1, Step::Delete};
          continue;
        }
        const bool is_same = hyp[i - 1] == ref_[j - 1];
        // Of equal costs the first wins.
        offer(cell, at(i - 1, j - 1).cost + (is_same ? 0 : 1),
              is_same ? Step::Keep : Step::Replace);
        offer(cell, at(i - 1, j).cost + 1, Step::Delete);
        if (j > begin) offer(cell, row.cells[j - begin - 1].cost + 1, Step::Insert);
      }
    }
  }

  static void offer(Cell& cell, std::int64_t cost, Step step) {
    if (cell.cost > cost) cell = {cost, step};
  }

  const Ids& ref_;
  Ids hyp_;
  std::vector<Row> rows_;
};

/// Which word of the hypothesis stands at each word of the reference, and what is wrong on both
/// sides.
struct Alignment {
  std::vector<std::int64_t> hyp_of_ref;  // -1 before the first
  std::vector<bool> hyp_wrong;
  std::vector<bool> ref_wrong;
};

Alignment aligned(const std::vector<Step>& path) {
  Alignment out;
  std::int64_t hyp = -1;
  for (const Step step : path) {
    if (step != Step::Insert) {
      ++hyp;
      out.hyp_wrong.push_back(step != Step::Keep);
    }
    if (step != Step::Delete) {
      out.hyp_of_ref.push_back(hyp);
      out.ref_wrong.push_back(step != Step::Keep);
    }
  }
  return out;
}

bool any(const std::vector<bool>& wrong, std::int64_t begin, std::int64_t length) {
  return std::any_of(wrong.begin() + begin, wrong.begin() + begin + length,
                     [](bool one) { return one; });
}

/// The run [start, start + length) of `words` moved to before `target`.
Ids shifted(const Ids& words, std::int64_t start, std::int64_t length, std::int64_t target) {
  const auto piece = [&](std::int64_t from, std::int64_t to) {
    const auto size = static_cast<std::int64_t>(words.size());
    from = std::min(from, size);
    return words.substr(static_cast<std::size_t>(from),
                        static_cast<std::size_t>(std::max<std::int64_t>(0, to - from)));
  };
  const Ids run = piece(start, start + length);
  const auto end = static_cast<std::int64_t>(words.size());
  if (target < start)
    return piece(0, target) + run + piece(target, start) + piece(start + length, end);
  if (target > start + length)
    return piece(0, start) + piece(start + length, target) + run + piece(target, end);
  return piece(0, start) + piece(start + length, length + target) + run +
         piece(length + target, end);
}

struct Shift {
  std::int64_t gain = 0;
  std::int64_t length = 0;
  std::int64_t start = 0;
  std::int64_t target = 0;
  Ids words;

  /// Larger gain, then longer, then earlier, then to an earlier place.
  bool beats(const Shift& other) const {
    return std::tuple(gain, length, -start, -target) >
           std::tuple(other.gain, other.length, -other.start, -other.target);
  }
};

class ShiftSearch {
 public:
  explicit ShiftSearch(const Ids& ref) : ref_(ref), distance_(ref) {}

  std::int64_t edits(Ids hyp) {
    if (ref_.empty()) return static_cast<std::int64_t>(hyp.size());
    std::int64_t shifts = 0;
    while (true) {
      std::optional<Shift> shift = best(hyp);
      if (tried_ >= kMaxShiftsTried || !shift || shift->gain <= 0) break;
      ++shifts;
      hyp = std::move(shift->words);
    }
    return shifts + distance_.distance(hyp);
  }

 private:
  std::optional<Shift> best(const Ids& hyp) {
    before_ = distance_.distance(hyp);
    alignment_ = aligned(distance_.path());
    std::optional<Shift> out;
    const auto n_hyp = static_cast<std::int64_t>(hyp.size()),
               n_ref = static_cast<std::int64_t>(ref_.size());
    for (std::int64_t h = 0; h < n_hyp; ++h) {
      const std::int64_t first = std::max<std::int64_t>(0, h - kMaxShiftDistance),
                         last = std::min(n_ref - 1, h + kMaxShiftDistance);
      for (std::int64_t r = first; r <= last; ++r) {
        for (std::int64_t length = 1;
             length <= kMaxShiftSize && h + length <= n_hyp && r + length <= n_ref &&
             hyp[static_cast<std::size_t>(h + length - 1)] ==
                 ref_[static_cast<std::size_t>(r + length - 1)];
             ++length) {
          if (!try_run(hyp, h, r, length, out)) continue;
          if (tried_ >= kMaxShiftsTried) return out;
        }
      }
    }
    return out;
  }

  /// Tries the places where words [h, h + length) could go to match those at `r`. False: the run is
  /// none that may be moved.
  bool try_run(const Ids& hyp, std::int64_t h, std::int64_t r, std::int64_t length,
               std::optional<Shift>& out) {
    if (!any(alignment_.hyp_wrong, h, length) || !any(alignment_.ref_wrong, r, length))
      return false;
    const auto place = [&](std::int64_t at) {
      return alignment_.hyp_of_ref[static_cast<std::size_t>(at)];
    };
    if (h <= place(r) && place(r) < h + length) return false;
    std::int64_t last_target = -1;
    for (std::int64_t at = r - 1; at < r + length; ++at) {
      const std::int64_t target = at < 0 ? 0 : place(at) + 1;
      if (target == last_target) continue;
      last_target = target;
      Shift shift{0, length, h, target, shifted(hyp, h, length, target)};
      shift.gain = before_ - distance_.distance(shift.words);
      ++tried_;
      if (!out || shift.beats(*out)) out = std::move(shift);
    }
    return true;
  }

  const Ids& ref_;
  BandedDistance distance_;
  std::int64_t before_ = 0;
  Alignment alignment_;
  int tried_ = 0;
};

Words prepared(const TerOptions& options, std::string_view text) {
  const std::u32string all = to_utf32(text);
  return tercom_tokens(options, rstrip(all));
}

/// sacreBLEU's TER tokenizes references a second time, which shows where the first time made "'s "
/// or an entity: "x's\u001Cy", "&amp;lt;".
Words prepared_twice(const TerOptions& options, std::string_view text) {
  std::u32string line;
  for (const std::u32string& word : prepared(options, text)) {
    if (!line.empty()) line += U' ';
    line += word;
  }
  return tercom_tokens(options, line);
}

}  // namespace

void TerCounts::add(const TerCounts& other) {
  num_edits += other.num_edits;
  ref_length += other.ref_length;
}

TerCounts ter_counts(const TerOptions& options, std::string_view hypothesis,
                     std::span<const std::string> refs) {
  LEITAI_CHECK(!refs.empty(), "no references");
  WordNumbers numbers;
  const Ids hyp = numbers.numbers(prepared(options, hypothesis));
  TerCounts out;
  out.num_edits = kInfinity;
  std::int64_t length = 0;
  for (const std::string& text : refs) {
    const Ids ref = numbers.numbers(prepared_twice(options, text));
    out.num_edits = std::min(out.num_edits, ShiftSearch(ref).edits(hyp));
    length += static_cast<std::int64_t>(ref.size());
  }
  out.ref_length = static_cast<double>(length) / static_cast<double>(refs.size());
  return out;
}

double ter(const TerCounts& counts) {
  const auto edits = static_cast<double>(counts.num_edits);
  if (counts.ref_length > 0) return 100 * (edits / counts.ref_length);
  return edits > 0 ? 100 : 0;
}

std::string ter_signature(const TerOptions& options, std::size_t n_refs) {
  const auto word = [](bool value) { return value ? "yes" : "no"; };
  return fmt::format("nrefs:{}|case:{}|tok:tercom|norm:{}|punct:{}|asian:{}|version:2.6.0", n_refs,
                     options.case_sensitive ? "mixed" : "lc", word(options.normalized),
                     word(!options.no_punct), word(options.asian_support));
}

}  // namespace leitai::metrics
