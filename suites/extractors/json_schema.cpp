#include "suites/extractors/json_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/core/codec.h"
#include "harness/core/error.h"
#include "harness/core/regex.h"
#include "harness/core/text.h"

namespace leitai {

namespace {

using Json = nlohmann::json;

enum class Form {
  Any,
  Schema,
  Schemas,
  SchemaMap,
  Count,
  Number,
  Text,
  Texts,
  TypeNames,
  Values,
  Flag,
  TextLists
};

struct Keyword {
  std::string_view name;
  Form form;
};

constexpr Keyword kKeywords[] = {{"type", Form::TypeNames},
                                 {"enum", Form::Values},
                                 {"const", Form::Any},
                                 {"properties", Form::SchemaMap},
                                 {"required", Form::Texts},
                                 {"additionalProperties", Form::Schema},
                                 {"patternProperties", Form::SchemaMap},
                                 {"propertyNames", Form::Schema},
                                 {"minProperties", Form::Count},
                                 {"maxProperties", Form::Count},
                                 {"dependentRequired", Form::TextLists},
                                 {"items", Form::Schema},
                                 {"prefixItems", Form::Schemas},
                                 {"contains", Form::Schema},
                                 {"minContains", Form::Count},
                                 {"maxContains", Form::Count},
                                 {"minItems", Form::Count},
                                 {"maxItems", Form::Count},
                                 {"uniqueItems", Form::Flag},
                                 {"minLength", Form::Count},
                                 {"maxLength", Form::Count},
                                 {"pattern", Form::Text},
                                 {"minimum", Form::Number},
                                 {"maximum", Form::Number},
                                 {"exclusiveMinimum", Form::Number},
                                 {"exclusiveMaximum", Form::Number},
                                 {"multipleOf", Form::Number},
                                 {"allOf", Form::Schemas},
                                 {"anyOf", Form::Schemas},
                                 {"oneOf", Form::Schemas},
                                 {"not", Form::Schema},
                                 {"if", Form::Schema},
                                 {"then", Form::Schema},
                                 {"else", Form::Schema},
                                 {"$ref", Form::Text},
                                 {"$defs", Form::SchemaMap},
                                 {"definitions", Form::SchemaMap},
                                 // These say nothing about what fits.
                                 {"title", Form::Any},
                                 {"description", Form::Any},
                                 {"default", Form::Any},
                                 {"examples", Form::Any},
                                 {"$schema", Form::Any},
                                 {"$id", Form::Any},
                                 {"$comment", Form::Any},
                                 {"deprecated", Form::Any},
                                 {"readOnly", Form::Any},
                                 {"writeOnly", Form::Any},
                                 {"format", Form::Any},
                                 {"contentEncoding", Form::Any},
                                 {"contentMediaType", Form::Any}};

constexpr std::array<std::string_view, 7> kTypes{"null",   "boolean", "object", "array",
                                                 "number", "integer", "string"};

const Json* local_target(const Json& root, const std::string& reference) {
  if (reference == "#") return &root;
  if (!reference.starts_with("#/")) return nullptr;
  try {
    const Json::json_pointer pointer(reference.substr(1));
    return root.contains(pointer) ? &root.at(pointer) : nullptr;
  } catch (const Json::exception&) {
    return nullptr;
  }
}

void check_node(const Json& root, const Json& schema, const std::string& path, int depth) {
  const auto mistake = [&](std::string_view name, const std::string& what) {
    return Error(fmt::format("schema: {}/{}: {}", path, name, what));
  };
  if (depth > 100) throw Error("schema: nested more than 100 deep");
  if (schema.is_boolean()) return;
  if (!schema.is_object())
    throw Error(
        fmt::format("schema: {}: an object, true or false is wanted", path.empty() ? "/" : path));
  for (const auto& [name, value] : schema.items()) {
    const auto* keyword =
        std::find_if(std::begin(kKeywords), std::end(kKeywords),
                     [&, key = std::string_view(name)](const Keyword& k) { return k.name == key; });
    if (keyword == std::end(kKeywords)) {
      std::vector<std::string> known;
      for (const Keyword& one : kKeywords) known.emplace_back(one.name);
      throw mistake(name, fmt::format("unknown keyword{}", did_you_mean(name, known)));
    }
    const std::string below = path + "/" + name;
    const auto is_texts = [](const Json& list) {
      return list.is_array() &&
             std::all_of(list.begin(), list.end(), [](const Json& one) { return one.is_string(); });
    };
    switch (keyword->form) {
      case Form::Any:
        break;
      case Form::Schema:
        check_node(root, value, below, depth + 1);
        break;
      case Form::Schemas:
        if (!value.is_array() || value.empty()) throw mistake(name, "a list of schemas is wanted");
        for (std::size_t i = 0; i < value.size(); ++i)
          check_node(root, value[i], fmt::format("{}/{}", below, i), depth + 1);
        break;
      case Form::SchemaMap:
        if (!value.is_object()) throw mistake(name, "an object of schemas is wanted");
        for (const auto& [key, one] : value.items()) {
          if (name == "patternProperties") Regex{key};
          check_node(root, one, below + "/" + key, depth + 1);
        }
        break;
      case Form::Count:
        if (!value.is_number_unsigned()) throw mistake(name, "a whole number from 0 is wanted");
        break;
      case Form::Number:
        if (!value.is_number()) throw mistake(name, "a number is wanted");
        if (name == "multipleOf" && value.get<double>() <= 0)
          throw mistake(name, "a number above 0 is wanted");
        break;
      case Form::Text:
        if (!value.is_string()) throw mistake(name, "a string is wanted");
        if (name == "pattern") Regex{value.get_ref<const std::string&>()};
        if (name == "$ref" && !local_target(root, value.get<std::string>()))
          throw mistake(
              name,
              fmt::format(
                  "\"{}\" is not in this schema; only references such as #/$defs/x are followed",
                  value.get<std::string>()));
        break;
      case Form::Texts:
        if (!is_texts(value)) throw mistake(name, "a list of strings is wanted");
        break;
      case Form::TextLists:
        if (!value.is_object() || !std::all_of(value.begin(), value.end(), is_texts))
          throw mistake(name, "an object of lists of strings is wanted");
        break;
      case Form::TypeNames:
        for (const Json& one : value.is_array() ? value : Json::array({value})) {
          if (!one.is_string() ||
              std::find(kTypes.begin(), kTypes.end(), one.get<std::string>()) == kTypes.end())
            throw mistake(name, fmt::format("one of {} is wanted", fmt::join(kTypes, ", ")));
        }
        break;
      case Form::Values:
        if (!value.is_array()) throw mistake(name, "a list is wanted");
        break;
      case Form::Flag:
        if (!value.is_boolean()) throw mistake(name, "true or false is wanted");
        break;
    }
  }
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "number") return value.is_number();
  return value.is_number_integer() ||
         (value.is_number_float() && std::isfinite(value.get<double>()) &&
          std::floor(value.get<double>()) == value.get<double>());
}

class Validator {
 public:
  explicit Validator(const Json& root) : root_(root) {}
  std::vector<std::string> errors;

  bool fits(const Json& schema, const Json& value, const std::string& path, int depth,
            bool report) {
    if (depth > 200 || ++steps_ > 200000) {
      if (errors.size() < 20) errors.push_back(path + ": the schema refers to itself without end");
      return false;
    }
    if (schema.is_boolean())
      return schema.get<bool>() || fail(report, path, "nothing is allowed here");
    bool ok = true;
    const auto must = [&](bool condition, const std::string& what) {
      if (!condition) ok = fail(report, path, what);
    };
    const auto sub = [&](const Json& one, const Json& part, const std::string& below,
                         bool reports) { return fits(one, part, below, depth + 1, reports); };
    for (const auto& [name, rule] : schema.items()) {
      if (name == "$ref") {
        const Json* target = local_target(root_, rule.get<std::string>());
        ok = target && sub(*target, value, path, report) && ok;
      } else if (name == "type") {
        bool any = false;
        for (const Json& one : rule.is_array() ? rule : Json::array({rule}))
          any = any || has_type(value, one.get<std::string>());
        must(any, fmt::format("{} where {} is wanted", value.type_name(), dump(rule)));
      } else if (name == "enum") {
        must(std::find(rule.begin(), rule.end(), value) != rule.end(),
             fmt::format("not one of {}", dump(rule)));
      } else if (name == "const") {
        must(value == rule, fmt::format("not {}", dump(rule)));
      } else if (name == "allOf") {
        for (const Json& one : rule) ok = sub(one, value, path, report) && ok;
      } else if (name == "anyOf" || name == "oneOf") {
        std::size_t n = 0;
        for (const Json& one : rule) n += sub(one, value, path, false) ? 1 : 0;
        must(name == "anyOf" ? n > 0 : n == 1,
             fmt::format("fits {} of {} in {}", n, rule.size(), name));
      } else if (name == "not") {
        must(!sub(rule, value, path, false), "fits what it must not");
      } else if (name == "if") {
        const char* branch = sub(rule, value, path, false) ? "then" : "else";
        if (schema.contains(branch)) ok = sub(schema[branch], value, path, report) && ok;
      }
    }
    if (value.is_number()) number(schema, value.get<double>(), must);
    if (value.is_string()) string(schema, value.get_ref<const std::string&>(), must);
    if (value.is_array()) ok = array(schema, value, path, depth, report) && ok;
    if (value.is_object()) ok = object(schema, value, path, depth, report) && ok;
    return ok;
  }

 private:
  bool fail(bool report, const std::string& path, const std::string& what) {
    if (report && errors.size() < 20) errors.push_back((path.empty() ? "/" : path) + ": " + what);
    return false;
  }

  template <typename Must>
  static void number(const Json& schema, double value, const Must& must) {
    if (schema.contains("minimum"))
      must(value >= schema["minimum"].get<double>(),
           fmt::format("{} is below {}", value, schema["minimum"].get<double>()));
    if (schema.contains("maximum"))
      must(value <= schema["maximum"].get<double>(),
           fmt::format("{} is above {}", value, schema["maximum"].get<double>()));
    if (schema.contains("exclusiveMinimum"))
      must(value > schema["exclusiveMinimum"].get<double>(),
           fmt::format("{} is not above {}", value, schema["exclusiveMinimum"].get<double>()));
    if (schema.contains("exclusiveMaximum"))
      must(value < schema["exclusiveMaximum"].get<double>(),
           fmt::format("{} is not below {}", value, schema["exclusiveMaximum"].get<double>()));
    if (schema.contains("multipleOf")) {
      const double step = schema["multipleOf"].get<double>(), ratio = value / step;
      must(std::fabs(ratio - std::round(ratio)) <= 1e-9 * std::max(1.0, std::fabs(ratio)),
           fmt::format("{} is no multiple of {}", value, step));
    }
  }

  template <typename Must>
  static void string(const Json& schema, const std::string& value, const Must& must) {
    if (schema.contains("minLength"))
      must(to_utf32(value).size() >= schema["minLength"].get<std::size_t>(),
           fmt::format("shorter than {} characters", schema["minLength"].get<std::size_t>()));
    if (schema.contains("maxLength"))
      must(to_utf32(value).size() <= schema["maxLength"].get<std::size_t>(),
           fmt::format("longer than {} characters", schema["maxLength"].get<std::size_t>()));
    if (schema.contains("pattern"))
      must(Regex(schema["pattern"].get<std::string>()).search(value).has_value(),
           fmt::format("does not match {}", dump(schema["pattern"])));
  }

  bool array(const Json& schema, const Json& value, const std::string& path, int depth,
             bool report) {
    bool ok = true;
    const auto must = [&](bool condition, const std::string& what) {
      if (!condition) ok = fail(report, path, what);
    };
    if (schema.contains("minItems"))
      must(value.size() >= schema["minItems"].get<std::size_t>(),
           fmt::format("fewer than {} items", schema["minItems"].get<std::size_t>()));
    if (schema.contains("maxItems"))
      must(value.size() <= schema["maxItems"].get<std::size_t>(),
           fmt::format("more than {} items", schema["maxItems"].get<std::size_t>()));
    if (schema.value("uniqueItems", false)) {
      std::vector<std::string> all;
      for (const Json& one : value) all.push_back(dump(one));
      std::sort(all.begin(), all.end());
      must(std::adjacent_find(all.begin(), all.end()) == all.end(), "items are not unique");
    }
    const std::size_t prefix = schema.contains("prefixItems") ? schema["prefixItems"].size() : 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const std::string below = fmt::format("{}/{}", path, i);
      if (i < prefix) {
        ok = fits(schema["prefixItems"][i], value[i], below, depth + 1, report) && ok;
      } else if (schema.contains("items")) {
        ok = fits(schema["items"], value[i], below, depth + 1, report) && ok;
      }
    }
    if (schema.contains("contains")) {
      std::size_t n = 0;
      for (const Json& one : value)
        n += fits(schema["contains"], one, path, depth + 1, false) ? 1 : 0;
      must(n >= schema.value("minContains", std::size_t{1}), "too few items that fit `contains`");
      if (schema.contains("maxContains"))
        must(n <= schema["maxContains"].get<std::size_t>(), "too many items that fit `contains`");
    }
    return ok;
  }

  bool object(const Json& schema, const Json& value, const std::string& path, int depth,
              bool report) {
    bool ok = true;
    const auto must = [&](bool condition, const std::string& what) {
      if (!condition) ok = fail(report, path, what);
    };
    if (schema.contains("minProperties"))
      must(value.size() >= schema["minProperties"].get<std::size_t>(), "too few members");
    if (schema.contains("maxProperties"))
      must(value.size() <= schema["maxProperties"].get<std::size_t>(), "too many members");
    if (schema.contains("required")) {
      for (const Json& name : schema["required"])
        must(value.contains(name.get<std::string>()), fmt::format("{} is missing", dump(name)));
    }
    if (schema.contains("dependentRequired")) {
      for (const auto& [name, others] : schema["dependentRequired"].items()) {
        if (!value.contains(name)) continue;
        for (const Json& other : others)
          must(value.contains(other.get<std::string>()),
               fmt::format("{} is missing beside \"{}\"", dump(other), name));
      }
    }
    std::vector<std::pair<Regex, const Json*>> patterns;
    if (schema.contains("patternProperties")) {
      for (const auto& [pattern, one] : schema["patternProperties"].items())
        patterns.emplace_back(Regex(pattern), &one);
    }
    for (const auto& [name, part] : value.items()) {
      const std::string below = path + "/" + name;
      bool is_known = false;
      if (schema.contains("properties") && schema["properties"].contains(name)) {
        is_known = true;
        ok = fits(schema["properties"][name], part, below, depth + 1, report) && ok;
      }
      for (const auto& [pattern, one] : patterns) {
        if (!pattern.search(name)) continue;
        is_known = true;
        ok = fits(*one, part, below, depth + 1, report) && ok;
      }
      if (schema.contains("propertyNames"))
        ok = fits(schema["propertyNames"], Json(name), below, depth + 1, report) && ok;
      if (is_known || !schema.contains("additionalProperties")) continue;
      const Json& rest = schema["additionalProperties"];
      if (rest.is_boolean() && !rest.get<bool>()) {
        ok = fail(report, below, "is not one of the members allowed");
      } else {
        ok = fits(rest, part, below, depth + 1, report) && ok;
      }
    }
    return ok;
  }

  const Json& root_;
  int steps_ = 0;
};

}  // namespace

void check_schema(const Json& schema) { check_node(schema, schema, "", 0); }

std::vector<std::string> validate_json(const Json& schema, const Json& value) {
  Validator validator(schema);
  if (!validator.fits(schema, value, "", 0, true) && validator.errors.empty())
    validator.errors.push_back("/: does not fit the schema");
  return validator.errors;
}

}  // namespace leitai
