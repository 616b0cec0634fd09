# Writes OUTPUT, a C++ source that holds INPUT's bytes.
file(READ "${INPUT}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" escaped "${hex}")
string(REGEX REPLACE "(\\\\x0a)" "\\1\"\n    \"" escaped "${escaped}")
file(WRITE "${OUTPUT}" "// Generated from docs/openapi.json by embed_openapi.cmake.
#include \"api/openapi.hpp\"

namespace zimu::api {

std::string_view openapi_document() noexcept {
  return
    \"${escaped}\";
}

}  // namespace zimu::api
")
