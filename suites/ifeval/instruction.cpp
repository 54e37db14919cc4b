#include "suites/ifeval/instruction.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "suites/ifeval/words.h"

namespace leitai::ifeval {

void Given::wrong(const char* name, const char* wanted) const {
  throw Error(fmt::format("kwargs: {}: {}: {} is wanted", id_, name, wanted));
}

const nlohmann::json& Given::value(const char* name) const {
  const auto found = kwargs_.find(name);
  if (found == kwargs_.end() || found->is_null())
    throw Error(fmt::format("kwargs: {}: \"{}\" is missing", id_, name));
  return *found;
}

std::int64_t Given::number(const char* name) const {
  const nlohmann::json& one = value(name);
  // Some copies of the data write whole numbers as 3.0.
  const double number = one.is_number() ? one.get<double>() : -1;
  if (number < 0 || number > 1e9 ||
      number != static_cast<double>(static_cast<std::int64_t>(number)))
    wrong(name, "a whole number");
  return static_cast<std::int64_t>(number);
}

std::string Given::text(const char* name) const {
  const nlohmann::json& one = value(name);
  if (!one.is_string()) wrong(name, "a string");
  std::string out = to_utf8(strip(to_utf32(one.get<std::string>())));
  if (out.empty()) wrong(name, "a string that says something");
  return out;
}

std::vector<std::string> Given::texts(const char* name) const {
  const nlohmann::json& one = value(name);
  if (!one.is_array() || one.empty()) wrong(name, "a list of strings");
  std::vector<std::string> out;
  for (const nlohmann::json& text : one) {
    if (!text.is_string()) wrong(name, "a list of strings");
    out.push_back(text.get<std::string>());
  }
  return out;
}

const nlohmann::json& Given::table(const char* name) const {
  const nlohmann::json& one = value(name);
  if (!one.is_object()) wrong(name, "an object");
  return one;
}

bool Given::holds(std::int64_t count, const char* relation, const char* name) const {
  const std::int64_t wanted = number(name);
  switch (relation_of(text(relation))) {
    case Relation::Less:
      return count < wanted;
    case Relation::AtLeast:
      return count >= wanted;
    case Relation::AtMost:
      return count <= wanted;
    case Relation::Unknown:
      break;
  }
  wrong(relation, "\"at least\", \"at most\" or \"less than\" in the checker's language");
}

}  // namespace leitai::ifeval
