#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace zimu::supervisor {

/// Cuts what a worker prints into log lines: longer ones are cut at kMaxLine, and more than kMaxPerSecond in
/// a second are counted instead of passed on. Thread: one at a time.
class LogLines {
 public:
  static constexpr std::size_t kMaxLine = 4096;
  static constexpr int kMaxPerSecond = 200;
  using Clock = std::chrono::steady_clock;

  explicit LogLines(std::function<void(std::string_view line)> on_line) : on_line_(std::move(on_line)) {}
  void feed(std::string_view bytes, Clock::time_point now);
  void finish(Clock::time_point now);  ///< passes on the unfinished last line and the count of the dropped
  /// The last line that was not empty; what a program says before it gives up.
  const std::string& last() const { return last_; }

 private:
  void end_line(Clock::time_point now);
  void report_dropped();

  std::function<void(std::string_view line)> on_line_;
  std::string line_;
  std::string last_;
  bool cut_ = false;  ///< `line_` was cut: the rest is skipped up to the line break
  Clock::time_point second_began_{};
  int in_this_second_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace zimu::supervisor
