#pragma once

namespace zimu::worker {

/// The whole `zimu-worker` program: hello, then one request after the other until fd 3 ends.
int run(int argc, char** argv);

}  // namespace zimu::worker
