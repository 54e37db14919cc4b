#include <algorithm>
#include <bit>
#include <cmath>

#include "harness/jinja/runtime.h"

/// Methods and attributes of lists, tuples, dicts, ranges and numbers.
namespace leitai::jinja {

namespace {

using Body = std::function<Value(Runtime&, Args&)>;

Value index_of(Runtime& runtime, const Value& self, Args& args) {
  const Bound bound("index", args, {"", "", ""}, 1);
  const auto& items = self.seq().items;
  const auto size = static_cast<std::int64_t>(items.size());
  const auto place = [&](std::size_t i, std::int64_t otherwise) {
    const std::int64_t at = bound.integer(i, otherwise);
    return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
  };
  runtime.tick(items.size());
  const std::int64_t to = place(2, size);
  for (std::int64_t i = place(1, 0); i < to; ++i) {
    if (runtime.same(items[static_cast<std::size_t>(i)], bound[0])) return Value::integer(i);
  }
  if (self.is(Kind::Tuple)) raise("ValueError", "tuple.index(x): x not in tuple");
  raise("ValueError", repr(bound[0]) + " is not in list");
}

Value count_of(Runtime& runtime, const Value& self, Args& args) {
  const Bound bound("count", args, {""}, 1);
  runtime.tick(self.seq().items.size());
  BigInt count = 0;
  for (const Value& item : self.seq().items) count += runtime.same(item, bound[0]) ? 1 : 0;
  return Value::integer(count);
}

/// After a change: the list may now hold itself, and must not be nested too deeply.
void changed(Runtime& runtime, const Value& self, const Value& added) {
  int& depth = self.is(Kind::Dict) ? self.map().depth : self.seq().depth;
  depth = std::max(depth, added.depth() + 1);
  if (depth > 300) raise("RecursionError", "values are nested too deeply");
  if (added.shared()) runtime.hold(self);
}

std::size_t insert_place(std::int64_t at, std::size_t size) {
  const auto n = static_cast<std::int64_t>(size);
  return static_cast<std::size_t>(std::clamp<std::int64_t>(at < 0 ? at + n : at, 0, n));
}

Value sort_in_place(Runtime& runtime, const Value& self, Args& args) {
  const Bound bound("sort", args, {"*", "key", "reverse"});
  if (bound.has(0) && !bound[0].is(Kind::None))
    raise("UnsupportedError", "sort(key=...) is not supported");
  std::vector<Value> items = self.seq().items;
  runtime.tick(items.size() * 16);
  const bool reverse = bound.boolean(runtime, 1, false);
  std::stable_sort(items.begin(), items.end(), [&](const Value& a, const Value& b) {
    return reverse ? less(b, a) : less(a, b);
  });
  self.seq().items = std::move(items);
  return Value::none();
}

Value pop_item(const Value& self, Args& args) {
  const Bound bound("pop", args, {""});
  auto& items = self.seq().items;
  if (items.empty()) raise("IndexError", "pop from empty list");
  std::int64_t at = bound.integer(0, -1);
  if (at < 0) at += static_cast<std::int64_t>(items.size());
  if (at < 0 || at >= static_cast<std::int64_t>(items.size()))
    raise("IndexError", "pop index out of range");
  Value taken = items[static_cast<std::size_t>(at)];
  items.erase(items.begin() + at);
  return taken;
}

Body list_mutation(const Value& self, const std::string& name) {
  if (name == "append") {
    return [self](Runtime& runtime, Args& args) {
      const Bound bound("append", args, {""}, 1);
      changed(runtime, self, bound[0]);
      runtime.tick();
      self.seq().items.push_back(bound[0]);
      return Value::none();
    };
  }
  if (name == "extend") {
    return [self](Runtime& runtime, Args& args) {
      const Bound bound("extend", args, {""}, 1);
      for (Value& item : runtime.iterate(bound[0])) {
        changed(runtime, self, item);
        self.seq().items.push_back(std::move(item));
      }
      return Value::none();
    };
  }
  if (name == "insert") {
    return [self](Runtime& runtime, Args& args) {
      const Bound bound("insert", args, {"", ""}, 2);
      changed(runtime, self, bound[1]);
      auto& items = self.seq().items;
      runtime.tick(items.size() / 16 + 1);
      items.insert(items.begin() +
                       static_cast<std::ptrdiff_t>(insert_place(bound.integer(0, 0), items.size())),
                   bound[1]);
      return Value::none();
    };
  }
  if (name == "pop") return [self](Runtime&, Args& args) { return pop_item(self, args); };
  if (name == "remove") {
    return [self](Runtime& runtime, Args& args) {
      const Bound bound("remove", args, {""}, 1);
      auto& items = self.seq().items;
      for (std::size_t i = 0; i < items.size(); ++i) {
        runtime.tick();
        if (!runtime.same(items[i], bound[0])) continue;
        items.erase(items.begin() + static_cast<std::ptrdiff_t>(i));
        return Value::none();
      }
      raise("ValueError", "list.remove(x): x not in list");
    };
  }
  if (name == "reverse") {
    return [self](Runtime& runtime, Args& args) {
      Bound("reverse", args, {});
      runtime.tick(self.seq().items.size());
      std::reverse(self.seq().items.begin(), self.seq().items.end());
      return Value::none();
    };
  }
  if (name == "clear") {
    return [self](Runtime&, Args& args) {
      Bound("clear", args, {});
      self.seq().items.clear();
      return Value::none();
    };
  }
  if (name == "sort")
    return [self](Runtime& runtime, Args& args) { return sort_in_place(runtime, self, args); };
  return {};
}

std::vector<Value> pairs_of(const DictObject& map) {
  std::vector<Value> pairs;
  for (const auto& [key, value] : map.items) pairs.push_back(Value::tuple({key, value}));
  return pairs;
}

Body dict_method(const Value& self, const std::string& name) {
  if (name == "items" || name == "keys" || name == "values") {
    return [self, name](Runtime& runtime, Args& args) {
      Bound(name.c_str(), args, {});
      runtime.check_items(self.map().items.size());
      if (name == "items") return Value::list(pairs_of(self.map()), Kind::View, "dict_items");
      std::vector<Value> items;
      for (const auto& [key, value] : self.map().items)
        items.push_back(name == "keys" ? key : value);
      return Value::list(std::move(items), Kind::View, "dict_" + name);
    };
  }
  if (name == "get") {
    return [self](Runtime& runtime, Args& args) {
      const Bound bound("get", args, {"", ""}, 1);
      if (runtime.is_strict(bound[0])) raise_undefined(bound[0]);
      const Value* found = self.map().find(bound[0]);
      return found ? *found : bound.has(1) ? bound[1] : Value::none();
    };
  }
  if (name == "copy") {
    return [self](Runtime& runtime, Args& args) {
      Bound("copy", args, {});
      runtime.check_items(self.map().items.size());
      return Value::dict(std::make_shared<DictObject>(self.map()));
    };
  }
  if (name == "update") {
    return [self](Runtime& runtime, Args& args) {
      if (args.positional.size() > 1) raise_type("update expected at most 1 argument");
      const auto put = [&](const Value& key, const Value& value) {
        changed(runtime, self, value);
        self.map().set(key, value);
      };
      if (!args.positional.empty() && args.positional[0].is(Kind::Dict)) {
        const auto items = args.positional[0].map().items;
        for (const auto& [key, value] : items) put(key, value);
      } else if (!args.positional.empty()) {
        for (const Value& pair : runtime.iterate(args.positional[0])) {
          const auto both = runtime.iterate(pair);
          if (both.size() != 2)
            raise("ValueError", "dictionary update sequence element has another length than 2");
          put(both[0], both[1]);
        }
      }
      for (const auto& [key, value] : args.named) put(Value::string(key), value);
      return Value::none();
    };
  }
  if (name == "setdefault") {
    return [self](Runtime& runtime, Args& args) {
      const Bound bound("setdefault", args, {"", ""}, 1);
      if (const Value* found = self.map().find(bound[0])) return *found;
      const Value value = bound.has(1) ? bound[1] : Value::none();
      changed(runtime, self, value);
      self.map().set(bound[0], value);
      return value;
    };
  }
  if (name == "pop") {
    return [self](Runtime&, Args& args) {
      const Bound bound("pop", args, {"", ""}, 1);
      if (const Value* found = self.map().find(bound[0])) {
        const Value value = *found;
        self.map().erase(bound[0]);
        return value;
      }
      if (!bound.has(1)) raise("KeyError", repr(bound[0]));
      return bound[1];
    };
  }
  if (name == "popitem") {
    return [self](Runtime&, Args& args) {
      Bound("popitem", args, {});
      if (self.map().items.empty()) raise("KeyError", "'popitem(): dictionary is empty'");
      const auto [key, value] = self.map().items.back();
      self.map().erase(key);
      return Value::tuple({key, value});
    };
  }
  if (name == "clear") {
    return [self](Runtime&, Args& args) {
      Bound("clear", args, {});
      self.map().clear();
      return Value::none();
    };
  }
  return {};
}

}  // namespace

std::optional<Value> container_attribute(Runtime&, const Value& self, const std::string& name) {
  Body body;
  if (self.is_sequence()) {
    if (name == "index")
      body = [self](Runtime& runtime, Args& args) { return index_of(runtime, self, args); };
    if (name == "count")
      body = [self](Runtime& runtime, Args& args) { return count_of(runtime, self, args); };
    if (self.is(Kind::List) && name == "copy") {
      body = [self](Runtime& runtime, Args& args) {
        Bound("copy", args, {});
        runtime.check_items(self.seq().items.size());
        return Value::list(self.seq().items);
      };
    }
    if (self.is(Kind::List) && !body) body = list_mutation(self, name);
    if (self.seq().name == "group" && (name == "grouper" || name == "list"))
      return self.seq().items[name == "list" ? 1 : 0];
  } else if (self.is(Kind::Dict)) {
    body = dict_method(self, name);
  } else if (self.is(Kind::Range)) {
    const RangeObject& range = self.as_range();
    if (name == "start") return Value::integer(range.start);
    if (name == "stop") return Value::integer(range.stop);
    if (name == "step") return Value::integer(range.step);
  } else if (self.is(Kind::Bytes) && name == "decode") {
    body = [self](Runtime&, Args& args) {
      Bound("decode", args, {"encoding", "errors"});
      return Value::string(self.text());
    };
  }
  if (!body) return std::nullopt;
  return Value::function(name, std::move(body));
}

std::optional<Value> number_attribute(Runtime&, const Value& self, const std::string& name) {
  const Value plain = self.is(Kind::Bool) ? Value::integer(self.as_int()) : self;
  if (name == "real") return plain;
  if (name == "imag") return self.is(Kind::Float) ? Value::real(0) : Value::integer(0);
  if (name == "conjugate") return Value::function(name, [plain](Runtime&, Args&) { return plain; });
  if (self.is(Kind::Float)) {
    const double value = self.as_double();
    if (name == "is_integer") {
      return Value::function(name, [value](Runtime&, Args&) {
        return Value::boolean(std::isfinite(value) && std::floor(value) == value);
      });
    }
    return std::nullopt;
  }
  if (name == "numerator") return plain;
  if (name == "denominator") return Value::integer(1);
  __extension__ using Wide = unsigned __int128;
  const BigInt value = self.as_int();
  const Wide magnitude = value < 0 ? -static_cast<Wide>(value) : static_cast<Wide>(value);
  const auto high = static_cast<std::uint64_t>(magnitude >> 64),
             low = static_cast<std::uint64_t>(magnitude);
  if (name == "bit_length") {
    const int bits = high ? 128 - std::countl_zero(high) : 64 - std::countl_zero(low);
    return Value::function(name, [bits](Runtime&, Args&) { return Value::integer(bits); });
  }
  if (name == "bit_count") {
    const int bits = std::popcount(high) + std::popcount(low);
    return Value::function(name, [bits](Runtime&, Args&) { return Value::integer(bits); });
  }
  return std::nullopt;
}

}  // namespace leitai::jinja
