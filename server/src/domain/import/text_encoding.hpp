#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"

/// Private to domain/.
namespace zimu::domain::import {

/// Any text file as UTF-8 without a mark. kBadMedia with the number of the first line that cannot be read.
Result<std::string> text_of(std::string_view bytes);

}  // namespace zimu::domain::import
