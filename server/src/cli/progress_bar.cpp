#include "cli/progress_bar.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.hpp"

namespace zimu::cli {
namespace {

constexpr int kBarCells = 24;
constexpr std::chrono::milliseconds kRedrawEvery{100};
constexpr std::size_t kTitleColumns = 28;

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return (no_colour == nullptr || *no_colour == '\0') && (term == nullptr || std::string(term) != "dumb");
}

std::string bar(double share) {
  const int full = static_cast<int>(share * kBarCells + 0.5);
  std::string out;
  for (int i = 0; i < kBarCells; ++i) out += i < full ? "█" : "░";
  return out;
}

}  // namespace

std::string clock_text(std::chrono::seconds time) {
  const auto s = std::max<std::int64_t>(time.count(), 0);
  return s >= 3600 ? fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60) : fmt::format("{}:{:02}", s / 60, s % 60);
}

std::string shorten(const std::string& text, std::size_t columns) {
  if (text.size() <= columns) return text;
  const std::size_t kept = columns > 3 ? columns - 3 : 0;  // "…" is three bytes
  return std::string(utf8_prefix(text, kept)) + "…";
}

ProgressBar::ProgressBar(std::string title)
    : title_(shorten(title, kTitleColumns)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      colour_(terminal_ && wants_colour()),
      started_(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::update(double share, double speed, const std::string& stage) {
  const auto now = std::chrono::steady_clock::now();
  const double known = std::clamp(share, 0.0, 1.0);
  std::string facts = stage;
  if (share >= 0) facts = fmt::format("{:3.0f} %", known * 100);
  if (speed > 0) facts += fmt::format("  {:.1f}× real time", speed);
  if (share > 0.01) {
    const std::chrono::duration<double> spent = now - started_;
    facts += fmt::format("  ETA {}", clock_text(std::chrono::seconds(std::llround(spent.count() * (1 - known) / known))));
  }
  if (!terminal_) {
    const int tenth = share < 0 ? 0 : static_cast<int>(known * 10);
    if (tenth != last_tenth_) fmt::print(stderr, "{}: {}\n", title_, facts);
    last_tenth_ = tenth;
    return;
  }
  if (drawn_ && now - last_drawn_ < kRedrawEvery && share < 1) return;
  last_drawn_ = now;
  drawn_ = true;
  const char* on = colour_ ? "\x1b[36m" : "";
  const char* off = colour_ ? "\x1b[0m" : "";
  fmt::print(stderr, "\r\x1b[K{} {}{}{} {}", title_, on, bar(share < 0 ? 0 : known), off, facts);
  std::fflush(stderr);
}

void ProgressBar::clear() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace zimu::cli
