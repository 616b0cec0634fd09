#include "cli/json_text.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace zimu::cli {

std::string json_text(std::string_view text) {
  // File names on Linux are bytes; JSON is not.
  std::string clean;
  for (const char c : text) clean += static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' ? '?' : c;
  return boost::json::serialize(boost::json::value(clean));
}

}  // namespace zimu::cli
