#include "harness/io/fetch_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <thread>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/archive.h"
#include "harness/io/data_file.h"
#include "harness/io/files.h"
#include "harness/io/package.h"
#include "harness/io/transport.h"

namespace leitai {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMaxFile = std::int64_t{4} << 30;
constexpr std::size_t kMissingTold = 8;

std::string url_path(std::string_view path) {
  std::string out;
  for (const std::string_view part : split(path, '/'))
    out += (out.empty() ? "" : "/") + percent_encoded(part);
  return out;
}

/// Interfaces as the hubs' own clients use them for data sets (huggingface_hub, modelscope
/// hub/api.py). Empty where `mirror` is of another kind than `source`.
std::string url_at(const Mirror& mirror, const DataSource& source) {
  if (mirror.kind != source.kind) return "";
  switch (source.kind) {
    case HubKind::Direct:
      return source.url;
    case HubKind::HuggingFace:
      return fmt::format("{}/datasets/{}/resolve/{}/{}", mirror.endpoint, source.repo,
                         percent_encoded(source.revision), url_path(source.path));
    case HubKind::ModelScope:
      return fmt::format("{}/api/v1/datasets/{}/repo?Revision={}&FilePath={}", mirror.endpoint,
                         source.repo, percent_encoded(source.revision),
                         percent_encoded(source.path));
  }
  return "";
}

fs::path digest_beside(const fs::path& path) { return path.string() + ".sha256"; }

/// The digest kept beside a file; "" where there is none.
std::string kept_digest(const fs::path& path) {
  std::ifstream file(digest_beside(path), std::ios::binary);
  std::string digest;
  file >> digest;
  const bool is_one =
      digest.size() == 64 && digest.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_one ? digest : "";
}

/// What certainly is no data file; "" where nothing speaks against it.
std::string look(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(256, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  if (head.empty()) return "is empty";
  const std::string other = not_data(head);
  return other.empty() ? "" : "is " + other;
}

class Puller {
 public:
  explicit Puller(const PullOptions& options) : options_(options) {}
  ~Puller() {
    std::error_code ignored;
    for (const auto& [url, path] : archives_) fs::remove(path, ignored);
  }
  Puller(const Puller&) = delete;
  Puller& operator=(const Puller&) = delete;

  /// Throws Error with what each mirror answered. Returns where the file came from.
  std::string obtain(const WantedFile& file) {
    std::vector<std::string> reasons;
    for (const Mirror& mirror : options_.mirrors) {
      for (const DataSource& source : file.sources) {
        const std::string url = url_at(mirror, source);
        if (url.empty()) continue;
        std::string why =
            source.member.empty() ? plain(url, file, mirror) : member(url, source, file, mirror);
        if (why.empty()) return url;
        reasons.push_back(source.kind == HubKind::Direct  // the URL says who serves it
                              ? fmt::format("{}: {}", url, why)
                              : fmt::format("{}: {}: {}", mirror.name, url, why));
        if (options_.note) options_.note(reasons.back());
      }
    }
    if (reasons.empty())
      reasons.emplace_back("no mirror that is asked has it (LEITAI_MIRRORS says which are)");
    throw Error(fmt::format("{}: could not be obtained\n        {}", file.shown,
                            fmt::join(reasons, "\n        ")));
  }

 private:
  /// Into `part`, with attempts; "" or why not.
  std::string download(const std::string& url, const std::string& shown, const fs::path& part,
                       const Mirror& mirror, bool is_checked) {
    TransferOptions transfer;
    transfer.bearer_token = mirror.token;
    transfer.max_bytes = kMaxFile;
    transfer.resume_without_etag = is_checked;
    if (options_.progress) {
      transfer.progress = [&](std::int64_t done, std::optional<std::int64_t> total) {
        return options_.progress({.file = shown, .done = done, .total = total});
      };
    }
    std::string why;
    auto wait = options_.retry_wait;
    for (int attempt = 0; attempt < options_.attempts; ++attempt) {
      if (attempt > 0) {
        std::this_thread::sleep_for(wait);
        wait *= 2;
      }
      const TransferResult result = http_download(url, part, transfer);
      if (result.end == TransferEnd::Stopped)
        throw Error(
            fmt::format("{}: stopped; what arrived is kept, the same command goes on", shown));
      if (result.resumed_from > 0 && options_.note)
        options_.note(
            fmt::format("{}: went on after {} bytes", shown, with_commas(result.resumed_from)));
      if (result.is_success()) return "";
      why = result.why.empty() ? fmt::format("HTTP {}", result.status) : result.why;
      if (result.status == 401 || result.status == 403)
        why += " (needs a token: accept its terms on the site and set HF_TOKEN)";
      const bool passing = result.end != TransferEnd::Complete || result.status == 416 ||
                           result.status == 429 || result.status >= 500;
      if (!passing || result.end == TransferEnd::Tls || result.end == TransferEnd::TooLarge) break;
      if (result.status == 416) fs::remove(part);
    }
    return why;
  }

  std::string plain(const std::string& url, const WantedFile& file, const Mirror& mirror) {
    const fs::path part = file.target.string() + ".part";
    const std::string pinned = file.sha256.empty() ? kept_digest(file.target) : file.sha256;
    if (std::string why = download(url, file.shown, part, mirror, !pinned.empty()); !why.empty())
      return why;
    return settle(part, file, pinned);
  }

  std::string member(const std::string& url, const DataSource& source, const WantedFile& file,
                     const Mirror& mirror) {
    auto found = archives_.find(url);
    if (found == archives_.end()) {
      const std::string name = url.substr(url.rfind('/') + 1);
      const fs::path part = file.target.parent_path() / ("." + percent_encoded(name) + ".part");
      if (std::string why = download(url, name, part, mirror, false); !why.empty()) return why;
      found = archives_.emplace(url, part).first;
    }
    const fs::path part = file.target.string() + ".part";
    try {
      extract_entry(found->second, source.member, part,
                    static_cast<std::int64_t>(
                        believable_size(std::uint64_t{fs::file_size(found->second)}, kMaxFile)));
    } catch (const Error& error) {
      std::error_code ignored;
      fs::remove(part, ignored);
      return error.what();
    }
    return settle(part, file, file.sha256.empty() ? kept_digest(file.target) : file.sha256);
  }

  /// Checks what arrived and gives it its name.
  std::string settle(const fs::path& part, const WantedFile& file, const std::string& pinned) {
    std::string wrong = look(part);
    const std::string digest = wrong.empty() ? file_sha256(part) : "";
    if (wrong.empty() && !pinned.empty() && digest != pinned)
      wrong = fmt::format("SHA-256 is {}, {} is wanted; nothing was kept", digest, pinned);
    if (!wrong.empty()) {
      std::error_code ignored;
      fs::remove(part, ignored);
      fs::remove(part.string() + ".etag", ignored);
      return wrong;
    }
    if (pinned.empty()) {
      write_file_atomic(digest_beside(file.target),
                        fmt::format("{}  {}\n", digest, file.target.filename().string()));
      if (options_.note)
        options_.note(fmt::format("{}: SHA-256 {} is taken down from now on", file.shown, digest));
    }
    fs::rename(part, file.target);
    std::error_code ignored;
    fs::remove(part.string() + ".etag", ignored);
    return "";
  }

  const PullOptions& options_;
  std::map<std::string, fs::path> archives_;  // by URL
};

/// All that is missing: the first few with where to get them, the others in the form that
/// `sha256sum -c` reads.
std::string where_to_put(const std::vector<const WantedFile*>& missing) {
  std::string out =
      missing.size() == 1
          ? fmt::format("{} is missing, and --offline forbids to obtain it", missing[0]->shown)
          : fmt::format("{} and {} more are missing, and --offline forbids to obtain them",
                        missing[0]->shown, missing.size() - 1);
  for (std::size_t i = 0; i < std::min(missing.size(), kMissingTold); ++i)
    out += fmt::format("\n        put it at {}{}", missing[i]->target.string(),
                       facts_of(*missing[i], "\n          "));
  if (missing.size() > kMissingTold)
    out += "\n        the others come from beside these; SHA-256 and where each goes:";
  for (std::size_t i = kMissingTold; i < missing.size(); ++i)
    out += fmt::format("\n          {}  {}",
                       missing[i]->sha256.empty() ? "(not known)" : missing[i]->sha256,
                       missing[i]->target.string());
  return out;
}

}  // namespace

std::string facts_of(const WantedFile& file, std::string_view indent) {
  std::string out;
  for (const DataSource& source : file.sources)
    out += fmt::format("{}{} {}", indent, out.empty() ? "it comes from" : "or from",
                       source.in_words());
  if (!file.sha256.empty()) out += fmt::format("{}its SHA-256 is {}", indent, file.sha256);
  if (!file.known.empty()) out += fmt::format("{}{}", indent, file.known);
  return out;
}

std::string DataSource::in_words() const {
  Mirror usual{.name = "", .kind = kind, .endpoint = "https://huggingface.co", .token = ""};
  if (kind == HubKind::ModelScope) usual.endpoint = "https://modelscope.cn";
  return url_at(usual, *this) + (member.empty() ? "" : fmt::format(" (in it: {})", member));
}

DataSource data_source_from(HubKind kind, const std::string& text) {
  DataSource out{.kind = kind};
  std::string_view rest = text;
  if (const std::size_t mark = rest.find('!'); mark != std::string_view::npos) {
    out.member = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  if (kind == HubKind::Direct) {
    out.url = rest;
    if (!out.url.starts_with("https://") && !out.url.starts_with("http://"))
      throw Error(fmt::format("\"{}\": a URL is wanted", text));
    return out;
  }
  const std::size_t at = rest.find('@');
  const std::size_t slash = at == std::string_view::npos ? at : rest.find('/', at);
  if (slash == std::string_view::npos)
    throw Error(fmt::format("\"{}\": OWNER/NAME@REVISION/PATH is wanted", text));
  out.repo = rest.substr(0, at);
  out.revision = rest.substr(at + 1, slash - at - 1);
  out.path = rest.substr(slash + 1);
  if (!is_hub_id(out.repo) || out.revision.empty() || out.path.empty() ||
      out.path.find("..") != std::string::npos)
    throw Error(fmt::format("\"{}\": OWNER/NAME@REVISION/PATH is wanted", text));
  return out;
}

std::string data_mismatch(const fs::path& path, const std::string& sha256) {
  const std::string wanted = sha256.empty() ? kept_digest(path) : sha256;
  if (wanted.empty()) return "";
  const std::string got = file_sha256(path);
  return got == wanted ? "" : fmt::format("SHA-256 is {}, {} is wanted", got, wanted);
}

DataPull pull_data(std::span<const WantedFile> files, const PullOptions& options) {
  DataPull out;
  std::vector<const WantedFile*> missing;
  for (const WantedFile& file : files) {
    std::error_code none;
    if (fs::is_regular_file(file.target, none)) {
      if (data_mismatch(file.target, file.sha256).empty()) {
        out.was_there.push_back(file.shown);
        out.bytes += static_cast<std::int64_t>(fs::file_size(file.target));
        continue;
      }
      if (options.note && !options.offline)
        options.note(fmt::format("{}: is not the file that is wanted; it is obtained anew",
                                 file.target.string()));
    }
    missing.push_back(&file);
  }
  if (options.offline && !missing.empty()) throw Error(where_to_put(missing));
  // All folders to the end: an archive lies in one of them while its members go into others.
  std::map<fs::path, FileLock> locks;
  for (const WantedFile* file : missing) {
    const fs::path folder = file->target.parent_path();
    if (locks.contains(folder)) continue;
    make_folder(folder);
    std::string holder;
    auto lock = FileLock::try_take(folder / ".lock", &holder);
    if (!lock)
      throw Error(
          fmt::format("{}: {} is pulling into this folder\n        wait for it, then give "
                      "the same command again",
                      folder.string(), holder));
    locks.emplace(folder, std::move(*lock));
  }
  Puller puller(options);
  for (const WantedFile* file : missing) {
    std::error_code none;  // who held the lock before may have brought it
    if (fs::is_regular_file(file->target, none) &&
        data_mismatch(file->target, file->sha256).empty()) {
      out.was_there.push_back(file->shown);
      out.bytes += static_cast<std::int64_t>(fs::file_size(file->target));
      continue;
    }
    const std::string from = puller.obtain(*file);
    if (std::find(out.sources.begin(), out.sources.end(), from) == out.sources.end())
      out.sources.push_back(from);
    out.obtained.push_back(file->shown);
    out.bytes += static_cast<std::int64_t>(fs::file_size(file->target));
  }
  return out;
}

}  // namespace leitai
