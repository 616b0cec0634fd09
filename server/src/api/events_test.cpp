// The live stream: replay, filters, gaps, the end.
#include "api/site_fixture_test.hpp"

namespace zimu::api {
namespace {

using testing::RawClient;
using testing::request;

class Events : public testing::Site {
 protected:
  /// Everything up to and with `last`; what came is in the message when it never does.
  static std::string read_until(RawClient& client, const std::string& last) {
    std::string text;
    while (!text.ends_with(last)) {
      const std::string byte = client.read_exactly(1);
      if (byte.empty()) {
        ADD_FAILURE() << "the stream ended before '" << last << "':\n" << text;
        break;
      }
      text += byte;
    }
    return text;
  }
  /// Everything up to the end of the first event of that name.
  static std::string read_event(RawClient& client, const std::string& name) {
    std::string text = read_until(client, "event: " + name + "\n");
    return text += read_until(client, "\n\n");
  }
  static bool has(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }
  void open(RawClient& client, const std::string& query = "", const std::string& fields = "") {
    client.send(request("GET", "/api/v1/events" + query, fields));
    head = read_until(client, "\r\n\r\n");
    hello = read_until(client, "id: ");
    hello += read_until(client, "\n\n");
  }
  std::string head;
  std::string hello;
};

TEST_F(Events, LiveOnesCarryIds) {
  RawClient client(server->port());
  open(client);
  EXPECT_TRUE(has(head, "Content-Type: text/event-stream\r\n"));
  EXPECT_TRUE(has(head, "X-Accel-Buffering: no\r\n"));
  EXPECT_TRUE(has(head, "Cache-Control: no-cache"));
  EXPECT_TRUE(has(hello, "retry: "));
  const auto media = recording();
  const auto job = job_of(media);
  const std::string text = read_event(client, "job");
  EXPECT_TRUE(has(text, "event: media\ndata: {\"id\":\"" + media.id));
  EXPECT_TRUE(has(text, "\"transcripts\":")) << "a recording is whole in events too";
  EXPECT_TRUE(has(text, "\"job\":"));
  EXPECT_TRUE(has(text, "event: transcript\n"));
  EXPECT_TRUE(has(text, "data: {\"id\":\"" + job.id));
  EXPECT_TRUE(has(text, fmt::format("id: {}\n", parts.bus.last_id())));
}

TEST_F(Events, ReplaysWhatWasMissed) {
  const auto media = recording();
  const std::uint64_t seen = parts.bus.last_id();
  const auto job = job_of(media);
  for (const bool by_header : {true, false}) {
    RawClient client(server->port());
    open(client, by_header ? "?last_event_id=1" : fmt::format("?last_event_id={}", seen),
         by_header ? fmt::format("Last-Event-ID: {}\r\n", seen) : "");
    const std::string text = read_event(client, "job");
    EXPECT_FALSE(has(text, "event: media")) << "seen before";
    EXPECT_FALSE(has(text, "resync"));
    EXPECT_TRUE(has(text, job.id));
  }
}

TEST_F(Events, SaysWhenEventsAreGone) {
  const auto media = recording();
  for (const char* last : {"1", "18446744073709551615", "nonsense"}) {
    RawClient client(server->port());
    open(client, "", fmt::format("Last-Event-ID: {}\r\n", last));
    const std::string text = read_until(client, "event: media\n");
    EXPECT_TRUE(has(text, "event: system\ndata: {\"code\":\"resync\"")) << last;
    EXPECT_TRUE(has(text, fmt::format("id: {}\nevent: system", parts.bus.last_id() - 1))) << text;
  }
}

TEST_F(Events, OnlyOneJob) {
  const auto media = recording();
  const std::uint64_t seen = parts.bus.last_id();
  const auto other = job_of(media);
  const auto mine = job_of(media);
  parts.bus.publish(app::SystemNotice{"disk_full", "The disk is full."});
  RawClient client(server->port());
  open(client, fmt::format("?job_id={}&last_event_id={}", mine.id, seen));
  const std::string text = read_until(client, "event: system\n");
  EXPECT_TRUE(has(text, mine.id));
  EXPECT_FALSE(has(text, other.id));
  expect_problem(ask("GET", "/api/v1/events?job_id=x"), 400, "'job_id'");
}

TEST_F(Events, ManyMoreThanABatch) {
  const std::uint64_t seen = parts.bus.last_id();
  for (int i = 0; i < 1000; ++i) parts.bus.publish(app::SystemNotice{"n", std::to_string(i)});
  RawClient client(server->port());
  open(client, fmt::format("?last_event_id={}", seen));
  const std::string text = read_until(client, R"("message":"999"})");
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(has(text, fmt::format(R"("message":"{}"}})", i))) << i;
}

TEST_F(Events, EndWhenTheServerStops) {
  RawClient client(server->port());
  open(client);
  server->stop();
  EXPECT_TRUE(read_until(client, "0\r\n\r\n").ends_with("0\r\n\r\n"));
  EXPECT_TRUE(client.at_end());
}

}  // namespace
}  // namespace zimu::api
