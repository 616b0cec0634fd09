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

/// Every setting of the server, read once at start from the environment; flags override. An empty variable
/// counts as not set, because `.env` files and compose hand over empty ones. Thread: any (plain values).
struct Config {
  std::string listen_address = "127.0.0.1";  ///< always an IP address; "localhost" becomes 127.0.0.1
  std::uint16_t listen_port = 8080;          ///< 0 = any free port
  std::filesystem::path data_dir = "./data";
  std::filesystem::path model_dir;  ///< default: data_dir/models
  std::string model = "base";
  std::string device = "auto";
  int workers = 1;
  int threads = 0;
  std::string worker_command;  ///< default: zimu-worker beside this program; see split_command
  std::uint64_t max_upload_bytes = 53'687'091'200;
  int model_idle_seconds = 300;
  std::string log_level = "info";     ///< trace | debug | info | warn | error | off
  std::string log_format = "auto";    ///< auto | text | json
  std::string journal_mode = "auto";  ///< auto | wal | delete
  std::filesystem::path web_root;     ///< default: found beside the program, else nothing is served
  std::string ollama_host = "http://127.0.0.1:11434";  ///< with scheme, without a slash at the end
  std::string ollama_model;
  std::string hf_endpoint = "https://huggingface.co";  ///< without a slash at the end
  bool hf_offline = false;
};

struct Setting {
  std::string name;    ///< "ZIMU_LISTEN"
  std::string value;   ///< as it counts; user and password inside a URL are masked
  std::string origin;  ///< "default" | "environment" | "flag --listen"
};

using Environment = std::map<std::string, std::string>;
Environment process_environment();

struct Loaded {
  Config config;
  std::vector<Setting> settings;  ///< for --print-config, in a fixed order
};
/// kInvalidArgument naming the variable, its value and what it may be; an unknown ZIMU_* variable is an error
/// with the nearest known name as suggestion. `flags` are NAME → value pairs that override ("ZIMU_LISTEN" →
/// "0.0.0.0:80"). `program` is the path of this program (argv[0] or /proc/self/exe); its defaults are looked
/// for beside it.
Result<Loaded> load(const Environment& environment, const std::map<std::string, std::string>& flags,
                    const std::filesystem::path& program);

/// The command as argv: words at blanks, '…' and "…" keep blanks, a backslash takes the next character as it
/// is (not inside '…'). No expansion of any kind. An open quote runs to the end.
std::vector<std::string> split_command(std::string_view command);

}  // namespace zimu::config
