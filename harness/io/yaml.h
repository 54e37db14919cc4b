#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leitai {

/// A YAML document as a tree that remembers lines, so that mistakes can be reported where they
/// stand.
struct YamlNode {
  enum class Kind { Null, Scalar, List, Map };
  Kind kind = Kind::Null;
  std::string scalar;   // as written, quotes removed
  bool quoted = false;  // then it is a string whatever it looks like
  int line = 0;         // 1-based
  std::vector<YamlNode> list;
  std::vector<std::pair<std::string, YamlNode>> map;  // in file order; keys are unique

  // Out of line: clang with libstdc++ 12 takes no pair of an incomplete type here.
  YamlNode();
  YamlNode(const YamlNode&);
  YamlNode(YamlNode&&) noexcept;
  YamlNode& operator=(const YamlNode&);
  YamlNode& operator=(YamlNode&&) noexcept;
  ~YamlNode();

  bool is_null() const { return kind == Kind::Null; }
  bool is_scalar() const { return kind == Kind::Scalar; }
  bool is_list() const { return kind == Kind::List; }
  bool is_map() const { return kind == Kind::Map; }
  const YamlNode* find(std::string_view key) const;  // null when absent or not a map

  /// Scalars by the YAML 1.2 core schema; absent when the scalar does not have that form.
  std::optional<bool> as_bool() const;
  std::optional<long long> as_int() const;
  std::optional<double> as_number() const;
};

/// Parses one document. Throws Error("WHERE:LINE: ..."): malformed text, duplicate keys, documents
/// beyond the first, more than 1,000,000 nodes after aliases are expanded.
YamlNode parse_yaml(std::string_view text, std::string_view where);

/// The tree as JSON, scalars typed by the core schema.
nlohmann::ordered_json yaml_to_json(const YamlNode& node);

/// `text` as a YAML scalar, quoted where it must be.
std::string yaml_quote(std::string_view text);

}  // namespace leitai
