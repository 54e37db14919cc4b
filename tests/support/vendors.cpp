#include "tests/support/vendors.h"

#include <algorithm>
#include <vector>

#include "tests/support/support.h"

namespace leitai::test {

namespace {

using Json = nlohmann::json;

bool has_quirk(const VendorFacts& vendor, const char* name) {
  const Json quirks = vendor.value("quirks", Json::array());
  return std::find(quirks.begin(), quirks.end(), name) != quirks.end();
}

std::string wire_of(const VendorFacts& vendor) { return vendor.value("wire", "chat"); }

Json chat_usage(const VendorFacts& vendor, bool thought) {
  Json out{{"prompt_tokens", Counted::kPrompt},
           {"completion_tokens", Counted::kCompletion},
           {"total_tokens", Counted::kPrompt + Counted::kCompletion}};
  const std::string cached = vendor.value("cached", "details");
  if (cached == "details" || cached == "both")
    out["prompt_tokens_details"] = {{"cached_tokens", Counted::kCached}};
  if (cached == "hit_miss" || cached == "both") {
    out["prompt_cache_hit_tokens"] = Counted::kCached;
    out["prompt_cache_miss_tokens"] = Counted::kPrompt - Counted::kCached;
  }
  if (cached == "top") out["cached_tokens"] = Counted::kCached;
  if (thought && vendor.value("thought_count", true))
    out["completion_tokens_details"] = {{"reasoning_tokens", Counted::kThought}};
  return out;
}

/// The members of a message, or of a delta, that carry thought and text.
Json chat_message(const VendorFacts& vendor, const std::string& thought, const std::string& text) {
  const std::string form = vendor.value("reasoning", "");
  Json out{{"content", text}};
  if (form == "chunks") {
    Json list = Json::array();
    if (!thought.empty())
      list.push_back({{"type", "thinking"},
                      {"thinking", Json::array({{{"type", "text"}, {"text", thought}}})}});
    if (!text.empty()) list.push_back({{"type", "text"}, {"text", text}});
    out["content"] = list;
  } else if (thought.empty() || form.empty() || form == "hidden") {
    return out;
  } else if (form == "tagged" || form == "untagged") {
    out["content"] = (form == "tagged" ? "<think>\n" : "") + thought + "\n</think>\n\n" + text;
  } else if (form == "reasoning_details" || form == "both_details") {
    out["reasoning_details"] =
        Json::array({{{"type", "reasoning.text"}, {"text", thought}, {"format", "x"}}});
    if (form == "both_details") out["reasoning"] = thought;  // the same once more
  } else {
    out[form] = thought;
  }
  return out;
}

Json chat_chunk(const VendorFacts& vendor, Json choices) {
  Json out{{"id", "chatcmpl-1"},
           {"object", "chat.completion.chunk"},
           {"created", 1764000000},
           {"model", "served-" + vendor.at("model").get<std::string>()},
           {"choices", std::move(choices)}};
  if (has_quirk(vendor, "code_zero")) {
    out["code"] = 0;
    out["message"] = "Success";
    out["sid"] = "s";
  }
  return out;
}

Json chat_choice(Json delta, const Json& finish) {
  return {{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", finish}};
}

std::vector<std::string> halves(const std::string& text) {
  std::size_t cut = text.size() / 2;  // never inside a character: JSON could not carry it
  while (cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) ++cut;
  std::vector<std::string> out;
  for (const std::string& one : {text.substr(0, cut), text.substr(cut)}) {
    if (!one.empty()) out.push_back(one);
  }
  return out;
}

struct Event {
  std::string name;
  Json data;
};

std::vector<Event> chat_events(const VendorFacts& vendor, const Said& said) {
  std::vector<Event> out;
  const std::string usage = vendor.value("usage", "last");
  const Json counted = chat_usage(vendor, !said.reasoning.empty());
  const auto add = [&](const Json& delta, const Json& finish = nullptr) {
    out.push_back({"", chat_chunk(vendor, Json::array({chat_choice(delta, finish)}))});
    if (usage == "every" || (usage == "finish" && !finish.is_null()))
      out.back().data["usage"] = counted;
    if (usage == "choice" && !finish.is_null()) out.back().data["choices"][0]["usage"] = counted;
  };
  add({{"role", "assistant"}, {"content", nullptr}});
  const std::string form = vendor.value("reasoning", "");
  if (form == "tagged" || form == "untagged") {  // the tags, too, come in pieces
    for (const std::string& piece :
         halves(chat_message(vendor, said.reasoning, said.text)["content"]))
      add({{"content", piece}});
  } else {
    if (!form.empty() && form != "hidden") {
      for (const std::string& piece : halves(said.reasoning)) {
        Json delta = chat_message(vendor, piece, "");
        if (form != "chunks") delta["content"] = nullptr;
        add(delta);
      }
    }
    for (const std::string& piece : halves(said.text)) add(chat_message(vendor, "", piece));
  }
  add({{"content", ""}}, said.finish.empty() ? "stop" : said.finish);
  if (usage == "last") {
    out.push_back({"", chat_chunk(vendor, Json::array())});
    out.back().data["usage"] = counted;
  }
  return out;
}

Json messages_usage() {  // cached tokens come on top here
  return {{"input_tokens", Counted::kPrompt - Counted::kCached},
          {"cache_read_input_tokens", Counted::kCached},
          {"cache_creation_input_tokens", 0},
          {"output_tokens", 1}};
}

std::vector<Event> messages_events(const VendorFacts& vendor, const Said& said) {
  std::vector<Event> out;
  const auto add = [&](const std::string& type, Json data) {
    data["type"] = type;
    out.push_back({type, std::move(data)});
  };
  add("message_start", {{"message",
                         {{"type", "message"},
                          {"role", "assistant"},
                          {"id", "msg_1"},
                          {"content", Json::array()},
                          {"stop_reason", nullptr},
                          {"model", "served-" + vendor.at("model").get<std::string>()},
                          {"usage", messages_usage()}}}});
  add("ping", Json::object());
  int index = 0;
  const auto block = [&](const std::string& type, const std::string& member,
                         const std::string& text) {
    add("content_block_start",
        {{"index", index}, {"content_block", {{"type", type}, {member, ""}}}});
    for (const std::string& piece : halves(text))
      add("content_block_delta",
          {{"index", index}, {"delta", {{"type", type + "_delta"}, {member, piece}}}});
    if (type == "thinking")
      add("content_block_delta",
          {{"index", index}, {"delta", {{"type", "signature_delta"}, {"signature", "c2ln"}}}});
    add("content_block_stop", {{"index", index++}});
  };
  if (!said.reasoning.empty()) block("thinking", "thinking", said.reasoning);
  if (!said.text.empty()) block("text", "text", said.text);
  add("message_delta", {{"delta",
                         {{"stop_reason", said.finish.empty() ? "end_turn" : said.finish},
                          {"stop_sequence", nullptr}}},
                        {"usage", {{"output_tokens", Counted::kCompletion}}}});
  add("message_stop", Json::object());
  return out;
}

Json gemini_body(const VendorFacts& vendor, Json parts, const std::string& finish) {
  Json candidate{{"index", 0}, {"content", {{"role", "model"}, {"parts", std::move(parts)}}}};
  if (!finish.empty()) candidate["finishReason"] = finish;
  return {{"candidates", Json::array({candidate})},
          {"modelVersion", "served-" + vendor.at("model").get<std::string>()},
          {"usageMetadata", {{"promptTokenCount", Counted::kPrompt}}}};
}

Json gemini_usage(bool thought) {
  Json out{{"promptTokenCount", Counted::kPrompt},
           {"cachedContentTokenCount", Counted::kCached},
           {"candidatesTokenCount", Counted::kCompletion - (thought ? Counted::kThought : 0)}};
  if (thought) out["thoughtsTokenCount"] = Counted::kThought;
  return out;
}

std::vector<Event> gemini_events(const VendorFacts& vendor, const Said& said) {
  std::vector<Event> out;
  for (const std::string& piece : halves(said.reasoning))
    out.push_back(
        {"", gemini_body(vendor, Json::array({{{"text", piece}, {"thought", true}}}), "")});
  for (const std::string& piece : halves(said.text))
    out.push_back({"", gemini_body(vendor, Json::array({{{"text", piece}}}), "")});
  out.push_back({"", gemini_body(vendor, Json::array({{{"text", ""}}}),
                                 said.finish.empty() ? "STOP" : said.finish)});
  out.back().data["usageMetadata"] = gemini_usage(!said.reasoning.empty());
  return out;
}

Json responses_body(const VendorFacts& vendor, const Said& said) {
  Json output = Json::array();
  if (!said.reasoning.empty())
    output.push_back(
        {{"type", "reasoning"},
         {"summary", Json::array({{{"type", "summary_text"}, {"text", said.reasoning}}})}});
  output.push_back({{"type", "message"},
                    {"role", "assistant"},
                    {"content", Json::array({{{"type", "output_text"}, {"text", said.text}}})}});
  Json out{{"id", "resp_1"},
           {"object", "response"},
           {"error", nullptr},
           {"model", "served-" + vendor.at("model").get<std::string>()},
           {"output", output},
           {"status", said.finish.empty() ? "completed" : "incomplete"},
           {"usage",
            {{"input_tokens", Counted::kPrompt},
             {"output_tokens", Counted::kCompletion},
             {"input_tokens_details", {{"cached_tokens", Counted::kCached}}},
             {"output_tokens_details",
              {{"reasoning_tokens", said.reasoning.empty() ? 0 : Counted::kThought}}}}}};
  if (!said.finish.empty()) out["incomplete_details"] = {{"reason", said.finish}};
  return out;
}

std::vector<Event> responses_events(const VendorFacts& vendor, const Said& said) {
  std::vector<Event> out;
  const auto add = [&](const std::string& type, Json data) {
    data["type"] = type;
    out.push_back({type, std::move(data)});
  };
  add("response.created", {{"response", {{"id", "resp_1"}, {"status", "in_progress"}}}});
  for (const std::string& piece : halves(said.reasoning))
    add("response.reasoning_summary_text.delta", {{"delta", piece}});
  for (const std::string& piece : halves(said.text))
    add("response.output_text.delta", {{"delta", piece}, {"output_index", 0}});
  add(said.finish.empty() ? "response.completed" : "response.incomplete",
      {{"response", responses_body(vendor, said)}});
  return out;
}

std::vector<Event> events_of(const VendorFacts& vendor, const Said& said) {
  const std::string wire = wire_of(vendor);
  return wire == "messages"    ? messages_events(vendor, said)
         : wire == "gemini"    ? gemini_events(vendor, said)
         : wire == "responses" ? responses_events(vendor, said)
                               : chat_events(vendor, said);
}

std::string written(const VendorFacts& vendor, const std::vector<Event>& events) {
  std::string out;
  if (has_quirk(vendor, "keep_alive")) out += ": keep-alive\n\n: keep-alive\n\n";
  if (has_quirk(vendor, "openrouter")) out += ": OPENROUTER PROCESSING\n\n";
  const std::string end = has_quirk(vendor, "openrouter") ? "\r\n" : "\n";
  for (const Event& one : events) {
    if (!one.name.empty()) out += "event: " + one.name + end;
    out += (has_quirk(vendor, "tight") ? "data:" : "data: ") + one.data.dump() + end + end;
  }
  return out;
}

Said a_beginning() { return {"It", "", ""}; }

}  // namespace

const std::map<std::string, VendorFacts>& vendors() {
  static const auto kAll = Json::parse(read_text(source_dir() / "tests/support/vendors.json"))
                               .get<std::map<std::string, VendorFacts>>();
  return kAll;
}

std::string vendor_stream(const VendorFacts& vendor, const Said& said) {
  std::string out = written(vendor, events_of(vendor, said));
  if (wire_of(vendor) == "chat" && !has_quirk(vendor, "no_done")) out += "data: [DONE]\n\n";
  return out;
}

std::string vendor_whole(const VendorFacts& vendor, const Said& said) {
  const std::string wire = wire_of(vendor);
  Json body;
  if (wire == "messages") {
    Json content = Json::array();
    if (!said.reasoning.empty())
      content.push_back(
          {{"type", "thinking"}, {"thinking", said.reasoning}, {"signature", "c2ln"}});
    if (!said.text.empty()) content.push_back({{"type", "text"}, {"text", said.text}});
    body = {{"id", "msg_1"},
            {"type", "message"},
            {"role", "assistant"},
            {"content", content},
            {"stop_reason", said.finish.empty() ? "end_turn" : said.finish},
            {"model", "served-" + vendor.at("model").get<std::string>()},
            {"usage", messages_usage()}};
    body["usage"]["output_tokens"] = Counted::kCompletion;
  } else if (wire == "gemini") {
    Json parts = Json::array();
    if (!said.reasoning.empty()) parts.push_back({{"text", said.reasoning}, {"thought", true}});
    parts.push_back({{"text", said.text}});
    body = gemini_body(vendor, parts, said.finish.empty() ? "STOP" : said.finish);
    body["usageMetadata"] = gemini_usage(!said.reasoning.empty());
  } else if (wire == "responses") {
    body = responses_body(vendor, said);
  } else {
    Json choice{{"index", 0},
                {"message", chat_message(vendor, said.reasoning, said.text)},
                {"finish_reason", said.finish.empty() ? "stop" : said.finish}};
    choice["message"]["role"] = "assistant";
    body = chat_chunk(vendor, Json::array({choice}));
    body["object"] = "chat.completion";
    body["usage"] = chat_usage(vendor, !said.reasoning.empty());
  }
  return (has_quirk(vendor, "blank_lines") ? "\n\n\n\n" : "") + body.dump();
}

WireReply vendor_event(const VendorFacts& vendor, const Json& event) {
  if (event.contains("finish"))
    return reply_of(200, vendor_stream(vendor, {"It", "", event["finish"]}));
  if (event.contains("refusal")) {
    if (wire_of(vendor) == "responses") {
      std::vector<Event> events = events_of(vendor, {"", "", ""});
      events.insert(events.begin() + 1,
                    {"response.refusal.delta",
                     {{"type", "response.refusal.delta"}, {"delta", "I cannot help."}}});
      return reply_of(200, written(vendor, events));
    }
    std::vector<Event> events = chat_events(vendor, {"", "", ""});
    events[0].data["choices"][0]["delta"]["refusal"] = "I cannot help.";
    return reply_of(200, written(vendor, events) + "data: [DONE]\n\n");
  }
  if (event.contains("event")) {
    std::vector<Event> events = events_of(vendor, a_beginning());
    events.resize(2);
    events.push_back({event.value("name", ""), event["event"]});
    return reply_of(200, written(vendor, events));
  }
  return reply_of(event["status"],
                  event.contains("text") ? event["text"].get<std::string>() : event["body"].dump(),
                  event.value("headers", ""));
}

WireReply in_pieces(const std::string& stream, std::size_t size) {
  WireReply out;
  for (std::size_t at = 0; at < stream.size(); at += size)
    out.pieces.push_back({stream.substr(at, size)});
  return out;
}

}  // namespace leitai::test
