#pragma once
#include <string_view>

namespace zimu::api {

/// docs/openapi.json as it was at build time.
std::string_view openapi_document() noexcept;

}  // namespace zimu::api
