#include "suites/extractors/code_spans.h"

#include <algorithm>
#include <unordered_map>

namespace leitai {

CodeSpans::CodeSpans(std::string_view text) : text_(text) {
  if (text.find('`') == std::string_view::npos) return;
  std::size_t line = 0;
  bool is_blank_line = true;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\n') {
      if (is_blank_line && i > 0) blank_lines_.push_back(i);
      line = i + 1;
      is_blank_line = true;
    } else if (c == '`') {
      std::size_t end = i;
      while (end < text.size() && text[end] == '`') ++end;
      std::size_t rest = end;
      // Short look-ahead: a closing fence has nothing behind it.
      while (rest < text.size() && rest < end + 64 &&
             (text[rest] == ' ' || text[rest] == '\t' || text[rest] == '\r'))
        ++rest;
      runs_.push_back({i, end - i, 0, is_blank_line && i - line <= 3,
                       rest == text.size() || text[rest] == '\n'});
      is_blank_line = false;
      i = end;
      continue;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      is_blank_line = false;
    }
    ++i;
  }
  std::unordered_map<std::size_t, std::size_t> last;
  for (std::size_t i = runs_.size(); i-- > 0;) {
    const auto [found, is_new] = last.try_emplace(runs_[i].size, i);
    if (!is_new) {
      runs_[i].next_same = found->second;
      found->second = i;
    }
  }
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (runs_[i].starts_line && runs_[i].ends_line && runs_[i].size >= 3) closers_.push_back(i);
  }
}

std::size_t CodeSpans::fence_end(const Run& run) {
  if (run.size >= unclosed_size_) return 0;
  while (next_closer_ < closers_.size() && runs_[closers_[next_closer_]].begin <= run.begin)
    ++next_closer_;
  for (std::size_t i = next_closer_; i < closers_.size(); ++i) {
    const Run& other = runs_[closers_[i]];
    if (other.size >= run.size) return other.begin + other.size;
  }
  unclosed_size_ = run.size;
  return 0;
}

CodeSpans::Span CodeSpans::at(std::size_t position) {
  while (next_run_ < runs_.size() && runs_[next_run_].begin + runs_[next_run_].size <= position)
    ++next_run_;
  if (next_run_ == runs_.size()) return {position + 1, 0, false};
  const Run& run = runs_[next_run_];
  Span out{run.begin + run.size, 0, run.starts_line && run.size >= 3};
  if (out.is_fence) {
    out.end = fence_end(run);
    if (out.end != 0) return out;
  }
  if (run.next_same != 0) {
    const Run& close = runs_[run.next_same];
    const auto blank = std::lower_bound(blank_lines_.begin(), blank_lines_.end(), run.begin);
    if (blank == blank_lines_.end() || *blank > close.begin) out.end = close.begin + close.size;
  }
  return out;
}

}  // namespace leitai
