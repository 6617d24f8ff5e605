// One process of a run of many (run_folder.hpp): its shard, from check to the last finished batch.
#pragma once

#include <filesystem>

#include "experiments/runner/run/run.hpp"

namespace twostage {

// Makes what the folder lacks of the shard that the options name. One line on stderr at the beginning, which
// says where and what runs, one at the end with what came of it. `command`: what makes everything that the
// folder lacks. InputError for everything the user can repair, StoreError when the folder is not of this
// study and this program.
RunOutcome run_shard(const Study& study, const RunOptions& options, const std::filesystem::path& folder,
                     const std::string& command);

}  // namespace twostage
