#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace zimu::http {

/// A streaming parser of multipart/form-data (RFC 7578, RFC 2046 §5.1): fed pieces of any size, never holds
/// more than a part's headers and one boundary's length of data. Lines end with CR LF; blanks after a
/// boundary, a preamble and an epilogue are allowed. Thread: one at a time. After an error it stays failed.
class MultipartParser {
 public:
  static constexpr std::size_t kMaxParts = 64;
  static constexpr std::size_t kMaxPartHeaderBytes = 8U << 10U;
  static constexpr std::size_t kMaxPreambleBytes = 8U << 10U;
  static constexpr std::size_t kMaxPaddingBytes = 256;

  /// What a part says of itself. `file_name` is display text (UTF-8), never a path.
  struct Part {
    std::string name;
    std::optional<std::string> file_name;
    std::string content_type;  ///< "text/plain" when the part does not say (RFC 7578 §4.4)
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
  Result<> finish();  ///< kInvalidArgument when the closing boundary never came

 private:
  //  preamble ──delimiter──► after boundary ──CR LF──► headers ──empty line──► data ──delimiter──► after
  //  boundary
  //                                └──"--"──► end
  enum class State : std::uint8_t { kPreamble, kAfterBoundary, kHeaders, kData, kEnd, kFailed };
  /// One step took `used` bytes; `stuck`: it needs more input to go on.
  struct Step {
    std::size_t used = 0;
    bool stuck = false;
  };

  explicit MultipartParser(std::string boundary);
  Result<Step> step(std::string_view text, Sink& sink);
  Result<Step> skip_preamble(std::string_view text);
  Result<Step> pass_boundary(std::string_view text);
  Result<Step> read_headers(std::string_view text, Sink& sink);
  Result<Step> read_data(std::string_view text, Sink& sink);

  std::string delimiter_;     ///< CR LF "--" boundary
  std::string held_;          ///< input that could not be used yet
  std::size_t scanned_ = 0;   ///< of `held_`, already searched for the end of the part's headers
  std::size_t preamble_ = 0;  ///< bytes skipped
  std::size_t parts_ = 0;
  State state_ = State::kPreamble;
};

}  // namespace zimu::http
