#pragma once

namespace zimu::cli {

/// Turns SIGINT and SIGTERM into a flag and a readable fd (signalfd) for the rest of the program. Call once, before
/// any thread starts. A second signal ends the program at once.
void catch_interrupts();
bool interrupted() noexcept;
/// Blocks until a signal has come. For `zimu serve`.
int wait_for_signal();

}  // namespace zimu::cli
