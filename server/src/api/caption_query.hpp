#pragma once
#include <boost/json/value.hpp>

#include "domain/captions/captions.hpp"
#include "http/types.hpp"

namespace zimu::api {

/// `preset`, `line_chars`, `lines`, `cps`, `shortest_ms`, `longest_ms` and `gap_ms` of the query, checked against their
/// bounds; kInvalidArgument names the field.
Result<domain::CaptionChoice> caption_choice(const http::Request& request);
/// The answer of a check: the rules, and for each violation its cue.
boost::json::value check_json(const domain::Transcript& cues, const domain::CaptionRules& rules);

}  // namespace zimu::api
