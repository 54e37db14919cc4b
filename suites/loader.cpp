#include "suites/loader.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cstdlib>

#include "harness/core/embedded.h"
#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/fetch.h"
#include "harness/io/files.h"
#include "suites/house/house.h"
#include "suites/house/twins.h"
#include "suites/native_suite.h"
#include "suites/questions.h"
#include "suites/sandbox/box.h"
#include "suites/suite_support.h"

namespace leitai {

std::span<const EmbeddedFile> suite_files();  // generated

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kHouseSeed = 42;
constexpr std::int64_t kHouseItems = 200;  // a language, where nothing else is said

std::vector<std::string> house_options(const std::string& name) {
  std::vector<std::string> out{"items", "languages",  "levels",
                               "limit", "max_tokens", "short_prompt"};
  if (name == "house/build") out.emplace_back("subsets");  // languages of programs
  return out;
}

/// suite.yaml of `folder`/* and `folder`/*/*.
void add_folder(std::vector<SuiteFile>& out, const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> found;
  for (auto entry = fs::recursive_directory_iterator(folder, ignored);
       entry != fs::recursive_directory_iterator(); entry.increment(ignored)) {
    if (entry.depth() > 2) entry.disable_recursion_pending();
    if (entry->path().filename() == "suite.yaml" && entry->is_regular_file(ignored))
      found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end());
  for (const fs::path& path : found) {
    SuiteFile suite = read_suite_file(read_file(path, 1 << 20), path.string(), path.parent_path());
    std::erase_if(out, [&](const SuiteFile& other) { return other.name == suite.name; });
    out.push_back(std::move(suite));
  }
}

/// Those in the binary, read once.
const std::vector<SuiteFile>& embedded_suites() {
  static const std::vector<SuiteFile> kSuites = [] {
    std::vector<SuiteFile> out;
    for (const EmbeddedFile& file : suite_files()) {
      if (file.path.ends_with("/suite.yaml"))
        out.push_back(read_suite_file(file.bytes, std::string(file.path), {}));
    }
    return out;
  }();
  return kSuites;
}

/// Native suites, those of the folders in place of embedded ones.
std::vector<SuiteFile> native_suites(const LoaderPaths& paths) {
  std::vector<SuiteFile> out = embedded_suites();
  for (const fs::path& folder : paths.suite_dirs) add_folder(out, folder);
  std::sort(out.begin(), out.end(),
            [](const SuiteFile& a, const SuiteFile& b) { return a.name < b.name; });
  return out;
}

/// What one (sub)suite is made from.
struct Choice {
  enum class Kind { Native, House, Questions };
  Kind kind;
  SuiteFile suite;         // Native
  std::size_t subset = 0;  // Native
  std::string house;       // House: "house/ledger"
  std::string language;    // House
  fs::path file;           // Questions
};

bool is_glob(std::string_view spec) { return spec.find_first_of("*?[") != std::string_view::npos; }

bool is_question_file(const fs::path& path) {
  const std::string extension = ascii_lower(path.extension().string());
  return extension == ".jsonl" || extension == ".ndjson" || extension == ".csv" ||
         extension == ".json";
}

bool is_packed(const fs::path& path) {
  const std::string extension = ascii_lower(path.extension().string());
  return extension == ".gz" || extension == ".zst" || extension == ".zip" || extension == ".tar" ||
         extension == ".tgz" || extension == ".bz2" || extension == ".xz";
}

class Resolver {
 public:
  Resolver(const SuiteRequest& request, const LoaderPaths& paths)
      : request_(request), natives_(native_suites(paths)), houses_(house_names()) {}

  std::vector<Choice> run() {
    const std::string& spec = request_.spec;
    if (spec.empty()) fail("a suite's name is empty");
    if (is_question_file(spec)) {
      if (!fs::is_regular_file(spec)) fail(fmt::format("{}: no such file", spec));
      questions(spec);
    } else if (is_glob(spec)) {
      glob(spec);
    } else if (!by_name(spec)) {
      if (!fs::is_directory(spec)) unknown(spec);
      folder(spec);
    }
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(fmt::format("{}: {}", request_.where, what));
  }

  [[noreturn]] void unknown(const std::string& spec) const {
    if (fs::is_regular_file(spec))
      fail(fmt::format("{}: own questions are read from .jsonl, .ndjson, .json or .csv{}", spec,
                       is_packed(spec) ? ", not packed\n        unpack it first" : ""));
    const std::vector<std::string> names = all_names();
    fail(fmt::format(
        "unknown suite \"{}\"{}\n        known: {}; or a file of your own questions (.jsonl, .csv)",
        spec, did_you_mean(spec, names), fmt::join(top_names(), ", ")));
  }

  /// Without subsets.
  std::vector<std::string> top_names() const {
    std::vector<std::string> out;
    for (const SuiteFile& suite : natives_) out.push_back(suite.name);
    out.insert(out.end(), houses_.begin(), houses_.end());
    return out;
  }

  /// With subsets, for globs and for nearest names.
  std::vector<std::string> all_names() const {
    std::vector<std::string> out;
    for (const SuiteFile& suite : natives_) {
      out.push_back(suite.name);
      for (const SubsetFile& subset : suite.subsets) {
        if (!subset.name.empty()) out.push_back(suite.name + "/" + subset.name);
      }
    }
    out.insert(out.end(), houses_.begin(), houses_.end());
    return out;
  }

  bool by_name(const std::string& spec) {
    for (const SuiteFile& suite : natives_) {
      if (spec == suite.name) {
        native(suite, std::nullopt);
        return true;
      }
      if (!spec.starts_with(suite.name + "/")) continue;
      const std::string part = spec.substr(suite.name.size() + 1);
      native(suite, part);
      return true;
    }
    for (const std::string& name : houses_) {
      if (spec == name || spec.starts_with(name + "/")) {
        house(name, spec == name ? "" : spec.substr(name.size() + 1));
        return true;
      }
    }
    return false;
  }

  void native(const SuiteFile& suite, const std::optional<std::string>& part) {
    const std::vector<std::string> known = suite.options();
    check_options(request_.options, known, suite.name, request_.where);
    std::vector<std::string> names, languages;
    for (const SubsetFile& subset : suite.subsets) {
      names.push_back(subset.name);
      languages.push_back(subset.language);
    }
    std::vector<std::string> wanted = request_.options.subsets;
    if (part) {
      if (!wanted.empty())
        fail(fmt::format("subsets: the suite's name {}/{} names one already", suite.name, *part));
      wanted = {*part};
    }
    const auto check = [&](const std::vector<std::string>& of_these,
                           const std::vector<std::string>& in, const char* what) {
      for (const std::string& one : of_these) {
        if (std::find(in.begin(), in.end(), one) != in.end() && !one.empty()) continue;
        if (in.size() == 1 && in[0].empty())
          fail(fmt::format("{} has no {}s, so not \"{}\" either", suite.name, what, one));
        fail(fmt::format("{} has no {} \"{}\"{}\n        it has: {}", suite.name, what, one,
                         did_you_mean(one, in), fmt::join(in, ", ")));
      }
    };
    check(wanted, names, "subset");
    check(request_.options.languages, languages, "language");
    for (std::size_t i = 0; i < suite.subsets.size(); ++i) {
      const bool in_subsets =
          wanted.empty() || std::find(wanted.begin(), wanted.end(), names[i]) != wanted.end();
      const auto& want_languages = request_.options.languages;
      const bool in_languages =
          want_languages.empty() || std::find(want_languages.begin(), want_languages.end(),
                                              languages[i]) != want_languages.end();
      if (in_subsets && in_languages) out_.push_back({Choice::Kind::Native, suite, i, {}, {}, {}});
    }
    if (out_.empty())
      fail(fmt::format("{}: no subset is in all of what was asked for", suite.name));
  }

  void house(const std::string& name, const std::string& language) {
    check_options(request_.options, house_options(name), name, request_.where);
    std::vector<std::string> wanted = request_.options.languages;
    if (!language.empty()) {
      if (!wanted.empty())
        fail(fmt::format("languages: the suite's name {}/{} names one already", name, language));
      wanted = {language};
    }
    if (wanted.empty()) wanted = {"en"};
    const std::vector<std::string> known = house_languages(name);
    for (const std::string& one : wanted) {
      if (std::find(known.begin(), known.end(), one) == known.end()) {
        fail(fmt::format("{} has no language \"{}\"{}\n        it has: {}", name, one,
                         did_you_mean(one, known), fmt::join(known, ", ")));
      }
      out_.push_back({Choice::Kind::House, {}, 0, name, one, {}});
    }
  }

  void questions(const fs::path& path) {
    check_options(request_.options, question_options(), path.string(), request_.where);
    out_.push_back({Choice::Kind::Questions, {}, 0, {}, {}, path});
  }

  void folder(const fs::path& path) {
    if (fs::is_regular_file(path / "suite.yaml")) {
      native(read_suite_file(read_file(path / "suite.yaml", 1 << 20),
                             (path / "suite.yaml").string(), path),
             std::nullopt);
      return;
    }
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.is_regular_file() && is_question_file(entry.path())) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    if (files.empty())
      fail(fmt::format("{}: the folder holds neither suite.yaml nor questions (.jsonl, .csv)",
                       path.string()));
    for (const fs::path& file : files) questions(file);
  }

  void glob(const std::string& spec) {
    std::vector<std::string> matches;
    for (const std::string& name : all_names()) {
      if (::fnmatch(spec.c_str(), name.c_str(), FNM_PATHNAME) == 0) matches.push_back(name);
    }
    if (matches.empty())
      fail(fmt::format("no suite is named like \"{}\"\n        known: {}", spec,
                       fmt::join(top_names(), ", ")));
    for (const std::string& name : matches) by_name(name);
  }

  const SuiteRequest& request_;
  std::vector<SuiteFile> natives_;
  std::vector<std::string> houses_;
  std::vector<Choice> out_;
};

/// A generator has no end: a limit alone says how many items there are.
SuiteOptions house_request(const SuiteOptions& options, std::string_view where) {
  SuiteOptions out = options;
  if (options.items && *options.items < 1)
    throw Error(fmt::format("{}: items: {} is not positive", where, *options.items));
  if (options.limit && *options.limit >= 1 && !options.items)
    out.items = limited(std::int64_t{1} << 53, options.limit, where);
  out.items = limited(out.items.value_or(kHouseItems), options.limit, where);
  out.limit = std::nullopt;
  return out;
}

bool is_of_twins(const SuiteRequest& request) {
  return request.spec == kTwins.substr(0, kTwins.size() - 1) || request.spec.starts_with(kTwins);
}

/// What the twins are made of.
SuiteRequest twin_request(const SuiteRequest& request) {
  SuiteRequest out = request;
  out.spec = request.spec.size() > kTwins.size() ? request.spec.substr(kTwins.size()) : "";
  if (out.spec.empty()) {
    throw Error(
        fmt::format("{}: house/twins: of which suite?\n        write house/twins/gsm8k, or "
                    "another suite's name behind house/twins/",
                    request.where));
  }
  if (out.spec.starts_with("house/"))
    out.options.seed = seed_of_twins(request.options.seed.value_or(kHouseSeed));
  return out;
}

std::vector<std::unique_ptr<Suite>> open_twins(const SuiteRequest& request,
                                               const LoaderPaths& paths) {
  std::vector<std::unique_ptr<Suite>> out;
  const SuiteRequest base = twin_request(request);
  for (std::unique_ptr<Suite>& suite : open_suites(base, paths)) {
    out.push_back(twins_of(std::move(suite), request.options.seed.value_or(kHouseSeed),
                           base.spec.starts_with("house/")));
  }
  return out;
}

}  // namespace

LoaderPaths LoaderPaths::from_environment() {
  LoaderPaths out;
  out.suite_dirs.push_back(cache_home() / "suites");
  if (const char* data = std::getenv("LEITAI_DATA")) {
    for (std::string_view folder : split(data, ':')) {
      if (!folder.empty()) out.data_dirs.emplace_back(folder);
    }
  }
  out.data_dirs.push_back(cache_home() / "datasets");
  return out;
}

std::vector<SuiteSummary> known_suites(const LoaderPaths& paths) {
  std::vector<SuiteSummary> out;
  for (const SuiteFile& suite : native_suites(paths)) {
    SuiteSummary one{suite.name, suite.family, suite.kind, 0, {}, suite.options(), "", suite.about};
    std::size_t missing = 0;
    for (const SubsetFile& subset : suite.subsets) {
      *one.items += subset.rows;
      if (!subset.language.empty() && std::find(one.languages.begin(), one.languages.end(),
                                                subset.language) == one.languages.end())
        one.languages.push_back(subset.language);
      if (find_data(suite, subset.file, paths)) continue;
      if (missing++ == 0) one.needs = suite.data_folder + "/" + subset.file;
    }
    if (missing > 1) one.needs += fmt::format(" and {} more", missing - 1);
    if (suite.items > 0) one.items = suite.items;
    if (*one.items == 0) one.items = std::nullopt;
    out.push_back(std::move(one));
  }
  for (const std::string& name : house_names())
    out.push_back({name, house_family(name), house_kind(name), std::nullopt, house_languages(name),
                   house_options(name), "", house_about(name)});
  out.push_back({"house/twins",
                 "reasoning",
                 "as the suite",
                 std::nullopt,
                 {},
                 {},
                 "a suite: house/twins/SUITE",
                 "a suite with other names, options or numbers, against learning by heart"});
  std::sort(out.begin(), out.end(),
            [](const SuiteSummary& a, const SuiteSummary& b) { return a.name < b.name; });
  return out;
}

std::vector<std::unique_ptr<Suite>> open_suites(const SuiteRequest& request,
                                                const LoaderPaths& paths) {
  if (is_of_twins(request)) return open_twins(request, paths);
  std::vector<std::unique_ptr<Suite>> out;
  for (const Choice& choice : Resolver(request, paths).run()) {
    switch (choice.kind) {
      case Choice::Kind::Native:
        out.push_back(open_native(choice.suite, choice.suite.subsets[choice.subset],
                                  request.options, paths, request.where));
        if (out.back()->info().size == 0) out.pop_back();  // nothing of it lies in the window
        break;
      case Choice::Kind::House:
        if (choice.house == "house/build" && !box_trouble().empty())
          throw Error(fmt::format("{}: {}: {}", request.where, choice.house, box_trouble()));
        out.push_back(open_house(choice.house, choice.language,
                                 house_request(request.options, request.where)));
        break;
      case Choice::Kind::Questions:
        out.push_back(open_questions(choice.file, request.options, request.where));
        break;
    }
  }
  if (out.empty())
    throw Error(fmt::format("{}: {}: no item of it lies from {} until {}", request.where,
                            request.spec, request.options.from.value_or("the beginning"),
                            request.options.until.value_or("the end")));
  return out;
}

std::vector<SuiteData> suite_data(const SuiteRequest& request, const LoaderPaths& paths) {
  std::vector<SuiteData> out;
  for (const Choice& choice : Resolver(request, paths).run()) {
    if (choice.kind != Choice::Kind::Native) continue;
    const SubsetFile& subset = choice.suite.subsets[choice.subset];
    std::vector<std::string> files = files_of(subset, request.options);
    if (!subset.few_shot.file.empty() && !request.options.few_shot)
      files.push_back(subset.few_shot.file);
    SuiteData data = data_of(choice.suite, subset, files, paths);
    if (out.empty() || out.back().suite != data.suite)
      out.push_back({data.suite, data.licence, data.publish, {}});
    for (WantedFile& file : data.files) {
      const bool is_there =
          std::any_of(out.back().files.begin(), out.back().files.end(),
                      [&](const WantedFile& other) { return other.target == file.target; });
      if (!is_there) out.back().files.push_back(std::move(file));
    }
  }
  return out;
}

bool is_native_suite(std::string_view spec, const LoaderPaths& paths) {
  const std::vector<SuiteFile> all = native_suites(paths);
  return std::any_of(all.begin(), all.end(), [&](const SuiteFile& suite) {
    return spec == suite.name || spec.starts_with(suite.name + "/");
  });
}

std::optional<std::string> suite_mistake(const SuiteRequest& request, const LoaderPaths& paths) {
  try {
    if (is_of_twins(request)) return suite_mistake(twin_request(request), paths);
    for (const Choice& choice : Resolver(request, paths).run()) {
      if (choice.kind == Choice::Kind::House)
        house_request(request.options, request.where);
      else
        limited(1, request.options.limit, request.where);
    }
  } catch (const Error& error) {
    return error.what();
  }
  return std::nullopt;
}

}  // namespace leitai
