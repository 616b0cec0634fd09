#pragma once
#include <chrono>
#include <string>

namespace zimu::cli {

/// One moving line on a terminal's standard error; elsewhere a plain line every 10 %. Honours NO_COLOR.
/// Thread: one at a time. The terminal is left clean by `clear` or the destructor.
class ProgressBar {
 public:
  explicit ProgressBar(std::string title);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `share` 0..1, negative when unknown; `speed` × real time, 0 when unknown.
  void update(double share, double speed, const std::string& stage);
  void clear();

 private:
  std::string title_;
  bool terminal_;
  bool colour_;
  bool drawn_ = false;
  int last_tenth_ = -1;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point last_drawn_{};
};

/// "1:02:03" or "2:03".
std::string clock_text(std::chrono::seconds time);
/// At most `columns` bytes, cut at a UTF-8 boundary, with an ellipsis when something was cut.
std::string shorten(const std::string& text, std::size_t columns);

}  // namespace zimu::cli
