#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "observe/line_format.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "observe/redact.hpp"

namespace zimu::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string logged(const std::function<void()>& act) {
  ::testing::internal::CaptureStderr();
  act();
  return ::testing::internal::GetCapturedStderr();
}

TEST(Log, JsonLinesAreEscapedAndWhole) {
  ASSERT_TRUE(start_logging("info", "json"));
  const std::string out = logged([] { log_info("file {} took {} s", "a\"b\\\n\x01", 2); });
  EXPECT_THAT(out, HasSubstr(R"("level":"info","message":"file a\"b\\\n\u0001 took 2 s"})"));
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1);
  EXPECT_EQ(out.front(), '{');
}

TEST(Log, BadUtf8IsRepaired) {
  EXPECT_EQ(detail::escape_json("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(detail::escape_json("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
  EXPECT_EQ(detail::escape_json("字幕 \xF0\x9F\x8E\xAC"), "字幕 \xF0\x9F\x8E\xAC");
  EXPECT_EQ(detail::escape_json("cut \xE5\xAD"), "cut \xEF\xBF\xBD");
}

TEST(Log, TextLinesCannotBeForged) {
  const std::string line =
      detail::text_line(Timestamp{}, Level::kWarn, "name\n2026 error fake\x1b[2J", false);
  EXPECT_EQ(line, "1970-01-01T00:00:00.000Z warn  name\\x0a2026 error fake\\x1b[2J");
}

TEST(Log, LevelsFilterAndAutoIsJsonWithoutATerminal) {
  const std::string out = logged([] {
    ASSERT_TRUE(start_logging("warn", "auto"));
    log_info("quiet");
    log_error("loud");
  });
  EXPECT_THAT(out, Not(HasSubstr("quiet")));
  EXPECT_THAT(out, HasSubstr(R"("level":"error","message":"loud")"));
  ASSERT_TRUE(start_logging("off", "text"));
  EXPECT_EQ(logged([] { log_error("nothing"); }), "");
  EXPECT_FALSE(start_logging("loud", "text"));
  EXPECT_FALSE(start_logging("info", "xml"));
  ASSERT_TRUE(start_logging("info", "text"));
}

TEST(Log, LinesOfManyThreadsDoNotMix) {
  ASSERT_TRUE(start_logging("info", "text"));
  const std::string out = logged([] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < 50; ++i) log_info("{}", std::string(100, static_cast<char>('a' + t)));
      });
    }
    for (auto& thread : threads) thread.join();
  });
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 200);
  for (const char c : {'a', 'b', 'c', 'd'})
    EXPECT_THAT(out, HasSubstr(" info  " + std::string(100, c) + "\n"));
}

TEST(Redact, MasksWhatLooksLikeASecret) {
  EXPECT_EQ(redact("GET http://me:pw@host/x?a=1&token=abc&b=2"), "GET http://***@host/x?a=1&token=***&b=2");
  EXPECT_EQ(redact("Authorization: Bearer abc.def"), "Authorization: Bearer ***");
  EXPECT_EQ(redact("with hf_AbCdEfGhIjKl here"), "with hf_*** here");
  EXPECT_EQ(redact("API_KEY=\"x\" password=secret"), "API_KEY=\"***\" password=***");
  EXPECT_EQ(redact("http://host/a@b and monkey=1, mail a@b.c, 字幕"),
            "http://host/a@b and monkey=1, mail a@b.c, 字幕");
  ASSERT_TRUE(start_logging("info", "text"));
  EXPECT_THAT(logged([] { log_info("pull https://u:hunter2@hub"); }), Not(HasSubstr("hunter2")));
}

TEST(MetricsText, CountsWhatHappened) {
  Metrics metrics;
  metrics.http_response("GET", "/api/v1/jobs/{id}", 200, std::chrono::milliseconds(20));
  metrics.http_response("GET", "/api/v1/jobs/{id}", 204, std::chrono::milliseconds(20));
  metrics.http_response("GET", "", 404, std::chrono::milliseconds(1));
  metrics.set_jobs("running", 2);
  metrics.add_audio_transcribed(std::chrono::milliseconds(1500));
  metrics.add_worker_restart();
  metrics.add_window_retry("repetition");
  metrics.add_upload_bytes(10);
  const std::string text = metrics.text();
  EXPECT_THAT(
      text, HasSubstr(R"(zimu_http_requests_total{method="GET",route="/api/v1/jobs/{id}",status="2xx"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(zimu_http_requests_total{method="GET",route="other",status="4xx"} 1)"));
  EXPECT_THAT(text,
              HasSubstr(R"(zimu_http_request_seconds_count{method="GET",route="/api/v1/jobs/{id}"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(zimu_jobs{state="running"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(zimu_jobs{state="paused"} 0)"));
  EXPECT_THAT(text, HasSubstr("zimu_audio_seconds_total 1.5"));
  EXPECT_THAT(text, HasSubstr("zimu_worker_restarts_total 1"));
  EXPECT_THAT(text, HasSubstr(R"(zimu_window_retries_total{reason="repetition"} 1)"));
  EXPECT_THAT(text, HasSubstr("zimu_upload_bytes_total 10"));
  EXPECT_THAT(text, HasSubstr("process_resident_memory_bytes"));
  EXPECT_GT(resident_bytes(::getpid()), 1U << 20U);
}

TEST(MetricsText, ClientsCannotGrowTheLabels) {
  Metrics metrics;
  for (int i = 0; i < 1000; ++i) {
    metrics.http_response("M" + std::to_string(i), "/r" + std::to_string(i), 200 + i,
                          std::chrono::microseconds(1));
    metrics.set_jobs("s" + std::to_string(i), 1);
    metrics.add_window_retry("w" + std::to_string(i));
  }
  const std::string text = metrics.text();
  std::size_t series = 0;
  for (auto at = text.find("zimu_http_requests_total{"); at != std::string::npos;
       at = text.find("zimu_http_requests_total{", at + 1)) {
    ++series;
  }
  EXPECT_LE(series, Metrics::kMaxRoutes + 6);
  EXPECT_THAT(text, HasSubstr(R"(zimu_jobs{state="other"})"));
}

}  // namespace
}  // namespace zimu::observe
