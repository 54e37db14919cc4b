// An eval file of any bytes is read or refused with an Error; nothing else happens.
#include <cstddef>
#include <cstdint>

#include "harness/config.h"
#include "harness/core/error.h"

namespace {

constexpr leitai::BackendKey kKeys[] = {{"device", ""}, {"as", ""}};
const leitai::BackendFactory kBackend{
    .name = "engine",
    .help = "",
    .keys = kKeys,
    .default_id = [](const leitai::Model& model) { return model.target; },
    .make = nullptr};
const leitai::BackendFactory* const kBackends[] = {&kBackend};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  leitai::Known known;
  known.backends = kBackends;
  known.formats = {"terminal"};
  known.suite_mistake = [](const leitai::SuiteEntry&) { return std::nullopt; };
  try {
    leitai::read_config("fuzz.yaml", {reinterpret_cast<const char*>(data), size}, known);
  } catch (const leitai::Error&) {
  }
  return 0;
}
