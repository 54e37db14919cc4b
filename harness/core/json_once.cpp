#include "harness/core/json_once.h"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace leitai {

nlohmann::json parse_json_once(std::string_view text, std::string& twice) {
  using Json = nlohmann::json;
  std::vector<std::set<std::string>> open;  // keys of the objects around
  return Json::parse(
      text,
      [&](int, Json::parse_event_t event, Json& value) {
        if (event == Json::parse_event_t::object_start) open.emplace_back();
        if (event == Json::parse_event_t::object_end) open.pop_back();
        if (event == Json::parse_event_t::key && twice.empty() &&
            !open.back().insert(value.get_ref<const std::string&>()).second)
          twice = value.get_ref<const std::string&>();
        return true;
      },
      false);
}

}  // namespace leitai
