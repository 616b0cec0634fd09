#include "observe/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>

#include "observe/line_format.hpp"
#include "observe/redact.hpp"

namespace zimu::observe {
namespace {

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kTrace:
      return spdlog::level::trace;
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
    case Level::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

Level from_spdlog(spdlog::level::level_enum level) {
  for (const Level candidate : {Level::kTrace, Level::kDebug, Level::kInfo, Level::kWarn}) {
    if (to_spdlog(candidate) == level) return candidate;
  }
  return Level::kError;
}

class LineFormatter final : public spdlog::formatter {
 public:
  LineFormatter(bool json, bool colour) : json_(json), colour_(colour) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string_view payload(message.payload.data(), message.payload.size());
    const auto time = std::chrono::time_point_cast<Milliseconds>(message.time);
    const Level level = from_spdlog(message.level);
    std::string line =
        json_ ? detail::json_line(time, level, payload) : detail::text_line(time, level, payload, colour_);
    line += '\n';
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(json_, colour_);
  }

 private:
  bool json_;
  bool colour_;
};

bool colour_wanted() {
  const char* no_colour = std::getenv("NO_COLOR");  // no-color.org: any value that is not empty
  return ::isatty(STDERR_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

// Leaked on purpose: threads and destructors of static objects may log until the very end.
spdlog::logger& logger() {
  static auto* const instance = [] {
    auto* made = new spdlog::logger("zimu", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_formatter(std::make_unique<LineFormatter>(false, colour_wanted()));
    made->set_level(spdlog::level::info);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

}  // namespace

Result<> start_logging(std::string_view level, std::string_view format) {
  const bool known_format = format == "auto" || format == "text" || format == "json";
  if (!known_format) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("the log format is \"{}\"", format),
                "use auto, text or json");
  }
  for (const Level candidate :
       {Level::kTrace, Level::kDebug, Level::kInfo, Level::kWarn, Level::kError, Level::kOff}) {
    if (detail::level_name(candidate) != level) continue;
    const bool json = format == "json" || (format == "auto" && ::isatty(STDERR_FILENO) != 1);
    logger().set_formatter(std::make_unique<LineFormatter>(json, !json && colour_wanted()));
    logger().set_level(to_spdlog(candidate));
    return {};
  }
  return fail(ErrorCode::kInvalidArgument, fmt::format("the log level is \"{}\"", level),
              "use trace, debug, info, warn, error or off");
}

bool log_enabled(Level level) noexcept {
  return level != Level::kOff && logger().should_log(to_spdlog(level));
}

void log_line(Level level, std::string_view message) {
  const std::string clean = redact(message);
  logger().log(to_spdlog(level), spdlog::string_view_t(clean.data(), clean.size()));
}

}  // namespace zimu::observe
