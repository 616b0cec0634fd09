#include <cstdio>
#include <exception>

#include "cli/cli.hpp"

// The outermost place: what no layer expected ends here with a sentence and sysexits' EX_SOFTWARE.
int main(int argc, char** argv) {
  try {
    return zimu::cli::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "zimu: internal error: %s\n", error.what());
    return 70;
  }
}
