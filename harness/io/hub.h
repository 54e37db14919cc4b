#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/io/fetch.h"

/// What model hubs say about a repository. Used by fetch.cpp alone.
namespace leitai {

struct HubFile {
  std::string name;  // in the repository's top folder
  std::int64_t bytes = 0;
  std::optional<std::string> sha256;  // hex; small files of Hugging Face have none
  std::string url;
};

struct HubListing {
  std::vector<HubFile> files;  // of the top folder
  std::string licence;
  std::string revision;
};

/// Why a mirror cannot serve a repository.
struct HubFailure {
  std::string why;
};

/// Asks `mirror` for the files of `id`. Fills `failure` and returns nothing when it has none or
/// does not answer.
std::optional<HubListing> list_hub(const Mirror& mirror, const std::string& id,
                                   HubFailure& failure);

/// Those files that an engine needs: configuration, tokenizer, chat template and weights
/// (safetensors before GGUF; among several GGUF files the one that holds `word`, or without it the
/// first that the engine reads, best first). Throws Error if there are no weights or the choice is
/// not clear.
std::vector<HubFile> pick_weights(const HubListing& listing, const std::string& id,
                                  const std::string& word);

}  // namespace leitai
