// LINK: zimu_http
// The first byte chooses the chunking; whatever it is, the parts are those of a parse of the whole at once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/check.hpp"
#include "base/utf8.hpp"
#include "http/multipart.hpp"
#include "http/url.hpp"

namespace {

struct Transcript : zimu::http::MultipartParser::Sink {
  std::string text;
  bool open = false;
  zimu::Result<> on_part(const zimu::http::MultipartParser::Part& part) override {
    ZIMU_CHECK(!open);
    ZIMU_CHECK(zimu::is_utf8(part.name) && zimu::is_utf8(part.file_name.value_or("")));
    ZIMU_CHECK(zimu::is_utf8(part.content_type));
    open = true;
    text += "[" + part.name + "|" + part.file_name.value_or("-") + "|" + part.content_type + "]";
    return {};
  }
  zimu::Result<> on_data(std::span<const std::byte> bytes) override {
    ZIMU_CHECK(open && !bytes.empty());
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  zimu::Result<> on_part_end() override {
    ZIMU_CHECK(open);
    open = false;
    text += "[end]";
    return {};
  }
};

std::string parse(std::span<const std::byte> body, std::size_t step) {
  auto parser = zimu::http::MultipartParser::create("multipart/form-data; boundary=\"XX\"");
  ZIMU_CHECK(parser.has_value());
  Transcript sink;
  while (!body.empty()) {
    const std::size_t size = std::min(step, body.size());
    if (!parser->feed(body.first(size), sink)) return "failed";
    body = body.subspan(size);
  }
  if (!parser->finish()) return "failed";
  ZIMU_CHECK(!sink.open);
  return sink.text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto body = std::as_bytes(std::span(data + 1, size - 1));
  ZIMU_CHECK(parse(body, 1U + data[0] % 97U) == parse(body, std::max<std::size_t>(body.size(), 1)));
  static_cast<void>(zimu::http::MultipartParser::create({reinterpret_cast<const char*>(data), size}));
  return 0;
}
