#pragma once
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/result.hpp"
#include "base/time.hpp"

/// Strict reading of one JSON object: the first wrong field is remembered, the rest read as defaults. Private to
/// protocol/. Unknown fields are ignored (they are how the protocol grows).
namespace zimu::protocol::detail {

class Fields {
 public:
  Fields(const boost::json::object& object, std::string_view type) : object_(object), type_(type) {}

  std::string text(std::string_view name, bool required = false) {
    const auto* value = find(name, required);
    if (value == nullptr) return {};
    if (!value->is_string()) return wrong(name, "a string"), std::string();
    return std::string(value->get_string());
  }
  std::int64_t integer(std::string_view name, std::int64_t fallback = 0, bool required = false) {
    const auto* value = find(name, required);
    if (value == nullptr) return fallback;
    if (value->is_int64()) return value->get_int64();
    return wrong(name, "a whole number"), fallback;
  }
  Milliseconds millis(std::string_view name, bool required = false) {
    const auto value = integer(name, 0, required);
    if (value < 0 || value > kMaxMediaMs) return wrong(name, "a time in milliseconds"), Milliseconds{0};
    return Milliseconds{value};
  }
  /// A time that may lie before zero.
  Milliseconds offset(std::string_view name) {
    const auto value = integer(name);
    if (value < -kMaxMediaMs || value > kMaxMediaMs) return wrong(name, "a time in milliseconds"), Milliseconds{0};
    return Milliseconds{value};
  }
  /// A number of windows or segments.
  std::int64_t index(std::string_view name, bool required = false) {
    const auto value = integer(name, 0, required);
    if (value < 0 || value > kMaxIndex) return wrong(name, "a place in a list, from 0"), 0;
    return value;
  }
  int small(std::string_view name, int fallback = 0) {
    const auto value = integer(name, fallback);
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
      return wrong(name, "a small whole number"), fallback;
    }
    return static_cast<int>(value);
  }
  double number(std::string_view name, double fallback = 0) {
    const auto* value = find(name, false);
    if (value == nullptr) return fallback;
    if (value->is_int64()) return static_cast<double>(value->get_int64());
    if (value->is_uint64()) return static_cast<double>(value->get_uint64());
    if (value->is_double() && std::isfinite(value->get_double())) return value->get_double();
    return wrong(name, "a number"), fallback;
  }
  float real(std::string_view name) {
    constexpr double kGreatest = std::numeric_limits<float>::max();
    return static_cast<float>(std::clamp(number(name), -kGreatest, kGreatest));
  }
  bool flag(std::string_view name) {
    const auto* value = find(name, false);
    if (value == nullptr) return false;
    if (value->is_bool()) return value->get_bool();
    return wrong(name, "true or false"), false;
  }
  const boost::json::array* array(std::string_view name) {
    const auto* value = find(name, false);
    if (value == nullptr) return nullptr;
    if (!value->is_array()) return wrong(name, "a list"), nullptr;
    return &value->get_array();
  }
  const boost::json::object* object(std::string_view name, bool required = false) {
    const auto* value = find(name, required);
    if (value == nullptr) return nullptr;
    if (!value->is_object()) return wrong(name, "an object"), nullptr;
    return &value->get_object();
  }
  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> out;
    if (const auto* list = array(name)) {
      for (const auto& item : *list) {
        if (!item.is_string()) return wrong(name, "a list of strings"), out;
        out.emplace_back(item.get_string());
      }
    }
    return out;
  }
  void wrong(std::string_view name, std::string_view expected) {
    if (problem_.empty()) problem_ = fmt::format("{}: field '{}' must be {}", type_, name, expected);
  }
  void absorb(const Fields& inner) {
    if (problem_.empty()) problem_ = inner.problem_;
  }
  Result<> verdict() const {
    return problem_.empty() ? Result<>{} : fail(ErrorCode::kProtocol, problem_);
  }

 private:
  static constexpr std::int64_t kMaxIndex = kMaxMediaMs;  // a window or a segment takes some time

  const boost::json::value* find(std::string_view name, bool required) {
    const auto* value = object_.if_contains(name);
    if (value != nullptr && value->is_null()) value = nullptr;
    if (value == nullptr && required) wrong(name, "there");
    return value;
  }

  const boost::json::object& object_;
  std::string_view type_;
  std::string problem_;
};

}  // namespace zimu::protocol::detail
