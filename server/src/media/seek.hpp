#pragma once
#include "base/time.hpp"
#include "media/av.hpp"

namespace zimu::media {

/// Moves the input to a place some time before `to` (media time), from where the stream can be decoded so that it is
/// right at `to`. False where the container cannot, or where its clock may jump and so says nothing about the place;
/// the input is then anywhere and has to be opened anew.
bool seek_before(AVFormatContext& input, int stream_index, Milliseconds to);

}  // namespace zimu::media
