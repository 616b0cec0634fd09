// Small pictures of frames made here. Films and covers: tests/functional/test_worker_inspect.py.
#include "media/picture.hpp"

extern "C" {
#include <libavutil/display.h>
}

#include <gtest/gtest.h>

#include <cstdint>

#include "media/poster.hpp"

namespace zimu::media {
namespace {

/// A gray frame whose left half is dark and whose right half is bright.
av::Frame two_halves(int width, int height, int dark = 30, int bright = 220) {
  av::Frame frame(av_frame_alloc());
  frame->format = AV_PIX_FMT_GRAY8;
  frame->width = width;
  frame->height = height;
  frame->color_range = AVCOL_RANGE_JPEG;
  EXPECT_EQ(av_frame_get_buffer(frame.get(), 0), 0);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      frame->data[0][static_cast<std::ptrdiff_t>(y) * frame->linesize[0] + x] =
          static_cast<std::uint8_t>(x < width / 2 ? dark : bright);
    }
  }
  return frame;
}

/// As a phone marks its films: to be turned so far, counterclockwise.
void mark_turned(AVFrame& frame, double degrees) {
  AVFrameSideData* data = av_frame_new_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX, 9 * sizeof(std::int32_t));
  ASSERT_NE(data, nullptr);
  av_display_rotation_set(reinterpret_cast<std::int32_t*>(data->data), degrees);
}

class Picture : public ::testing::Test {
 protected:
  static int at(const AVFrame& frame, int x, int y) {
    return frame.data[0][static_cast<std::ptrdiff_t>(y) * frame.linesize[0] + x];
  }
  AVCodecParameters parameters_{};
  AVStream stream_{};
  void SetUp() override {
    av_log_set_level(AV_LOG_FATAL);
    stream_.codecpar = &parameters_;
  }
};

TEST_F(Picture, IsAtMostSoLargeAndKeepsItsShape) {
  const struct {
    int width, height, wide, high;
  } cases[] = {{1920, 1080, 640, 360}, {320, 240, 320, 240}, {1080, 1920, 640, 1138}, {100, 5000, 26, 1280}, {5000, 10, 640, 2}};
  for (const auto& one : cases) {
    const av::Frame picture = small_picture(*two_halves(one.width, one.height), stream_);
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->width, one.wide) << one.width;
    EXPECT_EQ(picture->height, one.high) << one.width;
  }
}

TEST_F(Picture, HasSquarePixels) {
  const av::Frame television = two_halves(720, 576);
  television->sample_aspect_ratio = {16, 11};
  const av::Frame picture = small_picture(*television, stream_);
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->width, 640);
  EXPECT_EQ(picture->height, 352);
  television->sample_aspect_ratio = {1'000'000, 1};
  EXPECT_TRUE(small_picture(*television, stream_)) << "damaged files say the strangest shapes";
}

TEST_F(Picture, IsUpright) {
  for (const int degrees : {0, 90, 180, 270}) {
    const av::Frame frame = two_halves(1280, 720);
    // The matrix turns clockwise by what is set; see av_display_rotation_set.
    if (degrees != 0) mark_turned(*frame, degrees);
    const av::Frame picture = small_picture(*frame, stream_);
    ASSERT_TRUE(picture);
    const bool turned = degrees % 180 != 0;
    EXPECT_EQ(picture->width, 640) << degrees;
    EXPECT_EQ(picture->height, turned ? 1138 : 360) << degrees;
    const int left = at(*picture, 5, picture->height / 2);
    const int right = at(*picture, picture->width - 6, picture->height / 2);
    const int top = at(*picture, picture->width / 2, 5);
    const int bottom = at(*picture, picture->width / 2, picture->height - 6);
    // Clockwise by 90 degrees the left side comes to the top.
    const int dark = degrees == 0 ? left : degrees == 90 ? top : degrees == 180 ? right : bottom;
    const int bright = degrees == 0 ? right : degrees == 90 ? bottom : degrees == 180 ? left : top;
    EXPECT_NEAR(dark, 30, 6) << degrees;
    EXPECT_NEAR(bright, 220, 6) << degrees;
  }
}

TEST_F(Picture, ContrastTellsBlackFromAScene) {
  const auto contrast_of = [this](int dark, int bright) {
    return contrast(*small_picture(*two_halves(640, 360, dark, bright), stream_));
  };
  EXPECT_LT(contrast_of(0, 0), 1);
  EXPECT_LT(contrast_of(255, 255), 1);
  EXPECT_LT(contrast_of(100, 102), 2);
  EXPECT_NEAR(contrast_of(50, 150), 50, 3);
}

TEST_F(Picture, BecomesAJpeg) {
  const auto jpeg = to_jpeg(*small_picture(*two_halves(1280, 720), stream_));
  ASSERT_TRUE(jpeg);
  EXPECT_TRUE(jpeg->starts_with("\xff\xd8\xff"));
  EXPECT_TRUE(jpeg->ends_with("\xff\xd9"));
  EXPECT_LT(jpeg->size(), 40'000U);
}

TEST_F(Picture, NothingComesOfAFrameWithoutPixels) {
  const av::Frame empty(av_frame_alloc());
  EXPECT_FALSE(small_picture(*empty, stream_));
}

}  // namespace
}  // namespace zimu::media
