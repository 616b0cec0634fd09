#pragma once
#include <boost/json/object.hpp>

#include "api/api.hpp"

namespace zimu::api {

/// A recording as every answer and event shows it: with its `transcripts` (headers) and the `job` of its newest
/// transcription as a whole, or null.
/// Blocking: call it on the pool.
Result<boost::json::object> media_json(Context& context, const domain::Media& media);

}  // namespace zimu::api
