#pragma once
#include <string_view>

#include "http/types.hpp"

namespace zimu::http {

/// "Not Found"; "Unknown" for a status this server never sends.
std::string_view reason_phrase(int status) noexcept;

/// A problem answer (RFC 9457) where the status is not the one of the code's table (405, 431, 505).
Response problem_with_status(int status, const Error& error);

}  // namespace zimu::http
