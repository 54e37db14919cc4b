#include "suites/ifeval/python_json.h"

#include <cstddef>
#include <vector>

namespace leitai::ifeval {

namespace {

class Reader {
 public:
  explicit Reader(std::u32string_view text) : text_(text) {}

  bool document() {
    skip();
    if (!values()) return false;
    skip();
    return at_ == text_.size();
  }

 private:
  static constexpr std::size_t kDeepest = 900;

  /// One value with all that is in it; `open_` holds the brackets that wait for their closers.
  bool values() {
    while (true) {
      // A value, or a closer right behind its opener.
      bool is_done = false;
      if (take(U'{')) {
        open_.push_back(U'}');
        skip();
        if (take(U'}')) {
          open_.pop_back();
          is_done = true;
        } else if (!key()) {
          return false;
        }
      } else if (take(U'[')) {
        open_.push_back(U']');
        skip();
        if (take(U']')) {
          open_.pop_back();
          is_done = true;
        }
      } else {
        if (!scalar()) return false;
        is_done = true;
      }
      if (open_.size() > kDeepest) return false;
      // What follows a finished value.
      while (is_done) {
        if (open_.empty()) return true;
        skip();
        if (take(open_.back())) {
          open_.pop_back();
        } else if (take(U',')) {
          skip();
          if (open_.back() == U'}' && !key()) return false;
          is_done = false;
        } else {
          return false;
        }
      }
    }
  }

  bool key() {
    if (!string()) return false;
    skip();
    if (!take(U':')) return false;
    skip();
    return true;
  }

  bool scalar() {
    if (string()) return true;
    for (const std::u32string_view word :
         {U"null", U"true", U"false", U"NaN", U"Infinity", U"-Infinity"}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return true;
    }
    return number();
  }

  bool digits() {
    const std::size_t from = at_;
    while (at_ < text_.size() && text_[at_] >= U'0' && text_[at_] <= U'9') ++at_;
    return at_ > from;
  }

  bool number() {
    take(U'-');
    if (!take(U'0') && !digits()) return false;
    // A point or an exponent without digits ends the number before it.
    std::size_t last = at_;
    if (take(U'.') && digits()) {
      last = at_;
    } else {
      at_ = last;
    }
    if (take(U'e') || take(U'E')) {
      if (!take(U'+')) take(U'-');
      if (!digits()) at_ = last;
    }
    return true;
  }

  bool string() {
    if (at_ >= text_.size() || text_[at_] != U'"') return false;
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      const char32_t c = text_[i];
      if (c == U'"') {
        at_ = i + 1;
        return true;
      }
      if (c < 0x20) return false;
      if (c != U'\\') continue;
      if (++i >= text_.size()) return false;
      if (text_[i] == U'u') {
        for (int n = 0; n < 4; ++n) {
          if (++i >= text_.size()) return false;
          const char32_t d = text_[i] | 0x20;
          if (!((text_[i] >= U'0' && text_[i] <= U'9') || (d >= U'a' && d <= U'f'))) return false;
        }
      } else if (std::u32string_view(U"\"\\/bfnrt").find(text_[i]) == std::u32string_view::npos) {
        return false;
      }
    }
    return false;
  }

  bool take(char32_t c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void skip() {
    while (at_ < text_.size() && (text_[at_] == U' ' || text_[at_] == U'\t' ||
                                  text_[at_] == U'\n' || text_[at_] == U'\r'))
      ++at_;
  }

  std::u32string_view text_;
  std::size_t at_ = 0;
  std::vector<char32_t> open_;
};

}  // namespace

bool is_python_json(std::u32string_view text) { return Reader(text).document(); }

}  // namespace leitai::ifeval
