#include "worker/crash_injection.hpp"

#include <csignal>
#include <cstdlib>
#include <string>

namespace zimu::worker {

void crash_if_asked(std::int64_t window) {
  const char* at = std::getenv("ZIMU_WORKER_CRASH_AT_WINDOW");
  if (at == nullptr || std::to_string(window) != at) return;
  const char* name = std::getenv("ZIMU_WORKER_CRASH_SIGNAL");
  const std::string signal = name != nullptr ? name : "ABRT";
  const int number = signal == "SEGV" ? SIGSEGV : signal == "KILL" ? SIGKILL : SIGABRT;
  std::signal(number, SIG_DFL);  // past a sanitizer's own handler
  std::raise(number);
}

}  // namespace zimu::worker
