#include <ctime>
#include <memory>

#include "harness/jinja/runtime.h"

/// Global functions of the environments.
namespace leitai::jinja {

namespace {

Value make_range(Runtime& runtime, Args& args) {
  if (!args.named.empty()) raise_type("range() takes no keyword arguments");
  const Bound bound("range", args, {"", "", ""}, 1);
  std::int64_t start = 0, stop = bound.integer(0, 0);
  if (bound.has(1)) {
    start = stop;
    stop = bound.integer(1, 0);
  }
  const std::int64_t step = bound.integer(2, 1);
  if (step == 0) raise("ValueError", "range() arg 3 must not be zero");
  Value range = Value::range(start, stop, step);
  if (runtime.is_chat() && range.as_range().count > 100000) {
    raise("OverflowError",
          "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
  }
  return range;
}

/// What dict(...) and namespace(...) take: a mapping or pairs, then names.
void fill(Runtime& runtime, Args& args, DictObject& into, const char* function) {
  if (args.positional.size() > 1)
    raise_type(std::string(function) + " expected at most 1 argument");
  if (!args.positional.empty()) {
    if (args.positional[0].is(Kind::Dict)) {
      for (const auto& [key, value] : args.positional[0].map().items) into.set(key, value);
    } else {
      for (const Value& pair : runtime.iterate(args.positional[0])) {
        const std::vector<Value> both = runtime.iterate(pair);
        if (both.size() != 2)
          raise("ValueError", "dictionary update sequence element has another length than 2");
        into.set(both[0], both[1]);
      }
    }
  }
  for (const auto& [key, value] : args.named) into.set(Value::string(key), value);
  runtime.check_items(into.items.size());
}

Value make_dict(Runtime& runtime, Args& args) {
  auto dict = std::make_shared<DictObject>();
  fill(runtime, args, *dict, "dict");
  return Value::dict(std::move(dict));
}

Value make_namespace(Runtime& runtime, Args& args) {
  auto space = std::make_shared<NamespaceObject>();
  fill(runtime, args, space->attributes, "namespace");
  if (runtime.is_chat()) {
    for (const auto& [key, value] : space->attributes.items) {
      if (key.is(Kind::String) && key.text().starts_with('_')) {
        raise(
            "SecurityError",
            "Chat templates cannot store underscore-prefixed attributes on a namespace, but got '" +
                key.text() + "'.");
      }
    }
  }
  Value made = Value::object(Kind::Namespace, std::move(space));
  runtime.tick(4);
  runtime.hold(made);
  return made;
}

Value raise_exception(Runtime& runtime, Args& args) {
  const Bound bound("raise_exception", args, {"message"}, 1);
  raise("TemplateError", bound[0].is_undefined() ? std::string() : runtime.text(bound[0]));
}

Value strftime_now(Runtime& runtime, Args& args) {
  const Bound bound("strftime_now", args, {"format"}, 1);
  return Value::string(format_time(bound.text(0, ""), runtime.options().now));
}

Value make_cycler(Runtime&, Args& args) {
  if (args.positional.empty() || !args.named.empty())
    raise("RuntimeError", "at least one item has to be provided");
  const auto items = std::make_shared<const std::vector<Value>>(args.positional);
  const auto at = std::make_shared<std::size_t>(0);
  Value cycler = Value::function(
      "cycler", [](Runtime&, Args&) -> Value { raise_type("'Cycler' object is not callable"); });
  cycler.as_function().attributes = {
      {"next", Value::function("next",
                               [items, at](Runtime&, Args&) {
                                 return (*items)[std::exchange(*at, (*at + 1) % items->size())];
                               })},
      {"reset", Value::function("reset",
                                [at](Runtime&, Args&) {
                                  *at = 0;
                                  return Value::none();
                                })},
      {"current",
       Value::function("@current", [items, at](Runtime&, Args&) { return (*items)[*at]; })},
      {"pos", Value::function("@pos", [at](Runtime&, Args&) {
         return Value::integer(static_cast<BigInt>(*at));
       })}};
  return cycler;
}

Value make_joiner(Runtime& runtime, Args& args) {
  const Bound bound("joiner", args, {"sep"});
  const std::string separator = bound.has(0) ? runtime.text(bound[0]) : ", ";
  const auto used = std::make_shared<bool>(false);
  return Value::function("joiner", [separator, used](Runtime&, Args&) {
    return Value::string(std::exchange(*used, true) ? separator : "");
  });
}

Value lipsum(Runtime&, Args&) {
  raise("UnsupportedError", "lipsum() makes random text and is not supported");
}

}  // namespace

std::optional<Value> global(Environment environment, std::string_view name) {
  if (name == "range") return Value::function("range", make_range);
  if (name == "dict") return Value::function("dict", make_dict);
  if (name == "namespace") return Value::function("namespace", make_namespace);
  if (name == "cycler") return Value::function("cycler", make_cycler);
  if (name == "joiner") return Value::function("joiner", make_joiner);
  if (name == "lipsum") return Value::function("lipsum", lipsum);
  if (environment == Environment::Chat) {
    if (name == "raise_exception") return Value::function("raise_exception", raise_exception);
    if (name == "strftime_now") return Value::function("strftime_now", strftime_now);
  }
  return std::nullopt;
}

std::string format_time(const std::string& format, const std::optional<std::string>& now) {
  std::tm when{};
  if (now) {
    const char* end = strptime(now->c_str(), "%Y-%m-%dT%H:%M:%S", &when);
    if (!end || *end != '\0')
      raise("ValueError", "the time to use is not like 2025-07-04T12:34:56: " + *now);
  } else {
    const std::time_t seconds = std::time(nullptr);
    localtime_r(&seconds, &when);
  }
  std::string text;
  if (format.empty()) return text;
  if (format.size() > 4096) raise("LimitError", "a time format of more than 4096 bytes");
  text.resize(format.size() * 32 + 256);
  std::string adjusted;  // %f is Python's own; the fixed time has no fraction
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '%' && i + 1 < format.size()) {
      if (format[i + 1] == 'f') {
        adjusted += "000000";
      } else if (format[i + 1] == 'z' || format[i + 1] == 'Z') {
        // a naive time has no zone
      } else {
        adjusted += format.substr(i, 2);
      }
      ++i;
    } else {
      adjusted += format[i];
    }
  }
  text.resize(adjusted.empty() ? 0
                               : std::strftime(text.data(), text.size(), adjusted.c_str(), &when));
  return text;
}

}  // namespace leitai::jinja
