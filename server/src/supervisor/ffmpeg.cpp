#include "supervisor/ffmpeg.hpp"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "supervisor/log_lines.hpp"
#include "supervisor/pipe_io.hpp"

namespace zimu::supervisor {
namespace {

constexpr int kTickMs = 100;
constexpr std::size_t kMaxProgressLine = 256;

}  // namespace

bool FfmpegProgress::feed(std::string_view bytes) {
  bool ended = false;
  for (const char c : bytes) {
    if (c == '\n') {
      ended = end_line() || ended;
    } else if (line_.size() < kMaxProgressLine) {
      line_ += c;
    }
  }
  return ended;
}

bool FfmpegProgress::end_line() {
  const std::string line = std::exchange(line_, {});
  const auto equals = line.find('=');
  if (equals == std::string::npos) return false;
  const std::string_view name = std::string_view(line).substr(0, equals);
  std::string_view value = std::string_view(line).substr(equals + 1);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  if (name == "out_time_us") {  // out_time_ms is in microseconds too; N/A at first
    std::int64_t us = 0;
    if (std::from_chars(value.data(), value.data() + value.size(), us).ec == std::errc()) {
      done = std::max(done, Milliseconds(us / 1000));
    }
  } else if (name == "speed") {
    double times = 0;
    const bool known = std::from_chars(value.data(), value.data() + value.size(), times).ec == std::errc();
    speed = known && times > 0 ? times : 0;
  }
  return name == "progress";
}

Result<Ending> run_ffmpeg(const FfmpegCall& call) {
  auto spawned = spawn_child(call.command, call.folder);
  if (!spawned) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("the program {} cannot be started: {}", call.command.front(), spawned.error().message),
                "install FFmpeg with libass (Debian: apt install ffmpeg) where the server runs, then retry the job");
  }
  Spawned& child = *spawned;
  child.requests.reset();
  if (call.on_start) call.on_start(child.pid);
  FfmpegProgress progress;
  LogLines log([&call](std::string_view line) {
    if (call.on_line) call.on_line(line);
  });
  bool given_up = false;
  std::optional<Ending> ending;
  std::array<char, kPiece> piece;
  const auto read_all = [&] {
    const bool told = progress.feed(read_piece(child.events, piece));
    if (told && call.on_progress && !given_up) call.on_progress(progress.done, progress.speed);
    log.feed(read_piece(child.log, piece), LogLines::Clock::now());
  };
  while (!ending) {
    std::array<pollfd, 3> fds{pollfd{child.events.get(), POLLIN, 0}, pollfd{child.log.get(), POLLIN, 0},
                              pollfd{child.pidfd.get(), POLLIN, 0}};
    ::poll(fds.data(), fds.size(), kTickMs);
    read_all();
    if (!given_up && call.give_up && call.give_up()) {
      given_up = true;
      ::kill(-child.pid, SIGKILL);  // its own group: nothing of what it has written is kept
    }
    ending = reap_child(child.pid);
  }
  read_all();
  log.finish(LogLines::Clock::now());
  if (given_up) return fail(ErrorCode::kCancelled, "ffmpeg was stopped");
  return *ending;
}

int end_processes_in(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::error_code ec;
  const std::string inside = fs::weakly_canonical(folder, ec).string() + "/";
  int ended = 0;
  for (fs::directory_iterator entry("/proc", ec), end; !ec && entry != end; entry.increment(ec)) {
    pid_t pid = 0;
    const std::string name = entry->path().filename().string();
    const auto [rest, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (bad != std::errc() || rest != name.data() + name.size()) continue;
    std::error_code gone;  // or somebody else's
    const std::string where = fs::read_symlink(entry->path() / "cwd", gone).string();
    if (!gone && where.starts_with(inside) && where.find(".part") != std::string::npos && ::kill(pid, SIGKILL) == 0) ++ended;
  }
  return ended;
}

}  // namespace zimu::supervisor
