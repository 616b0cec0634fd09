#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace zimu::http {

/// A streaming parser of multipart/form-data (RFC 7578, RFC 2046 §5.1): fed pieces of any size, never holds more than
/// a part's headers and one boundary's length of data. Thread: one at a time. After an error it stays failed.
class MultipartParser {
 public:
  static constexpr std::size_t kMaxParts = 64;
  static constexpr std::size_t kMaxPartHeaderBytes = 8U << 10U;

  /// What a part says of itself. `file_name` is display text (UTF-8), never a path.
  struct Part {
    std::string name;
    std::optional<std::string> file_name;
    std::string content_type;
  };
  /// Receives the parts in order. An error returned stops the parse and comes back from `feed`.
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual Result<> on_part(const Part& part) = 0;
    virtual Result<> on_data(std::span<const std::byte> bytes) = 0;
    virtual Result<> on_part_end() = 0;
  };

  /// From the Content-Type header; kUnsupported (415) when it is not multipart/form-data with a boundary.
  static Result<MultipartParser> create(std::string_view content_type);
  Result<> feed(std::span<const std::byte> bytes, Sink& sink);
  Result<> finish();   ///< kInvalidArgument when the closing boundary never came

 private:
  enum class State : std::uint8_t { kPreamble, kHeaders, kData, kAfterBoundary, kEnd, kFailed };
  explicit MultipartParser(std::string boundary);
  std::string delimiter_;
  std::string buffer_;
  State state_ = State::kPreamble;
  std::size_t parts_ = 0;
};

}  // namespace zimu::http
