// LINK: zimu_api
// Each input is the value of every tus header in turn. What is accepted was written in the one way there is.
#include <sodium.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "api/checksum.hpp"
#include "api/fields.hpp"
#include "api/tus.hpp"
#include "app/file_name.hpp"
#include "base/check.hpp"
#include "base/utf8.hpp"

namespace api = zimu::api;

namespace {

std::string base64(std::string_view bytes) {
  std::string out(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  out.resize(out.size() - 1);  // its NUL
  return out;
}

void check_metadata(std::string_view header) {
  const auto metadata = api::parse_upload_metadata(header);
  if (!metadata) {
    ZIMU_CHECK(metadata.error().code == zimu::ErrorCode::kInvalidArgument);
    return;
  }
  for (const std::string& value : {metadata->file_name, metadata->content_type}) {
    ZIMU_CHECK(header.find(base64(value)) != std::string_view::npos);
  }
  const std::string name = zimu::app::display_file_name(metadata->file_name);
  ZIMU_CHECK(!name.empty() && name.size() <= zimu::app::kMaxFileNameBytes);
  ZIMU_CHECK(zimu::is_utf8(name) && name.find_first_of("/\\\r\n") == std::string::npos);
  ZIMU_CHECK(!zimu::app::title_from(name).empty());
}

void check_checksum(std::string_view header) {
  auto checksum = api::Checksum::parse(header);
  if (!checksum) return;
  ZIMU_CHECK(header.starts_with("sha1 ") || header.starts_with("sha256 "));
  checksum->update(std::as_bytes(std::span(header.data(), header.size())));
  ZIMU_CHECK(!checksum->matches());  // or the fuzzer has found a digest that contains itself
}

void check_number(std::string_view text) {
  const auto number = api::parse_u64(text);
  if (!number) return;
  const auto digits = text.substr(std::min(text.find_first_not_of('0'), text.size() - 1));
  ZIMU_CHECK(fmt::format("{}", *number) == digits);
}

void check_base64(std::string_view text) {
  const auto bytes = api::decode_base64(text);
  ZIMU_CHECK(!bytes || base64(*bytes) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_metadata(text);
  check_checksum(text);
  check_number(text);
  check_base64(text);
  return 0;
}
