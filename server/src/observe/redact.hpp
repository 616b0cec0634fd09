#pragma once
#include <string>
#include <string_view>

namespace zimu::observe {

/// `text` with everything that looks like a secret replaced by `***`: user and password in URLs, what follows
/// "Bearer " or "Basic ", values of token=, key=, password= and the like, and Hugging Face and OpenAI style
/// keys. A net below careful callers, not a licence to log secrets. Thread: any.
std::string redact(std::string_view text);

}  // namespace zimu::observe
