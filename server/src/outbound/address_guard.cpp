#include "outbound/address_guard.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

namespace zimu::outbound {
namespace {

struct V4Range {
  std::uint32_t base;
  int bits;
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return (a << 24U) | (b << 16U) | (c << 8U) | d;
}

constexpr std::array kNotPublicV4{
    V4Range{v4(0, 0, 0, 0), 8},        // "this network"; 0.0.0.0 reaches the own machine
    V4Range{v4(10, 0, 0, 0), 8},       // private
    V4Range{v4(100, 64, 0, 0), 10},    // carrier-grade NAT
    V4Range{v4(127, 0, 0, 0), 8},      // loopback
    V4Range{v4(169, 254, 0, 0), 16},   // link-local, cloud metadata
    V4Range{v4(172, 16, 0, 0), 12},    // private
    V4Range{v4(192, 0, 0, 0), 24},     // IETF protocol assignments
    V4Range{v4(192, 0, 2, 0), 24},     // documentation
    V4Range{v4(192, 88, 99, 0), 24},   // 6to4 relays
    V4Range{v4(192, 168, 0, 0), 16},   // private
    V4Range{v4(198, 18, 0, 0), 15},    // benchmarks
    V4Range{v4(198, 51, 100, 0), 24},  // documentation
    V4Range{v4(203, 0, 113, 0), 24},   // documentation
    V4Range{v4(224, 0, 0, 0), 3},      // multicast, reserved, broadcast
};

bool is_public_v4(std::uint32_t address) noexcept {
  return std::none_of(kNotPublicV4.begin(), kNotPublicV4.end(), [address](const V4Range& range) {
    return ((address ^ range.base) >> (32 - range.bits)) == 0;
  });
}

using V6Bytes = std::array<std::uint8_t, 16>;

bool has_prefix(const V6Bytes& address, std::initializer_list<std::uint8_t> bytes) noexcept {
  return std::equal(bytes.begin(), bytes.end(), address.begin());
}

std::uint32_t embedded_v4(const V6Bytes& address, std::size_t at) noexcept {
  return v4(address[at], address[at + 1], address[at + 2], address[at + 3]);
}

bool is_public_v6(const V6Bytes& a) noexcept {
  if (has_prefix(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}))
    return is_public_v4(embedded_v4(a, 12));  // mapped
  if (has_prefix(a, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}))
    return is_public_v4(embedded_v4(a, 12));                                // NAT64
  if (has_prefix(a, {0x20, 0x02})) return is_public_v4(embedded_v4(a, 2));  // 6to4
  if ((a[0] & 0xe0U) != 0x20) return false;                                 // only 2000::/3 is global unicast
  if (has_prefix(a, {0x20, 0x01}) && a[2] < 2) return false;  // 2001::/23: Teredo and other specials
  if (has_prefix(a, {0x20, 0x01, 0x0d, 0xb8})) return false;  // documentation
  if (has_prefix(a, {0x3f, 0xff}) && (a[2] & 0xf0U) == 0) return false;  // documentation, RFC 9637
  return true;
}

}  // namespace

bool is_public_address(const sockaddr* address, socklen_t size) noexcept {
  if (address == nullptr || size < sizeof(sa_family_t)) return false;
  if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    return is_public_v4(ntohl(in.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in{};
    std::memcpy(&in, address, sizeof in);
    V6Bytes bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return is_public_v6(bytes);
  }
  return false;
}

}  // namespace zimu::outbound
