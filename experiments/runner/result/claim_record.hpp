// The record of claims: what a study claimed when its first batch was made. It is written beside the finished
// batches before anything is computed, becomes the variable `claims` of the result file, and stays as it is
// when the file gets new titles and claims, when an interrupted run is resumed, when its replicates are
// raised, and when it is reproduced. `merge` keeps the claims that all shards began with. A verdict on any
// other claim is post hoc (ClaimRecord, verdict.hpp).
//
// It guards against oversight, not against intent: who deletes the results and runs again has a new record.
//
// The text is TOML: alpha, the number of interval claims that share it, and the claims without explanations.
#pragma once

#include <filesystem>
#include <string>

#include "experiments/runner/study/study.hpp"
#include "results/dataset/dataset.hpp"

namespace twostage {

inline constexpr const char* kClaimsVariable = "claims";

// The study's claims as a record.
std::string claim_record(const Study& study);

// `source` names it in messages. InputError when it is none.
ClaimRecord read_claim_record(const std::string& text, const std::string& source);

// The claims that both records have, each alike. The levels are the stricter ones.
std::string common_claims(const std::string& a, const std::string& b);

// The record of a folder of finished batches: the one that lies there, or, while no batch is finished, `now`,
// which is then written there. A folder whose batches came without one has a record without claims.
std::string claim_record_of(const std::filesystem::path& parts, bool any_batch, const std::string& now);

// Of a result file: "" when it has none, StoreError naming `path` when it is damaged.
std::string stored_claims(const std::filesystem::path& path, const Dataset& data);
void store_claims(Dataset& data, const std::string& record);

}  // namespace twostage
