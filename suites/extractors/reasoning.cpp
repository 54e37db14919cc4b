#include "suites/extractors/reasoning.h"

#include <algorithm>
#include <array>

#include "harness/core/text.h"
#include "suites/extractors/code_spans.h"
#include "suites/extractors/folding.h"

namespace leitai {

namespace {

constexpr std::size_t kNone = std::string_view::npos;

struct Family {
  std::string_view open;
  std::string_view close;
  bool
      is_angle;  // `open` is the bare name: case is ignored, white space and attributes are allowed
};

// Kimi-VL marks with U+25C1 and U+25B7.
constexpr std::array<Family, 8> kFamilies{
    {{"think", "think", true},
     {"thinking", "thinking", true},
     {"reasoning", "reasoning", true},
     {"seed:think", "seed:think", true},
     {"thought", "thought", true},
     {"\xE2\x97\x81think\xE2\x96\xB7", "\xE2\x97\x81/think\xE2\x96\xB7", false},
     {"[THINK]", "[/THINK]", false},
     {"<|begin_of_thought|>", "<|end_of_thought|>", false}}};

struct Tag {
  enum class Kind { Open, Close, Empty };
  std::size_t family;
  Kind kind;
  std::size_t end;
};

bool is_space(char c) { return c == ' ' || (c >= 9 && c <= 13); }
bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':' || c == '-' || c == '.';
}

/// The end of `name=value ... >` from `at`, or none. Looks at no more than 256 bytes.
struct TagEnd {
  std::size_t end;
  bool is_empty;
};

std::optional<TagEnd> end_of_opener(std::string_view text, std::size_t at) {
  const std::size_t limit = std::min(text.size(), at + 256);
  while (true) {
    const std::size_t before = at;
    while (at < limit && is_space(text[at])) ++at;
    if (at >= limit) return std::nullopt;
    if (text[at] == '>') return TagEnd{at + 1, false};
    if (text[at] == '/') {
      if (at + 1 < limit && text[at + 1] == '>') return TagEnd{at + 2, true};
      return std::nullopt;
    }
    if (at == before) return std::nullopt;
    const std::size_t name = at;
    while (at < limit && is_name(text[at])) ++at;
    if (at == name || at >= limit || text[at] != '=') return std::nullopt;
    if (++at >= limit) return std::nullopt;
    if (text[at] == '"' || text[at] == '\'') {
      const std::size_t close = text.substr(0, limit).find(text[at], at + 1);
      if (close == kNone) return std::nullopt;
      at = close + 1;
    } else {
      const std::size_t value = at;
      while (at < limit && !is_space(text[at]) && text[at] != '>' && text[at] != '<') ++at;
      if (at == value) return std::nullopt;
    }
  }
}

std::optional<Tag> tag_at(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  for (std::size_t i = 0; i < kFamilies.size(); ++i) {
    const Family& family = kFamilies[i];
    if (!family.is_angle) {
      if (rest.starts_with(family.open)) return Tag{i, Tag::Kind::Open, at + family.open.size()};
      if (rest.starts_with(family.close)) return Tag{i, Tag::Kind::Close, at + family.close.size()};
      continue;
    }
    if (rest[0] != '<') continue;
    const bool closes = rest.size() > 1 && rest[1] == '/';
    const std::size_t name = closes ? 2 : 1;
    if (rest.size() < name || !starts_with_nocase(rest.substr(name), family.open)) continue;
    const std::size_t after = at + name + family.open.size();
    if (closes) {
      std::size_t end = after;
      const std::size_t limit = std::min(text.size(), after + 64);
      while (end < limit && is_space(text[end])) ++end;
      if (end < limit && text[end] == '>') return Tag{i, Tag::Kind::Close, end + 1};
    } else if (const auto end = end_of_opener(text, after)) {
      return Tag{i, end->is_empty ? Tag::Kind::Empty : Tag::Kind::Open, end->end};
    }
  }
  return std::nullopt;
}

/// What was kept so far, as stretches of the source; gathers what was taken off.
class Kept {
 public:
  explicit Kept(std::string_view source) : source_(source) {}

  void keep(std::size_t begin, std::size_t end) {
    if (begin < end) spans_.push_back({begin, end});
  }
  void gap() { spans_.push_back({0, 0}); }
  void thought(std::string_view text) {
    if (trim_blank(text).empty()) return;
    if (!reasoning_.empty()) reasoning_ += '\n';
    reasoning_ += text;
  }
  bool is_blank() const {
    return std::all_of(spans_.begin(), spans_.end(), [&](const Span& s) {
      return trim_blank(source_.substr(s.begin, s.end - s.begin)).empty();
    });
  }
  /// All that was kept was a thought.
  void discard() {
    std::string all;
    for (const Span& s : spans_) all += source_.substr(s.begin, s.end - s.begin);
    spans_.clear();
    thought(all);
  }
  void write(ReasoningSplit& out) const {
    out.reasoning = reasoning_;
    for (const Span& s : spans_) {
      if (s.begin == s.end) {
        out.answer += '\n';
        continue;
      }
      out.pieces.push_back({out.answer.size(), s.begin, s.end - s.begin});
      out.answer += source_.substr(s.begin, s.end - s.begin);
    }
  }

 private:
  struct Span {
    std::size_t begin;
    std::size_t end;  // equal to begin: a line break in place of a block
  };
  std::string_view source_;
  std::vector<Span> spans_;
  std::string reasoning_;
};

struct Scan {
  bool is_open = false;  // the text ended inside a block
  bool has_tags = false;
  bool has_stray =
      false;  // a closer without opener came after an answer in a text that had a block
};

/// The next byte at which a tag or code may begin.
std::size_t next_start(std::string_view text, std::size_t at) {
  static constexpr auto kStarts = [] {
    std::array<bool, 256> out{};
    for (const char c : {'<', '[', '\xE2', '`'}) out[static_cast<unsigned char>(c)] = true;
    return out;
  }();
  while (at < text.size() && !kStarts[static_cast<unsigned char>(text[at])]) ++at;
  return at < text.size() ? at : kNone;
}

/// Step 1 of A1 from `at` on.
Scan scan_tags(std::string_view text, std::size_t at, bool has_field, Kept& kept) {
  Scan out;
  CodeSpans code(text);
  std::size_t kept_from = at, block_from = 0, code_until = 0, closer_end = at > 0 ? at : kNone;
  std::size_t depth = 0, family = 0;
  while ((at = next_start(text, at)) != kNone) {
    if (text[at] == '`') {
      if (depth > 0 && at < code_until) {
        ++at;
        continue;
      }
      const CodeSpans::Span span = code.at(at);
      const bool opens_text = span.is_fence && !has_field &&
                              trim_blank(text.substr(0, std::min<std::size_t>(at, 4096))).empty() &&
                              at < 4096;
      const bool counts = span.is_closed() && (depth > 0 || (at != closer_end && !opens_text));
      if (counts && depth == 0) {
        at = span.end;
      } else {
        if (counts) code_until = std::max(code_until, span.end);
        at = span.run_end;
      }
      continue;
    }
    const auto tag = tag_at(text, at);
    if (!tag) {
      ++at;
      continue;
    }
    if (depth == 0) {
      if (tag->kind == Tag::Kind::Close) {
        kept.keep(kept_from, at);
        if (out.has_tags && !kept.is_blank()) out.has_stray = true;
        kept.discard();
        kept.gap();
        kept_from = closer_end = tag->end;
      } else {
        kept.keep(kept_from, at);
        if (tag->kind == Tag::Kind::Open) {
          depth = 1;
          family = tag->family;
          block_from = tag->end;
          code_until = 0;
        } else {
          kept.gap();
          kept_from = tag->end;
        }
      }
      out.has_tags = true;
    } else if (tag->family == family) {
      if (tag->kind == Tag::Kind::Open && at >= code_until) ++depth;
      if (tag->kind == Tag::Kind::Close && --depth == 0) {
        kept.thought(text.substr(block_from, at - block_from));
        kept.gap();
        kept_from = closer_end = tag->end;
      }
    }
    at = tag->end;
  }
  if (depth > 0) {
    kept.thought(text.substr(block_from));
    out.is_open = true;
  } else {
    kept.keep(kept_from, text.size());
  }
  return out;
}

/// The end of the first closer of any family, or none.
struct FirstCloser {
  std::size_t begin;
  std::size_t end;
};

std::optional<FirstCloser> first_closer(std::string_view text) {
  for (std::size_t at = 0; (at = text.find_first_of("<[\xE2", at)) != kNone; ++at) {
    const auto tag = tag_at(text, at);
    if (tag && tag->kind == Tag::Kind::Close) return FirstCloser{at, tag->end};
  }
  return std::nullopt;
}

/// Harmony channels: analysis and commentary are thoughts, final is the answer.
bool looks_like_harmony(std::string_view text) {
  if (trim_blank(text).starts_with("<|channel|>") || trim_blank(text).starts_with("<|start|>"))
    return true;
  for (std::size_t at = 0; (at = text.find("<|channel|>", at)) != kNone; ++at) {
    const std::string_view name = text.substr(at + 11);
    if ((name.starts_with("analysis") || name.starts_with("final") ||
         name.starts_with("commentary")) &&
        (at == 0 || text[at - 1] != '`'))
      return true;
  }
  return false;
}

Scan scan_harmony(std::string_view text, Kept& kept) {
  constexpr std::array<std::string_view, 6> kMarks{"<|channel|>", "<|start|>",  "<|message|>",
                                                   "<|end|>",     "<|return|>", "<|call|>"};
  enum class In { Text, Header, Answer, Thought };
  Scan out;
  out.has_tags = true;
  In state = In::Text;
  bool header_is_channel = false;
  std::size_t from = 0, at = 0;
  const auto leave = [&](std::size_t end) {
    if (state == In::Text || state == In::Answer) kept.keep(from, end);
    if (state == In::Thought) {
      kept.thought(text.substr(from, end - from));
      kept.gap();
    }
  };
  while ((at = text.find("<|", at)) != kNone) {
    const auto* mark = std::find_if(kMarks.begin(), kMarks.end(), [&](std::string_view m) {
      return text.substr(at).starts_with(m);
    });
    if (mark == kMarks.end()) {
      at += 2;
      continue;
    }
    const std::size_t end = at + mark->size();
    if (*mark == "<|message|>") {
      if (state == In::Header) {
        const std::string_view header = trim(text.substr(from, at - from));
        // A message without a channel is plain text of whoever speaks.
        state = !header_is_channel || header.starts_with("final") ? In::Answer : In::Thought;
        from = end;
      }
    } else {
      if (*mark == "<|channel|>" && state == In::Header && !header_is_channel) {
        header_is_channel = true;  // the role before it is dropped
        from = end;
      } else {
        leave(at);
        header_is_channel = *mark == "<|channel|>";
        state = header_is_channel || *mark == "<|start|>" ? In::Header : In::Text;
        from = end;
      }
    }
    at = end;
  }
  leave(text.size());
  out.is_open = state == In::Thought || state == In::Header;
  return out;
}

/// A text that breaks off within a closer that had no opener was a thought.
bool ends_inside_closer(std::string_view text) {
  const std::string tail =
      ascii_lower(text.substr(text.size() - std::min<std::size_t>(text.size(), 24)));
  for (const Family& family : kFamilies) {
    const std::string whole =
        family.is_angle ? "</" + std::string(family.close) + ">" : ascii_lower(family.close);
    // Shorter beginnings are also those of other tags.
    for (std::size_t n = whole.size() - 1; n >= 5; --n) {
      if (std::string_view(tail).ends_with(std::string_view(whole).substr(0, n))) return true;
    }
  }
  return false;
}

void crop(ReasoningSplit& split, std::size_t begin, std::size_t end) {
  split.answer = split.answer.substr(begin, end - begin);
  std::vector<ReasoningSplit::Piece> pieces;
  for (ReasoningSplit::Piece piece : split.pieces) {
    const std::size_t from = std::max(piece.answer_begin, begin),
                      to = std::min(piece.answer_begin + piece.size, end);
    if (from < to)
      pieces.push_back({from - begin, piece.source_begin + (from - piece.answer_begin), to - from});
  }
  split.pieces = std::move(pieces);
}

void trim_answer(ReasoningSplit& split) {
  const std::string_view all = split.answer, inner = trim_blank(all);
  const std::size_t begin = inner.empty() ? 0 : static_cast<std::size_t>(inner.data() - all.data());
  crop(split, begin, begin + inner.size());
}

/// Takes one wrapper off that is around the whole answer; its end may be missing.
void unwrap(ReasoningSplit& split) {
  struct Wrapper {
    std::string_view open, close;
  };
  constexpr std::array<Wrapper, 3> kWrappers{{{"<answer>", "</answer>"},
                                              {"<response>", "</response>"},
                                              {"<|begin_of_solution|>", "<|end_of_solution|>"}}};
  if (!split.answer.starts_with('<')) return;
  const std::string lower = ascii_lower(split.answer);
  for (const Wrapper& wrapper : kWrappers) {
    if (!lower.starts_with(wrapper.open)) continue;
    const std::size_t close = lower.find(wrapper.close);
    if (close != kNone && close + wrapper.close.size() != lower.size()) return;
    crop(split, wrapper.open.size(), close == kNone ? lower.size() : close);
    trim_answer(split);
    return;
  }
}

}  // namespace

std::size_t ReasoningSplit::source_offset(std::size_t answer_offset) const {
  const auto next =
      std::upper_bound(pieces.begin(), pieces.end(), answer_offset,
                       [](std::size_t at, const Piece& piece) { return at < piece.answer_begin; });
  if (next == pieces.begin()) return pieces.empty() ? 0 : pieces.front().source_begin;
  const Piece& piece = *(next - 1);
  return piece.source_begin + std::min(answer_offset - piece.answer_begin, piece.size);
}

ReasoningSplit split_reasoning(const ReasoningInput& input) {
  ReasoningSplit out;
  const std::string_view text = input.text;
  const bool has_field = input.field && !trim_blank(*input.field).empty();
  const bool is_cut = input.finish_reason == "length";
  const bool template_open = input.prompt_opens_think && !has_field;
  Kept kept(text);
  if (has_field) kept.thought(*input.field);
  Scan scan;
  constexpr std::string_view kStrippedFinal = "assistantfinal";
  const std::size_t stripped = text.starts_with("analysis") ? text.find(kStrippedFinal) : kNone;
  const auto closer = template_open ? first_closer(text) : std::nullopt;
  if (looks_like_harmony(text)) {
    scan = scan_harmony(text, kept);
  } else if (stripped != kNone) {
    kept.thought(text.substr(8, stripped - 8));
    kept.keep(stripped + kStrippedFinal.size(), text.size());
    out.flags.push_back("specials_stripped");
  } else if (closer) {
    kept.thought(text.substr(0, closer->begin));
    scan = scan_tags(text, closer->end, has_field, kept);
    scan.has_tags = true;
  } else {
    scan = scan_tags(text, 0, has_field, kept);
    const bool is_thought =
        template_open && (scan.has_tags ? scan.is_open : is_cut || input.finish_reason.empty());
    if (is_thought || (is_cut && !has_field && !scan.has_tags && ends_inside_closer(text))) {
      Kept all(text);
      all.thought(text);
      kept = all;
      scan.is_open = true;
    } else if (template_open && !scan.has_tags) {
      out.flags.push_back("tag_in_answer");
    }
  }
  if (scan.has_stray) out.flags.push_back("stray_closer");
  kept.write(out);
  trim_answer(out);
  unwrap(out);
  if (out.answer.empty()) {
    out.status = is_cut         ? ScoreStatus::TruncatedReasoning
                 : scan.is_open ? ScoreStatus::UnterminatedReasoning
                                : ScoreStatus::EmptyAnswer;
  } else if (is_cut || scan.is_open) {
    out.truncated = true;
    out.flags.push_back("truncated_answer");
  }
  return out;
}

}  // namespace leitai
