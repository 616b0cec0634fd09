#pragma once
#include <atomic>

#include "protocol/messages.hpp"
#include "worker/event_writer.hpp"

namespace zimu::worker {

/// Streams, duration, waveform peaks, poster and SHA-256 of a file. The error returned becomes the `failed` event.
Result<protocol::DoneEvent> run_inspection(const protocol::InspectRequest& request, EventWriter& events,
                                           const std::atomic<bool>& cancel);

}  // namespace zimu::worker
