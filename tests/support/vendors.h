#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tests/support/wire_server.h"

/// What each vendor's service would put on the wire, written from the vendors' documents and not
/// from our records (vendors.json of this folder holds the facts, one entry a record).
namespace leitai::test {

/// An entry of vendors.json:
///   model, wire (chat messages gemini responses), path, whole_path, auth
///   reasoning   where the thought stands; absent: nowhere
///   usage       last (chunk without choices) finish (with the finish reason) choice (in it) every
///   cached      details hit_miss top both
///   quirks      keep_alive blank_lines openrouter no_done code_zero tight
///   off, on     what a body holds beside model, prompt and stream, thinking off and on
///   pins        other models and what theirs hold
///   price       a million tokens
///   refusals, errors   answers: {status, body | text, headers}, {event, name}, {finish}, {refusal}
using VendorFacts = nlohmann::json;

const std::map<std::string, VendorFacts>& vendors();

/// What a model says.
struct Said {
  std::string text;
  std::string reasoning;
  std::string finish;  // in the vendor's own word; "": its word for a normal end
};

/// Tokens that every scripted answer claims. A vendor that counts cached or thought tokens nowhere
/// leaves them out.
struct Counted {
  static constexpr int kPrompt = 1000, kCached = 400, kCompletion = 120, kThought = 80;
};

std::string vendor_stream(const VendorFacts& vendor, const Said& said);
std::string vendor_whole(const VendorFacts& vendor, const Said& said);

/// One of `refusals` or `errors`. An event comes after a first piece of an answer, as it does where
/// generation had begun.
WireReply vendor_event(const VendorFacts& vendor, const nlohmann::json& event);

/// Cut into pieces of `size` bytes, which fall into characters and into lines.
WireReply in_pieces(const std::string& stream, std::size_t size);

}  // namespace leitai::test
