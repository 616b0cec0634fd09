// Resumable uploads: tus 1.0.0 over app::UploadService.
#include <fmt/format.h>

#include "api/fields.hpp"
#include "api/routes.hpp"
#include "api/tus.hpp"
#include "http/response_head.hpp"
#include "http/status.hpp"

namespace zimu::api {
namespace {

constexpr std::string_view kUploads = "/api/v1/uploads";
constexpr std::string_view kMediaIdHeader = "Zimu-Media-Id";
constexpr int kLocked = 423;
constexpr int kChecksumMismatch = 460;

/// The bytes of one request on their way to the file. Shared by the coroutine and its tasks on the pool.
struct Transfer {
  std::unique_ptr<app::UploadService::Writer> writer;
  std::optional<Checksum> checksum;
  Timestamp expires_at{};
  bool locked = false;    ///< another request is writing
  bool mismatch = false;  ///< the bytes were not those of the checksum
};

/// Where an upload is after a request.
struct Reached {
  std::uint64_t offset = 0;
  std::string media_id;  ///< set when it is finished
};

void add_expiry(http::Response& response, Timestamp expires_at) {
  response.headers.add("Upload-Expires", http::http_date(std::chrono::system_clock::to_time_t(expires_at)));
}

void add_reached(http::Response& response, const Reached& reached, Timestamp expires_at) {
  response.headers.add("Upload-Offset", std::to_string(reached.offset));
  if (reached.media_id.empty()) {
    add_expiry(response, expires_at);
  } else {
    response.headers.add(std::string(kMediaIdHeader), reached.media_id);
  }
}

/// The statuses that tus has of its own.
http::Response transfer_problem(const Transfer& transfer, const Error& error) {
  if (transfer.mismatch) return http::problem_with_status(kChecksumMismatch, error);
  if (transfer.locked) return http::problem_with_status(kLocked, error);
  return http::Response::problem(error);
}

http::Awaitable<Result<>> copy_body(Context& context, http::Request& request, std::shared_ptr<Transfer> transfer) {
  while (true) {
    ZIMU_CO_TRY(const auto piece, co_await request.body->next());
    if (piece.empty()) co_return Result<>{};
    // The next piece leaves the socket when this one is in the file.
    const auto write = [transfer, piece]() -> Result<> {
      if (transfer->checksum) transfer->checksum->update(piece);
      return transfer->writer->append(piece);
    };
    ZIMU_CO_TRY_VOID(co_await http::run_blocking(context.pool, write));
    if (context.count_upload_bytes) context.count_upload_bytes(piece.size());
  }
}

/// Ends the writing, whatever came of it. Bytes with a checksum count all or not at all; others stay. Blocking.
Result<Reached> settle(Transfer& transfer, const Result<>& copied) {
  const auto writer = std::move(transfer.writer);
  if (!copied) {
    if (transfer.checksum) ZIMU_TRY_VOID(writer->roll_back());
    return std::unexpected(copied.error());
  }
  if (transfer.checksum && !transfer.checksum->matches()) {
    transfer.mismatch = true;
    ZIMU_TRY_VOID(writer->roll_back());
    return fail(ErrorCode::kInvalidArgument, "the bytes do not have the checksum that Upload-Checksum gives",
                "send them again from the same offset");
  }
  Reached reached{writer->offset(), {}};
  ZIMU_TRY(const auto media, writer->close());
  if (media) reached.media_id = media->id;
  return reached;
}

/// `transfer->writer` is open. Its destruction flushes the file, so it ends on the pool.
http::Awaitable<Result<Reached>> run_transfer(Context& context, http::Request& request,
                                              std::shared_ptr<Transfer> transfer) {
  const auto copied = co_await copy_body(context, request, transfer);
  const auto finish = [transfer, copied] { return settle(*transfer, copied); };
  co_return co_await http::run_blocking(context.pool, finish);
}

/// `length`: a deferred one that is known now. Blocking.
Result<> open_transfer(Context& context, Transfer& transfer, const std::string& id, std::uint64_t offset,
                       std::optional<std::uint64_t> length) {
  // Before the length: with it the upload may be complete, and the writer is to finish it.
  ZIMU_TRY(const auto status, context.uploads.status(id));
  transfer.expires_at = status.upload.expires_at;
  if (length) ZIMU_TRY_VOID(context.uploads.set_size(id, *length));
  auto writer = context.uploads.open(id, offset);
  if (!writer) {
    transfer.locked = writer.error().code == ErrorCode::kUnavailable;
    return std::unexpected(std::move(writer).error());
  }
  transfer.writer = std::move(*writer);
  return {};
}

/// The bytes that came with the creation. The client does not know the upload yet: what fails is taken back.
http::Awaitable<http::Response> upload_at_creation(Context& context, http::Request& request, std::string id,
                                                   std::shared_ptr<Transfer> transfer) {
  const auto open = [&context, transfer, id] { return open_transfer(context, *transfer, id, 0, std::nullopt); };
  auto opened = co_await http::run_blocking(context.pool, open);
  Result<Reached> reached;
  if (opened) {
    reached = co_await run_transfer(context, request, transfer);
  } else {
    reached = std::unexpected(opened.error());
  }
  http::Response response = http::Response::empty(201);
  if (reached) {
    add_reached(response, *reached, transfer->expires_at);
    co_return response;
  }
  const auto take_back = [&context, id] { return context.uploads.terminate(id); };
  static_cast<void>(co_await http::run_blocking(context.pool, take_back));
  co_return transfer_problem(*transfer, reached.error());
}

http::Awaitable<http::Response> create_upload(Context& context, http::Request& request) {
  if (request.headers.find("Upload-Concat")) {
    co_return http::problem_with_status(400, {ErrorCode::kUnsupported, "the concatenation extension is not offered"});
  }
  app::UploadService::Create wanted;
  ZIMU_REPLY_TRY(wanted.size, declared_length(request));
  wanted.metadata = std::string(request.headers.find("Upload-Metadata").value_or(""));
  ZIMU_REPLY_TRY(auto metadata, parse_upload_metadata(wanted.metadata));
  wanted.file_name = std::move(metadata.file_name);
  wanted.content_type = std::move(metadata.content_type);
  const auto transfer = std::make_shared<Transfer>();
  ZIMU_REPLY_TRY(transfer->checksum, checksum_header(request));
  ZIMU_REPLY_TRY(const bool with_upload, has_upload_body(request));

  const auto create = [&context, wanted] { return context.uploads.create(wanted); };
  ZIMU_REPLY_TRY(const auto status, co_await http::run_blocking(context.pool, create));
  http::Response response = http::Response::empty(201);
  const Reached reached{status.offset, status.upload.media_id};
  if (with_upload && reached.media_id.empty()) {
    response = co_await upload_at_creation(context, request, status.upload.id, transfer);
  } else {
    add_reached(response, reached, status.upload.expires_at);
  }
  if (response.status == 201) response.headers.add("Location", fmt::format("{}/{}", kUploads, status.upload.id));
  co_return response;
}

http::Awaitable<http::Response> append_upload(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "upload"));
  if (media_type(request) != kTusBodyType) {
    co_return http::Response::problem(
        {ErrorCode::kUnsupported, fmt::format("the body's Content-Type must be {}", kTusBodyType)});
  }
  ZIMU_REPLY_TRY(const auto offset, byte_header(request, "Upload-Offset"));
  if (!offset) co_return http::Response::problem({ErrorCode::kInvalidArgument, "Upload-Offset must be given"});
  ZIMU_REPLY_TRY(const auto length, byte_header(request, "Upload-Length"));
  const auto transfer = std::make_shared<Transfer>();
  ZIMU_REPLY_TRY(transfer->checksum, checksum_header(request));

  const auto open = [&context, transfer, id, at = *offset, length] {
    return open_transfer(context, *transfer, id, at, length);
  };
  if (const auto opened = co_await http::run_blocking(context.pool, open); !opened) {
    co_return transfer_problem(*transfer, opened.error());
  }
  const auto reached = co_await run_transfer(context, request, transfer);
  if (!reached) co_return transfer_problem(*transfer, reached.error());
  http::Response response = http::Response::empty(204);
  add_reached(response, *reached, transfer->expires_at);
  co_return response;
}

http::Awaitable<http::Response> head_upload(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "upload"));
  const auto look = [&context, id] { return context.uploads.status(id); };
  ZIMU_REPLY_TRY(const auto status, co_await http::run_blocking(context.pool, look));
  http::Response response = http::Response::empty(200);
  add_reached(response, {status.offset, status.upload.media_id}, status.upload.expires_at);
  if (status.upload.size) {
    response.headers.add("Upload-Length", std::to_string(*status.upload.size));
  } else {
    response.headers.add("Upload-Defer-Length", "1");
  }
  if (!status.upload.metadata.empty()) response.headers.add("Upload-Metadata", status.upload.metadata);
  co_return response;
}

http::Awaitable<http::Response> delete_upload(Context& context, http::Request& request) {
  ZIMU_REPLY_TRY(const auto id, path_id(request, "upload"));
  const auto transfer = std::make_shared<Transfer>();
  const auto terminate = [&context, transfer, id]() -> Result<> {
    auto ended = context.uploads.terminate(id);
    transfer->locked = !ended && ended.error().code == ErrorCode::kUnavailable;
    return ended;
  };
  const auto ended = co_await http::run_blocking(context.pool, terminate);
  co_return ended ? http::Response::empty(204) : transfer_problem(*transfer, ended.error());
}

/// For clients behind something that lets only GET and POST through.
http::Awaitable<http::Response> post_upload(Context& context, http::Request& request) {
  const auto method = request.headers.find("X-HTTP-Method-Override").value_or("");
  if (method == "PATCH") co_return co_await append_upload(context, request);
  if (method == "DELETE") co_return co_await delete_upload(context, request);
  if (method == "HEAD") co_return co_await head_upload(context, request);
  const Error error{ErrorCode::kUnsupported, "POST is offered here with X-HTTP-Method-Override only",
                    "use PATCH, HEAD or DELETE"};
  http::Response response = http::problem_with_status(405, error);
  response.headers.add("Allow", "HEAD, PATCH, DELETE, OPTIONS");
  co_return response;
}

http::Awaitable<http::Response> describe_uploads(Context& context, http::Request&) {
  http::Response response = http::Response::empty(204);
  response.headers.add("Tus-Resumable", std::string(kTusVersion));
  response.headers.add("Tus-Version", std::string(kTusVersion));
  response.headers.add("Tus-Extension", std::string(kTusExtensions));
  response.headers.add("Tus-Max-Size", std::to_string(context.max_upload_bytes));
  response.headers.add("Tus-Checksum-Algorithm", std::string(kChecksumAlgorithms));
  co_return response;
}

/// What every tus request and answer has in common.
http::Awaitable<http::Response> speak_tus(Context& context, http::Request& request, HandlerFn handler) {
  http::Response response;
  if (request.headers.find("Tus-Resumable") == kTusVersion) {
    response = co_await handler(context, request);
  } else {
    const Error error{ErrorCode::kInvalidArgument, fmt::format("Tus-Resumable must be {}", kTusVersion),
                      "use a tus 1.0.0 client"};
    response = http::problem_with_status(412, error);
    response.headers.add("Tus-Version", std::string(kTusVersion));
  }
  response.headers.set("Tus-Resumable", std::string(kTusVersion));
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

http::Handler tus(Context& context, HandlerFn handler) {
  return guarded(context, [&context, handler](http::Request& request) { return speak_tus(context, request, handler); });
}

}  // namespace

void add_upload_routes(http::Router& router, Context& context) {
  using http::BodyPolicy;
  const std::string all(kUploads);
  const std::string one = all + "/{id}";
  router.add("OPTIONS", all, bind(context, describe_uploads));
  router.add("OPTIONS", one, bind(context, describe_uploads));
  router.add("POST", all, tus(context, create_upload), BodyPolicy::kStream);
  router.add("POST", one, tus(context, post_upload), BodyPolicy::kStream);
  router.add("PATCH", one, tus(context, append_upload), BodyPolicy::kStream);
  router.add("HEAD", one, tus(context, head_upload));
  router.add("DELETE", one, tus(context, delete_upload));
}

}  // namespace zimu::api
