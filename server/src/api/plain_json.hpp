#pragma once
#include <boost/json/value.hpp>

#include <string>

namespace zimu::api {

/// Like boost::json::serialize, but with numbers as people write them: 60.0 and 0.25, not 6E1 and 2.5E-1.
/// What is no number in JSON (NaN, infinity) becomes null.
std::string plain_json(const boost::json::value& value);

}  // namespace zimu::api
