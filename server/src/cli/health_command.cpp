#include "cli/health_command.hpp"

#include <fmt/format.h>

#include "cli/server_client.hpp"
#include "cli/settings.hpp"

namespace zimu::cli {

int health_command() {
  const auto loaded = load_settings({});
  const auto asked = loaded ? ask_health(loaded->config) : Result<>(std::unexpected(loaded.error()));
  if (asked) return 0;
  fmt::print(stderr, "zimu: {}\n", asked.error().message);
  return 1;
}

}  // namespace zimu::cli
