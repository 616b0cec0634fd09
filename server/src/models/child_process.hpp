#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace zimu::models {

struct ChildOptions {
  std::vector<std::string> argv;         ///< argv[0] is looked for in PATH; no shell in between
  std::vector<std::string> environment;  ///< "NAME=value" that replace or add to this process's own
  std::filesystem::path folder;          ///< where it runs; Python looks for modules there
  std::filesystem::path log;             ///< gets standard output and standard error, replaced
  std::function<bool()> keep_going =
      {};  ///< asked a few times a second; false kills the child and all it started
};

/// Runs a program to its end and gives its exit status (128 + n after signal n). kNotFound when there is no
/// such program, kCancelled when `keep_going` said no. It inherits no descriptor but its log. Blocking;
/// thread: any.
Result<int> run_child(const ChildOptions& options);

}  // namespace zimu::models
