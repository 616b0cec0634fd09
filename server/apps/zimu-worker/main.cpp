#include <cstdio>
#include <exception>

#include "worker/worker_main.hpp"

int main(int argc, char** argv) {
  try {
    return zimu::worker::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "zimu-worker: internal error: %s\n", error.what());
    return 70;
  }
}
