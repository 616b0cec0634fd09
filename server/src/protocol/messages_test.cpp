#include "protocol/messages.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

namespace zimu::protocol {
namespace {

namespace json = boost::json;

constexpr std::int64_t kGreatest = std::int64_t{1} << 40;

template <class T>
T round_trip(const T& message) {
  if constexpr (std::is_constructible_v<Request, T>) {
    const auto back = decode_request(encode(Request(message)));
    EXPECT_TRUE(back) << back.error().message;
    return back ? std::get<T>(*back) : T{};
  } else {
    const auto back = decode_event(encode(Event(message)));
    EXPECT_TRUE(back) << back.error().message;
    return back ? std::get<T>(*back) : T{};
  }
}

std::string problem_of_request(const std::string& line) {
  const auto request = decode_request(line);
  if (request) return "";
  EXPECT_EQ(request.error().code, ErrorCode::kProtocol);
  return request.error().message;
}

std::string problem_of_event(const std::string& line) {
  const auto event = decode_event(line);
  if (event) return "";
  EXPECT_EQ(event.error().code, ErrorCode::kProtocol);
  return event.error().message;
}

TEST(Messages, TranscribeKeepsEveryField) {
  TranscribeRequest sent;
  sent.job = "j \" \\ \n";
  sent.media_path = "/a/字幕.mp4";
  sent.model_path = "/m";
  sent.options = {"base", "zh", domain::Task::kTranslate, true, "a\tprompt", "cuda", 7, 3, 0.25F, 2, {"en", "yue"}};
  sent.resume_at = Milliseconds{kGreatest};
  sent.next_window = kGreatest;
  sent.next_segment = 12;
  sent.resume_language = "yue";
  sent.resume_language_probability = 0.5F;
  sent.span_start = Milliseconds{4};
  sent.span_end = Milliseconds{kGreatest};
  const auto got = round_trip(sent);
  EXPECT_EQ(got.job, sent.job);
  EXPECT_EQ(got.media_path, sent.media_path);
  EXPECT_EQ(got.model_path, sent.model_path);
  EXPECT_EQ(got.options.model, "base");
  EXPECT_EQ(got.options.language, "zh");
  EXPECT_EQ(got.options.task, domain::Task::kTranslate);
  EXPECT_TRUE(got.options.words);
  EXPECT_EQ(got.options.prompt, "a\tprompt");
  EXPECT_EQ(got.options.device, "cuda");
  EXPECT_EQ(got.options.threads, 7);
  EXPECT_EQ(got.options.audio_stream, 3);
  EXPECT_EQ(got.options.temperature, 0.25F);
  EXPECT_EQ(got.options.beam_size, 2);
  EXPECT_EQ(got.options.languages, (std::vector<std::string>{"en", "yue"}));
  EXPECT_EQ(got.resume_at, sent.resume_at);
  EXPECT_EQ(got.next_window, sent.next_window);
  EXPECT_EQ(got.next_segment, 12);
  EXPECT_EQ(got.resume_language, "yue");
  EXPECT_EQ(got.resume_language_probability, 0.5F);
  EXPECT_EQ(got.span_start, sent.span_start);
  EXPECT_EQ(got.span_end, sent.span_end);
}

TEST(Messages, ASpanEndsAfterItsStart) {
  const auto with = [](const std::string& span) {
    return problem_of_request(R"({"type":"transcribe","job":"j","media":"/a","model":"/m","span":)" + span + "}");
  };
  for (const char* good : {"null", "{}", R"({"start_ms":0,"end_ms":0})", R"({"start_ms":7})", R"({"start_ms":7,"end_ms":8})"}) {
    EXPECT_EQ(with(good), "") << good;
  }
  EXPECT_NE(with(R"({"start_ms":7,"end_ms":7})").find("'end_ms'"), std::string::npos);
  EXPECT_NE(with(R"({"start_ms":-1,"end_ms":7})").find("'start_ms'"), std::string::npos);
  EXPECT_NE(with(R"({"end_ms":"7"})").find("'end_ms'"), std::string::npos);
  EXPECT_NE(with("7").find("'span'"), std::string::npos);
}

TEST(Messages, LeftOutOptionsHaveTheirDefaults) {
  for (const char* line : {R"({"type":"transcribe","job":"j","media":"/a","model":"/m"})",
                           R"({"type":"transcribe","job":"j","media":"/a","model":"/m","options":null,"resume":null})",
                           R"({"type":"transcribe","job":"j","media":"/a","model":"/m","options":{"language":"",
                               "device":null,"audio_stream":null},"resume":{"at_ms":null}})"}) {
    const auto request = decode_request(line);
    ASSERT_TRUE(request) << request.error().message;
    const auto& r = std::get<TranscribeRequest>(*request);
    EXPECT_EQ(r.options.model, "");
    EXPECT_EQ(r.options.language, "auto");
    EXPECT_EQ(r.options.task, domain::Task::kTranscribe);
    EXPECT_FALSE(r.options.words);
    EXPECT_EQ(r.options.device, "auto");
    EXPECT_EQ(r.options.threads, 0);
    EXPECT_EQ(r.options.audio_stream, -1);
    EXPECT_EQ(r.options.temperature, 0.0F);
    EXPECT_EQ(r.resume_at, Milliseconds{0});
    EXPECT_EQ(r.next_window, 0);
    EXPECT_EQ(r.span_start, Milliseconds{0});
    EXPECT_EQ(r.span_end, Milliseconds{0});
  }
}

TEST(Messages, SmallRequestsKeepEveryField) {
  const auto inspect = round_trip(InspectRequest{"a", "/b", "/c", "/d"});
  EXPECT_EQ(inspect.job + inspect.media_path + inspect.peaks_path + inspect.poster_path, "a/b/c/d");
  EXPECT_EQ(round_trip(CancelRequest{"x"}).job, "x");
}

TEST(Messages, HelloAndMediaKeepEveryField) {
  const auto hello = round_trip(HelloEvent{2, -5, "e", {"cpu", "cuda"}, {"words", ""}});
  EXPECT_EQ(hello.version, 2);
  EXPECT_EQ(hello.pid, -5);
  EXPECT_EQ(hello.engine, "e");
  EXPECT_EQ(hello.devices, (std::vector<std::string>{"cpu", "cuda"}));
  EXPECT_EQ(hello.features, (std::vector<std::string>{"words", ""}));

  MediaEvent sent{"j", {"wav", Milliseconds{5}, Milliseconds{-23}, true, {}}, 4};
  sent.info.streams.push_back({1, "audio", "aac", "eng", 2, 48'000, 3, 4, true});
  const auto media = round_trip(sent);
  EXPECT_EQ(media.job, "j");
  EXPECT_EQ(media.audio_stream, 4);
  EXPECT_EQ(media.info.format, "wav");
  EXPECT_EQ(media.info.duration, Milliseconds{5});
  EXPECT_EQ(media.info.start_offset, Milliseconds{-23});
  EXPECT_TRUE(media.info.has_video);
  ASSERT_EQ(media.info.streams.size(), 1U);
  const domain::Stream& stream = media.info.streams[0];
  EXPECT_EQ(stream.index, 1);
  EXPECT_EQ(stream.kind + stream.codec + stream.language, "audioaaceng");
  EXPECT_EQ(stream.channels, 2);
  EXPECT_EQ(stream.sample_rate_hz, 48'000);
  EXPECT_EQ(stream.width, 3);
  EXPECT_EQ(stream.height, 4);
  EXPECT_TRUE(stream.is_default);
}

TEST(Messages, EventsOfAJobKeepEveryField) {
  const auto language = round_trip(LanguageEvent{"j", "haw", 0.25F});
  EXPECT_EQ(language.job + language.language, "jhaw");
  EXPECT_EQ(language.probability, 0.25F);

  const auto progress = round_trip(ProgressEvent{"j", "loading", Milliseconds{1}, Milliseconds{2}, 11.5, "cpu"});
  EXPECT_EQ(progress.job + progress.stage + progress.device, "jloadingcpu");
  EXPECT_EQ(progress.done, Milliseconds{1});
  EXPECT_EQ(progress.total, Milliseconds{2});
  EXPECT_EQ(progress.speed, 11.5);

  const auto done = round_trip(DoneEvent{"j", Milliseconds{9}, 0.75, {{"encode", Milliseconds{3}}}, "cuda", "ff"});
  EXPECT_EQ(done.job + done.device + done.sha256, "jcudaff");
  EXPECT_EQ(done.duration, Milliseconds{9});
  EXPECT_EQ(done.audible_share_with_text, 0.75);
  ASSERT_EQ(done.timings.size(), 1U);
  EXPECT_EQ(done.timings[0].stage, "encode");
  EXPECT_EQ(done.timings[0].time, Milliseconds{3});

  const auto failed = round_trip(FailedEvent{"j", ErrorCode::kBadMedia, "m", "a", true});
  EXPECT_EQ(failed.job + failed.message + failed.action, "jma");
  EXPECT_EQ(failed.code, ErrorCode::kBadMedia);
  EXPECT_TRUE(failed.retryable);
}

TEST(Messages, WindowKeepsEveryField) {
  domain::Segment segment{7, Milliseconds{20}, Milliseconds{30}, "te\"xt", "me", {}, -0.5F, 1.5F, 0.25F, 0.75F, {0, 50364}};
  segment.words.push_back({Milliseconds{21}, Milliseconds{22}, " w", 0.125F});
  WindowEvent sent{"j", {3, Milliseconds{10}, Milliseconds{40}, {segment}, {{0.5F, "repetition", 2.25F}}, true}};
  EXPECT_FALSE(round_trip(sent).window.coverage) << "not measured stays not measured";
  sent.window.coverage = domain::Coverage{Milliseconds{25}, Milliseconds{10}, {{Milliseconds{11}, Milliseconds{12}}},
                                          {{Milliseconds{13}, Milliseconds{14}, "no_speech", "Thank you."}}};
  const auto got = round_trip(sent);
  EXPECT_EQ(got.job, "j");
  const domain::Window& window = got.window;
  EXPECT_EQ(window.index, 3);
  EXPECT_EQ(window.start, Milliseconds{10});
  EXPECT_EQ(window.end, Milliseconds{40});
  EXPECT_TRUE(window.silence);
  ASSERT_EQ(window.retries.size(), 1U);
  EXPECT_EQ(window.retries[0].temperature, 0.5F);
  EXPECT_EQ(window.retries[0].reason, "repetition");
  EXPECT_EQ(window.retries[0].value, 2.25F);
  ASSERT_TRUE(window.coverage);
  EXPECT_EQ(window.coverage->audible, Milliseconds{25});
  EXPECT_EQ(window.coverage->covered, Milliseconds{10});
  ASSERT_EQ(window.coverage->gaps.size(), 1U);
  EXPECT_EQ(window.coverage->gaps[0].start, Milliseconds{11});
  EXPECT_EQ(window.coverage->gaps[0].end, Milliseconds{12});
  ASSERT_EQ(window.coverage->left_out.size(), 1U);
  EXPECT_EQ(window.coverage->left_out[0].start, Milliseconds{13});
  EXPECT_EQ(window.coverage->left_out[0].end, Milliseconds{14});
  EXPECT_EQ(window.coverage->left_out[0].reason, "no_speech");
  EXPECT_EQ(window.coverage->left_out[0].text, "Thank you.");
  ASSERT_EQ(window.segments.size(), 1U);
  const domain::Segment& s = window.segments[0];
  EXPECT_EQ(s.index, 7);
  EXPECT_EQ(s.start, Milliseconds{20});
  EXPECT_EQ(s.end, Milliseconds{30});
  EXPECT_EQ(s.text, "te\"xt");
  EXPECT_EQ(s.speaker, "me");
  EXPECT_EQ(s.avg_logprob, -0.5F);
  EXPECT_EQ(s.compression_ratio, 1.5F);
  EXPECT_EQ(s.no_speech_prob, 0.25F);
  EXPECT_EQ(s.temperature, 0.75F);
  EXPECT_EQ(s.tokens, (std::vector<int>{0, 50364}));
  ASSERT_EQ(s.words.size(), 1U);
  EXPECT_EQ(s.words[0].start, Milliseconds{21});
  EXPECT_EQ(s.words[0].end, Milliseconds{22});
  EXPECT_EQ(s.words[0].text, " w");
  EXPECT_EQ(s.words[0].probability, 0.125F);
}

/// Messages of every type with values that nobody expects.
class Odd {
 public:
  explicit Odd(unsigned seed) : random_(seed) {}

  std::string text() {
    static const std::vector<std::string> kPieces{
        "a", " ", "\n", "\r", "\t", std::string(1, '\0'), "\x01", "\x7f", "\"", "\\", "/", "字", "👩‍👧", "\xE2\x80\xA8",
        "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe5\xad", "{", "}", "[", ":", "null", "-->"};
    std::string out;
    for (auto n = random_() % 8; n > 0; --n) out += kPieces[random_() % kPieces.size()];
    return out;
  }
  std::int64_t count() {
    switch (random_() % 4) {
      case 0: return 0;
      case 1: return kGreatest;
      default: return static_cast<std::int64_t>(random_() % 100'000);
    }
  }
  Milliseconds time() { return Milliseconds{count()}; }
  int small() {
    switch (random_() % 4) {
      case 0: return std::numeric_limits<int>::min();
      case 1: return std::numeric_limits<int>::max();
      default: return static_cast<int>(random_() % 1000) - 500;
    }
  }
  float real() {
    switch (random_() % 8) {
      case 0: return std::numeric_limits<float>::quiet_NaN();
      case 1: return std::numeric_limits<float>::infinity();
      case 2: return std::numeric_limits<float>::max();
      case 3: return -std::numeric_limits<float>::denorm_min();
      default: return static_cast<float>(static_cast<int>(random_() % 20'000) - 10'000) / 1000.0F;
    }
  }
  bool flag() { return random_() % 2 == 0; }
  std::size_t few() { return random_() % 4; }

  Request request() {
    switch (random_() % 3) {
      case 0: return InspectRequest{text(), text(), text(), text()};
      case 1: return CancelRequest{text()};
      default: break;
    }
    TranscribeRequest r;
    r.job = text();
    r.media_path = text();
    r.model_path = text();
    r.options = {text(), text() + "x", flag() ? domain::Task::kTranscribe : domain::Task::kTranslate, flag(), text(),
                 text() + "x", small(), small(), real()};
    r.resume_at = time();
    r.next_window = count();
    r.next_segment = count();
    r.resume_language = text();
    r.resume_language_probability = real();
    return r;
  }

  Event event() {
    switch (random_() % 8) {
      case 0: return HelloEvent{small(), small(), text(), {text(), text()}, {}};
      case 1: return media();
      case 2: return LanguageEvent{text(), text(), real()};
      case 3: return ProgressEvent{text(), text(), time(), time(), static_cast<double>(real()), text()};
      case 4: return DoneEvent{text(), time(), static_cast<double>(real()), {{text(), time()}}, text(), text()};
      case 5: return FailedEvent{text(), static_cast<ErrorCode>(random_() % 19), text(), text(), flag()};
      case 6: return UnknownEvent{"x" + text()};
      default: return WindowEvent{text(), window()};
    }
  }

 private:
  MediaEvent media() {
    MediaEvent event{text(), {text(), time(), flag() ? time() : -time(), flag(), {}}, small()};
    for (auto n = few(); n > 0; --n) {
      event.info.streams.push_back({small(), text(), text(), text(), small(), small(), small(), small(), flag()});
    }
    return event;
  }
  domain::Window window() {
    domain::Window out{count(), time(), {}, {}, {}, flag()};
    out.start = std::min(out.start, Milliseconds{kGreatest - 1});
    out.end = flag() ? Milliseconds{kGreatest} : out.start + Milliseconds{1};
    for (auto n = few(); n > 0; --n) out.retries.push_back({real(), text(), real()});
    if (flag()) {
      const Milliseconds audible = time();
      out.coverage = domain::Coverage{audible, flag() ? audible : Milliseconds{0}, {}, {}};
      for (auto n = few(); n > 0; --n) out.coverage->gaps.push_back({time(), Milliseconds{kGreatest}});
      for (auto n = few(); n > 0; --n) out.coverage->left_out.push_back({time(), Milliseconds{kGreatest}, text(), text()});
    }
    for (auto n = few(); n > 0; --n) {
      domain::Segment s{count(), time(), {}, text(), text(), {}, real(), real(), real(), real(), {}};
      s.end = flag() ? s.start : Milliseconds{kGreatest};
      for (auto w = few(); w > 0; --w) s.words.push_back({time(), time(), text(), real()});
      for (auto t = few(); t > 0; --t) s.tokens.push_back(static_cast<int>(random_() % (1U << 24U)));
      out.segments.push_back(std::move(s));
    }
    return out;
  }

  std::mt19937 random_;
};

TEST(Messages, WhateverIsSentIsReadAndSentAgainTheSame) {
  Odd odd(20'26);
  for (int round = 0; round < 3000; ++round) {
    const std::string request = encode(odd.request());
    ASSERT_EQ(request.find('\n'), std::string::npos);
    const auto got_request = decode_request(request);
    ASSERT_TRUE(got_request) << request << "\n" << got_request.error().message;
    ASSERT_EQ(encode(*got_request), request);

    const std::string event = encode(odd.event());
    ASSERT_EQ(event.find('\n'), std::string::npos);
    const auto got_event = decode_event(event);
    ASSERT_TRUE(got_event) << event << "\n" << got_event.error().message;
    ASSERT_EQ(encode(*got_event), event);
  }
}

TEST(Messages, TruncatedLinesAreRefusedWithASentence) {
  Odd odd(5);
  for (int round = 0; round < 40; ++round) {
    const std::string line = encode(odd.event());
    for (std::size_t length = 0; length < line.size(); ++length) {
      ASSERT_NE(problem_of_event(line.substr(0, length)), "") << line.substr(0, length);
    }
  }
}

// A line that decodes, with one of its values replaced by every other kind of value: refused or read, never a crash, and
// what was read can be sent.
void mutate(json::value& value, const std::function<void()>& with_each) {
  static const std::vector<json::value> kOthers{
      nullptr, true, -1, 0, 1.5, 1e300, std::numeric_limits<std::int64_t>::min(),
      std::numeric_limits<std::uint64_t>::max(), "", "text", json::array{}, json::array{1, "a", nullptr}, json::object{}};
  if (value.is_object()) {
    for (auto& field : value.get_object()) mutate(field.value(), with_each);
  } else if (value.is_array()) {
    for (auto& item : value.get_array()) mutate(item, with_each);
  }
  for (const json::value& other : kOthers) {
    const json::value before = std::exchange(value, other);
    with_each();
    value = before;
  }
}

TEST(Messages, AnyValueInAnyPlaceIsReadOrRefused) {
  Odd odd(6);
  int refused = 0;
  int read = 0;
  for (int round = 0; round < 60; ++round) {
    json::value event = json::parse(encode(odd.event()));
    mutate(event, [&] {
      const auto got = decode_event(json::serialize(event));
      got ? ++read : ++refused;
      if (got) {
        ASSERT_TRUE(decode_event(encode(*got))) << json::serialize(event);
      }
    });
    json::value request = json::parse(encode(odd.request()));
    mutate(request, [&] {
      const auto got = decode_request(json::serialize(request));
      got ? ++read : ++refused;
      if (got) {
        ASSERT_TRUE(decode_request(encode(*got))) << json::serialize(request);
      }
    });
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(read, 1000);
}

TEST(Messages, RequiredFieldsMustBeThereAndNotNull) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> events{
      {R"({"type":"media","job":"j","info":{}})", {"type", "job", "info"}},
      {R"({"type":"language","job":"j","language":"en"})", {"type", "job", "language"}},
      {R"({"type":"progress","job":"j"})", {"type", "job"}},
      {R"({"type":"window","job":"j","window":{"index":0,"start_ms":0,"end_ms":1}})", {"type", "job", "window"}},
      {R"({"type":"done","job":"j"})", {"type", "job"}},
      {R"({"type":"failed","job":"j","code":"io"})", {"type", "job", "code"}}};
  for (const auto& [line, required] : events) {
    ASSERT_EQ(problem_of_event(line), "") << line;
    for (const std::string& field : required) {
      json::object without = json::parse(line).as_object();
      without.erase(field);
      EXPECT_NE(problem_of_event(json::serialize(without)).find("'" + field + "'"), std::string::npos) << line;
      without[field] = nullptr;
      EXPECT_NE(problem_of_event(json::serialize(without)).find("'" + field + "'"), std::string::npos) << line;
    }
  }
  for (const char* line : {R"({"type":"transcribe","job":"j","media":"/a"})", R"({"type":"transcribe","job":"j","model":"/a"})",
                           R"({"type":"transcribe","media":"/a","model":"/b"})", R"({"type":"cancel"})",
                           R"({"type":"inspect","job":"j"})", R"({"type":"inspect","media":"/a"})", R"({"job":"j"})"}) {
    EXPECT_NE(problem_of_request(line), "") << line;
  }
}

TEST(Messages, FieldsInsideAWindowMustBeThere) {
  const std::string good = R"({"type":"window","job":"j","window":{"index":0,"start_ms":0,"end_ms":9,"segments":[
      {"index":0,"start_ms":1,"end_ms":2,"text":"t","words":[{"start_ms":1,"end_ms":2,"text":"t"}]}]}})";
  ASSERT_EQ(problem_of_event(good), "");
  for (const char* field : {"index", "start_ms", "end_ms", "text"}) {
    const std::string key = "\"" + std::string(field) + "\"";
    int places = 0;
    for (auto at = good.find(key); at != std::string::npos; at = good.find(key, at + 1)) {
      std::string bad = good;
      bad.replace(at, key.size(), "\"other\"");
      EXPECT_NE(problem_of_event(bad), "") << bad;
      ++places;
    }
    EXPECT_GE(places, 2) << field;
  }
}

TEST(Messages, ACoverageMustMakeSense) {
  const auto problem = [](const std::string& coverage) {
    return problem_of_event(R"({"type":"window","job":"j","window":{"index":0,"start_ms":0,"end_ms":9,"coverage":)" +
                            coverage + "}}");
  };
  for (const char* good : {"null", "{}", R"({"audible_ms":5,"covered_ms":5,"gaps":[{"start_ms":1,"end_ms":1}]})",
                           R"({"left_out":[{"start_ms":1,"end_ms":2,"text":""}]})"}) {
    EXPECT_EQ(problem(good), "") << good;
  }
  for (const char* bad : {"[]", "7", R"({"audible_ms":5,"covered_ms":6})", R"({"audible_ms":-1})", R"({"gaps":[3]})",
                          R"({"gaps":[{"start_ms":2,"end_ms":1}]})", R"({"gaps":[{"start_ms":2}]})",
                          R"({"left_out":[{"start_ms":1,"end_ms":2}]})", R"({"left_out":{}})",
                          R"({"left_out":[{"start_ms":3,"end_ms":2,"text":"t"}]})"}) {
    EXPECT_NE(problem(bad), "") << bad;
  }
}

TEST(Messages, NumbersOutOfTheirRangeAreRefused) {
  const auto progress = [](const std::string& number) {
    return problem_of_event(R"({"type":"progress","job":"j","done_ms":)" + number + "}");
  };
  EXPECT_EQ(progress("0"), "");
  EXPECT_EQ(progress("1099511627776"), "");
  for (const char* bad : {"1099511627777", "-1", "1.0", "1e3", "9223372036854775807", "9223372036854775808",
                          "18446744073709551616", "1e400", "\"5\"", "true", "[]"}) {
    EXPECT_NE(progress(bad), "") << bad;
  }
  const auto language = [](const std::string& number) {
    return problem_of_event(R"({"type":"language","job":"j","language":"en","probability":)" + number + "}");
  };
  for (const char* good : {"0", "1", "0.5", "5E-1", "-3", "3.4e38", "1e39", "1e-400"}) EXPECT_EQ(language(good), "") << good;
  for (const char* bad : {"1e400", "NaN", "Infinity", "\"1\""}) EXPECT_NE(language(bad), "") << bad;

  const auto greatest = decode_event(R"({"type":"language","job":"j","language":"en","probability":-1e300})");
  ASSERT_TRUE(greatest);
  EXPECT_EQ(std::get<LanguageEvent>(*greatest).probability, std::numeric_limits<float>::lowest());

  const auto hello = [](const std::string& number) { return problem_of_event(R"({"type":"hello","v":)" + number + "}"); };
  EXPECT_EQ(hello("2147483647"), "");
  EXPECT_EQ(hello("-2147483648"), "");
  EXPECT_NE(hello("2147483648"), "");
  EXPECT_NE(hello("-2147483649"), "");

  const auto offset = [](const std::string& number) {
    return problem_of_event(R"({"type":"media","job":"j","info":{"start_offset_ms":)" + number + "}}");
  };
  EXPECT_EQ(offset("-1099511627776"), "");
  EXPECT_NE(offset("-1099511627777"), "");
  EXPECT_NE(offset("-9223372036854775808"), "");

  const auto window = [](const std::string& index, const std::string& end) {
    return problem_of_event(R"({"type":"window","job":"j","window":{"start_ms":5,"index":)" + index + R"(,"end_ms":)" + end +
                            "}}");
  };
  EXPECT_EQ(window("0", "6"), "");
  EXPECT_NE(window("0", "5"), "") << "a window without length";
  EXPECT_NE(window("0", "4"), "");
  EXPECT_NE(window("-1", "6"), "");
  EXPECT_NE(window("9223372036854775807", "6"), "") << "the next index would overflow";

  const auto resume = [](const std::string& field) {
    return problem_of_request(R"({"type":"transcribe","job":"j","media":"/a","model":"/m","resume":{)" + field + "}}");
  };
  EXPECT_EQ(resume(R"("next_window":3)"), "");
  EXPECT_NE(resume(R"("next_window":-1)"), "");
  EXPECT_NE(resume(R"("next_segment":-1)"), "");
  EXPECT_NE(resume(R"("next_segment":9223372036854775807)"), "");
  EXPECT_NE(resume(R"("at_ms":-1)"), "");
}

TEST(Messages, SegmentsMustBeOrderedAndTokensBeIds) {
  const auto segment = [](const std::string& fields) {
    return problem_of_event(R"({"type":"window","job":"j","window":{"index":0,"start_ms":0,"end_ms":9,"segments":[
        {"index":0,"text":"t",)" + fields + "}]}}");
  };
  EXPECT_EQ(segment(R"("start_ms":5,"end_ms":5)"), "");
  EXPECT_NE(segment(R"("start_ms":5,"end_ms":4)"), "");
  EXPECT_EQ(segment(R"("start_ms":5,"end_ms":5,"tokens":[0,16777215])"), "");
  for (const char* bad : {"-1", "16777216", "1.5", "\"1\"", "null"}) {
    EXPECT_NE(segment(R"("start_ms":5,"end_ms":5,"tokens":[)" + std::string(bad) + "]"), "") << bad;
  }
}

TEST(Messages, OnlyObjectsOfSaneDepthAndValidUtf8AreMessages) {
  for (const char* bad : {"", " ", "null", "[]", "\"text\"", "1", "{", "{}", "{}x", "{\"type\":1}", "{'type':'hello'}",
                          "{\"type\":\"hello\",}", "\xEF\xBB\xBF{\"type\":\"hello\"}", "{\"type\":\"hello\"}{}",
                          "{\"type\":\"hello\",\"engine\":\"\xff\"}", "{\"type\":\"hello\",\"engine\":\"\xed\xa0\x80\"}",
                          "{\"type\":\"hello\",\"engine\":\"\\ud800\"}", "{\"type\":\"hello\",\"engine\":\"a\nb\"}"}) {
    EXPECT_NE(problem_of_event(bad), "") << bad;
    EXPECT_NE(problem_of_request(bad), "") << bad;
  }
  const auto nested = [](int depth) {
    return R"({"type":"hello","unknown":)" + std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']') + "}";
  };
  EXPECT_EQ(problem_of_event(nested(15)), "");
  EXPECT_NE(problem_of_event(nested(16)), "");
  EXPECT_NE(problem_of_event(nested(100'000)), "");
  EXPECT_EQ(problem_of_event("  {\"type\":\"hello\"} \r"), "") << "white space around is JSON";
}

TEST(Messages, ALineMayHaveTheLimitAndNoMore) {
  const std::string head = R"({"type":"hello","engine":")";
  const std::string line = head + std::string(kMaxLineBytes - head.size() - 2, 'x') + "\"}";
  ASSERT_EQ(line.size(), kMaxLineBytes);
  EXPECT_EQ(problem_of_event(line), "");
  EXPECT_NE(problem_of_event(line + " "), "");
  EXPECT_NE(problem_of_request(std::string(kMaxLineBytes + 1, ' ')), "");
}

TEST(Messages, UnknownTypesOfEventsAreKeptAndOfRequestsRefused) {
  const auto event = decode_event(R"({"type":"weather","job":5,"sky":{"colour":"blue"}})");
  ASSERT_TRUE(event);
  ASSERT_NE(std::get_if<UnknownEvent>(&*event), nullptr);
  EXPECT_EQ(std::get<UnknownEvent>(*event).type, "weather");
  EXPECT_EQ(problem_of_request(R"({"type":"weather"})"), "request: field 'type' must be transcribe, inspect or cancel");
}

TEST(Messages, UnknownFieldsAreIgnoredAtEveryLevelAndTheLastOfTwoCounts) {
  const auto event = decode_event(
      R"({"new":[1,{"a":2}],"type":"window","job":"first","job":"j","window":{"new":null,"index":1,"start_ms":0,"end_ms":9,
          "retries":[{"new":1}],"segments":[{"new":"x","index":0,"start_ms":1,"end_ms":2,"text":"t",
          "words":[{"new":{},"start_ms":1,"end_ms":2,"text":"t"}]}]}})");
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(std::get<WindowEvent>(*event).job, "j");
  EXPECT_EQ(std::get<WindowEvent>(*event).window.segments.at(0).words.size(), 1U);
}

TEST(Messages, AnUnknownFailureCodeIsAnInternalOne) {
  const auto event = decode_event(R"({"type":"failed","job":"j","code":"out_of_luck"})");
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<FailedEvent>(*event).code, ErrorCode::kInternal);
}

TEST(Messages, WhatIsSentIsAlwaysValidUtf8AndFinite) {
  FailedEvent failed{"j\xff", ErrorCode::kIo, "\xc0\xaf \xe5\xad", "\xed\xa0\x80", false};
  const auto got = round_trip(failed);
  EXPECT_EQ(got.job, "j\xEF\xBF\xBD");
  EXPECT_EQ(got.message, "\xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD");
  ProgressEvent progress;
  progress.speed = std::numeric_limits<double>::infinity();
  EXPECT_EQ(round_trip(progress).speed, 0.0);
  progress.speed = 1e300;
  EXPECT_EQ(round_trip(progress).speed, 0.0);
}

}  // namespace
}  // namespace zimu::protocol
