#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/check.hpp"
#include "doctor/platform.hpp"

namespace zimu::doctor {

/// Ollama is asked in steps, so that the one that fails names the cause.
struct OllamaFacts {
  std::string url;  ///< OLLAMA_HOST, without a password
  std::string host;
  int port = 0;
  std::string proxy;  ///< that the request goes through; empty: none
  std::string proxy_variable;

  int resolve_error = 0;      ///< EAI_…; 0: resolved
  bool resolve_slow = false;  ///< no answer in time
  std::vector<std::string> addresses;

  int connect_error = 0;  ///< errno; 0: connected; ETIMEDOUT: nothing came back
  std::string address;    ///< that this was said of
  std::string subnet;     ///< "172.30.250.0/24": where our packets come from; empty: unknown

  std::string http_error;  ///< of the request; empty: there was an answer
  int status = 0;          ///< of /api/version
  std::string content_type;
  bool html = false;
  std::string version;  ///< empty: what answered is not Ollama

  std::optional<int> tags_status;
  std::vector<std::string> models;
  std::string wanted_model;  ///< OLLAMA_MODEL

  std::vector<std::string> name_servers;  ///< of resolv.conf
};

/// Pure: every failure is `degraded` at most, Zimu works without Ollama.
Check judge_ollama(const OllamaFacts& facts, const Platform& platform);

/// "qwen3" is "qwen3:latest".
bool has_model(const std::vector<std::string>& models, std::string_view wanted);

}  // namespace zimu::doctor
