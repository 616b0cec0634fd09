#include "worker/event_writer.hpp"

#include <unistd.h>

#include <span>

#include "base/file.hpp"

namespace zimu::worker {

void EventWriter::write(const protocol::Event& event) {
  const std::string line = protocol::encode(event) + '\n';
  const std::scoped_lock lock(mutex_);
  if (!write_all(fd_, std::as_bytes(std::span(line.data(), line.size())), "events")) ::_exit(1);
}

}  // namespace zimu::worker
