#include "api/plain_json.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <cmath>

namespace zimu::api {
namespace {

namespace json = boost::json;

void write(std::string& out, const json::value& value);

void write_object(std::string& out, const json::object& object) {
  out += '{';
  for (const auto& member : object) {
    if (out.back() != '{') out += ',';
    out += json::serialize(member.key());
    out += ':';
    write(out, member.value());
  }
  out += '}';
}

void write_array(std::string& out, const json::array& array) {
  out += '[';
  for (const json::value& element : array) {
    if (out.back() != '[') out += ',';
    write(out, element);
  }
  out += ']';
}

void write_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  const std::string text = fmt::format("{}", number);  // the shortest that reads back as the same
  out += text;
  if (text.find_first_of(".e") == std::string::npos) out += ".0";
}

/// Depth: that of our own answers, never of what a client sent.
void write(std::string& out, const json::value& value) {
  if (value.is_object()) {
    write_object(out, value.get_object());
  } else if (value.is_array()) {
    write_array(out, value.get_array());
  } else if (value.is_double()) {
    write_number(out, value.get_double());
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string plain_json(const json::value& value) {
  std::string out;
  write(out, value);
  return out;
}

}  // namespace zimu::api
