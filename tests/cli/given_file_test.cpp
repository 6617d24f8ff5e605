// Numbers of a given world and sampler from an HDF5 file: the same results as from lists in the study,
// without the file afterwards; and what is refused, with the file, the array and its shape.
#include <hdf5.h>
#include <sys/stat.h>

#include "results/dataset/content_hash.hpp"
#include "results/store/store.hpp"
#include "tests/attack/forgery.hpp"
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using test::write_text;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kRest = R"(
penalty = { kind = "ridge", lambda = 1 }
pairs = 20
replicates = 1
[[arms]]
name = "dpo"
algorithm = "dpo"
policy = { class = "first", k = 2 }
[[arms]]
name = "rm+plan"
algorithm = "rm+plan"
reward = { class = "first", k = 2 }
)";

constexpr const char* kHead = "name = \"numbers\"\ntitle = \"Numbers\"\n";
constexpr const char* kLists =
    "world = { family = \"given\", actions = [3], reward = [0.1, 3, -1], reference = [0.5, 0.25, 0.25], "
    "functions = 2, features = [[1, 0], [-1, 0.3], [0, 2]] }\n"
    "sampler = { kind = \"given\", comparisons = [[0, 1, 3, 7], [1, 2, 9, 1]] }\n";
constexpr const char* kFile =
    "world = { family = \"given\", file = \"data/numbers.h5\" }\n"
    "sampler = { kind = \"given\", file = \"data/numbers.h5\" }\n";

// A file as other programs write it: no seal, no attributes, contiguous arrays.
class Numbers {
 public:
  explicit Numbers(const fs::path& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {}
  ~Numbers() { H5Fclose(file_); }
  Numbers(const Numbers&) = delete;
  Numbers& operator=(const Numbers&) = delete;

  template <typename T>
  void put(const char* name, const std::vector<hsize_t>& shape, const std::vector<T>& values, hid_t type) {
    const hid_t space = shape.empty()
                            ? H5Screate(H5S_SCALAR)
                            : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t data = H5Dcreate2(file_, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (!values.empty()) H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(data);
    H5Sclose(space);
  }
  void put(const char* name, const std::vector<hsize_t>& shape, const std::vector<double>& values) {
    put(name, shape, values, H5T_NATIVE_DOUBLE);
  }
  hid_t id() const { return file_; }

 private:
  hid_t file_;
};

void put_all(Numbers& file) {
  file.put("actions", {1}, std::vector<std::int32_t>{3}, H5T_NATIVE_INT32);
  file.put("reward", {3}, {0.1, 3, -1});
  file.put("reference", {3}, std::vector<float>{0.5F, 0.25F, 0.25F}, H5T_NATIVE_FLOAT);
  file.put("features", {3, 2}, {1, 0, -1, 0.3, 0, 2});
  file.put("comparisons", {2, 4}, std::vector<std::uint8_t>{0, 1, 3, 7, 1, 2, 9, 1}, H5T_NATIVE_UINT8);
}

class GivenFile : public test::SmallStudy {
 protected:
  void SetUp() override {
    fs::create_directory(folder / "data");
    write_text(folder / "lists.toml", std::string(kHead) + kLists + kRest);
    write_text(folder / "file.toml", std::string(kHead) + kFile + kRest);
  }
  fs::path numbers() { return folder / "data/numbers.h5"; }
  Outcome show() { return twostage({"show", "file.toml"}); }
  // The arrays but for one, which is another.
  void expect_array_refused(const char* name, const std::vector<hsize_t>& shape,
                            const std::vector<double>& values, const std::vector<std::string>& says) {
    fs::remove(numbers());
    {
      Numbers file(numbers());
      put_all(file);
      H5Ldelete(file.id(), name, H5P_DEFAULT);
      file.put(name, shape, values);
    }
    const Outcome refused = show();
    expect_refused(refused, "data/numbers.h5");
    for (const std::string& text : says) EXPECT_THAT(refused.err, HasSubstr(text));
  }
};

TEST_F(GivenFile, GivesTheResultOfTheListsAndIsNotNeededAfterwards) {
  {
    Numbers file(numbers());
    put_all(file);
  }
  ASSERT_EQ(twostage({"run", "lists.toml", "--out", "lists.h5"}).code, 0);
  const Outcome ran = twostage({"run", "file.toml", "--out", "file.h5"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(test::read_text(folder / "lists.h5") == test::read_text(folder / "file.h5"));
  EXPECT_EQ(show().out, twostage({"show", "lists.toml"}).out);
  EXPECT_THAT(show().out, AllOf(HasSubstr("features = [1.0, 0.0, -1.0, 0.3, 0.0, 2.0]"),
                                HasSubstr("functions = 2"), Not(HasSubstr("numbers.h5"))));
  fs::remove_all(folder / "data");
  EXPECT_THAT(twostage({"reproduce", "file.h5"}).out, HasSubstr("reproduced"));
  EXPECT_EQ(twostage({"verify", "file.h5"}).code, 0);
}

// The file lies beside the study, wherever the command is given.
TEST_F(GivenFile, IsSoughtBesideTheStudy) {
  {
    Numbers file(numbers());
    put_all(file);
  }
  const Outcome from_elsewhere = test::run("/", TWOSTAGE_PROGRAM, {"--version"});
  ASSERT_EQ(from_elsewhere.code, 0);
  EXPECT_EQ(test::run(folder / "data", TWOSTAGE_PROGRAM, {"show", "../file.toml"}).code, 0);
}

TEST_F(GivenFile, ServesVariants) {
  {
    Numbers file(numbers());
    put_all(file);
  }
  std::string text = std::string(kHead) + kLists + kRest;
  text +=
      "[[variants]]\nname = \"lists\"\nbeta = 1\n[[variants]]\nname = \"file\"\n"
      "world = { family = \"given\", file = \"data/numbers.h5\" }\n";
  write_text(folder / "file.toml", text);
  ASSERT_EQ(twostage({"run", "file.toml", "--out", "v.h5"}).code, 0);
  const Dataset data = read_dataset(folder / "v.h5");
  const auto& regret = std::get<std::vector<double>>(data.variable("regret").data);
  EXPECT_EQ(regret[0], regret[2]);
  EXPECT_EQ(regret[1], regret[3]);
  fs::remove_all(folder / "data");
  EXPECT_EQ(twostage({"verify", "v.h5"}).code, 0);
}

TEST_F(GivenFile, WrongShapesAreToldWithTheArray) {
  expect_array_refused("comparisons", {8}, {0, 1, 3, 7, 1, 2, 9, 1}, {"comparisons, 8", "N x 4"});
  expect_array_refused("comparisons", {4, 2}, {0, 1, 3, 7, 1, 2, 9, 1}, {"comparisons, 4 x 2", "N x 4"});
  expect_array_refused("reward", {2, 2}, {1, 2, 3, 4}, {"reward, 2 x 2", "4 numbers"});
  expect_array_refused("reward", {1, 3, 1}, {1, 2, 3}, {"reward, 1 x 3 x 1", "prompts x completions"});
  expect_array_refused("reward", {}, {1}, {"reward, a single number", "a list"});
  expect_array_refused("features", {2, 2}, {1, 2, 3, 4}, {"features, 2 x 2", "2 rows"});
  expect_array_refused("reward", {3}, {1, 2, std::nan("")}, {"reward, 3", "out of range"});
  expect_array_refused("reward", {0}, {}, {"reward, 0"});
}

TEST_F(GivenFile, FunctionsAreThoseOfTheRows) {
  {
    Numbers file(numbers());
    put_all(file);
  }
  std::string text = test::read_text(folder / "file.toml");
  text.insert(text.find("file = "), "functions = 3, ");
  write_text(folder / "file.toml", text);
  expect_refused(show(), "features needs functions = 3 numbers in a row");
}

TEST_F(GivenFile, WhatStandsTwiceOrIsUnknownIsRefused) {
  {
    Numbers file(numbers());
    put_all(file);
    file.put("rewards", {3}, {1, 2, 3});
  }
  expect_refused(show(), "did you mean 'reward'?");
  fs::remove(numbers());
  {
    Numbers file(numbers());
    put_all(file);
  }
  std::string text = test::read_text(folder / "file.toml");
  text.insert(text.find("file = "), "reward = [1, 2, 3], ");
  write_text(folder / "file.toml", text);
  expect_refused(show(), "reward stands in the study, too: file.toml:3:");
}

TEST_F(GivenFile, WhatIsNoFileOfNumbersIsRefused) {
  expect_refused(show(), "file.toml:3:");
  expect_refused(show(), "no such file");
  fs::create_directory(numbers());
  expect_refused(show(), "is a folder");
  fs::remove(numbers());
  write_text(numbers(), "no numbers");
  expect_refused(show(), "is no HDF5 file");
  fs::remove(numbers());
  ASSERT_EQ(mkfifo(numbers().c_str(), 0600), 0);
  expect_refused(show(), "is no regular file");
  fs::remove(numbers());
  { const Numbers empty(numbers()); }
  expect_refused(show(), "holds no array that world");
}

TEST_F(GivenFile, GroupsTextsAndLinksElsewhereAreRefused) {
  const auto refuses = [&](const std::string& says, auto&& add) {
    fs::remove(numbers());
    {
      Numbers file(numbers());
      put_all(file);
      add(file);
    }
    expect_refused(show(), says);
  };
  refuses("'more' is a group", [](Numbers& file) {
    H5Gclose(H5Gcreate2(file.id(), "more", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  });
  refuses("'rho' is a link to elsewhere", [](Numbers& file) {
    H5Lcreate_external("other.h5", "/rho", file.id(), "rho", H5P_DEFAULT, H5P_DEFAULT);
  });
  refuses("dataset 'rho' holds no real numbers", [](Numbers& file) {
    const hid_t text = H5Tcopy(H5T_C_S1);
    file.put("rho", {2}, std::vector<char>{'a', 'b'}, text);
    H5Tclose(text);
  });
  // 600 000 zeros in few bytes.
  refuses("more than the 500000 that are read", [](Numbers& file) {
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t extent = 600'000;
    H5Pset_chunk(properties, 1, &extent);
    H5Pset_deflate(properties, 2);
    const hid_t space = H5Screate_simple(1, &extent, nullptr);
    const hid_t data =
        H5Dcreate2(file.id(), "rho", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    const std::vector<double> zeros(extent);
    H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros.data());
    H5Dclose(data);
    H5Sclose(space);
    H5Pclose(properties);
  });
  // A claim of 2^50 values, of which none was written.
  refuses("cannot be", [](Numbers& file) {
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t extent = hsize_t{1} << 50, chunk = 1 << 16;
    H5Pset_chunk(properties, 1, &chunk);
    const hid_t space = H5Screate_simple(1, &extent, nullptr);
    H5Dclose(H5Dcreate2(file.id(), "rho", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, properties, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(properties);
  });
}

TEST_F(GivenFile, EveryTruncationIsOneMessage) {
  {
    Numbers file(numbers());
    put_all(file);
  }
  const std::string whole = test::read_text(numbers());
  for (std::size_t k = 1; k < 12; ++k) {
    write_text(numbers(), whole.substr(0, whole.size() * k / 12));
    expect_refused(show(), "numbers.h5");
  }
}

// A result that was made to open somebody's file when it is read.
TEST_F(GivenFile, AStoredConfigurationNamesNone) {
  {
    Numbers file(numbers());
    put_all(file);
  }
  ASSERT_EQ(twostage({"run", "file.toml", "--out", "file.h5"}).code, 0);
  Dataset data = read_dataset(folder / "file.h5");
  test::reconfigure(data, "family = \"given\"", "family = \"given\", file = \"data/numbers.h5\"");
  write_dataset(folder / "forged.h5", data);
  expect_refused(twostage({"verify", "forged.h5"}), "names no file of them");
}

TEST_F(GivenFile, OtherFamiliesHaveNone) {
  std::string text = test::kSmallStudy;
  text.insert(text.find("horizon = 3"), "file = \"numbers.h5\", ");
  write_text(folder / "small.toml", text);
  expect_refused(twostage({"show", "small.toml", "--preset", "smoke"}), "file");
}

}  // namespace
}  // namespace twostage
