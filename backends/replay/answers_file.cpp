#include "backends/replay/answers_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "backends/replay/recorded_line.h"
#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/compression.h"

namespace leitai {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kShownSuites = 8;

int open_unpacked(const std::string& path) {
  const std::string folder = std::filesystem::temp_directory_path().string();
  const int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0)
    throw Error(fmt::format("{}: no temporary file in {} to unpack into: {}", path, folder,
                            std::strerror(errno)));
  LineReader lines(path, kLongestRecordedLine);
  std::string line;
  while (lines.next(line)) {
    line += '\n';
    for (std::string_view rest = line; !rest.empty();) {
      const ssize_t wrote = ::write(file, rest.data(), rest.size());
      if (wrote <= 0) {
        ::close(file);
        throw Error(
            fmt::format("{}: cannot unpack into {}: {}", path, folder, std::strerror(errno)));
      }
      rest.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }
  return file;
}

}  // namespace

AnswersFile::AnswersFile(const std::string& path, std::string_view only_model) : path_(path) {
  if (path.ends_with(".zst") || path.ends_with(".gz")) {
    file_ = open_unpacked(path);
  } else {
    file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file_ < 0)
      throw Error(
          fmt::format("{}: cannot be read: {}\n        replay: wants a file of recorded answers, a "
                      "JSON object a line",
                      path, std::strerror(errno)));
    struct stat info {};
    if (fstat(file_, &info) == 0 && S_ISDIR(info.st_mode)) {
      ::close(file_);
      throw Error(fmt::format(
          "{}: is a folder; replay: wants a file of recorded answers, a JSON object a line", path));
    }
  }
  try {
    index(only_model);
  } catch (...) {
    ::close(file_);
    throw;
  }
}

AnswersFile::~AnswersFile() {
  if (file_ >= 0) ::close(file_);
}

void AnswersFile::index(std::string_view only_model) {
  std::vector<std::string> mistakes;
  std::size_t wrong = 0, other_models = 0;
  std::set<std::string> models;
  const auto complain = [&](std::int64_t number, const std::string& what) {
    if (++wrong <= kShownMistakes)
      mistakes.push_back(fmt::format("{}:{}: {}", path_, number, what));
  };
  std::string buffer(1 << 20, '\0'), pending;
  std::uint64_t begin = 0, read_at = 0;
  std::int64_t number = 0;
  const auto take = [&](std::string_view line) {
    ++number;
    const std::uint64_t offset = begin;
    begin += line.size() + 1;
    if (trim(line).empty()) return;
    const Json parsed = Json::parse(line, nullptr, false);
    if (parsed.is_discarded()) return complain(number, "not a line of JSON");
    if (const auto what = recorded_mistake(parsed)) return complain(number, *what);
    const std::string model =
        parsed.value("model", Json()).is_string() ? parsed["model"].get<std::string>() : "";
    if (!only_model.empty() && model != only_model) {
      ++other_models;
      if (models.size() < 8) models.insert(model);
      return;
    }
    if (models.size() < 8) models.insert(model);
    const std::int64_t sample = parsed.value("sample", std::int64_t{0});
    const std::string suite = parsed["suite"].get<std::string>();
    if (suites_.size() < kShownSuites) suites_.insert(suite);
    Entry entry;
    if (parsed.contains("item") && !parsed["item"].is_null()) {
      entry.key = key_of(
          'i', suite,
          parsed["item"].is_string() ? parsed["item"].get<std::string>() : parsed["item"].dump(),
          sample);
    } else {
      entry.key = key_of('q', suite, parsed["prompt"].get<std::string>(), sample);
    }
    entry.line = {number, offset, static_cast<std::uint32_t>(line.size())};
    entries_.push_back(entry);
  };
  for (;;) {
    const ssize_t got = ::pread(file_, buffer.data(), buffer.size(), static_cast<off_t>(read_at));
    if (got < 0) throw Error(fmt::format("{}: cannot be read: {}", path_, std::strerror(errno)));
    if (got == 0) break;
    read_at += static_cast<std::uint64_t>(got);
    std::string_view rest(buffer.data(), static_cast<std::size_t>(got));
    for (std::size_t end; (end = rest.find('\n')) != std::string_view::npos;
         rest.remove_prefix(end + 1)) {
      if (pending.empty()) {
        take(rest.substr(0, end));
      } else {
        pending += rest.substr(0, end);
        take(pending);
        pending.clear();
      }
    }
    pending += rest;
    if (pending.size() > kLongestRecordedLine)
      throw Error(fmt::format("{}:{}: the line is longer than {} MiB", path_, number + 1,
                              kLongestRecordedLine >> 20));
  }
  if (!pending.empty()) take(pending);
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return a.key != b.key ? a.key < b.key : a.line.number < b.line.number;
  });
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    if (entries_[i].key == entries_[i - 1].key) {
      complain(entries_[i].line.number, fmt::format("the same suite, item and sample as line {}",
                                                    entries_[i - 1].line.number));
    }
  }
  if (wrong > mistakes.size())
    mistakes.push_back(fmt::format("{}: and {} more such lines", path_, wrong - mistakes.size()));
  if (wrong > 0) throw Error(fmt::format("{}", fmt::join(mistakes, "\n")));
  if (only_model.empty() && models.size() > 1) {
    throw Error(fmt::format(
        "{}: holds answers of several models; choose one with model=NAME\n        there are: {}",
        path_, fmt::join(models, ", ")));
  }
  if (entries_.empty()) {
    throw Error(other_models > 0
                    ? fmt::format("{}: holds no answers of model \"{}\"\n        there are: {}",
                                  path_, only_model, fmt::join(models, ", "))
                    : fmt::format("{}: holds no answers", path_));
  }
}

std::array<std::uint8_t, 16> AnswersFile::key_of(char kind, std::string_view suite,
                                                 std::string_view name, std::int64_t sample) {
  std::string text(1, kind);
  text += suite;
  text += '\0';
  text += name;
  text += '\0';
  text += std::to_string(sample);
  const Digest digest = sha256(text);
  std::array<std::uint8_t, 16> out;
  std::copy_n(digest.bytes.begin(), 16, out.begin());
  return out;
}

const AnswersFile::Line* AnswersFile::look_up(const std::array<std::uint8_t, 16>& key) const {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), key,
                       [](const Entry& entry, const auto& k) { return entry.key < k; });
  return found != entries_.end() && found->key == key ? &found->line : nullptr;
}

const AnswersFile::Line* AnswersFile::find(std::string_view suite, std::string_view item,
                                           std::string_view question, int sample) const {
  if (const Line* line = look_up(key_of('i', suite, item, sample))) return line;
  return question.empty() ? nullptr : look_up(key_of('q', suite, question, sample));
}

std::string AnswersFile::read(const Line& line) const {
  std::string out(line.size, '\0');
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(file_, out.data() + done, out.size() - done,
                                static_cast<off_t>(line.offset + done));
    if (got <= 0)
      throw Error(
          fmt::format("{}:{}: cannot be read again; was the file changed?", path_, line.number));
    done += static_cast<std::size_t>(got);
  }
  return out;
}

std::size_t AnswersFile::position(const Line* line) const {
  return static_cast<std::size_t>(
      reinterpret_cast<const Entry*>(reinterpret_cast<const char*>(line) - offsetof(Entry, line)) -
      entries_.data());
}

}  // namespace leitai
