#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "harness/store.h"
#include "harness/store_db.h"
#include "harness/store_impl.h"
#include "tests/support/store_fixtures.h"
#include "tests/support/support.h"

/// What happens to a store where the disk, the rights or another process are against it.
namespace leitai {
namespace {

using test::Asked;
using test::asked;
using test::message_of;
using test::record;
using test::TempDir;
namespace fs = std::filesystem;

void expect_words(const std::string& message, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    EXPECT_NE(message.find(word), std::string::npos)
        << "\"" << word << "\" is missing in: " << message;
}

/// Runs `work` in a child process and gives back what it returned.
std::string in_child(const std::function<std::string()>& work) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    const std::string out = work();
    const bool wrote = write(ends[1], out.data(), out.size()) == static_cast<ssize_t>(out.size());
    _exit(wrote ? 0 : 1);
  }
  close(ends[1]);
  std::string out;
  char block[4096];
  for (ssize_t got; (got = read(ends[0], block, sizeof block)) > 0;)
    out.append(block, static_cast<std::size_t>(got));
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return out;
}

std::vector<Asked> some(int first, int n) {
  std::vector<Asked> out;
  for (int i = first; i < first + n; ++i) {
    out.push_back(asked("m", "s", std::to_string(i), 0, "question number " + std::to_string(i)));
    // Hard to pack, so that files grow.
    for (std::uint64_t k = 0; k < 20; ++k)
      out.back().response.text += hash64({out.back().item.id, std::to_string(k)}) % 2
                                      ? sha256(std::to_string(k) + out.back().item.id).hex()
                                      : "";
  }
  return out;
}

std::int64_t readable(const Store& store) {
  std::int64_t n = 0;
  store.each(Detail::Prompts, [&](const Record&) { return ++n > 0; });
  return n;
}

TEST(StoreDamage, ASecondWriterIsRefusedAReaderIsNot) {
  TempDir dir;
  Store store = Store::create_or_open(dir / "run", "0.1.0");
  record(store, some(0, 10));
  const std::string message =
      in_child([&] { return message_of([&] { Store::create_or_open(dir / "run", "0.1.0"); }); });
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  expect_words(message,
               {(dir / "run").string(), fmt::format("pid {} on {}", getpid(), host), "--name"});
  EXPECT_EQ(in_child([&] { return std::to_string(readable(Store::open_read(dir / "run"))); }),
            "10");
  record(store, some(10, 5));  // the refused one has harmed nothing
  EXPECT_EQ(in_child([&] { return std::to_string(readable(Store::open_read(dir / "run"))); }),
            "15");
}

TEST(StoreDamage, TheLockEndsWithItsHolder) {
  TempDir dir;
  { Store store = Store::create_or_open(dir / "run", "0.1.0"); }
  EXPECT_FALSE(fs::exists(dir / "run" / "store.lock"));
  in_child([&] {
    const Store store = Store::create_or_open(dir / "run", "0.1.0");
    kill(getpid(), SIGKILL);
    return std::string();
  });
  EXPECT_TRUE(fs::exists(dir / "run" / "store.lock"));
  EXPECT_EQ(message_of([&] { Store::create_or_open(dir / "run", "0.1.0"); }), "");
}

TEST(StoreDamage, ANewerSchemaIsLeftAlone) {
  TempDir dir;
  {
    Store store = Store::create_or_open(dir / "run", "9.9.9");
    record(store, some(0, 3));
  }
  {
    Database raw(dir / "run" / "store.sqlite", Database::Access::Write);
    raw.execute("PRAGMA user_version = 99; CREATE TABLE of_the_future (x);");
  }
  const std::string before = test::read_text(dir / "run" / "store.sqlite");
  expect_words(message_of([&] { Store::create_or_open(dir / "run", "0.1.0"); }),
               {"store.sqlite", "leitai 9.9.9", "schema 99", "schema 3 "});
  expect_words(message_of([&] { Store::open_read(dir / "run"); }), {"leitai 9.9.9", "schema 99"});
  EXPECT_EQ(test::read_text(dir / "run" / "store.sqlite"), before);
}

TEST(StoreDamage, AnOlderSchemaIsBroughtUpToDateOrLeftWhole) {
  TempDir dir;
  Database db(dir / "old.sqlite", Database::Access::Write);
  db.execute(
      "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT); INSERT INTO meta VALUES ('created', "
      "'x'); PRAGMA user_version = 0;");
  const Migration steps[] = {
      {0, "CREATE TABLE responses (a); INSERT INTO responses VALUES (7);"},
      {1, "ALTER TABLE responses ADD COLUMN b DEFAULT 35; UPDATE responses SET a = a + b;"}};
  migrate(db, steps, 2);
  EXPECT_EQ(db.query_int("SELECT a FROM responses"), 42);
  EXPECT_EQ(db.query_int("PRAGMA user_version"), 2);
  migrate(db, steps, 2);  // nothing left to do
  EXPECT_EQ(db.query_int("SELECT a FROM responses"), 42);

  const Migration breaks[] = {{2, "UPDATE responses SET a = 1"},
                              {3, "UPDATE no_such_table SET a = 1"}};
  EXPECT_NE(message_of([&] { migrate(db, breaks, 4); }), "");
  expect_words(message_of([&] { migrate(db, {}, 3); }), {"old.sqlite", "schema 2", "schema 3"});
  EXPECT_EQ(db.query_int("SELECT a FROM responses"), 42);
  EXPECT_EQ(db.query_int("PRAGMA user_version"), 2);
}

TEST(StoreDamage, AStoreOfVersionOneIsBroughtUpToDate) {
  TempDir dir;
  {
    Store store = Store::create_or_open(dir / "run", "0.1.0");
    record(store, some(0, 3));
  }
  {
    Database raw(dir / "run" / "store.sqlite", Database::Access::Write);
    raw.execute("ALTER TABLE items DROP COLUMN pair; PRAGMA user_version = 1;");
    for (const char* added :
         {"blocked", "code", "service_id", "fingerprint", "upstream", "body_sha256", "sent_at",
          "answer_ttft_ms", "last_text_ms", "gap_p50_ms", "gap_p99_ms", "text_events", "retry_cost",
          "assumed_tokens", "assumed_cost", "assumed_currency"})
      raw.execute(fmt::format("ALTER TABLE responses DROP COLUMN {}", added).c_str());
  }
  expect_words(message_of([&] { Store::open_read(dir / "run"); }), {"schema 1", "leitai score"});
  EXPECT_EQ(Store::create_or_open(dir / "run", "0.2.0").size(), 3);
  EXPECT_EQ(Store::open_read(dir / "run").size(), 3);
}

TEST(StoreDamage, WhatIsNotAStoreIsNotTouched) {
  TempDir dir;
  fs::create_directories(dir / "foreign");
  {
    Database raw(dir / "foreign" / "store.sqlite", Database::Access::Write);
    raw.execute("CREATE TABLE addresses (name TEXT)");
  }
  fs::create_directories(dir / "text");
  test::write_text(dir / "text" / "store.sqlite", std::string(5000, 'x'));
  for (const char* name : {"foreign", "text"}) {
    const std::string before = test::read_text(dir / name / "store.sqlite");
    expect_words(message_of([&] { Store::create_or_open(dir / name, "0.1.0"); }),
                 {"store.sqlite", "not a store of leitai"});
    expect_words(message_of([&] { Store::open_read(dir / name); }),
                 {"store.sqlite", "not a store of leitai"});
    EXPECT_EQ(test::read_text(dir / name / "store.sqlite"), before);
  }
  expect_words(message_of([&] { Store::open_read(dir / "none"); }),
               {(dir / "none").string(), "no such run"});
  fs::create_directories(dir / "unborn");
  test::write_text(dir / "unborn" / "store.sqlite",
                   "");  // as a kill at the very beginning leaves it
  expect_words(message_of([&] { Store::open_read(dir / "unborn"); }),
               {(dir / "unborn").string(), "nothing yet"});
  EXPECT_EQ(message_of([&] { Store::create_or_open(dir / "unborn", "0.1.0"); }), "");
  expect_words(message_of([&] { Store::open_read(dir.path()); }),
               {dir.path().string(), "holds no run"});
  expect_words(message_of([&] { Store::create_or_open(dir / "text" / "store.sqlite", "0.1.0"); }),
               {"store.sqlite", "cannot be made"});
}

TEST(StoreDamage, ANetworkFileSystemIsRefused) {
  expect_words(message_of([] {
                 refuse_network("/mnt/lab/run",
                                {.type = "nfs4", .mount_point = "/mnt/lab", .is_network = true});
               }),
               {"/mnt/lab/run", "nfs4 on /mnt/lab", "--out"});
  EXPECT_EQ(message_of([] { refuse_network("/home/run", {.type = "ext4", .mount_point = "/"}); }),
            "");
}

TEST(StoreDamage, AReadOnlyFolderCanBeReadNotWritten) {
  TempDir dir;
  {
    Store store = Store::create_or_open(dir / "run", "0.1.0");
    record(store, some(0, 10));
  }
  chmod(dir.path().c_str(), 0755);
  chmod((dir / "run").c_str(), 0555);
  const auto as_nobody = [&](const std::function<std::string()>& work) {
    return in_child(
        [&] { return geteuid() == 0 && setuid(65534) != 0 ? std::string("no setuid") : work(); });
  };
  expect_words(
      as_nobody([&] { return message_of([&] { Store::create_or_open(dir / "run", "0.1.0"); }); }),
      {(dir / "run").string(), "no permission", "rights"});
  expect_words(
      as_nobody([&] { return message_of([&] { Store::create_or_open(dir / "new", "0.1.0"); }); }),
      {(dir / "new").string(), geteuid() == 0 ? "no permission" : ""});
  EXPECT_EQ(as_nobody([&] { return std::to_string(readable(Store::open_read(dir / "run"))); }),
            "10");
  chmod((dir / "run").c_str(), 0777);
  chmod((dir / "run" / "store.sqlite").c_str(), 0444);
  expect_words(
      as_nobody([&] { return message_of([&] { Store::create_or_open(dir / "run", "0.1.0"); }); }),
      {"store.sqlite", "cannot be written", "no permission"});
  EXPECT_EQ(as_nobody([&] { return std::to_string(readable(Store::open_read(dir / "run"))); }),
            "10");
}

TEST(StoreDamage, AFullDiskKeepsWhatWasCommitted) {
  TempDir dir;
  fs::create_directories(dir / "small");
  if (mount("tmpfs", (dir / "small").c_str(), "tmpfs", 0, "size=1M") != 0) {
    test::count_skipped("full disk", 1, "mounting a small file system is not permitted");
    GTEST_SKIP() << "no right to mount a tmpfs";
  }
  std::string message;
  int stored = 0;
  {
    Store store = Store::create_or_open(dir / "small" / "run", "0.1.0");
    while (message.empty() && stored < 100000) {
      message = message_of([&] { record(store, some(stored, 20)); });
      if (message.empty()) stored += 20;
    }
    expect_words(message, {"store.sqlite", "no space left", "tmpfs on", "free",
                           "what was stored before is safe"});
    EXPECT_GT(stored, 20);
    EXPECT_EQ(readable(store), stored);  // still usable for reading
  }
  {
    const Store store = Store::open_read(dir / "small" / "run");
    EXPECT_EQ(readable(store), stored);
  }
  // With more room the same run goes on.
  EXPECT_EQ(mount("tmpfs", (dir / "small").c_str(), "tmpfs", MS_REMOUNT, "size=16M"), 0);
  {
    Store store = Store::create_or_open(dir / "small" / "run", "0.1.0");
    record(store, some(stored, 20));
    EXPECT_EQ(readable(store), stored + 20);
    Database raw(store.path(), Database::Access::Read);
    Statement check(raw, "PRAGMA integrity_check");
    ASSERT_TRUE(check.step());
    EXPECT_EQ(check.get_text(0), "ok");
  }
  umount2((dir / "small").c_str(), MNT_DETACH);
}

TEST(StoreDamage, PastADamagedPageTheRestIsRead) {
  TempDir dir;
  constexpr int kAnswers = 2000;
  std::int64_t page_bytes = 0, index_page = 0;
  {
    Store store = Store::create_or_open(dir / "run", "0.1.0");
    std::vector<Asked> all;
    for (int i = 0; i < kAnswers; ++i)
      all.push_back(asked("m", "s", std::to_string(i), 0, "question number " + std::to_string(i)));
    record(store, all);
    Database raw(store.path(), Database::Access::Read);
    page_bytes = raw.query_int("PRAGMA page_size");
    index_page = raw.query_int(
        "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_requests_1'");
    EXPECT_GT(index_page, 1);
  }
  const fs::path file = dir / "run" / "store.sqlite";
  const std::string whole = test::read_text(file);
  const auto overwrite = [&](std::int64_t number) {
    std::string bytes = whole;
    std::fill_n(bytes.begin() + (number - 1) * page_bytes, page_bytes, '\xA5');
    test::write_text(file, bytes);
  };
  const auto page_with = [&](const std::string& text) {
    const std::size_t at = whole.find(text);
    return at == std::string::npos ? 0 : static_cast<std::int64_t>(at) / page_bytes + 1;
  };
  const std::int64_t response_page = page_with("The answer to \"question number 1234\" is");
  const std::int64_t prompt_page = page_with(R"({"messages":[{"content":"question number 1234")");
  ASSERT_GT(response_page, 1);
  ASSERT_GT(prompt_page, 1);
  for (const std::int64_t page : {response_page, prompt_page, index_page}) {
    overwrite(page);
    const Store store = Store::open_read(dir / "run");
    std::set<std::string> seen;
    const std::string message = message_of([&] {
      store.each(Detail::Prompts, [&](const Record& one) {
        EXPECT_TRUE(seen.insert(one.request.item).second) << one.request.item << " twice";
        if (one.request.prompt.messages.empty()) return true;
        EXPECT_EQ(one.request.prompt.messages[0].text(), "question number " + one.request.item);
        return true;
      });
    });
    expect_words(message, {"store.sqlite", "damaged", "leitai export", "could be read"});
    if (page == response_page) {
      EXPECT_LT(seen.size(), kAnswers);
      EXPECT_GT(seen.size(), kAnswers - 50);
      expect_words(message, {fmt::format("{} could not", kAnswers - seen.size())});
    } else {
      EXPECT_EQ(seen.size(), kAnswers);
    }
  }
  test::write_text(file, whole);
  EXPECT_EQ(readable(Store::open_read(dir / "run")), kAnswers);
  // A file cut in the middle.
  test::write_text(file, whole.substr(0, whole.size() / 2));
  expect_words(message_of([&] { readable(Store::open_read(dir / "run")); }),
               {"store.sqlite", "damaged"});
}

TEST(StoreDamage, WhatWasAcknowledgedSurvivesAKill) {
  TempDir dir;
  int acknowledged = 0;
  for (int round = 0; round < 20; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Store store = Store::create_or_open(dir / "run", "0.1.0");
      for (int n = acknowledged;; n += 7) {
        record(store, some(n, 7));
        const int told = n + 7;
        if (write(ends[1], &told, sizeof told) != sizeof told) _exit(1);
      }
    }
    close(ends[1]);
    std::this_thread::sleep_for(
        std::chrono::milliseconds(10 + hash64({std::to_string(round)}) % 60));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    for (int told; read(ends[0], &told, sizeof told) == sizeof told;) acknowledged = told;
    close(ends[0]);
    if (acknowledged == 0 && message_of([&] { Store::open_read(dir / "run"); }) != "")
      continue;  // killed before there was a store
    // One batch may have been committed, but not yet told.
    const Store store = Store::open_read(dir / "run");
    const std::int64_t n = readable(store);
    EXPECT_GE(n, acknowledged);
    EXPECT_LE(n, acknowledged + 7);
    EXPECT_EQ(n % 7, 0);
    EXPECT_EQ(store.load_done("m", "s").size(), static_cast<std::size_t>(n));
    if (HasFailure()) return;
  }
  EXPECT_GT(acknowledged, 100);
  Database raw(dir / "run" / "store.sqlite", Database::Access::Read);
  Statement check(raw, "PRAGMA integrity_check");
  ASSERT_TRUE(check.step());
  EXPECT_EQ(check.get_text(0), "ok");
}

}  // namespace
}  // namespace leitai
