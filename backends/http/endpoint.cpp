#include "backends/http/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "harness/core/error.h"
#include "harness/core/text.h"

namespace leitai {
namespace {

std::string from_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::string(trim(value)) : std::string();
}

std::string option(const Model& model, const char* name) {
  const auto found = model.options.find(name);
  return found == model.options.end() ? std::string() : found->second;
}

bool is_version(std::string_view segment) {
  return segment.size() >= 2 && segment[0] == 'v' &&
         std::isdigit(static_cast<unsigned char>(segment[1])) && segment.size() <= 8;
}

/// A URL as it may be shown: what names a user, a password or a query may hold a secret.
std::string shown_url(std::string_view url) {
  std::string out(url);
  if (const std::size_t query = out.find_first_of("?#"); query != std::string::npos)
    out.replace(query + 1, std::string::npos, "...");
  const std::size_t begin = out.find("://");
  if (begin == std::string::npos) return out;
  const std::size_t end = std::min(out.find('/', begin + 3), out.size());
  const std::size_t at = out.rfind('@', end);
  if (at != std::string::npos && at > begin) out.replace(begin + 3, at - begin - 3, "...");
  return out;
}

/// host[:port] of a URL.
std::string_view host_of(std::string_view url) {
  const std::size_t begin = url.find("://");
  if (begin == std::string_view::npos) return url;
  url.remove_prefix(begin + 3);
  return url.substr(0, url.find('/'));
}

/// host, host:port, [::1]:port; nothing that a library would understand in another way.
void check_authority(std::string_view host, std::string_view what, std::string_view url) {
  const auto refuse = [&](std::string_view why) {
    throw Error(fmt::format("{}: \"{}\": {}", what, escape_controls(shown_url(url)), why));
  };
  if (std::any_of(url.begin(), url.end(), [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '\\';
      }))
    refuse("a blank, a backslash or a control character stands in the URL");
  std::size_t colon = host.rfind(':');
  if (host.starts_with('[')) {
    const std::size_t close = host.find(']');
    if (close == std::string_view::npos) refuse("the bracket of the IPv6 address is not closed");
    if (close + 1 < host.size() && host[close + 1] != ':')
      refuse("only :PORT may stand behind the bracket");
    colon = close + 1 < host.size() ? close + 1 : std::string_view::npos;
  } else if (host.find(':') != colon) {
    refuse("an IPv6 address stands in brackets: http://[::1]:8000/v1");
  }
  if (colon == std::string_view::npos) return;
  const std::string_view port = host.substr(colon + 1);
  const bool has_digits = !port.empty() && port.find_first_not_of("0123456789") == port.npos;
  const std::int64_t number = has_digits ? parse_int(port).value_or(0) : 0;
  if (number < 1 || number > 65535)
    refuse(fmt::format("port \"{}\": a number from 1 to 65535 is wanted",
                       escape_controls(port.substr(0, 20))));
}

void check_url(std::string_view url, std::string_view what) {
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    throw Error(
        fmt::format("{}: \"{}\" is no URL; http:// or https:// is wanted", what, shown_url(url)));
  if (host_of(url).find('@') != std::string_view::npos)
    throw Error(
        fmt::format("{}: a user or password in a URL would be stored with the run\n        put the "
                    "key into the "
                    "environment and name its variable by key_env=",
                    what));
  if (host_of(url).empty() || url.find_first_of("?#") != std::string_view::npos)
    throw Error(fmt::format("{}: \"{}\": a URL of host and path is wanted, without a query", what,
                            shown_url(url)));
  check_authority(host_of(url), what, url);
}

/// What a URL ends in, if that is a route of a wire: "/chat/completions"; "" otherwise.
std::string_view route_of(std::string_view url) {
  for (const std::string_view route :
       {"/chat/completions", "/completions", "/messages", "/responses", "/embeddings"}) {
    if (url.ends_with(route)) return url.substr(url.size() - route.size());
  }
  return {};
}

/// The record behind `wire@URL`: the vendor's own for its wire, else that of any server.
std::string record_of_wire(const std::string& wire, const std::map<std::string, Provider>& all) {
  for (const auto& [id, provider] : all) {
    if (id == wire && provider.wire == wire && id != "openai") return id;
  }
  return "compatible";
}

/// "deepseek-chat" for people and for ids.
std::string last_part(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return std::string(slash == std::string_view::npos ? name : name.substr(slash + 1));
}

struct Key {
  std::string variable;  // that holds it, or was looked for first; "" where none is known
  std::string value;     // "" where there is none
};

Key read_key(const Model& model, const Provider& provider, bool is_own_url, bool is_dry,
             const std::string& wire) {
  std::vector<std::string> names = provider.key_env;
  const std::string named = option(model, "key_env");
  if (!named.empty()) names = {named};
  const Dialect* dialect = find_dialect(wire);
  if (names.empty() && dialect && is_own_url) names.emplace_back(dialect->default_key_env);
  for (const std::string& name : names) {
    std::string key = from_environment(name);
    if (key.empty()) continue;
    for (const char c : key) {
      if (c < 0x21 || c > 0x7E)  // a char below zero too
        throw Error(fmt::format(
            "{}: the key holds a blank, a control character or one beyond ASCII\n       "
            " set it again: copied text may hold such",
            name));
    }
    if (key.size() < Redactor::kShortest)
      throw Error(
          fmt::format("{}: the key has fewer than {} characters, too few to be kept out of what is "
                      "stored\n        where the server wants no key, unset it or set it to none",
                      name, Redactor::kShortest));
    return {name, key};
  }
  const bool is_wanted = !named.empty() || (provider.needs_key && !is_own_url);
  if (is_wanted && !is_dry) {
    throw Error(fmt::format(
        "{} is not set\n        export it, put it into .env, or drop the model",
        names.empty() ? "the key's variable" : fmt::format("{}", fmt::join(names, " or "))));
  }
  return {names.empty() ? "" : names[0], ""};
}

}  // namespace

void split_url(std::string_view url, std::string& base, std::string& model) {
  const std::size_t path = url.find('/', url.find("://") + 3);
  std::size_t cut = std::string_view::npos;
  if (path != std::string_view::npos) {
    for (std::size_t at = path; at != std::string_view::npos; at = url.find('/', at + 1)) {
      const std::size_t next = std::min(url.find('/', at + 1), url.size());
      if (next < url.size() && is_version(url.substr(at + 1, next - at - 1))) {
        cut = next;
        break;
      }
    }
    if (cut == std::string_view::npos) cut = url.rfind('/');
  }
  if (cut == std::string_view::npos || cut + 1 >= url.size() || is_version(url.substr(cut + 1))) {
    throw Error(
        fmt::format("\"{}\" names no model\n        the model stands behind the base URL: "
                    "openai@http://127.0.0.1:8000/v1/my-model",
                    url));
  }
  if (const std::string_view route = route_of(url);
      !route.empty() && cut >= url.size() - route.size())
    throw Error(fmt::format(
        "\"{}\" ends in {}, a route of the service, and names no model\n        the model stands "
        "behind the base URL, the route is added by itself: openai@{}/MODEL",
        url, route, url.substr(0, url.size() - route.size())));
  base = url.substr(0, cut);
  model = url.substr(cut + 1);
}

std::string model_name_of(std::string_view target) {
  const std::size_t at = target.find('@');
  const std::size_t slash = target.find('/');
  if (at != std::string_view::npos && at < slash) {
    const std::string_view rest = target.substr(at + 1);
    if (rest.find("://") == std::string_view::npos) return last_part(rest);
    std::string base, model;
    split_url(rest, base, model);
    return last_part(model);
  }
  return last_part(target);
}

namespace {

Resolved resolve(const Model& model, bool is_dry) {
  const std::map<std::string, Provider> all = load_providers();
  Resolved out;
  Endpoint& endpoint = out.endpoint;
  const std::string& target = model.target;
  const std::size_t at = target.find('@');
  const std::size_t slash = target.find('/');
  const bool is_own_url = at != std::string::npos && at < slash;
  std::string base = option(model, "base_url");
  std::string record;
  if (is_own_url) {
    endpoint.wire = target.substr(0, at);
    record = record_of_wire(endpoint.wire, all);
    const std::string rest = target.substr(at + 1);
    if (base.empty()) {
      check_url(rest, endpoint.wire);
      split_url(rest, base, endpoint.model);
    } else {
      endpoint.model = rest;
    }
  } else {
    record = target.substr(0, slash);
    if (slash != std::string::npos) endpoint.model = target.substr(slash + 1);
  }
  const auto found = all.find(record);
  if (found == all.end()) {
    std::vector<std::string> names;
    for (const auto& [id, provider] : all) names.push_back(id);
    throw Error(fmt::format("{}: no provider \"{}\" is known{}\n        known: {}", target, record,
                            did_you_mean(record, names), fmt::join(names, ", ")));
  }
  if (endpoint.model.empty()) throw Error(fmt::format("\"{}\" names no model", target));
  endpoint.provider = for_model(found->second, endpoint.model);
  const Provider& provider = endpoint.provider;
  if (!is_own_url) endpoint.wire = provider.wire;
  if (const std::string wire = option(model, "wire"); !wire.empty()) endpoint.wire = wire;
  out.dialect = find_dialect(endpoint.wire);
  if (!out.dialect) {
    std::vector<std::string> names;
    for (const Dialect* one : dialects()) names.emplace_back(one->name);
    throw Error(fmt::format("wire \"{}\" is not known{}\n        known: {}", endpoint.wire,
                            did_you_mean(endpoint.wire, names), fmt::join(names, ", ")));
  }
  const std::string region = option(model, "region");
  keep_prices_of(endpoint.provider, region.empty() ? provider.region : region);
  if (base.empty()) {
    const auto& of_wire = provider.wires.find(endpoint.wire);
    const auto& urls = endpoint.wire != provider.wire && of_wire != provider.wires.end()
                           ? of_wire->second
                           : provider.regions;
    const auto url = urls.find(region.empty() ? provider.region : region);
    if (url == urls.end() || (endpoint.wire != provider.wire && of_wire == provider.wires.end())) {
      std::vector<std::string> names;
      for (const auto& [name, one] : urls) names.push_back(name);
      throw Error(fmt::format("{} has no {} \"{}\"{}\n        known regions: {}", provider.id,
                              region.empty() ? "address for the wire" : "region",
                              region.empty() ? endpoint.wire : region, did_you_mean(region, names),
                              fmt::join(names, ", ")));
    }
    base = url->second;
  } else if (!is_own_url || !option(model, "base_url").empty()) {
    check_url(base, "base_url");
    if (const std::string_view route = route_of(base); !route.empty())
      throw Error(
          fmt::format("base_url: \"{}\" ends in {}, which is added by itself\n        give what "
                      "stands before it",
                      base, route));
  }
  while (base.ends_with('/')) base.pop_back();
  endpoint.base_url = base;
  const std::string stream = option(model, "stream");
  if (!stream.empty() && stream != "on" && stream != "off")
    throw Error(fmt::format("stream wants on or off, not \"{}\"", stream));
  endpoint.stream = stream.empty() ? provider.stream : stream == "on";
  Key key = read_key(model, provider, is_own_url || !option(model, "base_url").empty(), is_dry,
                     endpoint.wire);
  endpoint.provider.has_key = !key.value.empty();  // this and the next: for messages
  if (!key.variable.empty()) endpoint.provider.key_env = {key.variable};
  out.key = std::move(key.value);
  out.redact.add(out.key);
  for (const auto& [id, one] : all) {
    for (const std::string& name : one.key_env) out.redact.add(from_environment(name));
  }
  out.identity = fmt::format("http/1 {} {} {} stream={}", endpoint.wire, endpoint.base_url,
                             endpoint.model, endpoint.stream ? "on" : "off");
  out.describe =
      fmt::format("{} at {}, {} wire", endpoint.model, host_of(endpoint.base_url), endpoint.wire);
  return out;
}

}  // namespace

Resolved resolve_endpoint(const Model& model, bool is_dry) {
  try {
    return resolve(model, is_dry);
  } catch (const Error& error) {
    const std::string message = error.what();
    throw Error(message.find(model.target) == std::string::npos
                    ? fmt::format("{}: {}", escape_controls(shown_url(model.target)), message)
                    : message);
  }
}

}  // namespace leitai
