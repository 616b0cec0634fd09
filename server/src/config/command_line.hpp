#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// Reading and writing ZIMU_WORKER_COMMAND. Private to config/.
namespace zimu::config::detail {

struct SplitCommand {
  std::vector<std::string> words;
  bool open_quote = false;  ///< the command ended inside a quote or after a backslash
};
SplitCommand split(std::string_view command);
/// One word that `split` reads back as `word`.
std::string quote(const std::string& word);

}  // namespace zimu::config::detail
