// Where a result comes from. Attributes of the file say what decides its bytes (configuration, versions,
// flags); what differs between two runs of the same study (date, host, threads, seconds) goes to a sidecar.
#pragma once

#include <filesystem>
#include <vector>

#include "experiments/runner/replicate/batch.hpp"

namespace twostage {

Attributes file_attributes(const Study& study);

struct RunRecord {
  std::string command = {};
  std::string preset = {};
  int threads = 1;
  double seconds = 0;
  std::size_t replicates = 0;     // computed in this run
  std::size_t resumed = 0;        // found finished
  std::size_t not_converged = 0;  // fits
  std::size_t non_finite = 0;     // fits whose parameters, policy or regret are no numbers
  std::vector<ReplicateError> errors = {};
  std::string study_file = {};   // whose figure.py draws the result
  std::int64_t raised_from = 0;  // replicates that were there before; 0: the run began with none
};

// Replicates of several programs: the whole names them all, in alphabetical order.
void join_provenance(Dataset& whole, const std::vector<Attributes>& parts);

// RESULT.run.json beside RESULT.h5; RESULT.1.run.json beside RESULT.1, which is no RESULT.2.
std::filesystem::path sidecar(const std::filesystem::path& result, const std::string& suffix);

// The text of RESULT.run.json. `former` is that of the run whose replicates this one raised, "" for none: its
// own `raised_from` and its warnings go on.
std::string run_record_text(const std::filesystem::path& result, const Study& study, const RunRecord& record,
                            const std::string& former = "");
// A file that holds such a text, of no other result.
bool is_run_record(const std::filesystem::path& path, const std::filesystem::path& result);

std::string version();
// The commit that the program was built from, with "+" when files differed from it; "unknown" outside a
// repository.
std::string revision();
// Tells this program from any other: "twostage 0.1.0, revision 0123abcd, program 0123456789abcdef", the last
// of which are the first digits of its file's SHA-256. A file that takes its place on the disk later is
// another.
std::string build_id();

}  // namespace twostage
