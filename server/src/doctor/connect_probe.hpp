#pragma once
#include <chrono>
#include <string>
#include <vector>

namespace zimu::doctor {

struct Resolved {
  int error = 0;                       ///< EAI_…
  bool slow = false;                   ///< no answer within the limit
  std::vector<std::string> addresses;  ///< numeric, as the system orders them
};
/// getaddrinfo in a thread that is left alone when it takes too long (it ends by itself).
Resolved resolve(const std::string& host, std::chrono::milliseconds limit);

struct Connected {
  int error = 0;        ///< errno; ETIMEDOUT when the limit passed
  std::string address;  ///< the one that was reached, or the first that failed
  std::string subnet;   ///< of the interface that leads there: "172.30.250.0/24"; empty: unknown
};
/// Tries each address with TCP; the limit is for all of them together.
Connected connect_tcp(const std::vector<std::string>& addresses, int port, std::chrono::milliseconds limit);

}  // namespace zimu::doctor
