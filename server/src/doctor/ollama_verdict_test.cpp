#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <cerrno>
#include <map>

#include "doctor/ollama_facts.hpp"
#include "doctor/proxy_rules.hpp"

namespace zimu::doctor {
namespace {

using ::testing::HasSubstr;

OllamaFacts good() {
  OllamaFacts f;
  f.url = "http://host.docker.internal:11434";
  f.host = "host.docker.internal";
  f.port = 11434;
  f.addresses = {"172.17.0.1"};
  f.address = "172.17.0.1";
  f.subnet = "172.30.250.0/24";
  f.status = 200;
  f.content_type = "application/json";
  f.version = "0.12.6";
  f.tags_status = 200;
  f.models = {"qwen3:latest", "llama3.2:1b"};
  f.wanted_model = "qwen3";
  return f;
}

void unreachable(OllamaFacts& f, int error) {
  f.version.clear();
  f.status = 0;
  f.connect_error = error;
}
void answers(OllamaFacts& f, int status, bool html = false) {
  f.version.clear();
  f.status = status;
  f.html = html;
}

struct Case {
  const char* name;
  void (*change)(OllamaFacts&, Platform&);
  const char* cause;
  const char* fix;
};

class OllamaCause : public ::testing::TestWithParam<Case> {};

TEST_P(OllamaCause, IsNamedWithItsFix) {
  OllamaFacts facts = good();
  Platform platform;
  platform.docker = true;
  GetParam().change(facts, platform);
  const Check check = judge_ollama(facts, platform);
  EXPECT_EQ(check.verdict(), Verdict::kDegraded) << "Zimu works without Ollama";
  EXPECT_THAT(check.detail(), HasSubstr(GetParam().cause));
  EXPECT_THAT(check.action(), HasSubstr(GetParam().fix));
}

using F = OllamaFacts;
using P = Platform;
INSTANTIATE_TEST_SUITE_P(
    All, OllamaCause,
    ::testing::Values(Case{"no_extra_hosts", [](F& f, P&) { f.resolve_error = EAI_NONAME; },
                           "does not resolve", "extra_hosts: [\"host.docker.internal:host-gateway\"]"},
                      Case{"podman_name",
                           [](F& f, P& p) {
                             f.resolve_error = EAI_NONAME;
                             p.docker = false;
                             p.podman = true;
                           },
                           "does not resolve", "http://host.containers.internal:11434"},
                      Case{"podman_name_in_docker",
                           [](F& f, P&) {
                             f.resolve_error = EAI_NONAME;
                             f.host = "host.containers.internal";
                           },
                           "does not resolve", "only Podman"},
                      Case{"other_name",
                           [](F& f, P&) {
                             f.resolve_error = EAI_NONAME;
                             f.host = "olama";
                           },
                           "the name olama does not resolve", "service name"},
                      Case{"dns_down",
                           [](F& f, P&) {
                             f.resolve_slow = true;
                             f.name_servers = {"10.9.9.9"};
                           },
                           "does not answer (asked: 10.9.9.9)", "resolv.conf"},
                      Case{"refused", [](F& f, P&) { unreachable(f, ECONNREFUSED); },
                           "connection refused by 172.17.0.1:11434", "OLLAMA_HOST=0.0.0.0:11434"},
                      Case{"refused_wsl",
                           [](F& f, P& p) {
                             unreachable(f, ECONNREFUSED);
                             p.wsl = true;
                           },
                           "refused", "vEthernet (WSL)"},
                      Case{"refused_rootless",
                           [](F& f, P& p) {
                             unreachable(f, ECONNREFUSED);
                             p.rootless = true;
                           },
                           "refused", "DISABLE_HOST_LOOPBACK=false"},
                      Case{"own_loopback",
                           [](F& f, P&) {
                             unreachable(f, ECONNREFUSED);
                             f.host = f.address = "127.0.0.1";
                           },
                           "the container itself", "OLLAMA_HOST=http://host.docker.internal:11434"},
                      Case{"not_running",
                           [](F& f, P& p) {
                             unreachable(f, ECONNREFUSED);
                             f.host = f.address = "127.0.0.1";
                             p.docker = false;
                           },
                           "does not run", "systemctl start ollama"},
                      Case{"firewall_drops", [](F& f, P&) { unreachable(f, ETIMEDOUT); }, "timeout",
                           "ufw allow from 172.30.250.0/24 to any port 11434"},
                      Case{"firewall_rejects",
                           [](F& f, P&) {
                             unreachable(f, EHOSTUNREACH);
                             f.subnet.clear();
                           },
                           "No route to host", "ufw allow from 172.16.0.0/12"},
                      Case{"no_network", [](F& f, P&) { unreachable(f, ENETUNREACH); },
                           "Network is unreachable", "network_mode: none"},
                      Case{"proxy",
                           [](F& f, P&) {
                             answers(f, 502, true);
                             f.proxy = "http://proxy:3128";
                             f.proxy_variable = "http_proxy";
                           },
                           "through the proxy http://proxy:3128 (http_proxy)",
                           "NO_PROXY=host.docker.internal,server,localhost"},
                      Case{"dead_proxy",
                           [](F& f, P&) {
                             answers(f, 0);
                             f.http_error = "no connection";
                             f.proxy = "http://proxy:3128";
                             f.proxy_variable = "all_proxy";
                           },
                           "no connection", "NO_PROXY=host.docker.internal"},
                      Case{"gateway", [](F& f, P&) { answers(f, 502, true); }, "HTTP 502, a web page",
                           "journalctl -u ollama"},
                      Case{"web_page", [](F& f, P&) { answers(f, 200, true); },
                           "is not Ollama: HTTP 200, a web page", "11434"},
                      Case{"not_found", [](F& f, P&) { answers(f, 404); }, "is not Ollama: HTTP 404",
                           "check host and port"},
                      Case{"login", [](F& f, P&) { answers(f, 401); }, "refuses the request (HTTP 401",
                           "OLLAMA_ORIGINS"},
                      Case{"hangs",
                           [](F& f, P&) {
                             answers(f, 0);
                             f.http_error = "did not answer in time";
                           },
                           "did not answer in time", "journalctl -u ollama"},
                      Case{"no_model", [](F& f, P&) { f.wanted_model = "qwen3:8b"; }, "has no model qwen3:8b",
                           "ollama pull qwen3:8b"},
                      Case{"no_list", [](F& f, P&) { f.tags_status = 500; }, "HTTP 500", "update Ollama"}),
    [](const auto& test) { return test.param.name; });

TEST(Ollama, GoodWithAModelAndWithoutAChoice) {
  EXPECT_EQ(judge_ollama(good(), {}).verdict(), Verdict::kGood);
  OllamaFacts facts = good();
  facts.wanted_model.clear();
  EXPECT_EQ(judge_ollama(facts, {}).verdict(), Verdict::kGood);
}

TEST(Ollama, ModelNames) {
  EXPECT_TRUE(has_model({"qwen3:latest"}, "qwen3"));
  EXPECT_TRUE(has_model({"qwen3:8b"}, "qwen3:8b"));
  EXPECT_FALSE(has_model({"qwen3:8b"}, "qwen3"));
  EXPECT_FALSE(has_model({}, "qwen3"));
}

TEST(ProxyRules, NoProxyMatchesAsCurlDoes) {
  EXPECT_TRUE(bypasses_proxy("*", "anything"));
  EXPECT_TRUE(bypasses_proxy("localhost, host.docker.internal", "host.docker.internal"));
  EXPECT_TRUE(bypasses_proxy(".internal", "host.docker.internal"));
  EXPECT_TRUE(bypasses_proxy("Internal", "HOST.docker.internal"));
  EXPECT_FALSE(bypasses_proxy("ternal", "host.docker.internal"));
  EXPECT_FALSE(bypasses_proxy("", "host.docker.internal"));
  EXPECT_TRUE(bypasses_proxy("172.16.0.0/12", "172.17.0.1"));
  EXPECT_FALSE(bypasses_proxy("172.16.0.0/12", "172.32.0.1"));
  EXPECT_TRUE(bypasses_proxy("0.0.0.0/0", "172.32.0.1"));
}

TEST(ProxyRules, CapitalsDoNotCountForHttp) {
  std::map<std::string, std::string> set{{"HTTP_PROXY", "http://capital:1"}};
  const auto variable = [&set](const char* name) { return set.contains(name) ? set[name] : std::string(); };
  EXPECT_EQ(proxy_for("http", "ollama", variable).proxy, "");
  set = {{"HTTPS_PROXY", "http://me:secret@capital:1"}};
  EXPECT_EQ(proxy_for("https", "ollama", variable).proxy, "http://***@capital:1");
  set = {{"http_proxy", "http://p:1"}, {"NO_PROXY", "ollama"}};
  EXPECT_EQ(proxy_for("http", "ollama", variable).proxy, "");
  EXPECT_EQ(proxy_for("http", "127.0.0.1", variable).proxy, "")
      << "this machine is never asked through a proxy";
  EXPECT_EQ(proxy_for("http", "other", variable).variable, "http_proxy");
  set = {{"all_proxy", "socks5://p:1"}};
  EXPECT_EQ(proxy_for("http", "other", variable).variable, "all_proxy");
}

}  // namespace
}  // namespace zimu::doctor
