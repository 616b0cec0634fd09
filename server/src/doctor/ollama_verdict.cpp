#include <fmt/ranges.h>
#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "doctor/ollama_facts.hpp"

namespace zimu::doctor {
namespace {

bool is_loopback(const std::string& host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1" || host == "[::1]";
}

bool is_docker_name(const std::string& host) {
  return host == "host.docker.internal" || host == "gateway.docker.internal";
}

std::string host_url(const OllamaFacts& f, const Platform& platform) {
  return fmt::format("OLLAMA_HOST=http://{}:{}",
                     platform.podman ? "host.containers.internal" : "host.docker.internal", f.port);
}

/// How Ollama is made to listen on more than its own 127.0.0.1.
std::string listen_fix() {
  return "if it runs there, it listens on 127.0.0.1 alone: sudo systemctl edit ollama, add under [Service] "
         "Environment=\"OLLAMA_HOST=0.0.0.0:11434\", then sudo systemctl restart ollama; if not: ollama "
         "serve";
}

std::string no_proxy_fix(const OllamaFacts& f) {
  return fmt::format(
      "set NO_PROXY={},server,localhost and no_proxy likewise (in .env, and in ~/.docker/config.json if that "
      "hands over {})",
      f.host, f.proxy_variable);
}

std::string elsewhere_hints(const Platform& platform) {
  std::string hints;
  if (platform.wsl) {
    hints +=
        "; on WSL2 with Ollama on Windows: that address is Linux, not Windows; set OLLAMA_HOST to the "
        "address of Windows' vEthernet (WSL) "
        "and allow port 11434 in its firewall, or use Docker Desktop";
  }
  if (platform.rootless && platform.podman) {
    hints += "; rootless Podman: set OLLAMA_HOST=http://host.containers.internal:11434";
  } else if (platform.rootless) {
    hints +=
        "; rootless Docker shuts off the host: set DOCKERD_ROOTLESS_ROOTLESSKIT_DISABLE_HOST_LOOPBACK=false "
        "for dockerd and "
        "OLLAMA_HOST=http://10.0.2.2:11434";
  }
  return hints;
}

bool name_fails(const OllamaFacts& f, const Platform& platform, Check& check) {
  if (f.resolve_error == 0 && !f.resolve_slow) return false;
  if (f.resolve_slow || f.resolve_error == EAI_AGAIN) {
    check.degraded("ollama.dns_silent", 
        fmt::format(
            "the name {} was not looked up: the DNS server does not answer (asked: {})", f.host,
            f.name_servers.empty() ? "none is set" : fmt::format("{}", fmt::join(f.name_servers, ", "))),
        "check the name servers of /etc/resolv.conf (dns: in the compose file), or write an IP address into "
        "OLLAMA_HOST");
  } else if (is_docker_name(f.host)) {
    check.degraded("ollama.docker_name", 
        fmt::format("the name {} does not resolve", f.host),
        platform.podman
            ? "Podman calls the host host.containers.internal: " + host_url(f, platform)
            : "give the service server in the compose file: extra_hosts: "
              "[\"host.docker.internal:host-gateway\"] "
              "(docker-compose.yml has it; docker run --add-host=host.docker.internal:host-gateway)");
  } else if (f.host == "host.containers.internal") {
    check.degraded("ollama.podman_name", fmt::format("the name {} does not resolve", f.host),
                   "only Podman knows it; with Docker: OLLAMA_HOST=http://host.docker.internal:11434");
  } else {
    check.degraded("ollama.name_unknown", 
        fmt::format("the name {} does not resolve", f.host),
        platform.container()
            ? fmt::format(
                  "a service of this compose file is called by its service name (ollama), the host {}",
                  host_url(f, platform))
            : "check the name in OLLAMA_HOST");
  }
  return true;
}

bool connection_fails(const OllamaFacts& f, const Platform& platform, Check& check) {
  if (f.connect_error == 0) return false;
  const std::string place = fmt::format("{}:{}", f.address, f.port);
  if (is_loopback(f.host) && platform.container()) {
    check.degraded("ollama.container_itself", 
        fmt::format("nothing listens on {}: inside a container that is the container itself", place),
        host_url(f, platform));
  } else if (f.connect_error == ECONNREFUSED && is_loopback(f.host)) {
    check.degraded("ollama.not_running", fmt::format("connection refused by {}: Ollama does not run", place),
                   "sudo systemctl start ollama, or ollama serve; everything but translation and summaries "
                   "works without it");
  } else if (f.connect_error == ECONNREFUSED) {
    check.degraded("ollama.refused", 
        fmt::format("connection refused by {}: Ollama does not run there, or it is bound to 127.0.0.1",
                    place),
        listen_fix() + elsewhere_hints(platform));
  } else if (f.connect_error == ETIMEDOUT || f.connect_error == EHOSTUNREACH ||
             f.connect_error == ECONNRESET || f.connect_error == EACCES || f.connect_error == EPERM) {
    const std::string how = f.connect_error == ETIMEDOUT ? "timeout: no answer within 2 s"
                                                         : std::system_category().message(f.connect_error);
    check.degraded("ollama.firewall", 
        fmt::format("{} cannot be reached ({}): a firewall stands in between, or nothing is at that address",
                    place, how),
        fmt::format("on the host: sudo ufw allow from {} to any port {} proto tcp (firewalld: sudo "
                    "firewall-cmd --permanent "
                    "--zone=trusted --add-source={} && sudo firewall-cmd --reload); a rule for docker0 alone "
                    "does not reach compose networks{}",
                    f.subnet.empty() ? "172.16.0.0/12" : f.subnet, f.port,
                    f.subnet.empty() ? "172.16.0.0/12" : f.subnet, elsewhere_hints(platform)));
  } else {
    check.degraded("ollama.unreachable", 
        fmt::format("{} cannot be reached: {}", place, std::system_category().message(f.connect_error)),
        "check the network of the container (docker compose with network_mode: none or internal: true has no "
        "way out), and OLLAMA_HOST" +
            elsewhere_hints(platform));
  }
  return true;
}

void not_ollama(const OllamaFacts& f, Check& check) {
  const std::string what = f.status == 0 ? f.http_error
                                         : fmt::format("HTTP {}{}", f.status,
                                                       f.html                   ? ", a web page"
                                                       : f.content_type.empty() ? ""
                                                                                : ", " + f.content_type);
  if (!f.proxy.empty()) {
    check.degraded("ollama.proxy",
        fmt::format("the request to {} goes through the proxy {} ({}), which answers {}", f.url,
                               f.proxy, f.proxy_variable, what),
                   no_proxy_fix(f));
  } else if (f.status == 0) {
    check.degraded("ollama.hangs", fmt::format("{} takes connections, but: {}", f.url, f.http_error),
                   "Ollama may be busy loading or hang: look at its log (journalctl -u ollama), restart it");
  } else if (f.status == 401 || f.status == 403) {
    check.degraded("ollama.login", fmt::format("{} refuses the request ({})", f.url, what),
                   "take the login off, or write user and password into OLLAMA_HOST; Ollama itself wants "
                   "OLLAMA_ORIGINS=* for other host names");
  } else if (f.status >= 500) {
    check.degraded("ollama.gateway", 
        fmt::format("what answers at {} is a gateway or a broken server, not Ollama: {}", f.url, what),
        "check OLLAMA_HOST and what stands in front of Ollama; see journalctl -u ollama");
  } else {
    check.degraded("ollama.other_program", fmt::format("what answers at {} is not Ollama: {}", f.url, what),
                   "check host and port in OLLAMA_HOST (Ollama's own port is 11434)");
  }
}

void judge_models(const OllamaFacts& f, Check& check) {
  if (f.tags_status != 200) {
    check.degraded("ollama.no_list", 
        fmt::format("Ollama {} does not list its models (HTTP {})", f.version, f.tags_status.value_or(0)),
        "update Ollama, or look at its log");
    return;
  }
  check.fact(f.models.empty() ? "no model" : fmt::format("models {}", fmt::join(f.models, " ")));
  if (f.wanted_model.empty()) {
    check.fact("none is chosen (OLLAMA_MODEL)");
  } else if (!has_model(f.models, f.wanted_model)) {
    check.degraded("ollama.model_missing", fmt::format("Ollama has no model {}", f.wanted_model),
                   fmt::format("on the machine of Ollama: ollama pull {}", f.wanted_model));
  } else {
    check.fact(fmt::format("{} is used", f.wanted_model));
  }
}

}  // namespace

bool has_model(const std::vector<std::string>& models, std::string_view wanted) {
  const std::string full =
      wanted.find(':') == std::string_view::npos ? fmt::format("{}:latest", wanted) : std::string(wanted);
  return std::find(models.begin(), models.end(), full) != models.end();
}

Check judge_ollama(const OllamaFacts& f, const Platform& platform) {
  Check check{"ollama"};
  check.fact(f.url);
  if (!f.addresses.empty() && f.addresses != std::vector{f.host})
    check.fact(fmt::format("is {}", fmt::join(f.addresses, " ")));
  if (!f.proxy.empty()) check.fact(fmt::format("through the proxy {} ({})", f.proxy, f.proxy_variable));
  // Through a proxy the name and the way are the proxy's matter.
  if (f.proxy.empty() && (name_fails(f, platform, check) || connection_fails(f, platform, check)))
    return check;
  if (f.version.empty()) {
    not_ollama(f, check);
    return check;
  }
  check.fact("Ollama " + f.version);
  judge_models(f, check);
  return check;
}

}  // namespace zimu::doctor
