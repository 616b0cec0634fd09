#pragma once
#include <string>
#include <vector>

#include "domain/captions/rules.hpp"
#include "domain/job.hpp"

namespace zimu::cli {

struct TranscribeArguments {
  std::vector<std::string> files;           ///< "-" is standard input
  std::vector<std::string> formats{"srt"};
  std::string output;                       ///< folder, "-" for standard output, empty: beside each file
  domain::TranscribeOptions options;
  domain::CaptionChoice captions;           ///< word times are made for it, whether `options.words` or not
  bool model_given = false;
  bool json = false;                        ///< a JSON line a file on standard output
};

/// `zimu transcribe`. Files are written beside and renamed: never a half-written output. The other files go on when
/// one fails; the exit status is that of the first failure.
int transcribe_command(TranscribeArguments arguments);

}  // namespace zimu::cli
