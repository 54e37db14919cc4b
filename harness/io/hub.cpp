#include "harness/io/hub.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/json_depth.h"
#include "harness/core/text.h"
#include "harness/io/transport.h"

// Interfaces, as their own clients use them (huggingface_hub hf_api.py; modelscope hub/api.py,
// hub/file_download.py):
//   Hugging Face  GET {endpoint}/api/models/{id}                          sha, tags,
//   cardData.license
//                 GET {endpoint}/api/models/{id}/tree/{revision}          [{type, path, size, lfs:
//                 {oid: sha256}}], paged by Link GET {endpoint}/{id}/resolve/{revision}/{path}
//   ModelScope    GET {endpoint}/api/v1/models/{id}                       Data.License
//                 GET {endpoint}/api/v1/models/{id}/repo/files            Data.Files [{Type:
//                 blob|tree, Path, Size, Sha256}] GET
//                 {endpoint}/api/v1/models/{id}/repo?Revision=&FilePath=

namespace leitai {
namespace {

using nlohmann::json;

constexpr int kMaxPages = 50;

/// A name of the top folder that is safe as a file name here.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() < 200 && name.front() != '.' &&
         name.find_first_of("/\\") == std::string_view::npos && escape_controls(name) == name;
}

bool is_sha256(std::string_view hex) {
  return hex.size() == 64 && hex.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string text_at(const json& value, const char* pointer) {
  const json::json_pointer at(pointer);
  return value.contains(at) && value.at(at).is_string() ? value.at(at).get<std::string>()
                                                        : std::string();
}

/// The JSON behind `url`; absent with `failure` filled.
std::optional<json> ask(const Mirror& mirror, const std::string& url, HubFailure& failure,
                        std::string* next = nullptr) {
  TransferOptions options;
  options.bearer_token = mirror.token;
  const TransferResult result = http_get(url, options);
  if (!result.is_success()) {
    failure.why = result.why.empty() ? fmt::format("HTTP {}", result.status) : result.why;
    if (result.status == 401 || result.status == 403) {
      failure.why += mirror.token.empty()
                         ? " (no such repository, or one that needs a token: accept its licence on "
                           "the site and set HF_TOKEN)"
                         : " (the token has no access to it; accept its licence on the site)";
    }
    if (result.status == 404) failure.why += " (no such repository)";
    return std::nullopt;
  }
  if (next) *next = result.next;
  json parsed = is_too_deep(result.body) ? json(json::value_t::discarded)
                                         : json::parse(result.body, nullptr, false);
  if (parsed.is_discarded()) {
    failure.why = "answered with something that is not JSON";
    return std::nullopt;
  }
  return parsed;
}

void add(HubListing& listing, std::string name, const json& bytes, const std::string& sha256,
         std::string url) {
  if (!is_plain_name(name) || !bytes.is_number_integer()) return;
  HubFile file{.name = std::move(name), .bytes = bytes.get<std::int64_t>(), .url = std::move(url)};
  if (is_sha256(sha256)) file.sha256 = sha256;
  listing.files.push_back(std::move(file));
}

std::optional<HubListing> list_huggingface(const Mirror& mirror, const std::string& id,
                                           HubFailure& failure) {
  HubListing listing;
  std::string revision = "main";
  const std::string api = fmt::format("{}/api/models/{}", mirror.endpoint, id);
  if (const auto about = ask(mirror, api, failure)) {
    if (const std::string sha = text_at(*about, "/sha"); !sha.empty()) revision = sha;
    listing.licence = text_at(*about, "/cardData/license");
    if (about->contains("tags") && (*about)["tags"].is_array()) {
      for (const json& tag : (*about)["tags"]) {
        if (listing.licence.empty() && tag.is_string() &&
            tag.get<std::string>().starts_with("license:")) {
          listing.licence = tag.get<std::string>().substr(8);
        }
      }
    }
  }
  const std::string first = fmt::format("{}/tree/{}?recursive=1", api, percent_encoded(revision));
  std::string url = first;
  for (int page = 0; page < kMaxPages && !url.empty(); ++page) {
    std::string next;
    const auto tree = ask(mirror, url, failure, &next);
    if (!tree && page == 0 && revision != "main") {
      revision = "main";
      url = fmt::format("{}/tree/main?recursive=1", api);
      continue;
    }
    if (!tree) return std::nullopt;
    if (!tree->is_array()) {
      failure.why = "the list of files has another form than expected";
      return std::nullopt;
    }
    for (const json& file : *tree) {
      if (!file.is_object() || file.value("type", json()) != "file") continue;
      const std::string name = text_at(file, "/path");
      add(listing, name, file.value("size", json()), text_at(file, "/lfs/oid"),
          fmt::format("{}/{}/resolve/{}/{}", mirror.endpoint, id, percent_encoded(revision),
                      percent_encoded(name)));
    }
    // The token must not go elsewhere because a list says so.
    url = next.starts_with(mirror.endpoint + "/") ? next : "";
  }
  listing.revision = revision;
  return listing;
}

std::optional<HubListing> list_modelscope(const Mirror& mirror, const std::string& id,
                                          HubFailure& failure) {
  HubListing listing;
  listing.revision = "master";
  const std::string api = fmt::format("{}/api/v1/models/{}", mirror.endpoint, id);
  const auto tree = ask(mirror, api + "/repo/files?Revision=master&Recursive=true", failure);
  if (!tree) return std::nullopt;
  const json::json_pointer at("/Data/Files");
  if (!tree->is_object() || !tree->contains(at) || !tree->at(at).is_array()) {
    const std::string message = text_at(*tree, "/Message");
    failure.why = message.empty() ? "the list of files has another form than expected"
                                  : escape_controls(message);
    return std::nullopt;
  }
  for (const json& file : tree->at(at)) {
    if (!file.is_object() || file.value("Type", json()) == "tree") continue;
    const std::string name = text_at(file, "/Path");
    add(listing, name, file.value("Size", json()), ascii_lower(text_at(file, "/Sha256")),
        fmt::format("{}/repo?Revision=master&FilePath={}", api, percent_encoded(name)));
  }
  HubFailure ignored;
  if (const auto about = ask(mirror, api, ignored))
    listing.licence = text_at(*about, "/Data/License");
  return listing;
}

bool is_part_of_split(std::string_view name) {
  return name.find("-of-0") != std::string_view::npos;
}

bool is_configuration(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "config.json", "generation_config.json",  "vocab.json",
      "merges.txt",  "special_tokens_map.json", "added_tokens.json"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames) ||
         (name.starts_with("tokenizer") && (name.ends_with(".json") || name.ends_with(".model"))) ||
         name.starts_with("chat_template");
}

std::vector<HubFile> safetensors_of(const HubListing& listing) {
  std::vector<HubFile> all, standard;
  for (const HubFile& file : listing.files) {
    if (!file.name.ends_with(".safetensors")) continue;
    all.push_back(file);
    // "consolidated.safetensors" and adapters lie beside these in some repositories: the same
    // weights once more.
    if (file.name == "model.safetensors" || file.name.starts_with("model-"))
      standard.push_back(file);
  }
  return standard.empty() ? all : standard;
}

HubFile choose_gguf(const std::vector<HubFile>& candidates, const std::string& id,
                    const std::string& word) {
  std::vector<std::string> names;
  for (const HubFile& file : candidates) names.push_back(file.name);
  const auto holding = [&](std::string_view part) {
    std::vector<HubFile> out;
    for (const HubFile& file : candidates) {
      if (ascii_lower(file.name).find(ascii_lower(part)) != std::string::npos) out.push_back(file);
    }
    return out;
  };
  if (!word.empty()) {
    const std::vector<HubFile> found = holding(word);
    if (found.size() == 1) return found.front();
    throw Error(fmt::format("{}:{}: {} GGUF files of {} hold \"{}\"\n        name one of: {}", id,
                            word, found.empty() ? "no" : std::to_string(found.size()), id, word,
                            fmt::join(names, ", ")));
  }
  if (candidates.size() == 1) return candidates.front();
  for (const std::string_view type : {"q8_0", "q4_1", "q4_0", "bf16", "f16", "fp16", "f32"}) {
    const std::vector<HubFile> found = holding(type);
    if (!found.empty()) return found.front();
  }
  throw Error(
      fmt::format("{}: holds several GGUF files, none of a type that the engine reads today (Q8_0 "
                  "Q4_0 Q4_1 BF16 F16 F32)\n"
                  "        pick one behind a colon, {}:WORD, from: {}",
                  id, id, fmt::join(names, ", ")));
}

}  // namespace

std::optional<HubListing> list_hub(const Mirror& mirror, const std::string& id,
                                   HubFailure& failure) {
  auto listing = mirror.kind == HubKind::HuggingFace ? list_huggingface(mirror, id, failure)
                                                     : list_modelscope(mirror, id, failure);
  if (listing && listing->files.empty()) {
    failure.why = "the repository holds no files";
    return std::nullopt;
  }
  return listing;
}

std::vector<HubFile> pick_weights(const HubListing& listing, const std::string& id,
                                  const std::string& word) {
  std::vector<HubFile> picked;
  const auto has = [&](std::string_view name) {
    return std::any_of(listing.files.begin(), listing.files.end(),
                       [&](const HubFile& file) { return file.name == name; });
  };
  if (word.empty() && has("config.json")) {
    picked = safetensors_of(listing);
    if (!picked.empty()) {
      for (const HubFile& file : listing.files) {
        if (is_configuration(file.name) || file.name == "model.safetensors.index.json")
          picked.push_back(file);
      }
      return picked;
    }
  }
  std::vector<HubFile> gguf;
  for (const HubFile& file : listing.files) {
    if (file.name.ends_with(".gguf") && !is_part_of_split(file.name) &&
        !file.name.starts_with("mmproj"))
      gguf.push_back(file);
  }
  if (gguf.empty()) {
    throw Error(fmt::format(
        "{}: has neither safetensors weights with a config.json nor a single-file GGUF\n"
        "        look for a repository of the same model that has; GGUF files in parts are not "
        "read",
        id));
  }
  return {choose_gguf(gguf, id, word)};
}

}  // namespace leitai
