#pragma once
#include <optional>

#include "api/api.hpp"

/// Zimu has no login on localhost, so the browser of the same person is the way in for any web page they open.
/// Non-browser clients send none of the headers looked at here and are not affected.
namespace zimu::api {

/// Refuses what a foreign page made a browser send; nullopt: serve it.
///  - Another site's POST, PUT, PATCH or DELETE: by Sec-Fetch-Site (Fetch Metadata, W3C), else by Origin against Host.
///  - With `local_only`, any request under a Host that public DNS could point here (DNS rebinding). IP addresses, names
///    without a dot, localhost and the names reserved for local networks are served.
std::optional<Error> check_browser(const http::Request& request, bool local_only);

/// `handler` behind `check_browser` (403). Answers that do not say otherwise are not stored, not embedded in other
/// sites' pages, and inert when opened as a page.
http::Handler guarded(Context& context, http::Handler handler);

}  // namespace zimu::api
