#include "doctor/ollama_probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <charconv>
#include <sstream>

#include "base/file.hpp"
#include "doctor/connect_probe.hpp"
#include "doctor/proxy_rules.hpp"
#include "outbound/http_client.hpp"

namespace zimu::doctor {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kConnect{2000};
constexpr std::chrono::milliseconds kResolve{3000};
constexpr std::chrono::milliseconds kAnswer{3000};
constexpr std::size_t kMaxModels = 200;
constexpr std::uint64_t kSmallFile = 1U << 20U;

/// "http://user:pw@host:11434" → scheme, host without brackets, port.
void split_url(const std::string& url, std::string& scheme, OllamaFacts& facts) {
  const auto origin = outbound::origin_of(url).value_or(url);  // without user and path
  const auto mark = origin.find("://");
  scheme = origin.substr(0, mark);
  std::string rest = mark == std::string::npos ? origin : origin.substr(mark + 3);
  facts.port = scheme == "https" ? 443 : 80;
  const auto colon = rest.rfind(':');
  if (colon != std::string::npos && rest.find(']', colon) == std::string::npos) {
    std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), facts.port);
    rest.resize(colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  facts.host = rest;
}

std::vector<std::string> name_servers(const std::string& resolv_conf) {
  std::vector<std::string> servers;
  std::istringstream lines(resolv_conf);
  for (std::string word; lines >> word;) {
    if (word == "nameserver" && lines >> word) servers.push_back(word);
  }
  return servers;
}

Result<outbound::HttpResponse> ask(const config::Config& config, const char* path) {
  outbound::HttpRequest request;
  request.url = config.ollama_host + path;
  request.connect_timeout = kConnect;
  request.total_timeout = kAnswer;
  request.max_bytes = kSmallFile;
  return outbound::HttpClient().get(request);
}

bool looks_like_html(const outbound::HttpResponse& answer) {
  const auto first = answer.body.find_first_not_of(" \t\r\n");
  return answer.header("content-type").find("html") != std::string_view::npos ||
         (first != std::string::npos && answer.body[first] == '<');
}

/// The text at `field` of a JSON object; empty for anything else.
std::string text_field(const json::value& value, std::string_view field) {
  const auto* object = value.if_object();
  const auto* found = object != nullptr ? object->if_contains(field) : nullptr;
  const auto* text = found != nullptr ? found->if_string() : nullptr;
  return text != nullptr ? std::string(*text) : std::string();
}

void ask_version(const config::Config& config, OllamaFacts& facts) {
  const auto answer = ask(config, "/api/version");
  if (!answer) {
    facts.http_error = answer.error().message;
    return;
  }
  facts.status = answer->status;
  facts.content_type = answer->header("content-type");
  facts.html = looks_like_html(*answer);
  boost::system::error_code ec;
  const json::value parsed = json::parse(answer->body, ec);
  if (!ec && answer->status == 200) facts.version = text_field(parsed, "version").substr(0, 40);
}

void ask_models(const config::Config& config, OllamaFacts& facts) {
  const auto answer = ask(config, "/api/tags");
  if (!answer) return;
  facts.tags_status = answer->status;
  boost::system::error_code ec;
  const json::value parsed = json::parse(answer->body, ec);
  const auto* object = ec ? nullptr : parsed.if_object();
  const auto* models = object != nullptr ? object->if_contains("models") : nullptr;
  if (models == nullptr || !models->is_array()) return;
  for (const json::value& model : models->get_array()) {
    if (std::string name = text_field(model, "name"); !name.empty() && facts.models.size() < kMaxModels)
      facts.models.push_back(std::move(name));
  }
}

}  // namespace

OllamaFacts look_at_ollama(const config::Config& config, const Places& places) {
  OllamaFacts facts;
  facts.url = without_password(config.ollama_host);
  facts.wanted_model = config.ollama_model;
  facts.name_servers = name_servers(read_file(places.resolv_conf, kSmallFile).value_or(""));
  std::string scheme;
  split_url(config.ollama_host, scheme, facts);
  const ProxyChoice choice = proxy_for(scheme, facts.host, environment);
  facts.proxy = choice.proxy;
  facts.proxy_variable = choice.variable;
  if (facts.proxy.empty()) {
    const Resolved resolved = resolve(facts.host, kResolve);
    facts.resolve_error = resolved.error;
    facts.resolve_slow = resolved.slow;
    facts.addresses = resolved.addresses;
    if (resolved.error != 0 || resolved.slow) return facts;
    const Connected connected = connect_tcp(resolved.addresses, facts.port, kConnect);
    facts.connect_error = connected.error;
    facts.address = connected.address;
    facts.subnet = connected.subnet;
    if (connected.error != 0) return facts;
  }
  ask_version(config, facts);
  if (!facts.version.empty()) ask_models(config, facts);
  return facts;
}

}  // namespace zimu::doctor
