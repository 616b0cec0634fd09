#pragma once
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

/// The Asio spellings that change between Boost versions, in one place. Private to http/.
namespace zimu::http {

/// Awaited operations answer (error_code, …) instead of throwing.
inline constexpr auto kAsTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace zimu::http
