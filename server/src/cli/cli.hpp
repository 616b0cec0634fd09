#pragma once

namespace zimu::cli {

/// The whole `zimu` program: parses the command line, runs the command, returns the exit status
/// (sysexits: 0, 64 usage, 65 not media, 66 no such file, 69 model or service unavailable, 70 internal,
/// 73/74 cannot write, 130 interrupted).
int run(int argc, char** argv);

}  // namespace zimu::cli
