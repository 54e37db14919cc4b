#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/vendors.h"

/// What a service does wrong on purpose, item by item: everything of providers.md 7 and 10.
namespace leitai::test {

/// One attempt at one item.
struct FaultStep {
  std::string name;  // "503", "cut", "whole", "refusal 1"
  bool is_silent =
      false;  // the connection closes before a byte: libcurl may ask once more by itself
};

/// Attempt k meets step k; the last one repeats for ever.
struct FaultScript {
  std::vector<FaultStep> steps;
  std::string outcome;  // "answered", "filtered", "failed(context)": how the item has to end
  std::string text;     // of the answer that has to be stored, unless it was filtered
  bool is_kept = true;  // not failed: stored once, never asked again
};

/// What the answer of item `number` says.
std::string fault_text(int number);

/// The script of an item, a pure function of the vendor, the number and the seed.
FaultScript fault_script(const VendorFacts& vendor, int number, std::uint64_t seed);

/// The bytes of a step.
WireReply fault_reply(const VendorFacts& vendor, const FaultStep& step, int number,
                      std::uint64_t seed);

}  // namespace leitai::test
