#include "harness/io/parquet.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <thread>
#include <vector>

#include "harness/core/error.h"
#include "harness/core/text.h"
#include "harness/io/fetch.h"
#include "harness/io/files.h"

namespace leitai {
namespace {

namespace fs = std::filesystem;

// The part of DuckDB's stable C interface that is used, as its header documents it
// (duckdb.org/docs/stable/clients/c/api): handles are pointers, states are 0 for success, a result
// is six machine words that only the library reads.
using Handle = void*;
struct Result {
  std::uint64_t words[8];
};
struct Calls {
  int (*open)(const char*, Handle*) = nullptr;
  int (*connect)(Handle, Handle*) = nullptr;
  int (*query)(Handle, const char*, Result*) = nullptr;
  const char* (*result_error)(Result*) = nullptr;
  void (*destroy_result)(Result*) = nullptr;
  void (*disconnect)(Handle*) = nullptr;
  void (*close)(Handle*) = nullptr;
  void (*interrupt)(Handle) = nullptr;
};

struct Library {
  std::string path;
  Calls calls;
  std::string trouble;  // "" when it can be used
};

/// Anew at every call: an opened library is only counted once more.
Library open_library() {
  std::vector<std::string> places;
  if (const char* named = std::getenv("LEITAI_DUCKDB"); named && *named) {
    places.emplace_back(named);
  } else {
    places.push_back((cache_home() / "lib" / "libduckdb.so").string());
    places.emplace_back("libduckdb.so");
  }
  for (const std::string& place : places) {
    void* library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) continue;
    Library out{place, {}, ""};
    const auto load = [&](auto& call, const char* name) {
      call = reinterpret_cast<std::remove_reference_t<decltype(call)>>(::dlsym(library, name));
      if (!call)
        out.trouble = fmt::format("{}: has no {}; it is not DuckDB's C library", place, name);
    };
    load(out.calls.open, "duckdb_open");
    load(out.calls.connect, "duckdb_connect");
    load(out.calls.query, "duckdb_query");
    load(out.calls.result_error, "duckdb_result_error");
    load(out.calls.destroy_result, "duckdb_destroy_result");
    load(out.calls.disconnect, "duckdb_disconnect");
    load(out.calls.close, "duckdb_close");
    load(out.calls.interrupt, "duckdb_interrupt");
    return out;
  }
  return {"", {}, fmt::format("no libduckdb.so at {}", places.front())};
}

/// A database in memory with one connection.
class Connection {
 public:
  explicit Connection(const Calls& calls) : calls_(calls) {
    if (calls_.open(nullptr, &database_) != 0 || calls_.connect(database_, &connection_) != 0)
      throw Error("libduckdb.so: does not start");
  }
  ~Connection() {
    if (connection_) calls_.disconnect(&connection_);
    if (database_) calls_.close(&database_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Ends run() of another thread with an Error.
  void interrupt() { calls_.interrupt(connection_); }

  /// Throws Error with the first line of what is wrong.
  void run(const std::string& statement) {
    Result result{};
    const int state = calls_.query(connection_, statement.c_str(), &result);
    const char* why = state == 0 ? nullptr : calls_.result_error(&result);
    const std::string text = why ? why : "unknown reason";
    calls_.destroy_result(&result);
    if (state != 0) throw Error(escape_controls(text.substr(0, text.find('\n'))));
  }

 private:
  const Calls& calls_;
  Handle database_ = nullptr;
  Handle connection_ = nullptr;
};

/// Interrupts `connection` once the file `out` is longer than `max_bytes`.
class SizeWatch {
 public:
  SizeWatch(Connection& connection, const fs::path& out, std::uint64_t max_bytes)
      : thread_([&connection, out, max_bytes, this](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            std::error_code none;
            const std::uintmax_t size = fs::file_size(out, none);
            if (!none && size > max_bytes) {
              is_exceeded_ = true;
              connection.interrupt();
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
          }
        }) {}
  bool is_exceeded() const { return is_exceeded_; }

 private:
  std::atomic<bool> is_exceeded_{false};
  std::jthread thread_;  // the last member: it is joined first
};

std::string in_quotes(const fs::path& path) {
  std::string out = "'";
  for (const char c : path.string()) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string parquet_library() {
  const Library library = open_library();
  return library.trouble.empty() ? library.path : "";
}

void parquet_to_jsonl(const fs::path& path, const std::string& shown, const fs::path& out,
                      std::uint64_t max_bytes) {
  const Library duck = open_library();
  if (!duck.trouble.empty())
    throw Error(
        fmt::format("{}: Parquet is read by DuckDB's library, which is not here: {}\n        run "
                    "third_party/setup.sh --parquet, or name the library in LEITAI_DUCKDB",
                    shown, duck.trouble));
  // A plain name beside `out`: the library would take * and ? of a path for a pattern.
  const fs::path alias = out.parent_path() / "in.parquet";
  std::error_code failed;
  fs::create_symlink(fs::absolute(path), alias, failed);
  if (failed)
    throw Error(fmt::format("{}: cannot be written: {}", alias.string(), failed.message()));
  const auto refuse = [&] {
    throw Error(
        fmt::format("{}: unpacks to more than {}; refused", shown, bytes_in_words(max_bytes)));
  };
  bool is_exceeded = false;
  try {
    Connection connection(duck.calls);
    connection.run("SET autoinstall_known_extensions = false");
    connection.run("SET autoload_known_extensions = false");
    connection.run("SET threads = 1");
    connection.run("SET memory_limit = '1GB'");
    connection.run("SET preserve_insertion_order = true");
    const SizeWatch watch(connection, out, max_bytes);
    try {
      connection.run(fmt::format("COPY (SELECT * FROM read_parquet({})) TO {} (FORMAT JSON)",
                                 in_quotes(alias), in_quotes(out)));
    } catch (const Error&) {
      is_exceeded = watch.is_exceeded();
      throw;
    }
  } catch (const Error& error) {
    if (is_exceeded) refuse();
    std::string what = error.what();  // names the file that it was given
    if (const std::size_t at = what.find(alias.string()); at != std::string::npos)
      what.replace(at, alias.string().size(), path.filename().string());
    throw Error(fmt::format("{}: {}", shown, what));
  }
  std::error_code none;
  if (const std::uintmax_t size = fs::file_size(out, none); !none && size > max_bytes) refuse();
}

}  // namespace leitai
