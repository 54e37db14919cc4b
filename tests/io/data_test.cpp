// Data files of suites: obtained from mirrors, packed, in archives, hostile.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "harness/core/digest.h"
#include "harness/core/error.h"
#include "harness/io/compression.h"
#include "harness/io/data_file.h"
#include "harness/io/fetch_data.h"
#include "harness/io/files.h"
#include "harness/io/parquet.h"
#include "tests/support/support.h"
#include "tests/support/wire_server.h"

namespace leitai {
namespace {

/// With its length, and then closed.
test::WireReply whole_reply(int status, const std::string& body, const std::string& headers = "") {
  return test::raw_reply(test::http_bytes(status, body, headers));
}

namespace fs = std::filesystem;
using test::message_of;
using test::TempDir;
using test::WireRequest;
using test::WireServer;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string rows_text() {
  std::string out;
  for (int i = 0; i < 20000; ++i) out += fmt::format("{{\"n\":{}}}\n", i * 7919);
  return out;
}

/// A tar archive with one file, from the fields of the ustar format.
std::string tar_of(const std::string& name, const std::string& data, char type = '0') {
  std::string head(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) {
    head.replace(at, text.size(), text);
  };
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", data.size()));
  put(136, "00000000000");
  put(148, "        ");
  put(156, std::string(1, type));
  put(257, "ustar");
  put(263, "00");
  unsigned sum = 0;
  for (const char c : head) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum) + std::string(1, '\0') + " ");
  std::string body = data;
  body.resize((data.size() + 511) / 512 * 512, '\0');
  return head + body + std::string(1024, '\0');
}

PullOptions options_of(std::vector<Mirror> mirrors) {
  PullOptions out;
  out.mirrors = std::move(mirrors);
  out.attempts = 3;
  out.retry_wait = std::chrono::milliseconds(1);
  return out;
}

Mirror direct() { return {.name = "github", .kind = HubKind::Direct, .endpoint = "", .token = ""}; }

WantedFile wanted(const fs::path& target, std::vector<DataSource> sources,
                  const std::string& sha256 = "") {
  return {target, "suite/" + target.filename().string(), sha256, std::move(sources)};
}

TEST(PullData, MirrorsInOrderAndOnlyTheRightBytes) {
  TempDir dir;
  const std::string good = rows_text();
  std::string wrong = good;
  wrong[500] ^= 1;
  const WireServer first([&](const WireRequest& request) {
    return request.target == "/datasets/acme/set/resolve/abc/data/a%20b.jsonl"
               ? whole_reply(200, wrong)
               : whole_reply(404, "");
  });
  const WireServer second([&](const WireRequest& request) {
    return request.target == "/api/v1/datasets/acme/set/repo?Revision=master&FilePath=a.jsonl"
               ? whole_reply(200, good)
               : whole_reply(404, "");
  });
  const std::vector<DataSource> sources{
      data_source_from(HubKind::ModelScope, "acme/set@master/a.jsonl"),
      data_source_from(HubKind::HuggingFace, "acme/set@abc/data/a b.jsonl")};
  std::vector<std::string> notes;
  PullOptions options = options_of(
      {{.name = "huggingface", .endpoint = first.url(), .token = "secret"},
       {.name = "modelscope", .kind = HubKind::ModelScope, .endpoint = second.url(), .token = ""}});
  options.note = [&](const std::string& sentence) { notes.push_back(sentence); };
  const WantedFile file = wanted(dir / "x/a.jsonl", sources, sha256(good).hex());
  const DataPull done = pull_data(std::vector{file}, options);
  EXPECT_EQ(test::read_text(file.target), good);
  EXPECT_EQ(done.obtained.size(), 1u);
  ASSERT_FALSE(notes.empty());
  EXPECT_TRUE(has(notes[0], "SHA-256 is")) << notes[0];
  for (const WireRequest& request : second.seen())
    EXPECT_FALSE(request.headers.count("authorization")) << "the token goes to its own mirror only";
  EXPECT_EQ(pull_data(std::vector{file}, options).was_there.size(), 1u);
  EXPECT_EQ(second.seen().size(), 1u) << "what is there is not asked for again";
  test::write_text(file.target, wrong);
  EXPECT_EQ(pull_data(std::vector{file}, options).obtained.size(), 1u) << "damaged: obtained anew";
  EXPECT_FALSE(fs::exists(file.target.string() + ".part"));
}

TEST(PullData, WrongChecksumIsRefusedEverywhere) {
  TempDir dir;
  const WireServer server([](const WireRequest&) { return whole_reply(200, "other bytes"); });
  const WantedFile file =
      wanted(dir / "a.csv", {data_source_from(HubKind::Direct, server.url() + "/a.csv")},
             sha256("the bytes").hex());
  const std::string message =
      message_of([&] { pull_data(std::vector{file}, options_of({direct()})); });
  EXPECT_TRUE(has(message, "suite/a.csv: could not be obtained")) << message;
  EXPECT_TRUE(has(message, "nothing was kept")) << message;
  EXPECT_FALSE(fs::exists(file.target));
}

TEST(PullData, GoesOnWhereTheConnectionBroke) {
  TempDir dir;
  const std::string all = rows_text();
  int calls = 0;
  const WireServer server([&](const WireRequest& request) {
    const auto range = request.headers.find("range");
    if (range == request.headers.end()) {
      ++calls;
      return test::raw_reply(test::http_bytes(200, all, "ETag: \"v1\"\r\n").substr(0, 100000));
    }
    const std::size_t from = std::stoull(range->second.substr(6));
    return whole_reply(206, all.substr(from),
                       fmt::format("ETag: \"v1\"\r\nContent-Range: bytes {}-{}/{}\r\n", from,
                                   all.size() - 1, all.size()));
  });
  const WantedFile file =
      wanted(dir / "a.jsonl", {data_source_from(HubKind::Direct, server.url() + "/a.jsonl")},
             sha256(all).hex());
  pull_data(std::vector{file}, options_of({direct()}));
  EXPECT_EQ(test::read_text(file.target), all);
  EXPECT_EQ(calls, 1) << "the first part is not sent twice";
}

TEST(PullData, DigestOfTheFirstArrivalIsKept) {
  TempDir dir;
  std::string served = "one\n";
  const WireServer server([&](const WireRequest&) { return whole_reply(200, served); });
  const WantedFile file =
      wanted(dir / "a.csv", {data_source_from(HubKind::Direct, server.url() + "/a.csv")});
  pull_data(std::vector{file}, options_of({direct()}));
  EXPECT_TRUE(has(test::read_text(dir / "a.csv.sha256"), sha256("one\n").hex()));
  EXPECT_EQ(data_mismatch(file.target, ""), "");
  fs::remove(file.target);
  served = "two\n";
  const std::string message =
      message_of([&] { pull_data(std::vector{file}, options_of({direct()})); });
  EXPECT_TRUE(has(message, "is wanted; nothing was kept")) << message;
}

TEST(PullData, WhatIsNoDataFileIsRefused) {
  TempDir dir;
  for (const std::string body :
       {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "<!DOCTYPE html><p>log in"}) {
    const WireServer server([&](const WireRequest&) { return whole_reply(200, body); });
    const WantedFile file =
        wanted(dir / "a.csv", {data_source_from(HubKind::Direct, server.url() + "/a.csv")});
    EXPECT_TRUE(has(message_of([&] { pull_data(std::vector{file}, options_of({direct()})); }),
                    "not the file"));
    EXPECT_FALSE(fs::exists(file.target));
  }
}

TEST(PullData, MembersOfAnArchiveThatIsLoadedOnce) {
  TempDir dir;
  const std::string tar = tar_of("data/test/a.csv", "q,1\n");
  const WireServer server([&](const WireRequest&) { return whole_reply(200, tar); });
  const std::string url = server.url() + "/data.tar";
  const std::vector<WantedFile> files{
      wanted(dir / "a.csv", {data_source_from(HubKind::Direct, url + "!data/test/a.csv")}),
      wanted(dir / "b.csv", {data_source_from(HubKind::Direct, url + "!data/test/b.csv")})};
  const std::string message = message_of([&] { pull_data(files, options_of({direct()})); });
  EXPECT_EQ(test::read_text(dir / "a.csv"), "q,1\n");
  EXPECT_TRUE(has(message, "has no entry data/test/b.csv")) << message;
  EXPECT_EQ(server.seen().size(), 1u);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 2)
      << "a.csv and its digest: the archive does not stay";
}

TEST(PullData, OfflineSaysWhichFileGoesWhere) {
  TempDir dir;
  PullOptions options = options_of({direct()});
  options.offline = true;
  WantedFile file =
      wanted(dir / "a.csv", {data_source_from(HubKind::HuggingFace, "acme/set@abc/a.csv")}, "ab12");
  file.known = "250 rows, licence CC0-1.0";
  const std::string message = message_of([&] { pull_data(std::vector{file}, options); });
  for (const std::string& part :
       {std::string("--offline"), "put it at " + file.target.string(),
        std::string("it comes from https://huggingface.co/datasets/acme/set/resolve/abc/a.csv"),
        std::string("ab12"), file.known})
    EXPECT_TRUE(has(message, part)) << part << "\n" << message;
}

TEST(PullData, SourcesThatLeadElsewhereAreRefused) {
  for (const char* text : {"acme/set@abc/../x", "acme/../x@abc/a", "acme/set/a", "acme@abc/a"})
    EXPECT_NE(message_of([&] { data_source_from(HubKind::HuggingFace, text); }), "") << text;
  EXPECT_NE(message_of([] { data_source_from(HubKind::Direct, "file:///etc/passwd"); }), "");
  setenv("LEITAI_MIRRORS", "github,modelscope", 1);
  const auto mirrors = data_mirrors_from_environment();
  unsetenv("LEITAI_MIRRORS");
  ASSERT_EQ(mirrors.size(), 2u);
  EXPECT_EQ(mirrors[0].kind, HubKind::Direct);
}

std::string whole(const DataFile& file) {
  std::string out(static_cast<std::size_t>(file.size()), '\0');
  out.resize(file.read_at(out.data(), out.size(), 0));
  return out;
}

TEST(DataFile, PackedAndInArchives) {
  TempDir dir;
  test::write_text(dir / "a.jsonl.zst", Zstd().compress("x\r\ny\n"));
  EXPECT_EQ(whole(DataFile(dir / "a.jsonl.zst")), "x\r\ny\n");
  test::write_text(dir / "b.tar", tar_of("in/c.csv", "p,q\n"));
  EXPECT_EQ(whole(DataFile(dir / "b.tar!in/c.csv")), "p,q\n");
  EXPECT_EQ(plain_name(dir / "b.tar!in/c.csv.gz"), "c.csv");
  EXPECT_EQ(file_on_disk(dir / "b.tar!in/c.csv"), dir / "b.tar");
  EXPECT_EQ(file_on_disk(dir / "odd!name.csv"), dir / "odd!name.csv");
  EXPECT_TRUE(has(message_of([&] { DataFile(dir / "b.tar!in/d.csv"); }), "no entry in/d.csv"));
  EXPECT_TRUE(has(message_of([&] { DataFile(dir / "none.csv"); }), "none.csv"));
  EXPECT_NE(message_of([&] { DataFile(dir.path()); }), "");
}

TEST(DataFile, BombsAreRefused) {
  TempDir dir;
  std::string zeros;
  for (int i = 0; i < 40000; ++i) zeros += std::string(99, '0') + "\n";
  const std::string packed = Zstd(19).compress(zeros);
  EXPECT_LT(packed.size(), 4000u);
  test::write_text(dir / "bomb.jsonl.zst", packed);
  EXPECT_TRUE(has(message_of([&] { DataFile(dir / "bomb.jsonl.zst", 1 << 20); }),
                  "unpacks to more than 1.0 MB; refused"));
  test::write_text(dir / "line.jsonl.zst", Zstd(19).compress(std::string(4 << 20, 'x')));
  EXPECT_NE(message_of([&] { DataFile(dir / "line.jsonl.zst", 1 << 20); }), "");
  std::string lines;
  while (lines.size() < (std::size_t{101} << 20))
    lines.append(std::string(1 << 20, 'x')).push_back('\n');
  test::write_text(dir / "grown.jsonl.zst", Zstd().compress(lines));
  EXPECT_TRUE(has(message_of([&] { DataFile(dir / "grown.jsonl.zst"); }), "refused"));
  test::write_text(dir / "bomb.tar", tar_of("a.csv", zeros));
  EXPECT_TRUE(has(message_of([&] { DataFile(dir / "bomb.tar!a.csv", 1 << 20); }), "larger"));
}

TEST(DataFile, WhatIsPackedTwiceGainsNothingAndNamesItself) {
  TempDir dir;
  std::string lines;
  while (lines.size() < (std::size_t{101} << 20))
    lines.append(std::string(1 << 20, 'x')).push_back('\n');
  test::write_text(dir / "twice.tar", tar_of("a.jsonl.zst", Zstd().compress(lines)));
  const std::string bomb = message_of([&] { DataFile(dir / "twice.tar!a.jsonl.zst"); });
  EXPECT_TRUE(has(bomb, "twice.tar!a.jsonl.zst: unpacks to more than 105 MB")) << bomb;
  const std::string good = Zstd().compress("{\"a\":1}\n");
  test::write_text(dir / "cut.tar", tar_of("a.jsonl.zst", good.substr(0, good.size() - 3)));
  const std::string cut = message_of([&] { DataFile(dir / "cut.tar!a.jsonl.zst"); });
  EXPECT_TRUE(cut.starts_with((dir / "cut.tar!a.jsonl.zst").string())) << cut;
  EXPECT_TRUE(has(cut, "ends too early")) << cut;
}

TEST(DataFile, WhatIsNoFileOfDataIsNamed) {
  TempDir dir;
  for (const char type : {'1', '2', '6'}) {  // hard link, symbolic link, FIFO
    test::write_text(dir / "link.tar", tar_of("a.csv", "", type));
    EXPECT_TRUE(has(message_of([&] { DataFile(dir / "link.tar!a.csv"); }), "not a file")) << type;
  }
  test::write_text(dir / "page.jsonl", "<!DOCTYPE html><html>");
  EXPECT_TRUE(has(message_of([&] { DataFile(dir / "page.jsonl"); }), "a web page"));
  test::write_text(dir / "pointer.csv", "version https://git-lfs.github.com/spec/v1\n");
  EXPECT_TRUE(has(message_of([&] { DataFile(dir / "pointer.csv"); }), "Git LFS pointer"));
  test::write_text(dir / "wide.json", std::string("\xFF\xFE[\0]\0", 6));
  EXPECT_TRUE(has(message_of([&] { DataFile(dir / "wide.json"); }), "UTF-16"));
}

TEST(PullData, AllFoldersAreHeldToTheEnd) {
  TempDir dir;
  std::string holder;
  fs::create_directories(dir / "second");
  const auto other = FileLock::try_take(dir / "second/.lock", &holder);
  ASSERT_TRUE(other);
  const WireServer server([&](const WireRequest&) { return whole_reply(200, "q,1\n"); });
  const std::vector<WantedFile> files{
      wanted(dir / "first/a.csv", {data_source_from(HubKind::Direct, server.url() + "/a.csv")}),
      wanted(dir / "second/b.csv", {data_source_from(HubKind::Direct, server.url() + "/b.csv")})};
  EXPECT_TRUE(has(message_of([&] { pull_data(files, options_of({direct()})); }), "is pulling"));
  EXPECT_TRUE(server.seen().empty()) << "nothing is begun that another process may disturb";
}

TEST(Parquet, AbsentLibrarySaysHowToGetIt) {
  TempDir dir;
  const char* before = getenv("LEITAI_DUCKDB");
  const std::string kept = before ? before : "";
  setenv("LEITAI_DUCKDB", (dir / "none.so").c_str(), 1);
  const std::string message =
      message_of([] { DataFile(test::source_dir() / "tests/golden/suites/options.parquet"); });
  if (before)
    setenv("LEITAI_DUCKDB", kept.c_str(), 1);
  else
    unsetenv("LEITAI_DUCKDB");
  EXPECT_TRUE(has(message, "third_party/setup.sh --parquet")) << message;
  EXPECT_TRUE(has(message, "options.parquet")) << message;
}

TEST(Parquet, RowsAsLinesOfJson) {
  if (parquet_library().empty()) {
    test::count_skipped("Parquet files", 1, "no libduckdb.so (third_party/setup.sh --parquet)");
    GTEST_SKIP() << "no libduckdb.so";
  }
  TempDir dir;
  fs::copy_file(test::source_dir() / "tests/golden/suites/options.parquet", dir / "a'b*.parquet");
  const std::string text = whole(DataFile(dir / "a'b*.parquet"));
  const auto first = nlohmann::json::parse(text.substr(0, text.find('\n')));
  EXPECT_EQ(first["question_id"], 70);
  EXPECT_EQ(first["options"], (std::vector<std::string>{"spoon", "red", "seven"}));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_TRUE(has(message_of([&] { DataFile(dir / "a'b*.parquet", 100); }),
                  "unpacks to more than 100 B; refused"));
  test::write_text(dir / "bad.parquet", "PAR1 no PAR1");
  EXPECT_TRUE(has(message_of([&] { DataFile(dir / "bad.parquet"); }), "bad.parquet"));
}

}  // namespace
}  // namespace leitai
