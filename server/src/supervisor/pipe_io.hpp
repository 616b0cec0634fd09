#pragma once
#include <array>
#include <chrono>
#include <string_view>

#include "base/file.hpp"
#include "base/result.hpp"

/// Reading and writing the non-blocking pipes of a worker. Private to supervisor/.
namespace zimu::supervisor {

constexpr std::size_t kPiece = 64U << 10U;  ///< what a pipe holds by default: one read empties it

/// What is there now, at most one piece; empty when there is nothing. At the end of the pipe `fd` is closed.
std::string_view read_piece(UniqueFd& fd, std::array<char, kPiece>& buffer);
/// Writes it all; kTimeout when the reader leaves no room for so long, kWorkerCrashed when there is no
/// reader. Raises no SIGPIPE.
Result<> write_line(const UniqueFd& fd, std::string_view line, std::chrono::milliseconds at_most);

}  // namespace zimu::supervisor
