#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "backends/engine/checkpoint/config_reader.h"
#include "backends/engine/checkpoint/open.h"
#include "backends/engine/checkpoint/required_tensors.h"
#include "backends/engine/checkpoint/safetensors.h"
#include "backends/engine/tokenizer/tokenizer.h"
#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/io/files.h"

namespace leitai {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::uint64_t kMaxTextFile = std::uint64_t{1} << 28;

/// Shard of each tensor by model.safetensors.index.json.
std::map<std::string, std::string> read_index(const fs::path& path) {
  const auto wrong = [&](const std::string& what) {
    return Error(fmt::format("{}: {}; the file is damaged: obtain it again", path.string(), what));
  };
  const MappedFile file(path);
  const Json index = Json::parse(file.bytes(), nullptr, /*allow_exceptions=*/false);
  if (index.is_discarded()) throw wrong("is not valid JSON");
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object())
    throw wrong("has no weight_map");
  std::map<std::string, std::string> out;
  for (const auto& [tensor, shard] : index["weight_map"].items()) {
    const std::string name = shard.is_string() ? shard.get<std::string>() : "";
    if (name.empty() || name.find('/') != std::string::npos ||
        name.find('\\') != std::string::npos || name == "..") {
      throw wrong(fmt::format("tensor {}: shard name \"{}\" is no file of this folder",
                              shown_name(tensor), shown_name(name)));
    }
    out[tensor] = name;
  }
  return out;
}

class SafetensorsCheckpoint final : public Checkpoint {
 public:
  explicit SafetensorsCheckpoint(const fs::path& folder)
      : folder_(folder), config_(read_json_config(folder)) {
    const fs::path single = folder / "model.safetensors",
                   index = folder / "model.safetensors.index.json";
    const bool is_sharded = !fs::exists(single) && fs::exists(index);
    if (is_sharded) index_ = read_index(index);
    std::vector<std::string> shards;
    for (const auto& [tensor, shard] : index_) shards.push_back(shard);
    std::sort(shards.begin(), shards.end());
    shards.erase(std::unique(shards.begin(), shards.end()), shards.end());
    if (!is_sharded) shards = {"model.safetensors"};
    Sha256 digest;
    digest.update(read_file(folder / "config.json", kMaxTextFile));
    for (const std::string& shard : shards) add_shard(folder / shard, is_sharded, digest);
    check_index(index);
    check_dtypes();
    for (const char* name : {"tokenizer.json", "tokenizer_config.json", "generation_config.json"}) {
      if (fs::exists(folder / name))
        digest.update(sha256(read_file(folder / name, kMaxTextFile)).hex());
    }
    identity_ = digest.finish().hex();
  }

  const ModelConfig& config() const override { return config_; }
  std::string identity() const override { return identity_; }

  const TensorView* find(std::string_view name) const override {
    const auto at = tensors_.find(name);
    return at == tensors_.end() || !at->second.is_float ? nullptr : &at->second.view;
  }

  std::string chat_template() const override {
    if (fs::exists(folder_ / "chat_template.jinja"))
      return read_file(folder_ / "chat_template.jinja", kMaxTextFile);
    for (const char* name : {"tokenizer_config.json", "chat_template.json"}) {
      if (!fs::exists(folder_ / name)) continue;
      const Json object = Json::parse(read_file(folder_ / name, kMaxTextFile), nullptr, false);
      if (object.is_discarded() || !object.is_object()) {
        throw Error((folder_ / name).string() +
                    ": is not valid JSON; the file is damaged: obtain it again");
      }
      if (!object.contains("chat_template")) continue;
      const Json& text = object["chat_template"];
      if (text.is_string()) return text.get<std::string>();
      if (!text.is_array()) continue;
      for (const Json& entry : text) {  // several by name
        if (entry.is_object() && entry.value("name", Json()) == "default" &&
            entry.contains("template") && entry["template"].is_string()) {
          return entry["template"].get<std::string>();
        }
      }
    }
    return "";
  }

  std::unique_ptr<Tokenizer> tokenizer() const override { return load_tokenizer(folder_); }

 protected:
  Place place_of(std::string_view name) const override {
    const auto shard = index_.find(std::string(name));
    return {(folder_ / (shard != index_.end() ? shard->second
                        : index_.empty()      ? "model.safetensors"
                                              : "model.safetensors.index.json"))
                .string(),
            std::string(name)};
  }

 private:
  void add_shard(const fs::path& path, bool is_sharded, Sha256& digest) {
    if (!fs::exists(path)) {
      throw Error(fmt::format(
          "{}: file is absent{}; obtain the whole model again", path.string(),
          is_sharded
              ? ", though model.safetensors.index.json names it"
              : ", and there is no model.safetensors.index.json nor a .gguf file in the folder"));
    }
    files_.emplace_back(path);
    const MappedFile& file = files_.back();
    SafetensorsHeader header = read_safetensors(file);
    digest.update(header.text);
    for (SafetensorsEntry& entry : header.entries) {
      constexpr std::size_t kSample =
          256;  // of the middle of each tensor: tells fine-tunings of one model apart
      const std::size_t size = std::min(kSample, entry.view.bytes);
      digest.update(
          {reinterpret_cast<const char*>(entry.view.data) + (entry.view.bytes - size) / 2, size});
      const std::string name = entry.view.name;
      const auto named = index_.find(name);
      if (is_sharded && (named == index_.end() || named->second != path.filename())) continue;
      tensors_.emplace(name, std::move(entry));
    }
  }

  /// Every tensor of the index is in the shard that it names.
  void check_index(const fs::path& index) const {
    constexpr std::size_t kMostNames = 8;
    std::vector<std::string> absent;
    std::string shard;
    for (const auto& [tensor, file] : index_) {
      if (tensors_.contains(tensor) || (!shard.empty() && file != shard)) continue;
      shard = file;
      if (absent.size() < kMostNames) absent.push_back(shown_name(tensor));
    }
    if (absent.empty()) return;
    throw Error(fmt::format("{}: tensor {}: not in this file, though {} says so; obtain both again",
                            (folder_ / shard).string(), fmt::join(absent, ", "), index.string()));
  }

  void check_dtypes() const {
    each_required_tensor(config_, [&](const std::string& name, std::span<const std::int64_t>) {
      const auto at = tensors_.find(name);
      if (at == tensors_.end() || at->second.is_float) return;
      throw Error(
          fmt::format("{}: tensor {}: dtype {} where a weight of F32, F16 or BF16 is expected; use "
                      "another checkpoint",
                      at->second.view.file, name, at->second.dtype_name));
    });
  }

  fs::path folder_;
  ModelConfig config_;
  std::vector<MappedFile> files_;
  std::map<std::string, std::string> index_;  // empty: one file
  std::map<std::string, SafetensorsEntry, std::less<>> tensors_;
  std::string identity_;
};

}  // namespace

std::unique_ptr<Checkpoint> open_safetensors(const fs::path& folder) {
  return std::make_unique<SafetensorsCheckpoint>(folder);
}

}  // namespace leitai
