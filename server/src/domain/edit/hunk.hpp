#pragma once
#include <cstddef>
#include <vector>

#include "domain/transcript.hpp"

/// A change of a transcript as what goes and what comes, so that it can be undone, shown and sent. Pure; thread: any.
namespace zimu::domain {

/// `removed` are the segments from `at` on, which `inserted` replace. Of several hunks each one's place is that in the
/// list as it is after those before it.
struct Hunk {
  std::size_t at = 0;
  std::vector<Segment> removed;
  std::vector<Segment> inserted;
};

/// Puts `inserted` in the place of `removed`; the places (`index`) behind it are not counted anew. CHECKs that it fits.
void splice(std::vector<Segment>& segments, const Hunk& hunk);
/// Does the hunks and gives every segment its place as `index`.
void apply_hunks(std::vector<Segment>& segments, const std::vector<Hunk>& hunks);
/// What undoes them.
std::vector<Hunk> inverse(const std::vector<Hunk>& hunks);
/// Few hunks that make `to` out of `from`: what is alike stays.
std::vector<Hunk> difference(const std::vector<Segment>& from, const std::vector<Segment>& to);

/// The same to a reader: times, text, speaker and words. Not the place in the transcript.
bool alike(const Segment& a, const Segment& b);

}  // namespace zimu::domain
