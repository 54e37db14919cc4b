#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "backends/engine/checkpoint/mapped_file.h"
#include "backends/engine/tokenizer/model.h"
#include "backends/engine/tokenizer/tokenizer_files.h"
#include "harness/core/error.h"

namespace leitai {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::int64_t kMaxId = 1 << 24;

class Reader {
 public:
  explicit Reader(const fs::path& path) : path_(path) {
    root_ = load(path);
    const Json& model = member(root_, "model");
    const std::string type = model.is_object() ? text(model, "type") : "";
    // Files of before 2020 leave the type out.
    if (!model.is_object() || (type != "BPE" && !(type.empty() && model.contains("merges")))) {
      throw wrong(fmt::format("model type {} is not supported; supported is BPE",
                              type.empty() ? "(none)" : shown_name(type)));
    }
  }

  std::unique_ptr<Tokenizer> read() {
    read_normalizer(member(root_, "normalizer"));
    bool is_byte_level = false;
    read_pre_tokenizer(member(root_, "pre_tokenizer"), is_byte_level);
    if (holds_type(member(root_, "decoder"), "ByteLevel")) is_byte_level = true;
    parts_.alphabet = is_byte_level ? Alphabet::Bytes : Alphabet::Characters;
    read_decoder(member(root_, "decoder"));
    read_model(member(root_, "model"));
    read_added(member(root_, "added_tokens"));
    read_post_processor(member(root_, "post_processor"));
    read_tokenizer_config();
    return make_tokenizer(std::move(parts_));
  }

 private:
  Error wrong(const std::string& what) const {
    return Error(fmt::format("{}: {}", path_.string(), what));
  }
  Error damaged(const std::string& what) const {
    return wrong(what + "; the file is damaged: obtain it again");
  }

  static Json load(const fs::path& path) {
    const MappedFile file(path);
    Json out = Json::parse(file.bytes(), nullptr, /*allow_exceptions=*/false);
    if (!out.is_object())
      throw Error(path.string() +
                  ": is not valid JSON of an object; the file is damaged: obtain it again");
    return out;
  }

  static const Json& member(const Json& object, const char* key) {
    static const Json kNull;
    const auto at = object.find(key);
    return at == object.end() ? kNull : *at;
  }
  static std::string text(const Json& object, const char* key) {
    const Json& value = member(object, key);
    return value.is_string() ? value.get<std::string>() : "";
  }
  static bool flag(const Json& object, const char* key, bool otherwise = false) {
    const Json& value = member(object, key);
    return value.is_boolean() ? value.get<bool>() : otherwise;
  }

  /// Members of a Sequence, or the step alone; none for null.
  static std::vector<const Json*> steps(const Json& value, const char* list) {
    std::vector<const Json*> out;
    if (!value.is_object()) return out;
    if (text(value, "type") != "Sequence") return {&value};
    for (const Json& step : member(value, list)) {
      if (step.is_object()) out.push_back(&step);
    }
    return out;
  }
  static bool holds_type(const Json& value, std::string_view type) {
    for (const Json* step : steps(value, "decoders")) {
      if (text(*step, "type") == type) return true;
    }
    return false;
  }

  Error unknown_step(const char* part, const Json& step) const {
    return wrong(
        fmt::format("{} {} is not supported, so text could be cut wrongly; use another checkpoint",
                    part, shown_name(text(step, "type"))));
  }

  void read_normalizer(const Json& value) {
    for (const Json* step : steps(value, "normalizers")) {
      const std::string type = text(*step, "type");
      if (type == "NFC") {
        parts_.to_nfc = true;
      } else if (type == "Prepend") {
        parts_.prepended = text(*step, "prepend");
      } else if (type == "Replace" && text(member(*step, "pattern"), "String") == " ") {
        parts_.space = text(*step, "content");
      } else {
        throw unknown_step("normalizer", *step);
      }
    }
  }

  void read_pre_tokenizer(const Json& value, bool& is_byte_level) {
    for (const Json* step : steps(value, "pretokenizers")) {
      const std::string type = text(*step, "type");
      std::unique_ptr<Cutter> cutter;
      if (type == "ByteLevel") {
        is_byte_level = true;
        if (flag(*step, "add_prefix_space"))
          throw wrong("pre_tokenizer ByteLevel with add_prefix_space is not supported");
        if (!flag(*step, "use_regex", true)) continue;
        cutter = make_gpt2_cutter();
      } else if (type == "Digits") {
        cutter = make_digits_cutter(flag(*step, "individual_digits"));
      } else if (type == "Split") {
        const Json& pattern = member(*step, "pattern");
        // Gemma's, which finds nothing: every space was replaced before.
        if (text(pattern, "String") == " " && !parts_.space.empty() && parts_.space != " ")
          continue;
        const std::string behavior = text(*step, "behavior");
        if (behavior == "Isolated" && !flag(*step, "invert"))
          cutter = make_cutter(text(pattern, "Regex"));
        if (cutter == nullptr) {
          throw wrong(fmt::format(
              "pre_tokenizer Split {} ({}) is not known, so text could be cut wrongly; use another "
              "checkpoint",
              shown_name(text(pattern, "Regex") + text(pattern, "String")), shown_name(behavior)));
        }
      } else {
        throw unknown_step("pre_tokenizer", *step);
      }
      parts_.stages.push_back(std::move(cutter));
    }
  }

  void read_decoder(const Json& value) {
    for (const Json* step : steps(value, "decoders")) {
      const std::string type = text(*step, "type");
      if (type == "Strip" && text(*step, "content") == " " && member(*step, "start") == 1 &&
          member(*step, "stop") == 0) {
        parts_.strips_first_space = true;
      } else if (type != "ByteLevel" && type != "ByteFallback" && type != "Fuse" &&
                 type != "Replace") {
        throw unknown_step("decoder", *step);
      }
    }
  }

  int id_of(const Json& value, std::string_view what) const {
    if (!value.is_number_integer())
      throw damaged(fmt::format("{}: id is no integer", shown_name(what)));
    const bool is_large = value.is_number_unsigned() &&
                          value.get<std::uint64_t>() > static_cast<std::uint64_t>(kMaxId);
    const std::int64_t id = is_large ? kMaxId : value.get<std::int64_t>();
    if (id < 0 || id >= kMaxId)
      throw damaged(fmt::format("{}: id is out of range", shown_name(what)));
    return static_cast<int>(id);
  }

  /// The text that `id` decodes to; ids may have gaps, but not many.
  void set_piece(int id, const std::string& token) {
    const auto at = static_cast<std::size_t>(id);
    constexpr std::size_t kMaxGaps = 1 << 20;
    if (at >= parts_.pieces.size() + kMaxGaps)
      throw damaged(fmt::format("token {}: id {} is out of range", shown_name(token), id));
    if (at >= parts_.pieces.size()) parts_.pieces.resize(at + 1);
    const bool in_letters = parts_.alphabet == Alphabet::Bytes;
    parts_.pieces[at] = in_letters ? bytes_of_letters(token).value_or(token) : token;
  }

  void read_model(const Json& model) {
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (!text(model, key).empty())
        throw wrong(fmt::format("model.{} is not supported; use another checkpoint", key));
    }
    if (member(model, "dropout").is_number() && member(model, "dropout") != 0) {
      throw wrong("model.dropout is not supported; use another checkpoint");
    }
    const Json& vocabulary = member(model, "vocab");
    if (!vocabulary.is_object()) throw damaged("model.vocab is no object");
    std::vector<std::pair<int, const std::string*>> by_id;
    by_id.reserve(vocabulary.size());
    for (auto at = vocabulary.begin(); at != vocabulary.end(); ++at)
      by_id.emplace_back(id_of(*at, at.key()), &at.key());
    std::sort(by_id.begin(), by_id.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    parts_.bpe.vocabulary.reserve(by_id.size());
    ids_.reserve(by_id.size());
    for (const auto& [id, token] : by_id) {
      set_piece(id, *token);
      ids_.emplace(*token, id);
      if (parts_.alphabet == Alphabet::Characters) {
        parts_.bpe.vocabulary.emplace_back(*token, id);
      } else if (auto bytes = bytes_of_letters(*token)) {
        parts_.bpe.vocabulary.emplace_back(std::move(*bytes), id);
      }
    }
    parts_.bpe.bytes_are_symbols = parts_.alphabet == Alphabet::Bytes;
    parts_.bpe.ignore_merges = flag(model, "ignore_merges");
    parts_.bpe.unknown.to_bytes = flag(model, "byte_fallback");
    parts_.bpe.unknown.is_fused = flag(model, "fuse_unk");
    if (const auto at = ids_.find(text(model, "unk_token")); at != ids_.end())
      parts_.bpe.unknown.id = at->second;
    read_merges(member(model, "merges"));
  }

  void read_merges(const Json& merges) {
    if (!merges.is_array()) throw damaged("model.merges is no list");
    parts_.bpe.merges.reserve(merges.size());
    for (const Json& merge : merges) {
      std::string left, right;
      if (merge.is_string()) {
        const auto& line = merge.get_ref<const std::string&>();
        const std::size_t space = line.find(' ');
        if (space != std::string::npos) {
          left = line.substr(0, space);
          right = line.substr(space + 1);
        }
      } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
                 merge[1].is_string()) {
        left = merge[0].get<std::string>();
        right = merge[1].get<std::string>();
      }
      const auto l = ids_.find(left), r = ids_.find(right), both = ids_.find(left + right);
      if (l == ids_.end() || r == ids_.end() || both == ids_.end()) {
        throw damaged(fmt::format("model.merges[{}] joins no two tokens to a third",
                                  parts_.bpe.merges.size()));
      }
      parts_.bpe.merges.push_back({l->second, r->second, both->second});
    }
  }

  void read_added(const Json& list) {
    if (!list.is_array()) return;
    for (const Json& entry : list) {
      if (!entry.is_object() || !member(entry, "content").is_string())
        throw damaged("added_tokens holds an entry without content");
      AddedToken token;
      token.content = text(entry, "content");
      token.id = id_of(member(entry, "id"), token.content);
      token.is_special = flag(entry, "special");
      token.is_normalized = flag(entry, "normalized");
      token.lstrip = flag(entry, "lstrip");
      token.rstrip = flag(entry, "rstrip");
      token.single_word = flag(entry, "single_word");
      set_piece(token.id, token.content);
      parts_.added.push_back(std::move(token));
    }
  }

  std::optional<int> id_of_token(std::string_view content) const {
    for (const AddedToken& token : parts_.added) {
      if (token.content == content) return token.id;
    }
    const auto at = ids_.find(std::string(content));
    return at == ids_.end() ? std::nullopt : std::optional(at->second);
  }

  void read_post_processor(const Json& value) {
    for (const Json* step : steps(value, "processors")) {
      const std::string type = text(*step, "type");
      if (type == "ByteLevel") continue;
      if (type != "TemplateProcessing") throw unknown_step("post_processor", *step);
      std::vector<int>* out = &parts_.prefix;
      for (const Json& item : member(*step, "single")) {
        if (item.is_object() && item.contains("Sequence")) out = &parts_.suffix;
        if (!item.is_object() || !item.contains("SpecialToken")) continue;
        const std::string name = text(item["SpecialToken"], "id");
        const Json& special = member(member(*step, "special_tokens"), name.c_str());
        const Json& ids = member(special, "ids");
        if (!ids.is_array())
          throw damaged(fmt::format("post_processor: token {} has no ids", shown_name(name)));
        for (const Json& id : ids) out->push_back(id_of(id, name));
      }
    }
  }

  /// bos, eos and whether to add them, as transformers reads them from beside tokenizer.json.
  void read_tokenizer_config() {
    const fs::path path = path_.parent_path() / "tokenizer_config.json";
    if (!fs::exists(path)) return;
    const Json config = load(path);
    const auto named = [&](const char* key) {
      const Json& value = member(config, key);
      return id_of_token(value.is_object() ? text(value, "content") : text(config, key));
    };
    parts_.bos_id = named("bos_token");
    if (const auto eos = named("eos_token")) parts_.eos_ids = {*eos};
    if (flag(config, "add_bos_token") && parts_.bos_id && parts_.prefix.empty())
      parts_.prefix = {*parts_.bos_id};
    if (flag(config, "add_eos_token") && !parts_.eos_ids.empty() && parts_.suffix.empty())
      parts_.suffix = parts_.eos_ids;
  }

  fs::path path_;
  Json root_;
  TokenizerParts parts_;
  std::unordered_map<std::string, int> ids_;  // as spelled in the file
};

}  // namespace

std::unique_ptr<Tokenizer> tokenizer_from_json(const fs::path& path) { return Reader(path).read(); }

}  // namespace leitai
