# Writes OUTPUT, a C++ source with every FOLDER/NNNN_name.sql, in order. Numbers must be 1, 2, 3 … without a gap.
# EXTRA: more files, of any name, that get the numbers after those (the next Zimu of the upgrade tests).
file(GLOB files "${FOLDER}/[0-9]*.sql")
list(SORT files)
set(rows "")
set(expected 1)
foreach(file IN LISTS files EXTRA)
  get_filename_component(name "${file}" NAME_WE)
  list(FIND EXTRA "${file}" extra)
  if(extra EQUAL -1)
    if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
      message(FATAL_ERROR "${file}: a migration is named NNNN_name.sql")
    endif()
    set(name "${CMAKE_MATCH_2}")
    math(EXPR number "1${CMAKE_MATCH_1} - 10000")
    if(NOT number EQUAL expected)
      message(FATAL_ERROR "${file}: expected number ${expected}")
    endif()
  endif()
  # Bytes, not text: CMake lists would eat the semicolons.
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" escaped "${hex}")
  string(REGEX REPLACE "(\\\\x0a)" "\\1\"\n    \"" escaped "${escaped}")
  string(APPEND rows "    Migration{${expected}, \"${name}\",\n    \"${escaped}\"},\n")
  math(EXPR expected "${expected} + 1")
endforeach()
file(WRITE "${OUTPUT}" "// Generated from storage/migrations by embed_migrations.cmake.
#include <array>

#include \"storage/migrations.hpp\"

namespace zimu::storage {
namespace {
constexpr std::array kMigrations{
${rows}};
}  // namespace

std::span<const Migration> embedded_migrations() noexcept { return kMigrations; }

}  // namespace zimu::storage
")
