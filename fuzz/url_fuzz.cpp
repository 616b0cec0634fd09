// LINK: zimu_http
// Targets and queries: what is accepted is clean, and encoding undoes decoding.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "base/utf8.hpp"
#include "http/json_text.hpp"
#include "http/url.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto target = zimu::http::parse_target("GET", text);
  if (target) {
    ZIMU_CHECK(zimu::is_utf8(target->path) && target->path.starts_with('/'));
    ZIMU_CHECK(target->path.find('\0') == std::string::npos && target->path.find('\n') == std::string::npos);
    ZIMU_CHECK(target->path.find("/../") == std::string::npos && !target->path.ends_with("/.."));
    for (const auto& [name, value] : target->query) {
      ZIMU_CHECK(zimu::is_utf8(name) && zimu::is_utf8(value));
    }
  }
  ZIMU_CHECK(zimu::http::percent_decode(zimu::http::percent_encode(text)) == text);
  ZIMU_CHECK(zimu::is_utf8(zimu::to_utf8(text)));
  ZIMU_CHECK(!zimu::is_utf8(text) || zimu::to_utf8(text) == text);
  ZIMU_CHECK(zimu::is_utf8(zimu::http::json_string(text)));
  return 0;
}
