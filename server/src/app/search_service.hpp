#pragma once
#include <optional>
#include <string>

#include "app/store.hpp"

namespace zimu::app {

/// Full text over all transcripts, or over one. Blocking; thread: any.
class SearchService {
 public:
  explicit SearchService(Store& store) : store_(store) {}

  struct Request {
    std::string text;                         ///< as it was typed
    std::optional<std::string> transcript_id;
    int limit = 50;
    std::optional<std::string> cursor;        ///< `next` of the page before
  };
  /// kInvalidArgument for a query or a cursor that cannot be; kNotFound when the transcript is not there.
  Result<SearchPage> search(const Request& request);

 private:
  Store& store_;
};

}  // namespace zimu::app
