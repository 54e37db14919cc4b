#include "harness/io/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

constexpr int kMostNodes = 1'000'000;
constexpr int kMostDepth = 200;

YamlNode convert(const YAML::Node& from, std::string_view where, int depth, int& count) {
  YamlNode out;
  out.line = from.Mark().line + 1;
  if (++count > kMostNodes || depth > kMostDepth) {
    throw Error(
        fmt::format("{}:{}: the document is too large or too deeply nested", where, out.line));
  }
  switch (from.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null:
      break;
    case YAML::NodeType::Scalar:
      out.kind = YamlNode::Kind::Scalar;
      out.scalar = from.Scalar();
      out.quoted = from.Tag() == "!";
      break;
    case YAML::NodeType::Sequence:
      out.kind = YamlNode::Kind::List;
      for (const YAML::Node& child : from)
        out.list.push_back(convert(child, where, depth + 1, count));
      break;
    case YAML::NodeType::Map:
      out.kind = YamlNode::Kind::Map;
      for (const auto& entry : from) {
        if (!entry.first.IsScalar()) {
          throw Error(
              fmt::format("{}:{}: a key must be a plain word", where, entry.first.Mark().line + 1));
        }
        const std::string& key = entry.first.Scalar();
        if (out.find(key))
          throw Error(
              fmt::format("{}:{}: \"{}\" is given twice", where, entry.first.Mark().line + 1, key));
        YamlNode value = convert(entry.second, where, depth + 1, count);
        // A null value carries no mark of its own, and a block value begins a line later than its
        // key.
        value.line = entry.first.Mark().line + 1;
        out.map.emplace_back(key, std::move(value));
      }
      break;
  }
  return out;
}

/// Notes where documents begin and nothing else.
class DocumentCounter : public YAML::EventHandler {
 public:
  std::vector<int> lines;  // from 1

  void OnDocumentStart(const YAML::Mark& mark) override { lines.push_back(mark.line + 1); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// Line of a second document, if there is one. YAML::LoadAll() would look for a third and a fourth:
/// at a lone "," it takes nothing, so that it never ends (yaml-cpp 0.7).
std::optional<int> second_document(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  DocumentCounter counter;
  while (counter.lines.size() < 2 && parser.HandleNextDocument(counter)) {
  }
  if (counter.lines.size() < 2) return std::nullopt;
  return counter.lines[1];
}

/// Does a line part two documents?
bool has_marker(std::string_view text) {
  return text.starts_with("---") || text.find("\n---") != std::string_view::npos ||
         text.find("\n...") != std::string_view::npos;
}

}  // namespace

YamlNode::YamlNode() = default;
YamlNode::YamlNode(const YamlNode&) = default;
YamlNode::YamlNode(YamlNode&&) noexcept = default;
YamlNode& YamlNode::operator=(const YamlNode&) = default;
YamlNode& YamlNode::operator=(YamlNode&&) noexcept = default;
YamlNode::~YamlNode() = default;

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : map) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::optional<bool> YamlNode::as_bool() const {
  if (!is_scalar() || quoted) return std::nullopt;
  if (scalar == "true" || scalar == "True" || scalar == "TRUE") return true;
  if (scalar == "false" || scalar == "False" || scalar == "FALSE") return false;
  return std::nullopt;
}

std::optional<long long> YamlNode::as_int() const {
  if (!is_scalar() || quoted) return std::nullopt;
  return parse_int(scalar);
}

std::optional<double> YamlNode::as_number() const {
  if (!is_scalar() || quoted) return std::nullopt;
  return parse_double(scalar);
}

YamlNode parse_yaml(std::string_view text, std::string_view where) {
  if (!is_valid_utf8(text)) throw Error(fmt::format("{}:1: not UTF-8 text", where));
  try {
    const std::string all(text);
    if (const auto line = second_document(all)) {
      const bool is_parted = has_marker(text);
      throw Error(fmt::format(
          "{}:{}: {}", where, *line,
          is_parted ? "one document is wanted, a second begins here"
                    : "malformed YAML: what stands here belongs to nothing before it\n        look "
                      "at the indentation, brackets and quotes around this line"));
    }
    int count = 0;
    YamlNode root = convert(YAML::Load(all), where, 0, count);
    root.line = std::max(root.line, 1);  // nothing at all has no mark
    return root;
  } catch (const YAML::Exception& error) {
    throw Error(
        fmt::format("{}:{}: malformed YAML: {}\n        look at the indentation, brackets and "
                    "quotes around this line",
                    where, error.mark.line + 1, error.msg));
  }
}

nlohmann::ordered_json yaml_to_json(const YamlNode& node) {
  using Json = nlohmann::ordered_json;
  switch (node.kind) {
    case YamlNode::Kind::Null:
      return nullptr;
    case YamlNode::Kind::Scalar:
      if (const auto flag = node.as_bool()) return *flag;
      if (const auto number = node.as_int()) return *number;
      if (const auto number = node.as_number()) return *number;
      if (!node.quoted && (node.scalar == "null" || node.scalar == "~")) return nullptr;
      return node.scalar;
    case YamlNode::Kind::List: {
      Json out = Json::array();
      for (const YamlNode& child : node.list) out.push_back(yaml_to_json(child));
      return out;
    }
    case YamlNode::Kind::Map: {
      Json out = Json::object();
      for (const auto& [key, value] : node.map) out[key] = yaml_to_json(value);
      return out;
    }
  }
  return nullptr;
}

std::string yaml_quote(std::string_view text) {
  const bool plain = !text.empty() &&
                     text.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_/.-") ==
                         std::string_view::npos &&
                     text.front() != '-' && text.front() != '.' && !parse_double(text) &&
                     text != "true" && text != "false" && text != "null" && text != "on" &&
                     text != "off" && text != "yes" && text != "no";
  return plain ? std::string(text)
               : nlohmann::json(std::string(text))
                     .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace leitai
