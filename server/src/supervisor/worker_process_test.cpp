#include "supervisor/worker_process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/file.hpp"
#include "supervisor/fake_worker.hpp"
#include "supervisor/log_lines.hpp"

namespace zimu::supervisor {
namespace {

using std::chrono::milliseconds;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr milliseconds kPatience{20'000};  // only to end a test that would hang

class WorkerProcessTest : public ::testing::Test {
 protected:
  void SetUp() override { fds_before_ = testing::open_fds(); }
  void TearDown() override {
    EXPECT_EQ(testing::open_fds(), fds_before_);
    EXPECT_EQ(testing::all_children(), 0);
  }

  WorkerProcess::Options options(const std::string& body) {
    WorkerProcess::Options made;
    made.command = testing::python_worker(folder_, "worker", body);
    made.on_log = [this](std::string_view line) { log_.emplace_back(line); };
    made.term_grace = milliseconds(200);
    return made;
  }
  std::unique_ptr<WorkerProcess> start(const std::string& body) {
    auto worker = WorkerProcess::spawn(options(body));
    EXPECT_TRUE(worker) << worker.error().message;
    return worker ? std::move(*worker) : nullptr;
  }
  Error start_error(WorkerProcess::Options wanted) {
    const auto worker = WorkerProcess::spawn(std::move(wanted));
    return worker ? Error{ErrorCode::kInternal, "it started"} : worker.error();
  }
  /// Every event up to the first error, which goes to `end`.
  std::vector<protocol::Event> read_to_end(WorkerProcess& worker, Error& end) {
    std::vector<protocol::Event> events;
    while (true) {
      auto event = worker.next(kPatience);
      if (!event) {
        end = event.error();
        return events;
      }
      if (!*event) {
        ADD_FAILURE() << "nothing came";
        return events;
      }
      events.push_back(std::move(**event));
    }
  }

  testing::ScratchFolder folder_;
  std::vector<std::string> log_;
  std::size_t fds_before_ = 0;
};

TEST_F(WorkerProcessTest, SpeaksWithAGoodWorker) {
  auto worker = start(R"py(
hello()
print('to standard output'); print('to standard error', file=sys.stderr)
for r in requests():
    window(r['job'], 0, r['media'])
    done(r['job'])
)py");
  ASSERT_TRUE(worker);
  EXPECT_EQ(worker->hello().engine, "fake 1");
  EXPECT_EQ(worker->hello().pid, worker->pid());
  ASSERT_TRUE(worker->send(protocol::InspectRequest{"j1", "/a \"b\".wav", ""}));
  const auto first = worker->next(kPatience);
  ASSERT_TRUE(first && *first);
  EXPECT_EQ(std::get<protocol::WindowEvent>(**first).window.segments.at(0).text, "/a \"b\".wav");
  const auto second = worker->next(kPatience);
  ASSERT_TRUE(second && *second);
  EXPECT_EQ(std::get<protocol::DoneEvent>(**second).job, "j1");
  const auto nothing = worker->next(milliseconds(0));
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(*nothing);
  worker.reset();
  EXPECT_THAT(log_, Contains("to standard output"));
  EXPECT_THAT(log_, Contains("to standard error"));
}

TEST_F(WorkerProcessTest, ChildHasOnlyItsFiveDescriptorsAndDefaultSignals) {
  ::signal(SIGPIPE, SIG_IGN);
  const int leaky = ::open("/dev/null", O_RDONLY);  // without close-on-exec, as a careless library does
  auto sibling = start("hello()\nfor r in requests(): pass\n");
  auto worker = start(R"py(
fds = sorted(int(n) for n in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + n))
print('fds', fds, 'group', os.getpgrp() == os.getpid(), 'stdin', os.readlink('/proc/self/fd/0'))
hello()
for r in requests(): pass
)py");
  ASSERT_TRUE(worker && sibling);
  const auto status = read_file("/proc/" + std::to_string(worker->pid()) + "/status", 1U << 16U);
  ASSERT_TRUE(status);
  EXPECT_THAT(*status, HasSubstr("SigBlk:\t0000000000000000"));
  worker.reset();
  sibling.reset();
  ::close(leaky);
  ::signal(SIGPIPE, SIG_DFL);
  EXPECT_THAT(log_, Contains("fds [0, 1, 2, 3, 4] group True stdin /dev/null"));
}

TEST_F(WorkerProcessTest, WorksWhenOurOwnDescriptorsThreeAndFourAreFree) {
  const int saved_three = ::fcntl(3, F_DUPFD_CLOEXEC, 50);
  const int saved_four = ::fcntl(4, F_DUPFD_CLOEXEC, 50);
  ::close(3);
  ::close(4);
  auto worker = start("hello()\nfor r in requests(): done(r['job'])\n");
  ASSERT_TRUE(worker);
  ASSERT_TRUE(worker->send(protocol::CancelRequest{"x"}));
  const auto event = worker->next(kPatience);
  ASSERT_TRUE(event && *event);
  worker.reset();
  if (saved_three >= 0) ::dup2(saved_three, 3);
  if (saved_four >= 0) ::dup2(saved_four, 4);
  ::close(saved_three);
  ::close(saved_four);
}

TEST_F(WorkerProcessTest, StartFailuresNameTheProgramAndTheReason) {
  WorkerProcess::Options missing;
  missing.command = {"/nonexistent/zimu-worker"};
  const Error not_there = start_error(missing);
  EXPECT_EQ(not_there.code, ErrorCode::kUnavailable);
  EXPECT_THAT(not_there.message, HasSubstr("/nonexistent/zimu-worker"));
  EXPECT_FALSE(not_there.action.empty());
  missing.command = {};
  EXPECT_EQ(start_error(missing).code, ErrorCode::kUnavailable);

  const Error early = start_error(options("sys.exit(0)"));
  EXPECT_EQ(early.code, ErrorCode::kUnavailable);
  EXPECT_THAT(early.message, HasSubstr("ended with exit status 0 before it said hello"));
  const Error loud = start_error(options("raise RuntimeError('no engine here')"));
  EXPECT_THAT(loud.message, HasSubstr("no engine here"));
  EXPECT_THAT(start_error(options("emit('hello', v=99)")).message, HasSubstr("version 99"));
  EXPECT_THAT(start_error(options("done('j')\ntime.sleep(60)")).message, HasSubstr("no hello"));
  EXPECT_THAT(start_error(options("os.write(4, b'Hello World\\n'); time.sleep(60)")).message,
              HasSubstr("does not speak the protocol"));
}

TEST_F(WorkerProcessTest, SilentWorkerIsGivenUp) {
  auto silent = options("time.sleep(60)");
  silent.hello_timeout = milliseconds(100);
  EXPECT_THAT(start_error(silent).message, HasSubstr("did not say hello within 100 ms"));
  auto unwanted = options("time.sleep(60)");
  unwanted.give_up = [] { return true; };
  EXPECT_EQ(start_error(unwanted).code, ErrorCode::kCancelled);
}

TEST_F(WorkerProcessTest, EveryEventBeforeTheDeathIsDelivered) {
  // More than one pipe full, written by a worker that dies right after the last byte.
  auto worker = start(R"py(
hello()
for i in range(300): window('j', i, 'x' * 300)
die(signal.SIGSEGV)
)py");
  ASSERT_TRUE(worker);
  Error end;
  const auto events = read_to_end(*worker, end);
  ASSERT_EQ(events.size(), 300U);
  EXPECT_EQ(std::get<protocol::WindowEvent>(events.back()).window.index, 299);
  EXPECT_EQ(end.code, ErrorCode::kWorkerCrashed);
  EXPECT_EQ(end.message, "the worker was killed by SIGSEGV");
  EXPECT_EQ(worker->next(milliseconds(0)).error().code, ErrorCode::kWorkerCrashed);
  EXPECT_EQ(worker->send(protocol::CancelRequest{"j"}).error().code, ErrorCode::kWorkerCrashed);
}

TEST_F(WorkerProcessTest, EndingsAreNamed) {
  const auto ending = [this](const std::string& body) {
    auto worker = start("hello()\n" + body);
    Error end;
    if (worker) read_to_end(*worker, end);
    return end.message + (worker && !worker->last_words().empty() ? " / " + worker->last_words() : "");
  };
  EXPECT_EQ(ending("sys.exit(3)"), "the worker ended with exit status 3");
  EXPECT_EQ(ending("print('GGML_ASSERT: \\xe9'); die(signal.SIGABRT)"),
            "the worker was killed by SIGABRT / GGML_ASSERT: ??");
  EXPECT_EQ(ending("die(signal.SIGKILL)"), "the worker was killed by SIGKILL");
  EXPECT_EQ(WorkerProcess::signal_name(SIGBUS), "SIGBUS");
}

TEST_F(WorkerProcessTest, LinesThatAreNoMessagesAreProtocolErrors) {
  auto worker = start("hello()\nos.write(4, b'{\"type\":\\n\\n')\nemit('brand_new', x=1)\ntime.sleep(60)\n");
  ASSERT_TRUE(worker);
  EXPECT_EQ(worker->next(kPatience).error().code, ErrorCode::kProtocol);
  const auto unknown = worker->next(kPatience);  // the empty line is skipped
  ASSERT_TRUE(unknown && *unknown);
  EXPECT_EQ(std::get<protocol::UnknownEvent>(**unknown).type, "brand_new");
}

TEST_F(WorkerProcessTest, OverlongLineIsAProtocolErrorForEver) {
  auto worker = start("hello()\nwindow('j', 0, 'y' * 3000000)\ndone('j')\ntime.sleep(60)\n");
  ASSERT_TRUE(worker);
  EXPECT_EQ(worker->next(kPatience).error().code, ErrorCode::kProtocol);
  EXPECT_EQ(worker->next(kPatience).error().code, ErrorCode::kProtocol);
}

TEST_F(WorkerProcessTest, WakeIsHeardThroughAFloodOfEvents) {
  auto worker = start("hello()\nwhile True: emit('progress', job='j', stage='transcribing')\n");
  ASSERT_TRUE(worker);
  std::atomic<bool> woken = false;
  std::thread waker([&] {
    woken = true;
    worker->wake();
  });
  bool heard = false;
  // Without the wake no call would ever answer "nothing": there always is an event.
  for (int i = 0; i < 1'000'000 && !heard; ++i) {
    const auto event = worker->next(kPatience);
    ASSERT_TRUE(event);
    heard = !event->has_value();
  }
  waker.join();
  EXPECT_TRUE(woken);
  EXPECT_TRUE(heard);
}

TEST_F(WorkerProcessTest, FloodOfLogsIsBoundedAndDoesNotHideEvents) {
  auto worker = start(R"py(
hello()
sys.stderr.write('z' * 20000 + '\n')
for i in range(50000): sys.stderr.write('line %d\n' % i)
done('j')
time.sleep(60)
)py");
  ASSERT_TRUE(worker);
  const auto event = worker->next(kPatience);
  ASSERT_TRUE(event && *event);
  worker.reset();
  EXPECT_LT(log_.size(), 10'000U);
  EXPECT_THAT(log_, Contains(HasSubstr("more lines were dropped")));
  for (const auto& line : log_) EXPECT_LE(line.size(), LogLines::kMaxLine);
}

TEST_F(WorkerProcessTest, StubbornWorkerAndItsChildrenAreKilled) {
  auto worker = start(R"py(
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child == 0:
    time.sleep(600)
print('child', child)
emit('hello', v=1)
while True: time.sleep(1)
)py");
  ASSERT_TRUE(worker);
  const pid_t pid = worker->pid();
  worker.reset();
  EXPECT_FALSE(testing::process_exists(pid));
  ASSERT_FALSE(log_.empty());
  const pid_t child = std::stoi(log_.front().substr(6));
  // Its parent is dead: init reaps it, some time soon.
  for (int i = 0; i < 200 && testing::process_exists(child); ++i) {
    const auto stat = read_file("/proc/" + std::to_string(child) + "/stat", 4096);
    if (!stat || stat->find(") Z ") != std::string::npos) break;
    std::this_thread::sleep_for(milliseconds(50));
  }
  const auto stat = read_file("/proc/" + std::to_string(child) + "/stat", 4096);
  EXPECT_TRUE(!stat || stat->find(") Z ") != std::string::npos) << "a child of the worker still runs";
}

TEST_F(WorkerProcessTest, PoliteWorkerEndsWithItsRequests) {
  auto worker = start("hello()\nfor r in requests(): pass\nprint('the requests have ended')\n");
  ASSERT_TRUE(worker);
  worker.reset();
  EXPECT_THAT(log_, Contains("the requests have ended"));
}

TEST_F(WorkerProcessTest, WorkerThatReadsNothingCannotBlockUs) {
  auto worker = start("hello()\ntime.sleep(600)\n");
  ASSERT_TRUE(worker);
  const protocol::CancelRequest large{std::string(60'000, 'x')};
  Result<> sent;
  for (int i = 0; i < 100 && sent; ++i) sent = worker->send(large);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kTimeout);
  worker->kill_now();
}

TEST(LogLines, CutsCapsAndCounts) {
  std::vector<std::string> lines;
  LogLines log([&lines](std::string_view line) { lines.emplace_back(line); });
  const auto start = LogLines::Clock::time_point{} + std::chrono::hours(1);
  log.feed("one\ntw", start);
  log.feed("o\r\n\n\rthree", start);
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two"}));
  log.feed(std::string(10'000, 'x') + "\n", start);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[2].size(), LogLines::kMaxLine);
  EXPECT_TRUE(lines[2].starts_with("threexxx") && lines[2].ends_with("[…]"));
  for (int i = 0; i < 1000; ++i) log.feed("again\n", start);
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(LogLines::kMaxPerSecond));
  log.feed("later\n", start + std::chrono::seconds(1));
  EXPECT_EQ(lines[lines.size() - 2], "[803 more lines were dropped]");
  EXPECT_EQ(lines.back(), "later");
  log.feed("unfinished", start + std::chrono::seconds(1));
  log.finish(start + std::chrono::seconds(1));
  EXPECT_EQ(lines.back(), "unfinished");
  EXPECT_EQ(log.last(), "unfinished");
}

}  // namespace
}  // namespace zimu::supervisor
