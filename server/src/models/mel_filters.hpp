#pragma once
#include <vector>

namespace zimu::models {

inline constexpr int kSpectrumBins = 201;  ///< n_fft / 2 + 1 for Whisper's 400-sample window

/// Whisper's mel filter bank, `bands` × kSpectrumBins row-major: Slaney's scale and area normalisation at 16 kHz, as
/// `librosa.filters.mel(sr=16000, n_fft=400, n_mels=bands)` gives it (M. Slaney, Auditory Toolbox, 1998).
std::vector<float> mel_filters(int bands);

}  // namespace zimu::models
