// How many processors a process may keep busy: the smallest of what its affinity mask, Slurm and its control
// groups allow. The machine may have many more, which are somebody else's.
#pragma once

#include <filesystem>

namespace twostage {

// Where control groups are told: tests look elsewhere.
struct ProcessorSources {
  std::filesystem::path membership = "/proc/self/cgroup";
  std::filesystem::path groups = "/sys/fs/cgroup";
};

// At least 1. Asked are
//   the affinity mask       sched_getaffinity
//   SLURM_CPUS_PER_TASK     set where a job asked for them; what is no number above 0 says nothing
//   the quotas              of the group and of those above it: `cpu.max` (version 2), `cpu/cpu.cfs_quota_us`
//                           and `cpu/cpu.cfs_period_us` (version 1); a part of a processor counts as a whole
int usable_processors(const ProcessorSources& sources = {});

}  // namespace twostage
