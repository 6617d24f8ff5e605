// The commands of the command line, one file each. Each returns the exit code: 0; 1 a replicate failed (with
// --strict also a refuted claim); 130 interrupted, 75 terminated. Wrong input is an InputError, which `main`
// turns into one message and 2. Data go to stdout or files, messages to stderr.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace twostage {

// STUDY [key=value...], common to several commands.
struct StudyChoice {
  std::string study;
  std::string preset = "paper";
  std::vector<std::string> overrides;
};

int list_command(const std::string& what);
void print_paper();
int show_command(const StudyChoice& choice);

struct PredictArguments {
  StudyChoice choice;
  double regret = 0;  // 0: a tenth of the headroom
  int worlds = 0;     // 0: 20, or fewer where several settings are predicted
  bool all = false;   // every setting, however many
  bool json = false;
  bool sampler = false;  // also what the pairs are worth
};
int predict_command(const PredictArguments& arguments);

struct RunArguments {
  StudyChoice choice;
  std::string out;
  std::string command;
  int threads = 0;
  std::string memory;         // "4G", "500M", bytes
  std::string shard;          // "k/n"
  std::string into;           // a folder that many processes work in, instead of `out`
  std::uint64_t shuffle = 0;  // for tests, as die_after
  std::size_t die_after = 0;
  std::string die_at;
  bool dry_run = false;
  bool force = false;
  bool keep_going = true;
};
int run_command(const RunArguments& arguments);
// The words of a run, wherever it writes: the study's file by its whole path.
std::vector<std::string> run_command_of(const StudyChoice& choice);

struct MergeArguments {
  std::vector<std::string> files;  // or one folder that many processes worked in
  std::string out;
  std::string command;
  bool force = false;
};
int merge_command(const MergeArguments& arguments);

struct SlurmArguments {
  StudyChoice choice;
  std::string out;  // the folder
  std::string shards = "auto";
  int at_most = 16;
  int cpus = 1;
  int minutes = 60;
  bool until_done = false;
  std::vector<std::string> sbatch;
};
int slurm_command(const SlurmArguments& arguments);
int status_command(const std::string& folder);

int verdicts_command(const std::string& file, bool json, bool strict);

struct TableArguments {
  std::string file;
  std::vector<std::string> estimands;
  std::vector<std::string> by;
  std::string where;
  double level = 0.95;
  std::string format = "text";  // csv, json
};
int table_command(const TableArguments& arguments);

struct FiguresArguments {
  std::vector<std::string> files_or_studies;
  std::string preset = "paper";
  std::string medium = "page";  // whose width and type size (results/figures/profile.py)
  std::vector<std::string> formats = {"pdf", "svg", "png"};
  bool plain = false;  // the default figure, whatever figure.py there is
};
int figures_command(const FiguresArguments& arguments);

struct ReportArguments {
  std::vector<std::string> files;  // none: those of the preset in results/out
  std::string preset = "paper";
  std::string out = "results/out/report";
  bool verdicts = false;  // prints their tables too, judging once
};
int report_command(const ReportArguments& arguments);

int info_command(const std::string& file);
int verify_command(const std::string& file);
int reproduce_command(const std::string& file, int threads);
// `variables`: names separated by commas; empty: the long table (csv.hpp).
int export_command(const std::string& file, const std::string& variables);

struct ExplainArguments {
  StudyChoice choice;
  std::int64_t replicate = 0;
  bool details = false;
  std::string save;
  std::string picture;
  bool force = false;  // save over existing files
};
int explain_command(const ExplainArguments& arguments);

}  // namespace twostage
