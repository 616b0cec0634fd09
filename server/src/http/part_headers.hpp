#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "http/multipart.hpp"

/// The headers of a multipart part and the parameters in them. Pure functions, any thread.
namespace zimu::http {

/// "form-data; name=\"a\"; filename*=UTF-8''b" taken apart: the value, then its parameters with names in
/// lower case and quoted values unescaped. Nothing when malformed.
struct ParameterizedValue {
  std::string value;
  std::vector<std::pair<std::string, std::string>> parameters;
  const std::string* find(std::string_view name) const;
};
std::optional<ParameterizedValue> parse_parameterized(std::string_view text);

/// From the header lines of a part (each with its CR LF, without the empty line). kInvalidArgument when they
/// are malformed or name no field.
Result<MultipartParser::Part> parse_part_headers(std::string_view lines);

}  // namespace zimu::http
