#include "suites/ifeval/instruction.h"
namespace leitai::ifeval {
std::span<const Rule> own_rules() { return {}; }
}  // namespace leitai::ifeval
