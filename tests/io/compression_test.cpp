#include "harness/io/compression.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <functional>

#include "harness/core/error.h"
#include "harness/core/random.h"
#include "tests/support/support.h"

namespace leitai {
namespace {

using test::message_of;
using test::TempDir;

std::string random_bytes(std::uint64_t seed, std::size_t size, std::uint64_t alphabet) {
  SplitMix64 random(seed);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random.below(alphabet));
  return out;
}

/// One gzip member.
std::string gzip(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::vector<std::string> lines_of(const std::filesystem::path& path,
                                  std::size_t longest = 1 << 20) {
  LineReader reader(path, longest);
  std::vector<std::string> out;
  for (std::string line; reader.next(line);) {
    out.push_back(line);
    EXPECT_EQ(reader.line_number(), static_cast<std::int64_t>(out.size()));
  }
  return out;
}

TEST(Zstd, GivesBackTheBytes) {
  Zstd zstd;
  for (const std::size_t size : {0u, 1u, 255u, 70000u, 1000000u}) {
    for (const std::uint64_t alphabet : {2u, 256u}) {
      const std::string bytes = random_bytes(size, size, alphabet);
      const std::string frame = zstd.compress(bytes);
      EXPECT_EQ(zstd.decompress(frame, size), bytes);
      if (size > 255 && alphabet == 2) {
        EXPECT_LT(frame.size(), size / 4);
      }
    }
  }
}

TEST(Zstd, DamageIsAnErrorNeverOtherBytes) {
  Zstd zstd;
  const std::string bytes = random_bytes(1, 3000, 20);
  const std::string frame = zstd.compress(bytes);
  EXPECT_NE(message_of([&] { zstd.decompress(frame, 2999); }).find("more than 3.0 kB"),
            std::string::npos);
  EXPECT_NE(message_of([&] { zstd.decompress("hello", 100); }), "");
  EXPECT_NE(message_of([&] { zstd.decompress("", 100); }), "");
  int silent = 0;
  for (std::size_t i = 0; i < frame.size(); ++i) {
    std::string damaged = frame;
    damaged[i] ^= 0x10;
    try {
      silent += zstd.decompress(damaged, 1 << 20) != bytes;
    } catch (const Error&) {
    }
    if (i % 7 == 0) {
      EXPECT_NE(message_of([&] { zstd.decompress(frame.substr(0, i), 1 << 20); }), "") << i;
    }
  }
  EXPECT_EQ(silent, 0);
}

TEST(LineReader, ReadsPlainGzipAndZstdAlike) {
  TempDir dir;
  std::vector<std::string> want;
  std::string text;
  for (int i = 0; i < 5000; ++i) {
    want.push_back(i % 100 == 0 ? ""
                                : std::string(static_cast<std::size_t>(i) % 97,
                                              static_cast<char>('a' + i % 26)) +
                                      std::to_string(i));
    text += want.back() + "\n";
  }
  const std::string first = text.substr(0, 100001), second = text.substr(100001);
  Zstd zstd;
  test::write_text(dir / "plain", text);
  test::write_text(dir / "gz", gzip(text));
  test::write_text(dir / "gz2", gzip(first) + gzip(second));
  test::write_text(dir / "zst", zstd.compress(text));
  test::write_text(dir / "zst2", zstd.compress(first) + zstd.compress(second));
  for (const char* name : {"plain", "gz", "gz2", "zst", "zst2"})
    EXPECT_EQ(lines_of(dir / name), want) << name;
}

TEST(LineReader, EndsOfLinesAndOfTheFile) {
  TempDir dir;
  const auto lines = [&](const std::string& text) {
    test::write_text(dir / "x", text);
    return lines_of(dir / "x");
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(lines(""), Lines{});
  EXPECT_EQ(lines("a"), Lines{"a"});
  EXPECT_EQ(lines("a\n"), Lines{"a"});
  EXPECT_EQ(lines("\n\na"), (Lines{"", "", "a"}));
  EXPECT_EQ(lines("\xEF\xBB\xBF{}\n\xEF\xBB\xBF"), (Lines{"{}", "\xEF\xBB\xBF"}));
  EXPECT_EQ(lines("\xEF\xBB\xBF"), Lines{});
}

TEST(LineReader, NamesFileAndLineOfWhatIsWrong) {
  TempDir dir;
  test::write_text(dir / "long", "short\n" + std::string(300000, 'x') + "\n");
  const std::string message = message_of([&] { lines_of(dir / "long", 1000); });
  EXPECT_NE(message.find("long:2: a line longer than 1.0 kB"), std::string::npos) << message;
  EXPECT_EQ(lines_of(dir / "long", 300000).size(), 2u);

  Zstd zstd;
  std::string text;
  for (int i = 0; i < 40000; ++i)
    text += std::to_string(SplitMix64::at(3, static_cast<std::uint64_t>(i))) + "\n";
  for (const std::string& packed : {gzip(text), zstd.compress(text)}) {
    test::write_text(dir / "cut", packed.substr(0, packed.size() / 2));
    const std::string cut = message_of([&] { lines_of(dir / "cut"); });
    EXPECT_NE(cut.find("cut:"), std::string::npos) << cut;
    EXPECT_NE(cut.find("ends too early"), std::string::npos) << cut;
    std::string damaged = packed;
    for (std::size_t i = packed.size() / 2; i < packed.size() / 2 + 40; ++i) damaged[i] = '\x55';
    test::write_text(dir / "damaged", damaged);
    const std::string wrong = message_of([&] { lines_of(dir / "damaged"); });
    EXPECT_NE(wrong.find("damaged:"), std::string::npos) << wrong;
  }
  EXPECT_NE(message_of([&] { lines_of(dir / "none"); }).find("no such file"), std::string::npos);
  EXPECT_NE(message_of([&] { lines_of(dir.path()); }).find("folder"), std::string::npos);
}

}  // namespace
}  // namespace leitai
