#include "doctor/connect_probe.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/file.hpp"

namespace zimu::doctor {
namespace {

using Clock = std::chrono::steady_clock;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, FreeAddresses>;

AddressList look_up(const std::string& host, const char* port, int flags, int& error) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  error = ::getaddrinfo(host.c_str(), port, &hints, &list);
  return AddressList(error == 0 ? list : nullptr);
}

Resolved resolve_now(const std::string& host) {
  Resolved out;
  const AddressList list = look_up(host, nullptr, 0, out.error);
  for (const addrinfo* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) != 0)
      continue;
    if (std::find(out.addresses.begin(), out.addresses.end(), text.data()) == out.addresses.end())
      out.addresses.emplace_back(text.data());
  }
  return out;
}

/// Two owners: the caller and the thread, which may outlive the call.
struct Answer {
  std::mutex mutex;  ///< guards `found`
  std::condition_variable came;
  std::optional<Resolved> found;
};

int connect_one(const addrinfo& target, Clock::time_point deadline) {
  const UniqueFd fd(::socket(target.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno;
  if (::connect(fd.get(), target.ai_addr, target.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd wait{fd.get(), POLLOUT, 0};
  int ready = 0;
  do {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    ready = ::poll(&wait, 1, static_cast<int>(std::max<long long>(left, 0)));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

/// The network of our own address on the way to `target`. A UDP socket sends nothing when it is connected.
std::string subnet_towards(const addrinfo& target) {
  if (target.ai_family != AF_INET) return {};
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in own{};
  socklen_t size = sizeof own;
  if (!fd || ::connect(fd.get(), target.ai_addr, target.ai_addrlen) != 0) return {};
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0) return {};
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_netmask == nullptr || entry->ifa_addr->sa_family != AF_INET)
      continue;
    sockaddr_in address{};
    sockaddr_in mask{};
    std::memcpy(&address, entry->ifa_addr, sizeof address);
    std::memcpy(&mask, entry->ifa_netmask, sizeof mask);
    if (address.sin_addr.s_addr != own.sin_addr.s_addr) continue;
    in_addr network{};
    network.s_addr = own.sin_addr.s_addr & mask.sin_addr.s_addr;
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &network, text.data(), text.size());
    return fmt::format("{}/{}", text.data(), std::popcount(mask.sin_addr.s_addr));
  }
  return {};
}

}  // namespace

Resolved resolve(const std::string& host, std::chrono::milliseconds limit) {
  const auto answer = std::make_shared<Answer>();
  std::thread([answer, host] {
    Resolved found = resolve_now(host);
    const std::scoped_lock lock(answer->mutex);
    answer->found = std::move(found);
    answer->came.notify_all();
  }).detach();
  std::unique_lock lock(answer->mutex);
  answer->came.wait_for(lock, limit, [&] { return answer->found.has_value(); });
  if (answer->found) return *answer->found;
  Resolved slow;
  slow.slow = true;
  return slow;
}

Connected connect_tcp(const std::vector<std::string>& addresses, int port, std::chrono::milliseconds limit) {
  Connected out;
  const auto deadline = Clock::now() + limit;
  bool first = true;
  for (const std::string& address : addresses) {
    int error = 0;
    const AddressList target =
        look_up(address, std::to_string(port).c_str(), AI_NUMERICHOST | AI_NUMERICSERV, error);
    if (!target) continue;
    error = connect_one(*target, deadline);
    if (error == 0 || first) {
      out.error = error;
      out.address = address;
      out.subnet = subnet_towards(*target);
    }
    if (error == 0) return out;
    first = false;
  }
  if (first) out.error = EADDRNOTAVAIL;
  return out;
}

}  // namespace zimu::doctor
