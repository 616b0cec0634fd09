#pragma once
#include <string>
#include <string_view>

namespace zimu {

/// A new UUIDv7 (RFC 9562 §5.7) in its 36-character text form: sorts by creation time, also within one
/// millisecond of one process. Thread: any.
std::string new_uuid();
/// True for the lower-case 36-character text form of any UUID. Ids that fail this never reach a path or SQL.
bool is_uuid(std::string_view text) noexcept;

}  // namespace zimu
