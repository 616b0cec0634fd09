// docs/formats/worker-protocol.md holds what this layer does: every example is read, and the example worker is run.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/uuid.hpp"
#include "protocol/messages.hpp"

namespace zimu::protocol {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

std::string document() {
  const auto text = read_file(fs::path(ZIMU_SOURCE_DIR) / "docs/formats/worker-protocol.md");
  EXPECT_TRUE(text) << text.error().message;
  return text.value_or("");
}

/// The blocks that begin with the fence "```<mark>".
std::vector<std::string> blocks(const std::string& text, const std::string& mark) {
  const std::string opening = "\n```" + mark + "\n";
  std::vector<std::string> found;
  for (auto at = text.find(opening); at != std::string::npos; at = text.find(opening, at)) {
    at += opening.size();
    const auto end = text.find("\n```\n", at - 1);
    EXPECT_NE(end, std::string::npos);
    if (end == std::string::npos) break;
    found.push_back(text.substr(at, end + 1 - at));
    at = end;
  }
  return found;
}

/// The same value however its numbers are written.
json::value plain(const json::value& value) {
  if (value.is_object()) {
    json::object out;
    for (const auto& field : value.get_object()) out[field.key()] = plain(field.value());
    return out;
  }
  if (value.is_array()) {
    json::array out;
    for (const auto& item : value.get_array()) out.push_back(plain(item));
    return out;
  }
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  return value;
}

/// Every field of `part`, which may leave out and never adds, is in `whole` with the same value.
bool holds(const json::value& whole, const json::value& part) {
  if (part.is_object() && whole.is_object()) {
    for (const auto& field : part.get_object()) {
      const auto* there = whole.get_object().if_contains(field.key());
      if (there == nullptr || !holds(*there, field.value())) return false;
    }
    return true;
  }
  if (part.is_array() && whole.is_array() && part.get_array().size() == whole.get_array().size()) {
    for (std::size_t i = 0; i < part.get_array().size(); ++i) {
      if (!holds(whole.get_array()[i], part.get_array()[i])) return false;
    }
    return true;
  }
  return whole == part;
}

struct Kinds {
  std::map<std::string, int> examples;
  std::set<std::string> complete;  ///< types with an example that has every field
};

template <class Decode>
Kinds check_examples(const std::string& mark, Decode decode) {
  Kinds kinds;
  for (const std::string& block : blocks(document(), mark)) {
    const auto message = decode(block);
    EXPECT_TRUE(message) << block << message.error().message;
    if (!message) continue;
    const std::string line = encode(*message);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto again = decode(line);
    EXPECT_TRUE(again) << line;
    if (!again) continue;
    EXPECT_EQ(encode(*again), line);
    const json::value shown = plain(json::parse(block));
    const json::value sent = plain(json::parse(line));
    EXPECT_TRUE(holds(sent, shown)) << block << "\nis sent as\n" << line;
    const std::string type(shown.at("type").as_string());
    ++kinds.examples[type];
    if (shown == sent) kinds.complete.insert(type);
  }
  return kinds;
}

TEST(WorkerProtocolDocument, EveryRequestHasACompleteExample) {
  const auto kinds = check_examples("json request", decode_request);
  const std::set<std::string> all{"transcribe", "inspect", "cancel"};
  EXPECT_EQ(kinds.complete, all);
  EXPECT_EQ(kinds.examples.size(), all.size());
  // A new request in messages.hpp must come here too.
  EXPECT_EQ(std::variant_size_v<Request>, all.size());
}

TEST(WorkerProtocolDocument, EveryEventHasACompleteExample) {
  const auto kinds = check_examples("json event", decode_event);
  const std::set<std::string> all{"hello", "media", "language", "progress", "window", "done", "failed"};
  for (const std::string& type : all) EXPECT_TRUE(kinds.complete.contains(type)) << type;
  EXPECT_EQ(kinds.examples.size(), all.size() + 1) << "one of a type that is not known";
  EXPECT_EQ(std::variant_size_v<Event>, all.size() + 1);
}

TEST(WorkerProtocolDocument, NoExampleIsMarkedOtherwise) {
  const std::string text = document();
  std::size_t fences = 0;
  for (auto at = text.find("```json"); at != std::string::npos; at = text.find("```json", at + 1)) ++fences;
  EXPECT_EQ(fences, blocks(text, "json request").size() + blocks(text, "json event").size());
}

TEST(WorkerProtocolDocument, NamesEveryErrorCode) {
  const std::string text = document();
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const std::string name(error_code_name(static_cast<ErrorCode>(code)));
    EXPECT_NE(text.find('`' + name + '`'), std::string::npos) << name;
  }
}

TEST(WorkerProtocolDocument, SaysTheLimitsOfTheCode) {
  const std::string text = document();
  EXPECT_NE(text.find("at most 1,048,576 bytes"), std::string::npos);
  EXPECT_EQ(kMaxLineBytes, 1'048'576U);
  EXPECT_EQ(kVersion, 1);
  EXPECT_NE(text.find("nested at most 16 deep"), std::string::npos);
}

class ExampleWorker : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("python3 -c '' 2>/dev/null") != 0) GTEST_SKIP() << "there is no python3";
    fs::create_directories(folder_);
    const auto programs = blocks(document(), "python worker");
    ASSERT_EQ(programs.size(), 1U);
    ASSERT_TRUE(write_file_atomic(folder_ / "worker.py", programs[0]));
  }
  void TearDown() override {
    std::error_code ec;
    fs::remove_all(folder_, ec);
  }
  /// All it says to these requests.
  std::vector<Event> answers(const std::vector<Request>& requests) const {
    std::string lines;
    for (const Request& request : requests) lines += encode(request) + '\n';
    EXPECT_TRUE(write_file_atomic(folder_ / "requests", lines));
    const std::string command = "cd '" + folder_.string() + "' && timeout 20 python3 worker.py 3<requests 4>events </dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0);
    LineSplitter splitter;
    EXPECT_TRUE(splitter.feed(read_file(folder_ / "events").value_or("")));
    std::vector<Event> events;
    while (const auto line = splitter.next()) {
      auto event = decode_event(*line);
      EXPECT_TRUE(event) << *line;
      if (event) events.push_back(std::move(*event));
    }
    return events;
  }

 private:
  const fs::path folder_ = fs::temp_directory_path() / ("zimu-protocol-" + new_uuid());
};

TEST_F(ExampleWorker, SpeaksTheProtocolAndResumes) {
  TranscribeRequest first;
  first.job = "one";
  TranscribeRequest later = first;
  later.job = "two";
  later.resume_at = Milliseconds{28'000};
  later.next_window = 1;
  later.next_segment = 5;
  const auto events = answers({first, InspectRequest{"three", "/a", ""}, later});

  ASSERT_FALSE(events.empty());
  const auto* hello = std::get_if<HelloEvent>(&events.front());
  ASSERT_NE(hello, nullptr);
  EXPECT_EQ(hello->version, kVersion);
  std::map<std::string, std::vector<domain::Window>> windows;
  std::vector<std::string> done;
  for (const Event& event : events) {
    if (const auto* window = std::get_if<WindowEvent>(&event)) windows[window->job].push_back(window->window);
    if (const auto* end = std::get_if<DoneEvent>(&event)) done.push_back(end->job);
    EXPECT_EQ(std::get_if<UnknownEvent>(&event), nullptr);
  }
  EXPECT_EQ(done, (std::vector<std::string>{"one", "three", "two"}));
  ASSERT_EQ(windows["one"].size(), 3U);
  EXPECT_EQ(windows["one"][2].end, Milliseconds{70'000});
  // Cut where the undisturbed job was cut.
  ASSERT_EQ(windows["two"].size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(windows["two"][i].index, windows["one"][i + 1].index);
    EXPECT_EQ(windows["two"][i].start, windows["one"][i + 1].start);
    EXPECT_EQ(windows["two"][i].segments.at(0).text, windows["one"][i + 1].segments.at(0).text);
  }
  EXPECT_EQ(windows["two"][0].segments.at(0).index, 5);
}

TEST_F(ExampleWorker, EndsWithItsRequests) { EXPECT_EQ(answers({}).size(), 1U); }

}  // namespace
}  // namespace zimu::protocol
