#include "storage/connections.hpp"

namespace zimu::storage {

Connections::Connections(std::unique_ptr<Database> writer, std::vector<std::unique_ptr<Database>> readers)
    : writer_(std::move(writer)), idle_(std::move(readers)) {}

Connections::Lease::~Lease() {
  if (!database) return;
  {
    const std::scoped_lock lock(owner->read_mutex_);
    owner->idle_.push_back(std::move(database));
  }
  owner->returned_.notify_one();
}

Result<Connections::Lease> Connections::borrow() {
  std::unique_lock lock(read_mutex_);
  if (!returned_.wait_for(lock, kReaderWait, [this] { return !idle_.empty(); })) {
    return fail(ErrorCode::kUnavailable, "the database is too busy to answer", "try again in a moment");
  }
  std::unique_ptr<Database> database = std::move(idle_.back());
  idle_.pop_back();
  return Lease(this, std::move(database));
}

}  // namespace zimu::storage
