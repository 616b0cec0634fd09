#pragma once
#include <filesystem>

#include "cli/settings.hpp"

namespace zimu::cli {

struct ServeArguments {
  Overrides overrides;
  bool print_config = false;
  /// A recording put into an empty library at the very first start; its text is printed once it is there, and again
  /// at later starts.
  std::filesystem::path sample;
};

/// `zimu serve`: builds the object graph, serves until SIGTERM or SIGINT, stops gracefully. A second signal stops now.
int serve_command(const ServeArguments& arguments);

}  // namespace zimu::cli
