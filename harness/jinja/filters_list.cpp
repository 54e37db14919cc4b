#include <algorithm>

#include "harness/core/text.h"
#include "harness/core/text_case.h"
#include "harness/jinja/filters.h"

/// Filters on lists and dicts, and the table of all filters.
namespace leitai::jinja {

namespace {

/// Looks up "a.b.0" in an item; `otherwise` stands for what is undefined.
Value dotted(Runtime& runtime, const Value& item, const Value& path, const Value* otherwise) {
  Value value = item;
  const auto step = [&](const Value& key) {
    value = runtime.item(value, key);
    if (value.is_undefined() && otherwise) value = *otherwise;
  };
  if (!path.is(Kind::String)) {
    step(path);
    return value;
  }
  for (const std::string_view part : split(path.text(), '.')) {
    const bool is_number = !part.empty() && part.find_first_not_of("0123456789") == part.npos;
    const auto number = is_number ? parse_int(part) : std::nullopt;
    step(number ? Value::integer(*number) : Value::string(std::string(part)));
  }
  return value;
}

Value folded(const Value& value, bool case_sensitive) {
  return !case_sensitive && value.is(Kind::String) ? Value::string(to_lower(value.text())) : value;
}

bool given(const Bound& bound, std::size_t i) { return bound.has(i) && !bound[i].is(Kind::None); }

Value length_filter(Runtime& runtime, const Value& input, Args& args) {
  Bound("len", args, {});
  return Value::integer(runtime.length(input));
}

Value default_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_default", args, {"default_value", "boolean"});
  const bool replaces =
      input.is_undefined() || (bound.boolean(runtime, 1, false) && !runtime.truthy(input));
  return !replaces ? input : bound.has(0) ? bound[0] : Value::string("");
}

Value list_filter(Runtime& runtime, const Value& input, Args& args) {
  Bound("do_list", args, {});
  return Value::list(runtime.iterate(input));
}

Value first_filter(Runtime& runtime, const Value& input, Args& args) {
  Bound("do_first", args, {});
  std::vector<Value> items = runtime.iterate(input);
  return items.empty() ? Value::undefined("No first item, sequence was empty.") : items.front();
}

Value last_filter(Runtime& runtime, const Value& input, Args& args) {
  Bound("do_last", args, {});
  if (input.is(Kind::Generator)) raise_type("'generator' object is not reversible");
  std::vector<Value> items = runtime.iterate(input);
  return items.empty() ? Value::undefined("No last item, sequence was empty.") : items.back();
}

Value join_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_join", args, {"d", "attribute"});
  const std::string separator = bound.has(0) ? runtime.text(bound[0]) : "";
  std::string out;
  bool is_first = true;
  for (const Value& item : runtime.iterate(input)) {
    if (!is_first) out += separator;
    is_first = false;
    out += runtime.text(given(bound, 1) ? dotted(runtime, item, bound[1], nullptr) : item);
    runtime.check_text(out.size());
  }
  runtime.tick(out.size() / 64);
  return Value::string(std::move(out));
}

Value reverse_filter(Runtime& runtime, const Value& input, Args& args) {
  Bound("do_reverse", args, {});
  std::vector<Value> items = runtime.iterate(input);
  std::reverse(items.begin(), items.end());
  if (!input.is(Kind::String)) return Value::generator(std::move(items));
  std::string out;
  for (const Value& c : items) out += c.text();
  return Value::string(std::move(out));
}

Value items_filter(Runtime& runtime, const Value& input, Args& args) {
  Bound("do_items", args, {});
  std::vector<Value> pairs;
  if (input.is_undefined()) return Value::generator({});  // also where undefined is strict
  if (!input.is(Kind::Dict)) raise_type("Can only get item pairs from a mapping.");
  runtime.check_items(input.map().items.size());
  for (const auto& [key, value] : input.map().items) pairs.push_back(Value::tuple({key, value}));
  return Value::generator(std::move(pairs));
}

Value attr_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_attr", args, {"name"}, 1);
  if (input.is_undefined()) raise_undefined(input);
  const std::string name = runtime.text(bound[0]);
  if (input.is(Kind::Dict)) {  // attributes only, never items
    if (input.map().find(name)) {
      const Value empty = Value::dict(std::make_shared<DictObject>());
      const Value found = runtime.attribute(empty, name);
      return found.is_undefined()
                 ? Value::undefined("'dict object' has no attribute '" + name + "'")
                 : runtime.attribute(input, name);
    }
  }
  return runtime.attribute(input, name);
}

using Keyed = std::pair<std::vector<Value>, Value>;

std::vector<Value> sort_keys(Runtime& runtime, const Value& item, const Bound& bound,
                             std::size_t attribute, bool case_sensitive,
                             const Value* otherwise = nullptr) {
  std::vector<Value> keys;
  if (!given(bound, attribute)) {
    keys.push_back(folded(item, case_sensitive));
  } else if (bound[attribute].is(Kind::String)) {
    for (const std::string_view path : split(bound[attribute].text(), ',')) {
      keys.push_back(folded(dotted(runtime, item, Value::string(std::string(path)), otherwise),
                            case_sensitive));
    }
  } else {
    keys.push_back(folded(dotted(runtime, item, bound[attribute], otherwise), case_sensitive));
  }
  return keys;
}

void sort_keyed(Runtime& runtime, std::vector<Keyed>& keyed, bool reverse) {
  runtime.tick(keyed.size() * 8);
  std::stable_sort(keyed.begin(), keyed.end(), [&](const Keyed& left, const Keyed& right) {
    const Keyed& a = reverse ? right : left;
    const Keyed& b = reverse ? left : right;
    for (std::size_t i = 0; i < a.first.size() && i < b.first.size(); ++i) {
      if (a.first.size() == 1 || !runtime.same(a.first[i], b.first[i]))
        return less(a.first[i], b.first[i]);
    }
    return false;
  });
}

Value sort_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_sort", args, {"reverse", "case_sensitive", "attribute"});
  const bool case_sensitive = bound.boolean(runtime, 1, false);
  std::vector<Keyed> keyed;
  for (Value& item : runtime.iterate(input)) {
    auto keys = sort_keys(runtime, item, bound, 2, case_sensitive);
    keyed.emplace_back(std::move(keys), std::move(item));
  }
  sort_keyed(runtime, keyed, bound.boolean(runtime, 0, false));
  std::vector<Value> out;
  for (auto& [keys, item] : keyed) out.push_back(std::move(item));
  return Value::list(std::move(out));
}

Value unique_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_unique", args, {"case_sensitive", "attribute"});
  const bool case_sensitive = bound.boolean(runtime, 0, false);
  DictObject seen;
  std::vector<Value> out;
  for (Value& item : runtime.iterate(input)) {
    const Value key =
        folded(given(bound, 1) ? dotted(runtime, item, bound[1], nullptr) : item, case_sensitive);
    if (runtime.is_strict(key)) raise_undefined(key);
    if (seen.find(key)) continue;
    seen.set(key, Value::none());
    out.push_back(std::move(item));
  }
  return Value::generator(std::move(out));
}

template <bool greatest>
Value extreme(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound(greatest ? "do_max" : "do_min", args, {"case_sensitive", "attribute"});
  const bool case_sensitive = bound.boolean(runtime, 0, false);
  std::optional<Value> best, best_key;
  for (Value& item : runtime.iterate(input)) {
    Value key =
        folded(given(bound, 1) ? dotted(runtime, item, bound[1], nullptr) : item, case_sensitive);
    if (!best || (greatest ? less(*best_key, key, ">") : less(key, *best_key))) {
      best = std::move(item);
      best_key = std::move(key);
    }
  }
  return best ? *best : Value::undefined("No aggregated item, sequence was empty.");
}

Value groupby_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_groupby", args, {"attribute", "default", "case_sensitive"}, 1);
  const bool case_sensitive = bound.boolean(runtime, 2, false);
  const Value* otherwise = given(bound, 1) ? bound.get(1) : nullptr;
  std::vector<Keyed> keyed;
  for (Value& item : runtime.iterate(input)) {
    Value key = folded(dotted(runtime, item, bound[0], otherwise), case_sensitive);
    keyed.emplace_back(std::vector<Value>{std::move(key)}, std::move(item));
  }
  sort_keyed(runtime, keyed, false);
  std::vector<Value> groups;
  for (std::size_t i = 0; i < keyed.size();) {
    std::vector<Value> members;
    const Value key = keyed[i].first[0];
    const Value shown =
        dotted(runtime, keyed[i].second, bound[0], otherwise);  // in the case of the first member
    for (; i < keyed.size() && runtime.same(keyed[i].first[0], key); ++i)
      members.push_back(keyed[i].second);
    groups.push_back(Value::list({shown, Value::list(std::move(members))}, Kind::Tuple, "group"));
  }
  return Value::list(std::move(groups));
}

Value dictsort_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_dictsort", args, {"case_sensitive", "by", "reverse"});
  const bool case_sensitive = bound.boolean(runtime, 0, false);
  const std::string by = bound.text(1, "key");
  if (by != "key" && by != "value")
    raise("FilterArgumentError", "You can only sort by either \"key\" or \"value\"");
  if (input.is_undefined()) raise_undefined(input);
  if (!input.is(Kind::Dict))
    raise("AttributeError", "'" + type_name(input) + "' object has no attribute 'items'");
  std::vector<Keyed> keyed;
  for (const auto& [key, value] : input.map().items) {
    keyed.emplace_back(std::vector<Value>{folded(by == "key" ? key : value, case_sensitive)},
                       Value::tuple({key, value}));
  }
  sort_keyed(runtime, keyed, bound.boolean(runtime, 2, false));
  std::vector<Value> out;
  for (auto& [keys, item] : keyed) out.push_back(std::move(item));
  return Value::list(std::move(out));
}

Value batch_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_batch", args, {"linecount", "fill_with"}, 1);
  const std::int64_t size = bound.integer(0, 1);
  std::vector<Value> rows, row;
  const auto full = [&] { return static_cast<std::int64_t>(row.size()) == size; };
  for (Value& item : runtime.iterate(input)) {
    if (full()) rows.push_back(Value::list(std::exchange(row, {})));
    row.push_back(std::move(item));
  }
  if (!row.empty()) {
    while (given(bound, 1) && static_cast<std::int64_t>(row.size()) < size) {
      runtime.tick();
      row.push_back(bound[1]);
    }
    rows.push_back(Value::list(std::move(row)));
  }
  return Value::generator(std::move(rows));
}

Value slice_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_slice", args, {"slices", "fill_with"}, 1);
  const std::vector<Value> items = runtime.iterate(input);
  const std::int64_t slices = bound.integer(0, 1);
  if (slices == 0) raise("ZeroDivisionError", "integer division or modulo by zero");
  std::vector<Value> columns;
  if (slices < 0) return Value::generator({});
  runtime.check_items(static_cast<std::size_t>(slices));
  const auto length = static_cast<std::int64_t>(items.size());
  const std::int64_t each = length / slices, longer = length % slices;
  auto at = items.begin();
  for (std::int64_t i = 0; i < slices; ++i) {
    const std::int64_t take = each + (i < longer ? 1 : 0);
    std::vector<Value> column(at, at + take);
    at += take;
    if (given(bound, 1) && i >= longer) column.push_back(bound[1]);
    columns.push_back(Value::list(std::move(column)));
  }
  return Value::generator(std::move(columns));
}

Value sum_filter(Runtime& runtime, const Value& input, Args& args) {
  const Bound bound("do_sum", args, {"attribute", "start"});
  Value total = bound.has(1) ? bound[1] : Value::integer(0);
  if (total.is(Kind::String)) raise_type("sum() can't sum strings [use ''.join(seq) instead]");
  for (const Value& item : runtime.iterate(input)) {
    total = runtime.arithmetic("+", total,
                               given(bound, 0) ? dotted(runtime, item, bound[0], nullptr) : item);
  }
  return total;
}

Value map_filter(Runtime& runtime, const Value& input, Args& args) {
  std::vector<Value> out;
  if (!runtime.truthy(input)) return Value::generator({});  // None too
  const auto attribute = std::find_if(args.named.begin(), args.named.end(),
                                      [](const auto& n) { return n.first == "attribute"; });
  if (args.positional.empty() && attribute != args.named.end()) {
    const Value* otherwise = nullptr;
    for (const auto& [name, value] : args.named) {
      if (name == "default") {
        otherwise = value.is(Kind::None) ? nullptr : &value;
      } else if (name != "attribute") {
        raise("FilterArgumentError", "Unexpected keyword argument '" + name + "'");
      }
    }
    for (const Value& item : runtime.iterate(input))
      out.push_back(dotted(runtime, item, attribute->second, otherwise));
    return Value::generator(std::move(out));
  }
  if (args.positional.empty()) raise("FilterArgumentError", "map requires a filter argument");
  const std::string name = runtime.text(args.positional[0]);
  Args rest{{args.positional.begin() + 1, args.positional.end()}, args.named};
  for (const Value& item : runtime.iterate(input)) {
    Args fresh = rest;
    out.push_back(runtime.filter(name, item, fresh));
  }
  return Value::generator(std::move(out));
}

template <bool by_attribute, bool wanted>
Value select_filter(Runtime& runtime, const Value& input, Args& args) {
  if (!runtime.truthy(input)) return Value::generator({});  // None too
  std::size_t used = 0;
  std::optional<Value> attribute;
  if (by_attribute) {
    if (args.positional.empty())
      raise("FilterArgumentError", "Missing parameter for attribute name");
    attribute = args.positional[used++];
  }
  std::optional<std::string> test;
  if (used < args.positional.size()) test = runtime.text(args.positional[used++]);
  Args rest{{args.positional.begin() + static_cast<std::ptrdiff_t>(used), args.positional.end()},
            args.named};
  std::vector<Value> out;
  for (Value& item : runtime.iterate(input)) {
    const Value subject = attribute ? dotted(runtime, item, *attribute, nullptr) : item;
    Args fresh = rest;
    if ((test ? runtime.test(*test, subject, fresh) : runtime.truthy(subject)) == wanted)
      out.push_back(std::move(item));
  }
  return Value::generator(std::move(out));
}

}  // namespace

const FilterTable& list_filters() {
  static const FilterTable kFilters = {{"length", length_filter},
                                       {"count", length_filter},
                                       {"default", default_filter},
                                       {"d", default_filter},
                                       {"list", list_filter},
                                       {"first", first_filter},
                                       {"last", last_filter},
                                       {"join", join_filter},
                                       {"reverse", reverse_filter},
                                       {"items", items_filter},
                                       {"attr", attr_filter},
                                       {"sort", sort_filter},
                                       {"unique", unique_filter},
                                       {"min", extreme<false>},
                                       {"max", extreme<true>},
                                       {"groupby", groupby_filter},
                                       {"dictsort", dictsort_filter},
                                       {"batch", batch_filter},
                                       {"slice", slice_filter},
                                       {"sum", sum_filter},
                                       {"map", map_filter},
                                       {"select", select_filter<false, true>},
                                       {"reject", select_filter<false, false>},
                                       {"selectattr", select_filter<true, true>},
                                       {"rejectattr", select_filter<true, false>}};
  return kFilters;
}

namespace {

Filter find_filter(Environment environment, std::string_view name) {
  if (name == "regex_replace" && environment != Environment::LmEval) return nullptr;
  for (const FilterTable* table : {&list_filters(), &text_filters(), &number_filters()}) {
    const auto found = table->find(name);
    if (found != table->end()) return found->second;
  }
  return nullptr;
}

}  // namespace

bool has_filter(Environment environment, std::string_view name) {
  return find_filter(environment, name) != nullptr;
}

Value Runtime::filter(const std::string& name, const Value& input, Args& args) {
  const Filter found = find_filter(environment_, name);
  if (!found) raise("TemplateRuntimeError", "No filter named '" + name + "'.");
  tick();
  return found(*this, input, args);
}

}  // namespace leitai::jinja
