#pragma once
#include <atomic>

#include "protocol/messages.hpp"
#include "worker/event_writer.hpp"
#include "worker/model_cache.hpp"

namespace zimu::worker {

/// One transcription: decode ahead → cut windows → encode and decode → events, until done, failed or cancelled.
/// The error returned becomes the `failed` event.
Result<protocol::DoneEvent> run_transcription(const protocol::TranscribeRequest& request, ModelCache& models,
                                              EventWriter& events, const std::atomic<bool>& cancel);

}  // namespace zimu::worker
