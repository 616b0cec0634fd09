#pragma once
#include <optional>
#include <span>
#include <string_view>

namespace zimu::config {

/// The known name with the smallest edit distance (Levenshtein 1966) to `name`, or nullopt when none is close
/// enough to be a likely typing error.
std::optional<std::string_view> nearest_name(std::string_view name, std::span<const std::string_view> known);

}  // namespace zimu::config
