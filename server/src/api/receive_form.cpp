#include "api/receive_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/utf8.hpp"
#include "http/multipart.hpp"
#include "http/url.hpp"

namespace zimu::api {
namespace {

/// Puts the parts where they belong. Used on the pool, one call at a time.
class FormSink final : public http::MultipartParser::Sink {
 public:
  FormSink(app::UploadService& uploads, Form& form, std::string file_field, FormLimits limits)
      : uploads_(uploads), form_(form), file_field_(std::move(file_field)), limits_(limits) {}

  Result<> on_part(const http::MultipartParser::Part& part) override {
    in_file_ = part.name == file_field_;
    if (in_file_) return begin_file(part);
    if (part.file_name) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("the form field '{}' is a file", part.name),
                  fmt::format("send the file in the field '{}'", file_field_));
    }
    if (form_.fields.size() >= limits_.fields) {
      return fail(ErrorCode::kTooLarge, fmt::format("the form has more than {} fields", limits_.fields));
    }
    form_.fields.emplace_back(part.name, std::string());
    return {};
  }

  Result<> on_data(std::span<const std::byte> bytes) override {
    if (in_file_) return form_.file->append(bytes);
    auto& [name, value] = form_.fields.back();
    if (bytes.size() > limits_.field_bytes - value.size()) {
      return fail(ErrorCode::kTooLarge, fmt::format("the form field '{}' is over {} bytes", name, limits_.field_bytes),
                  "send a shorter value");
    }
    value.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }

  Result<> on_part_end() override {
    if (in_file_ || is_utf8(form_.fields.back().second)) return {};
    return fail(ErrorCode::kInvalidArgument, fmt::format("the form field '{}' is not UTF-8", form_.fields.back().first),
                "send text as UTF-8");
  }

 private:
  Result<> begin_file(const http::MultipartParser::Part& part) {
    if (form_.file) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("the form has two files in '{}'", file_field_),
                  "send one file in a request");
    }
    ZIMU_TRY(form_.file, uploads_.stage());
    form_.file_name = part.file_name.value_or(std::string());
    form_.file_type = part.content_type;
    return {};
  }

  app::UploadService& uploads_;
  Form& form_;
  const std::string file_field_;
  const FormLimits limits_;
  bool in_file_ = false;
};

/// Shared by the coroutine and the task on the pool.
struct Receiving {
  std::shared_ptr<Form> form = std::make_shared<Form>();
  http::MultipartParser parser;
  FormSink sink;

  Receiving(http::MultipartParser p, app::UploadService& uploads, std::string file_field, FormLimits limits)
      : parser(std::move(p)), sink(uploads, *form, std::move(file_field), limits) {}
};

http::Awaitable<Result<>> receive_parts(Context& context, http::Request& request, std::shared_ptr<Receiving> receiving) {
  while (true) {
    ZIMU_CO_TRY(const auto piece, co_await request.body->next());
    if (piece.empty()) co_return receiving->parser.finish();
    const auto feed = [receiving, piece] { return receiving->parser.feed(piece, receiving->sink); };
    ZIMU_CO_TRY_VOID(co_await http::run_blocking(context.pool, feed));
  }
}

}  // namespace

std::optional<std::string> Form::value(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [name](const auto& field) { return field.first == name; });
  if (found == fields.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> Form::values(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [key, value] : fields) {
    if (key == name) found.push_back(value);
  }
  return found;
}

http::Awaitable<Result<std::shared_ptr<Form>>> receive_form(Context& context, http::Request& request,
                                                            std::string file_field, FormLimits limits) {
  ZIMU_CO_TRY(auto parser, http::MultipartParser::create(request.headers.find("Content-Type").value_or("")));
  auto receiving = std::make_shared<Receiving>(std::move(parser), context.uploads, std::move(file_field), limits);
  const auto received = co_await receive_parts(context, request, receiving);
  if (received) co_return receiving->form;
  // Removing a big file takes its time.
  const auto drop = [receiving]() -> Result<> {
    receiving->form->file.reset();
    return {};
  };
  static_cast<void>(co_await http::run_blocking(context.pool, drop));
  co_return std::unexpected(received.error());
}

}  // namespace zimu::api
