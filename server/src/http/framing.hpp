#pragma once
#include <cstddef>
#include <string_view>

#include "base/result.hpp"

/// The guard before Beast: its parser is lenient where two parsers of one connection must never differ
/// (request smuggling, RFC 9112 §11.2). Pure functions, any thread.
namespace zimu::http {

/// More header fields than this is 431.
inline constexpr std::size_t kMaxHeaderFields = 128;

/// The length of the header block at the front of `bytes`, its empty line included; 0 while it is not whole.
/// Bare LF ends lines here, so that a malformed block is seen at once and refused by `check_framing`.
/// `scanned`: how many bytes an earlier call has seen.
std::size_t header_block_length(std::string_view bytes, std::size_t scanned) noexcept;

/// Whether `raw_header_block` (request line, fields, empty line) is one that every HTTP/1.1 parser reads the
/// same way. kInvalidArgument is 400, kUnsupported 505, kTooLarge 431; after each of them the connection must
/// be closed.
Result<> check_framing(std::string_view raw_header_block);

}  // namespace zimu::http
