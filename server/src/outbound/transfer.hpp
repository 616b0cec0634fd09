#pragma once
#include <curl/curl.h>

#include <cstdint>
#include <optional>

#include "outbound/http_client.hpp"

namespace zimu::outbound {

/// Everything the callbacks of one transfer share.
struct Transfer {
  const HttpRequest& request;
  const StreamHandlers* handlers = nullptr;  ///< null: the body is kept
  CURL* handle = nullptr;
  HttpResponse response;
  std::optional<Error> error;  ///< ours, beats libcurl's
  std::uint64_t body_bytes = 0;
  bool head_told = false;
  bool enough = false;   ///< the rest of an error page is not wanted
  bool blocked = false;  ///< an address was refused by the guard

  bool keeps_body() const { return handlers == nullptr || !response.ok(); }
  std::uint64_t body_limit() const {
    return keeps_body() && handlers != nullptr ? kMaxErrorBody : request.max_bytes;
  }
};

/// What libcurl reports, in a sentence for people. libcurl's own texts may quote the URL, so they are not
/// used.
Error transfer_error(const Transfer& transfer, CURLcode code);
Error too_large_error(const Transfer& transfer);

}  // namespace zimu::outbound
