#pragma once
#include <mutex>

#include "protocol/messages.hpp"

namespace zimu::worker {

/// Writes whole event lines to fd 4. Thread: any. When the server is gone the process ends: nobody wants the rest.
class EventWriter {
 public:
  explicit EventWriter(int fd) : fd_(fd) {}
  void write(const protocol::Event& event);

 private:
  std::mutex mutex_;
  int fd_;
};

}  // namespace zimu::worker
