#include "harness/cli/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/env_file.h"

namespace leitai::cli {

namespace po = boost::program_options;

namespace {

/// NAME=VALUE lines into the environment; what is set there already stays. Without a name, .env if
/// there is one.
void load_env_file(const std::optional<std::string>& name) {
  const std::string path = name.value_or(".env");
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (name) throw Error(fmt::format("--env: {}: cannot be read", path));
    return;
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const auto& [key, value] :
       read_env_lines(text, path, name ? EnvLines::AllMine : EnvLines::Mixed))
    setenv(key.c_str(), value.c_str(), 0);
}

}  // namespace

struct Command::Impl {
  Impl(const Verb& v, Global& g) : verb(v), global(g), own("Flags"), common("Global flags") {}

  const Verb& verb;
  Global& global;
  po::options_description own;
  po::options_description common;
  struct Slot {
    std::string name;
    bool* flag = nullptr;
    std::optional<std::string>* text = nullptr;
    std::vector<std::string>* list = nullptr;
  };
  std::vector<Slot> slots;
  std::string operand_name;
  std::size_t least = 0, most = 0;
  std::vector<std::string>* operand_values = nullptr;
  bool help = false, verbose = false, quiet = false;
  std::optional<std::string> color, log, env;

  void add(po::options_description& to, const std::string& name, const std::string& argument,
           const std::string& help_text, Slot slot) {
    slot.name = name.substr(0, name.find(','));
    const std::string shown = argument.empty() ? help_text : argument + "  " + help_text;
    if (slot.flag) {
      to.add_options()(name.c_str(), po::bool_switch(), shown.c_str());
    } else {
      to.add_options()(name.c_str(),
                       po::value<std::vector<std::string>>()->value_name(argument)->composing(),
                       help_text.c_str());
    }
    slots.push_back(slot);
  }

  std::vector<std::string> known() const {
    std::vector<std::string> out;
    for (const Slot& slot : slots) out.push_back("--" + slot.name);
    return out;
  }

  /// The global flags; a verb's own flag of the same name (render's --env) goes before.
  void add_common() {
    const auto absent = [&](const char* name) {
      return std::none_of(slots.begin(), slots.end(),
                          [&](const Slot& s) { return s.name == name; });
    };
    add(common, "help,h", "", "this text", {.flag = &help});
    add(common, "verbose,v", "", "say more", {.flag = &verbose});
    add(common, "quiet,q", "", "say only what went wrong", {.flag = &quiet});
    add(common, "color", "auto|always|never", "colour in the terminal (NO_COLOR is honoured)",
        {.text = &color});
    add(common, "log", "FILE", "events as JSON lines", {.text = &log});
    if (absent("env"))
      add(common, "env", "FILE",
          "variables from this file (default .env); never overrides the environment",
          {.text = &env});
  }

  /// "--num_fewshot 5" -> "--num-fewshot=5", so that values may begin with "-".
  std::vector<std::string> normalised(std::span<const std::string> args) const {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < args.size(); ++i) {
      std::string arg = args[i];
      if (arg == "--") {
        out.insert(out.end(), args.begin() + static_cast<std::ptrdiff_t>(i), args.end());
        break;
      }
      if (arg.starts_with("--")) {
        const std::size_t equals = arg.find('=');
        std::replace(arg.begin(),
                     arg.begin() + static_cast<std::ptrdiff_t>(std::min(equals, arg.size())), '_',
                     '-');
        const std::string name = arg.substr(2, equals == std::string::npos ? equals : equals - 2);
        const auto slot =
            std::find_if(slots.begin(), slots.end(), [&](const Slot& s) { return s.name == name; });
        if (slot == slots.end()) {
          throw Error(fmt::format("unknown flag --{}{}\n        leitai {} --help shows all", name,
                                  did_you_mean("--" + name, known()), verb.name));
        }
        if (!slot->flag && equals == std::string::npos) {
          if (i + 1 >= args.size()) throw Error(fmt::format("--{} wants a value", name));
          arg += "=" + args[++i];
        }
        if (!slot->flag && arg.ends_with('=') && arg.find('=') == arg.size() - 1)
          throw Error(fmt::format("--{} wants a value; it is empty", name));
      }
      out.push_back(std::move(arg));
    }
    return out;
  }

  void print_help() const {
    fmt::print("leitai {}  {}\n\nUsage: leitai {} {}\n\nExamples:\n", verb.name, verb.summary,
               verb.name, verb.usage);
    for (std::string_view line : split(verb.examples, '\n')) fmt::print("  {}\n", line);
    std::ostringstream text;
    if (!own.options().empty()) text << '\n' << own;
    text << '\n' << common;
    fmt::print("{}", text.str());
  }
};

Command::Command(const Verb& verb, Global& global) : impl_(std::make_unique<Impl>(verb, global)) {}

Command::~Command() = default;

Command& Command::flag(const std::string& name, const std::string& help, bool& value) {
  impl_->add(impl_->own, name, "", help, {.flag = &value});
  return *this;
}

Command& Command::text(const std::string& name, const std::string& argument,
                       const std::string& help, std::optional<std::string>& value) {
  impl_->add(impl_->own, name, argument, help, {.text = &value});
  return *this;
}

Command& Command::list(const std::string& name, const std::string& argument,
                       const std::string& help, std::vector<std::string>& values) {
  impl_->add(impl_->own, name, argument, help, {.list = &values});
  return *this;
}

Command& Command::operands(const std::string& what, std::size_t least, std::size_t most,
                           std::vector<std::string>& values) {
  impl_->operand_name = what;
  impl_->least = least;
  impl_->most = most;
  impl_->operand_values = &values;
  return *this;
}

bool Command::parse(std::span<const std::string> args) {
  Impl& i = *impl_;
  i.add_common();
  po::options_description all, hidden;
  hidden.add_options()("operand", po::value<std::vector<std::string>>());
  all.add(i.own).add(i.common).add(hidden);
  po::positional_options_description places;
  places.add("operand", -1);
  po::variables_map found;
  const std::vector<std::string> words = i.normalised(args);
  try {
    namespace style = po::command_line_style;
    po::store(po::command_line_parser(words)
                  .options(all)
                  .positional(places)
                  .style(style::unix_style & ~style::allow_guessing)
                  .run(),
              found);
  } catch (const po::unknown_option& error) {
    throw Error(fmt::format("unknown flag {}\n        leitai {} --help shows all",
                            error.get_option_name(), i.verb.name));
  } catch (const po::error& error) {
    throw Error(
        fmt::format("{}\n        leitai {} --help shows the flags", error.what(), i.verb.name));
  }
  for (const Impl::Slot& slot : i.slots) {
    if (!found.count(slot.name)) continue;
    if (slot.flag) {
      *slot.flag = found[slot.name].as<bool>();
      continue;
    }
    const auto values = found[slot.name].as<std::vector<std::string>>();
    if (slot.list) {
      *slot.list = values;
    } else if (values.size() > 1) {
      throw Error(
          fmt::format("--{} is given {} times; it wants one value", slot.name, values.size()));
    } else {
      *slot.text = values[0];
    }
  }
  if (i.help) {
    i.print_help();
    return false;
  }
  std::vector<std::string> operands;
  if (found.count("operand")) operands = found["operand"].as<std::vector<std::string>>();
  if (operands.size() > i.most) {
    throw Error(fmt::format("{}: one word too many: \"{}\"\n        usage: leitai {} {}",
                            i.verb.name, operands[i.most], i.verb.name, i.verb.usage));
  }
  if (operands.size() < i.least) {
    throw Error(fmt::format("{}: {} is missing\n        usage: leitai {} {}", i.verb.name,
                            i.operand_name, i.verb.name, i.verb.usage));
  }
  if (i.operand_values) *i.operand_values = operands;
  if (i.verbose) i.global.verbosity = 1;
  if (i.quiet) i.global.verbosity = -1;
  if (i.color) {
    if (*i.color != "auto" && *i.color != "always" && *i.color != "never")
      throw Error(fmt::format("--color: auto, always or never, not \"{}\"", *i.color));
    i.global.color = *i.color;
  }
  i.global.log_file = i.log;
  load_env_file(i.env);
  return true;
}

int whole_flag(std::string_view flag, const std::string& text, long long low, long long high) {
  const auto value = parse_int(text);
  if (!value || *value < low || *value > high)
    throw Error(fmt::format("{}: a whole number from {} to {} is wanted, not \"{}\"", flag, low,
                            high, text));
  return static_cast<int>(*value);
}

double number_flag(std::string_view flag, const std::string& text, double low, double high) {
  const auto value = parse_double(text);
  if (!value || !(*value >= low && *value <= high))
    throw Error(
        fmt::format("{}: a number from {:g} to {:g} is wanted, not \"{}\"", flag, low, high, text));
  return *value;
}

std::vector<std::string> split_list(const std::vector<std::string>& values) {
  std::vector<std::string> out;
  for (const std::string& value : values) {
    for (std::string_view one : split(value, ',')) {
      if (!trim(one).empty()) out.emplace_back(trim(one));
    }
  }
  return out;
}

}  // namespace leitai::cli
