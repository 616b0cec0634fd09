#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "asr/alignment.hpp"

namespace zimu::asr {

/// How much each row looks at each frame, [rows][frames]: each frame's weights set off against those of the other rows
/// (mean 0, deviation 1), smoothed along time by a median over seven frames, and the mean of all heads taken.
std::vector<float> alignment_matrix(std::span<const std::shared_ptr<const AttentionRow>> rows);

/// The frame at which the best way through `matrix` enters each row: dynamic time warping, by the greatest sum.
std::vector<std::size_t> row_starts(std::span<const float> matrix, std::size_t rows, std::size_t frames);

}  // namespace zimu::asr
