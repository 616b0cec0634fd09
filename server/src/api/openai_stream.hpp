#pragma once
#include <memory>

#include "api/openai_job.hpp"

namespace zimu::api {

/// text/event-stream, each `data:` a JSON object: transcript.text.delta for every segment as it is committed, then
/// transcript.text.done. The deltas joined are the done event's text. A job that does not end well: {"error": …}.
/// `seen`: the last event before the job was read; `place` is given back at the stream's end.
http::Response speech_stream(Context& context, domain::Job job, std::uint64_t seen, std::shared_ptr<void> place);

}  // namespace zimu::api
