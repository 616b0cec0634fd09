#pragma once
#include <sys/socket.h>

namespace zimu::outbound {

/// True for an IPv4 or IPv6 address of the public internet. False for loopback, private, link-local,
/// carrier-grade NAT, multicast, unspecified, documentation and reserved ranges (IANA special-purpose
/// registries, RFC 6890), for IPv4 addresses of those kinds inside IPv6 (mapped, NAT64, 6to4), and for every
/// other family.
bool is_public_address(const sockaddr* address, socklen_t size) noexcept;

}  // namespace zimu::outbound
