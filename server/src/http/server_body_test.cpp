// Request bodies and file responses over real sockets.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "base/file.hpp"
#include "http/range.hpp"
#include "http/testing/live_server.hpp"
#include "http/testing/raw_client.hpp"

namespace zimu::http {
namespace {

using std::string_literals::operator""s;
using testing::Answer;
using testing::answering;
using testing::LiveServer;
using testing::RawClient;

Awaitable<Response> read_all(Request* request) {
  auto body = co_await read_small_body(*request);
  if (!body) co_return Response::problem(body.error());
  co_return Response::text(200, std::move(*body));
}

/// Counts and hashes on the pool, one piece in flight, as an upload does.
Awaitable<Response> hash_all(Request* request, BlockingPool* pool) {
  Sha256 hash;
  std::uint64_t total = 0;
  while (true) {
    auto piece = co_await request->body->next();
    if (!piece) co_return Response::problem(piece.error());
    if (piece->empty()) break;
    total += piece->size();
    const std::span<const std::byte> bytes = *piece;
    const auto update = [&hash, bytes]() -> Result<int> {
      hash.update(bytes);
      return 0;
    };
    const auto updated = co_await run_blocking(*pool, update);
    if (!updated) co_return Response::problem(updated.error());
  }
  co_return Response::text(200, std::to_string(total) + " " + hash.hex_digest());
}

Router sample(BlockingPool* pool) {
  Router router;
  router.add("POST", "/small", [](Request& request) { return read_all(&request); }, BodyPolicy::kSmall);
  router.add(
      "POST", "/stream", [pool](Request& request) { return hash_all(&request, pool); }, BodyPolicy::kStream);
  router.add("POST", "/none", answering([](Request&) { return Response::text(200, "ok"); }));
  router.add("POST", "/unread", answering([](Request&) { return Response::text(403, "no"); }),
             BodyPolicy::kStream);
  router.add("GET", "/hello", answering([](Request&) { return Response::text(200, "hello"); }));
  return router;
}

std::string post(const std::string& path, const std::string& fields) {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string sized(const std::string& path, const std::string& body) {
  return post(path, "Content-Length: " + std::to_string(body.size()) + "\r\n") + body;
}
const std::string kHello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kChunked = "Transfer-Encoding: chunked\r\n";

class ServerBody : public ::testing::Test {
 protected:
  explicit ServerBody(Limits limits = small_limits()) : pool_(2), server_(sample(&pool_), limits) {}
  static Limits small_limits() {
    Limits limits;
    limits.small_body_bytes = 1000;
    limits.upload_bytes = 1U << 30U;
    return limits;
  }
  BlockingPool pool_;  // before the server: its handlers use it
  LiveServer server_;
};

TEST_F(ServerBody, ReadsSizedAndChunkedBodies) {
  RawClient client(server_.port());
  EXPECT_EQ(client.ask(sized("/small", "some text")).body, "some text");
  EXPECT_EQ(
      client
          .ask(post("/small", kChunked) + "4\r\nsome\r\n1;x=y\r\n \r\n04\r\ntext\r\n0\r\nTrailer: a\r\n\r\n")
          .body,
      "some text");
  EXPECT_EQ(client.ask(sized("/small", "")).body, "");
  EXPECT_EQ(client.ask(post("/small", kChunked) + "0\r\n\r\n").body, "");
  EXPECT_EQ(client.ask(post("/small", "")).body, "");
  EXPECT_EQ(client.ask(kHello).body, "hello");
}

TEST_F(ServerBody, KeepsPipelinedRequestsApartFromBodies) {
  RawClient client(server_.port());
  std::string all;
  for (int i = 0; i < 20; ++i) {
    const std::string text = std::to_string(i) + kHello;  // bodies that look like requests
    all += sized("/small", text);
    all += post("/small", kChunked) + "2\r\nab\r\n0\r\n\r\n";
  }
  client.send(all + kHello);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client.read_answer().body, std::to_string(i) + kHello);
    EXPECT_EQ(client.read_answer().body, "ab");
  }
  EXPECT_EQ(client.read_answer().body, "hello");
}

TEST_F(ServerBody, RefusesMalformedChunks) {
  for (const std::string& chunks :
       {"x\r\n"s, "5\nhello\r\n0\r\n\r\n"s, "-1\r\n"s, "0x5\r\nhello\r\n"s, "5\r\nhelloX\r\n0\r\n\r\n"s,
        "fffffffffffffffff\r\n"s, "\r\n\r\n"s, "5;" + std::string(200000, 'a')}) {
    RawClient client(server_.port());
    const Answer answer = client.ask(post("/small", kChunked) + chunks + "\r\n");
    EXPECT_EQ(answer.status, 400) << chunks.substr(0, 30);
    EXPECT_EQ(answer.header("connection"), "close");
  }
}

TEST_F(ServerBody, RefusesBodiesOverTheLimit) {
  RawClient declared(server_.port());
  const Answer early = declared.ask(post("/small", "Content-Length: 1001\r\n"));
  EXPECT_EQ(early.status, 413);
  EXPECT_EQ(early.header("connection"), "close");
  RawClient chunked(server_.port());
  EXPECT_EQ(
      chunked.ask(post("/small", kChunked) + "3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n").status,
      413);
  RawClient huge(server_.port());
  EXPECT_EQ(huge.ask(post("/stream", "Content-Length: 9223372036854775807\r\n")).status, 413);
  RawClient exact(server_.port());
  EXPECT_EQ(exact.ask(sized("/small", std::string(1000, 'x'))).status, 200);
}

TEST_F(ServerBody, ARouteWithoutBodyTakesNone) {
  RawClient client(server_.port());
  EXPECT_EQ(client.ask(sized("/none", "")).status, 200);
  EXPECT_EQ(client.ask(sized("/none", "x")).status, 413);
  EXPECT_EQ(client.ask(kHello).status, 200) << "a small rest is drained";
  EXPECT_EQ(client.ask(post("/none", kChunked) + "0\r\n\r\n").status, 413);
  EXPECT_TRUE(client.at_end());
}

TEST_F(ServerBody, AnUnreadSmallRestIsDrainedALargeOneCloses) {
  RawClient small(server_.port());
  EXPECT_EQ(small.ask(sized("/unread", std::string(60000, 'x'))).status, 403);
  EXPECT_EQ(small.ask(kHello).body, "hello");
  RawClient large(server_.port());
  const Answer answer =
      large.ask(post("/unread", "Content-Length: 1000000000\r\n") + std::string(100000, 'x'));
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.body, "no") << "the answer arrives though the client was still sending";
  EXPECT_EQ(answer.header("connection"), "close");
}

TEST_F(ServerBody, ContinuesOnlyWhenTheHandlerReads) {
  RawClient client(server_.port());
  const std::string expect = "Content-Length: 5\r\nExpect: 100-continue\r\n";
  client.send(post("/small", expect));
  EXPECT_EQ(client.read_line(), "HTTP/1.1 100 Continue");
  EXPECT_EQ(client.read_line(), "");
  EXPECT_EQ(client.ask("hello").body, "hello");
  EXPECT_EQ(client.ask(post("/unread", expect)).status, 403) << "no 100 before it";
  EXPECT_TRUE(client.at_end());
  RawClient big(server_.port());
  EXPECT_EQ(big.ask(post("/small", "Content-Length: 5000\r\nExpect: 100-continue\r\n")).status, 413);
  RawClient eager(server_.port());
  EXPECT_EQ(eager.ask(post("/small", expect) + "hello").body, "hello") << "who does not wait gets no 100";
}

TEST_F(ServerBody, AClientThatLeavesMidwayHurtsNobody) {
  for (int i = 0; i < 5; ++i) {
    RawClient leaving(server_.port());
    leaving.send(post("/stream", "Content-Length: 1000000\r\n") + std::string(100000, 'x'));
    if (i % 2 == 0) continue;  // a reset
    leaving.close_sending();
    EXPECT_EQ(leaving.read_answer().status, 500);
  }
  EXPECT_EQ(RawClient(server_.port()).ask(kHello).body, "hello");
}

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

TEST_F(ServerBody, A200MegabyteChunkedUploadNeedsNoMemory) {
  constexpr std::size_t kTotal = 200U << 20U;
  std::mt19937_64 random(1);
  std::string block(1U << 20U, '\0');
  Sha256 hash;
  RawClient client(server_.port());
  client.send(post("/stream", kChunked));
  const std::uint64_t before = resident_bytes();
  std::uint64_t most = 0;
  std::string head;
  for (std::size_t sent = 0; sent < kTotal; sent += block.size()) {
    for (std::size_t i = 0; i + 8 <= block.size(); i += 8) {
      const std::uint64_t value = random();
      std::copy_n(reinterpret_cast<const char*>(&value), 8, block.data() + i);
    }
    hash.update(std::as_bytes(std::span(block)));
    ASSERT_TRUE(client.send("100000\r\n"));
    ASSERT_TRUE(client.send(block));
    ASSERT_TRUE(client.send("\r\n"));
    most = std::max(most, resident_bytes());
  }
  const Answer answer = client.ask("0\r\n\r\n");
  EXPECT_EQ(answer.body, std::to_string(kTotal) + " " + hash.hex_digest());
  EXPECT_LT(most - std::min(most, before), 40U << 20U);
}

class ServerFile : public ::testing::Test {
 protected:
  ServerFile() : path_(std::filesystem::temp_directory_path() / ("zimu_http_" + std::to_string(::getpid()))) {
    std::mt19937 random(2);
    content_.resize(3U << 20U);
    for (char& c : content_) c = static_cast<char>(random());
    EXPECT_TRUE(write_file_atomic(path_, content_));
  }
  ~ServerFile() override { std::filesystem::remove(path_); }

  Router files() const {
    Router router;
    router.add("GET", "/file", answering([path = path_, size = content_.size()](Request& request) {
                 const auto range = parse_range(request.headers.find("Range"), size);
                 Response response = Response::empty(200);
                 FileBody body{path, 0, size};
                 if (range.verdict == RangeVerdict::kPartial) {
                   response.status = 206;
                   body.offset = range.range.first;
                   body.length = range.range.length;
                 }
                 response.body = body;
                 return response;
               }));
    router.add("GET", "/longer", answering([path = path_, size = content_.size()](Request&) {
                 Response response = Response::empty(200);
                 response.body = FileBody{path, 0, size + 1};
                 return response;
               }));
    router.add("GET", "/gone", answering([](Request&) {
                 Response response = Response::empty(200);
                 response.body = FileBody{"/nonexistent/file", 0, 10};
                 return response;
               }));
    return router;
  }
  static std::string get(const std::string& path, const std::string& fields = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  }

  const std::filesystem::path path_;
  std::string content_;
};

TEST_F(ServerFile, SendsWholeFilesAndRanges) {
  LiveServer server(files());
  RawClient client(server.port());
  const Answer whole = client.ask(get("/file"));
  EXPECT_EQ(whole.status, 200);
  EXPECT_TRUE(whole.body == content_);
  const Answer part = client.ask(get("/file", "Range: bytes=1000000-1999999\r\n"));
  EXPECT_EQ(part.status, 206);
  EXPECT_TRUE(part.body == content_.substr(1000000, 1000000));
  const Answer head = client.ask("HEAD /file HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head.header("content-length"), std::to_string(content_.size()));
  EXPECT_EQ(client.ask(get("/file", "Range: bytes=-1\r\n")).body, content_.substr(content_.size() - 1));
}

TEST_F(ServerFile, MissingAndShortFilesAreCleanErrors) {
  LiveServer server(files());
  RawClient client(server.port());
  EXPECT_EQ(client.ask(get("/gone")).status, 404);
  EXPECT_EQ(client.ask(get("/longer")).status, 500);
  EXPECT_EQ(client.ask(get("/file")).status, 200);
}

TEST_F(ServerFile, AFileTruncatedMidwayClosesTheConnection) {
  // Longer than all socket buffers, so that the server cannot have read it whole before it is cut.
  std::filesystem::resize_file(path_, 200U << 20U);
  content_.resize(200U << 20U);
  LiveServer server(files());
  RawClient client(server.port());
  client.send(get("/file"));
  EXPECT_EQ(client.read_exactly(15), "HTTP/1.1 200 OK");
  std::filesystem::resize_file(path_, 1000);
  std::size_t total = 0;
  for (std::string piece = client.read_exactly(1U << 20U); !piece.empty();
       piece = client.read_exactly(1U << 20U)) {
    total += piece.size();
  }
  EXPECT_LT(total, content_.size());
  EXPECT_EQ(RawClient(server.port()).ask("HEAD /file HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
}

TEST_F(ServerFile, AClientThatLeavesStopsTheReading) {
  std::filesystem::resize_file(path_, 200U << 20U);
  content_.resize(200U << 20U);
  LiveServer server(files());
  RawClient client(server.port());
  client.send(get("/file"));
  EXPECT_EQ(client.read_exactly(15), "HTTP/1.1 200 OK");
  client.close();
  server.stop();
  server.join();
}

}  // namespace
}  // namespace zimu::http
