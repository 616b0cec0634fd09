#include "http/multipart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "http/part_headers.hpp"
#include "http/text.hpp"

namespace zimu::http {
namespace {

/// RFC 2046 §5.1.1.
constexpr std::size_t kMaxBoundaryBytes = 70;

bool is_boundary(std::string_view text) {
  const auto is_bchar = [](char c) {
    const char lower = ascii_lower(c);
    return is_digit(c) || (lower >= 'a' && lower <= 'z') ||
           (c != '\0' && std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos);
  };
  return !text.empty() && text.size() <= kMaxBoundaryBytes && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), is_bchar);
}

/// memmem is linear; std::string_view::find restarts after every partial match.
std::size_t search(std::string_view text, std::string_view what) {
  const void* found = ::memmem(text.data(), text.size(), what.data(), what.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

/// How many bytes at the end of `text` may be the beginning of `delimiter`. It begins with its only CR, so
/// the last CR decides.
std::size_t possible_start(std::string_view text, std::string_view delimiter) {
  const std::size_t tail = std::min(text.size(), delimiter.size() - 1);
  const std::size_t cr = text.substr(text.size() - tail).rfind('\r');
  if (cr == std::string_view::npos) return 0;
  const std::string_view candidate = text.substr(text.size() - tail + cr);
  return delimiter.starts_with(candidate) ? candidate.size() : 0;
}

std::unexpected<Error> malformed(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message), "send multipart/form-data as RFC 7578 says");
}

}  // namespace

MultipartParser::MultipartParser(std::string boundary)
    : delimiter_("\r\n--" + std::move(boundary)), held_("\r\n") {
  // The first delimiter may stand at the very beginning, without its CR LF: `held_` lends it one.
}

Result<MultipartParser> MultipartParser::create(std::string_view content_type) {
  const auto parsed = parse_parameterized(content_type);
  if (!parsed || !equal_no_case(parsed->value, "multipart/form-data")) {
    return fail(ErrorCode::kUnsupported, "the request body is not multipart/form-data",
                "send the fields as multipart/form-data");
  }
  const std::string* boundary = parsed->find("boundary");
  if (boundary == nullptr || !is_boundary(*boundary)) {
    return fail(ErrorCode::kUnsupported, "the Content-Type multipart/form-data has no valid boundary",
                "let the HTTP client set the Content-Type itself");
  }
  return MultipartParser(*boundary);
}

Result<> MultipartParser::feed(std::span<const std::byte> bytes, Sink& sink) {
  if (state_ == State::kFailed) return malformed("the multipart body has failed before");
  if (state_ == State::kEnd) return {};  // the epilogue is ignored
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const bool joined = !held_.empty();
  if (joined) {
    held_ += text;
    text = held_;
  }
  std::size_t used = 0;
  while (state_ != State::kEnd) {
    const auto taken = step(text.substr(used), sink);
    if (!taken) {
      state_ = State::kFailed;
      held_.clear();
      return std::unexpected(taken.error());
    }
    used += taken->used;
    if (taken->stuck) break;
  }
  if (state_ == State::kEnd) used = text.size();
  if (joined) {
    held_.erase(0, used);
  } else {
    held_.assign(text.substr(used));
  }
  return {};
}

Result<MultipartParser::Step> MultipartParser::step(std::string_view text, Sink& sink) {
  switch (state_) {
    case State::kPreamble:
      return skip_preamble(text);
    case State::kAfterBoundary:
      return pass_boundary(text);
    case State::kHeaders:
      return read_headers(text, sink);
    case State::kData:
      return read_data(text, sink);
    case State::kEnd:
    case State::kFailed:
      break;
  }
  return Step{0, true};
}

Result<MultipartParser::Step> MultipartParser::skip_preamble(std::string_view text) {
  const std::size_t found = search(text, delimiter_);
  const bool is_found = found != std::string_view::npos;
  const std::size_t skipped = is_found ? found : text.size() - possible_start(text, delimiter_);
  preamble_ += skipped;
  if (preamble_ > kMaxPreambleBytes) {
    return malformed(
        fmt::format("the multipart body has no boundary in its first {} bytes", kMaxPreambleBytes));
  }
  if (!is_found) return Step{skipped, true};
  state_ = State::kAfterBoundary;
  return Step{skipped + delimiter_.size(), false};
}

Result<MultipartParser::Step> MultipartParser::pass_boundary(std::string_view text) {
  if (text.starts_with("--")) {
    state_ = State::kEnd;
    return Step{2, false};
  }
  const std::size_t padding = std::min(text.find_first_not_of(" \t"), text.size());
  const std::string_view rest = text.substr(padding);
  if (padding > kMaxPaddingBytes) return malformed("the blanks after a multipart boundary never end");
  if (text == "-" || rest.empty() || rest == "\r") return Step{0, true};
  if (!rest.starts_with("\r\n")) return malformed("a multipart boundary does not end its line with CR LF");
  if (++parts_ > kMaxParts) {
    return fail(ErrorCode::kTooLarge, fmt::format("the multipart body has more than {} parts", kMaxParts));
  }
  state_ = State::kHeaders;
  scanned_ = 0;
  // The CR LF stays: with it, an empty line ends the headers also when there are none.
  return Step{padding, false};
}

Result<MultipartParser::Step> MultipartParser::read_headers(std::string_view text, Sink& sink) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t from = scanned_ > kEnd.size() ? scanned_ - kEnd.size() : 0;
  const std::size_t found = text.find(kEnd, from);
  if (std::min(found, text.size()) > kMaxPartHeaderBytes) {
    return fail(ErrorCode::kTooLarge, fmt::format("a part's headers are over {} bytes", kMaxPartHeaderBytes));
  }
  scanned_ = text.size();
  if (found == std::string_view::npos) return Step{0, true};
  const std::string_view lines = found == 0 ? std::string_view{} : text.substr(2, found - 2);
  ZIMU_TRY(const Part part, parse_part_headers(lines));
  ZIMU_TRY_VOID(sink.on_part(part));
  state_ = State::kData;
  return Step{found + kEnd.size(), false};
}

Result<MultipartParser::Step> MultipartParser::read_data(std::string_view text, Sink& sink) {
  const std::size_t found = search(text, delimiter_);
  const bool is_found = found != std::string_view::npos;
  const std::size_t size = is_found ? found : text.size() - possible_start(text, delimiter_);
  if (size > 0) ZIMU_TRY_VOID(sink.on_data(std::as_bytes(std::span(text.data(), size))));
  if (!is_found) return Step{size, true};
  ZIMU_TRY_VOID(sink.on_part_end());
  state_ = State::kAfterBoundary;
  return Step{size + delimiter_.size(), false};
}

Result<> MultipartParser::finish() {
  if (state_ == State::kEnd) return {};
  if (state_ == State::kFailed) return malformed("the multipart body has failed before");
  state_ = State::kFailed;
  return malformed("the multipart body ends before its closing boundary");
}

}  // namespace zimu::http
