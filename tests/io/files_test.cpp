#include "harness/io/files.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "harness/core/error.h"
#include "harness/io/yaml.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::message_of;
using test::TempDir;
namespace fs = std::filesystem;

void expect_words(const std::string& message, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    EXPECT_NE(message.find(word), std::string::npos)
        << "\"" << word << "\" is missing in: " << message;
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(Files, ReadsWhatIsThereAndNamesWhatIsNot) {
  TempDir dir;
  const std::string bytes("a\0b\r\n\xFF", 6);
  write_file_atomic(dir / "x", bytes);
  EXPECT_EQ(read_file(dir / "x"), bytes);
  EXPECT_EQ(read_file("/proc/self/status").substr(0, 5), "Name:");  // a file that tells size 0
  expect_words(message_of([&] { read_file(dir / "none"); }),
               {(dir / "none").string(), "cannot be read", "no such file"});
  expect_words(message_of([&] { read_file(dir.path()); }), {dir.path().string(), "a folder"});
  expect_words(message_of([&] { read_file(dir / "x" / "y"); }), {"a part of the path is a file"});
  expect_words(message_of([&] { read_file(dir / "x", 5); }), {"longer than 5 B"});
}

TEST(Files, AReaderSeesTheOldBytesOrTheNew) {
  TempDir dir;
  const std::string a(200000, 'a'), b(300000, 'b');
  write_file_atomic(dir / "x", a);
  chmod((dir / "x").c_str(), 0640);
  std::atomic<bool> is_over = false;
  int torn = 0, read = 0;
  std::thread reader([&] {
    while (!is_over || read < 20) {
      const std::string got = read_file(dir / "x");
      torn += got != a && got != b;
      ++read;
    }
  });
  for (int i = 0; i < 40; ++i) write_file_atomic(dir / "x", i % 2 ? a : b);
  is_over = true;
  reader.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(files_in(dir.path()), 1u);
  struct stat info {};
  stat((dir / "x").c_str(), &info);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST(Files, AFullDiskLeavesTheOldFile) {
  TempDir dir;
  if (mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=256k") != 0) {
    test::count_skipped("full disk", 1, "mounting a small file system is not permitted");
    GTEST_SKIP() << "no right to mount a tmpfs";
  }
  write_file_atomic(dir / "x", "old");
  expect_words(message_of([&] { write_file_atomic(dir / "x", std::string(1 << 20, 'n')); }),
               {(dir / "x").string(), "no space left", "tmpfs on", "free"});
  EXPECT_EQ(read_file(dir / "x"), "old");
  EXPECT_EQ(files_in(dir.path()), 1u);
  const FileSystem where = file_system_of(dir / "not" / "there");
  EXPECT_EQ(where.type, "tmpfs");
  EXPECT_EQ(where.mount_point, fs::canonical(dir.path()).string());
  EXPECT_LE(where.free_bytes, 256u * 1024);
  EXPECT_FALSE(where.is_network);
  umount2(dir.path().c_str(), MNT_DETACH);
}

TEST(Files, RightsAreNamed) {
  TempDir dir;
  fs::create_directories(dir / "closed");
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0) {
      chmod(dir.path().c_str(), 0755);
      if (setuid(65534) != 0) _exit(2);
    } else {
      chmod((dir / "closed").c_str(), 0555);
    }
    const std::string message = message_of([&] { write_file_atomic(dir / "closed" / "x", "new"); });
    const bool is_right = message.find("no permission (as user ") != std::string::npos &&
                          message.find((dir / "closed" / "x").string()) == 0;
    _exit(is_right ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  chmod((dir / "closed").c_str(), 0755);
}

TEST(Files, NetworkFileSystemsAreTold) {
  EXPECT_TRUE(is_network_file_system(0x6969, "nfs4"));
  EXPECT_TRUE(is_network_file_system(0xFE534D42, "cifs"));
  EXPECT_TRUE(is_network_file_system(0x01021997, "9p"));
  EXPECT_TRUE(is_network_file_system(0x65735546, "fuse.sshfs"));
  EXPECT_TRUE(is_network_file_system(0x65735546, ""));
  EXPECT_TRUE(is_network_file_system(0, "lustre"));
  EXPECT_FALSE(is_network_file_system(0x65735546, "fuseblk"));
  EXPECT_FALSE(is_network_file_system(0x65735546, "virtiofs"));
  EXPECT_FALSE(is_network_file_system(0xEF53, "ext4"));
  EXPECT_FALSE(is_network_file_system(0x01021994, "tmpfs"));
}

TEST(Files, TheLockHasOneHolder) {
  TempDir dir;
  std::string holder;
  std::optional<FileLock> first = FileLock::try_take(dir / "lock", &holder);
  ASSERT_TRUE(first);
  EXPECT_FALSE(FileLock::try_take(dir / "lock", &holder));
  EXPECT_EQ(holder.find("pid " + std::to_string(getpid()) + " on "), 0u) << holder;
  FileLock moved = std::move(*first);
  first.reset();
  EXPECT_FALSE(FileLock::try_take(dir / "lock", &holder));
  { const FileLock gone = std::move(moved); }
  EXPECT_FALSE(fs::exists(dir / "lock"));
  EXPECT_TRUE(FileLock::try_take(dir / "lock", &holder));
}

TEST(Files, BytesInWords) {
  EXPECT_EQ(bytes_in_words(0), "0 B");
  EXPECT_EQ(bytes_in_words(999), "999 B");
  EXPECT_EQ(bytes_in_words(1000), "1.0 kB");
  EXPECT_EQ(bytes_in_words(1'540'000), "1.5 MB");
  EXPECT_EQ(bytes_in_words(98'362'432), "98 MB");
  EXPECT_EQ(bytes_in_words(999'600'000), "1.0 GB");
}

TEST(Yaml, AStrayTokenEndsInAnError) {  // yaml-cpp's LoadAll() never ends at the first of these
  const auto error = [](const char* text) { return message_of([&] { parse_yaml(text, "file"); }); };
  for (const char* text : {",", ",0\n", "- a\nb: 1\n", "}", "]"})
    expect_words(error(text), {"file:", "malformed YAML"});
  EXPECT_EQ(error("a: 1\n---\nb: 2\n"), "file:2: one document is wanted, a second begins here");
  EXPECT_EQ(parse_yaml("--- \na: 1\n...\n", "file").map.size(), 1u);
  EXPECT_EQ(parse_yaml("", "file").line, 1);
}

}  // namespace
}  // namespace leitai
