#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/api.hpp"

namespace zimu::api {

/// What a multipart/form-data request held: its small text fields in order and one file, already on disk in incoming/.
/// A file that nobody adopts is removed with the form; let go of a big one on the pool.
struct Form {
  std::vector<std::pair<std::string, std::string>> fields;  ///< valid UTF-8
  std::unique_ptr<app::UploadService::Staged> file;         ///< null: no file part with that name
  std::string file_name;                                    ///< display text, never a path
  std::string file_type;

  /// The first field of that name.
  std::optional<std::string> value(std::string_view name) const;
  /// All fields of that name, in order.
  std::vector<std::string> values(std::string_view name) const;
};

struct FormLimits {
  std::size_t field_bytes = 64U << 10U;
  std::size_t fields = 63;
};

/// Reads a multipart/form-data body: fields into memory, the part named `file_field` to disk, in any order. One piece is
/// in memory at a time: the next leaves the socket when this one is written. Blocking work is done on the pool.
/// kUnsupported: not multipart/form-data; kInvalidArgument: malformed, a second file, a file under another name, a field
/// that is not UTF-8; kTooLarge past a limit; kNoSpace on a full disk. Nothing stays on disk after an error.
http::Awaitable<Result<std::shared_ptr<Form>>> receive_form(Context& context, http::Request& request,
                                                            std::string file_field, FormLimits limits = {});

}  // namespace zimu::api
