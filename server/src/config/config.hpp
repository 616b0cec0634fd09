#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace zimu::config {

/// Every setting of the server, read once at start from the environment; flags override (docs: design §5).
struct Config {
  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 8080;
  std::filesystem::path data_dir = "./data";
  std::filesystem::path model_dir;            ///< default: data_dir/models
  std::string model = "base";
  std::string device = "auto";
  int workers = 1;
  int threads = 0;
  std::string worker_command;                 ///< default: zimu-worker beside this program
  std::uint64_t max_upload_bytes = 53'687'091'200;
  int model_idle_seconds = 300;
  std::string log_level = "info";
  std::string log_format = "auto";            ///< auto | text | json
  std::string journal_mode = "auto";          ///< auto | wal | delete
  std::filesystem::path web_root;             ///< default: found beside the program, else nothing is served
  std::string ollama_host = "http://127.0.0.1:11434";
  std::string ollama_model;
  std::string hf_endpoint = "https://huggingface.co";
  bool hf_offline = false;
};

struct Setting {
  std::string name;    ///< "ZIMU_LISTEN"
  std::string value;
  std::string origin;  ///< "default" | "environment" | "flag --listen"
};

using Environment = std::map<std::string, std::string>;
Environment process_environment();

struct Loaded {
  Config config;
  std::vector<Setting> settings;  ///< for --print-config, in a fixed order
};
/// kInvalidArgument naming the variable, its value and what it may be; an unknown ZIMU_* variable is an error with the
/// nearest known name as suggestion. `flags` are NAME → value pairs that override ("ZIMU_LISTEN" → "0.0.0.0:80").
Result<Loaded> load(const Environment& environment, const std::map<std::string, std::string>& flags,
                    const std::filesystem::path& program);

}  // namespace zimu::config
