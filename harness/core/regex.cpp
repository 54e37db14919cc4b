#define PCRE2_CODE_UNIT_WIDTH 8
#include "harness/core/regex.h"

#include <fmt/format.h>
#include <pcre2.h>

#include "harness/core/error.h"

namespace leitai {

struct Regex::Impl {
  pcre2_code* code = nullptr;
  pcre2_match_context* context = nullptr;
  ~Impl() {
    pcre2_match_context_free(context);
    pcre2_code_free(code);
  }
};

Regex::Regex(std::string_view pattern, Options options) : impl_(std::make_unique<Impl>()) {
  std::uint32_t flags = PCRE2_UTF | PCRE2_UCP;
  if (options.ignore_case) flags |= PCRE2_CASELESS;
  if (options.dot_all) flags |= PCRE2_DOTALL;
  if (options.multi_line) flags |= PCRE2_MULTILINE;
  int error = 0;
  PCRE2_SIZE offset = 0;
  impl_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), flags,
                              &error, &offset, nullptr);
  if (!impl_->code) {
    PCRE2_UCHAR text[256];
    pcre2_get_error_message(error, text, sizeof text);
    throw Error(fmt::format("pattern \"{}\": at byte {}: {}", pattern, offset,
                            reinterpret_cast<char*>(text)));
  }
  pcre2_jit_compile(impl_->code, PCRE2_JIT_COMPLETE);  // without JIT the interpreter serves
  impl_->context = pcre2_match_context_create(nullptr);
  pcre2_set_match_limit(impl_->context, 2'000'000);
  pcre2_set_depth_limit(impl_->context, 20'000);
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

std::string_view Regex::Match::group(std::string_view subject, int number) const {
  if (number == 0) return subject.substr(begin, end - begin);
  const auto at = static_cast<std::size_t>(number) - 1;
  if (at >= groups.size() || !groups[at]) return {};
  return subject.substr(groups[at]->first, groups[at]->second - groups[at]->first);
}

std::optional<Regex::Match> Regex::search(std::string_view subject, std::size_t from,
                                          bool* exhausted) const {
  if (exhausted) *exhausted = false;
  if (from > subject.size()) return std::nullopt;
  pcre2_match_data* data = pcre2_match_data_create_from_pattern(impl_->code, nullptr);
  LEITAI_CHECK(data != nullptr, "match data");
  const int count = pcre2_match(impl_->code, reinterpret_cast<PCRE2_SPTR>(subject.data()),
                                subject.size(), from, 0, data, impl_->context);
  std::optional<Match> out;
  if (count > 0) {
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data);
    // \K inside a look-ahead may put the start behind the end; such a match is empty.
    out = Match{std::min(ends[0], ends[1]), ends[1], {}};
    const std::uint32_t all = pcre2_get_ovector_count(data);
    for (std::uint32_t i = 1; i < all; ++i) {
      if (static_cast<int>(i) < count && ends[2 * i] != PCRE2_UNSET) {
        out->groups.emplace_back(std::pair(ends[2 * i], ends[2 * i + 1]));
      } else {
        out->groups.emplace_back(std::nullopt);
      }
    }
  } else if (exhausted && (count == PCRE2_ERROR_MATCHLIMIT || count == PCRE2_ERROR_DEPTHLIMIT ||
                           count == PCRE2_ERROR_JIT_STACKLIMIT || count == PCRE2_ERROR_HEAPLIMIT)) {
    *exhausted = true;
  }
  pcre2_match_data_free(data);
  return out;
}

std::vector<Regex::Match> Regex::all(std::string_view subject) const {
  std::vector<Match> out;
  std::size_t from = 0;
  while (std::optional<Match> match = search(subject, from)) {
    from = match->end;
    if (match->begin == match->end) {
      ++from;
      while (from < subject.size() && (static_cast<unsigned char>(subject[from]) & 0xC0) == 0x80)
        ++from;
    }
    out.push_back(std::move(*match));
    if (from > subject.size()) break;
  }
  return out;
}

std::string Regex::replaced(std::string_view subject,
                            const std::function<std::string(const Match&)>& with) const {
  std::string out;
  std::size_t at = 0;
  for (const Match& match : all(subject)) {
    out += subject.substr(at, match.begin - at);
    out += with(match);
    at = match.end;
  }
  out += subject.substr(at);
  return out;
}

std::string Regex::without(std::string_view subject) const {
  return replaced(subject, [](const Match&) { return ""; });
}

}  // namespace leitai
