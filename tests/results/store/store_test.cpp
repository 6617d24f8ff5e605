#include "results/store/store.hpp"

#include <gmock/gmock.h>
#include <hdf5.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "results/dataset/content_hash.hpp"
#include "results/store/chunks.hpp"
#include "tests/results/store/sample.hpp"

namespace twostage {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

void expect_same(const Dataset& read, const Dataset& written) {
  Attributes attributes = read.attributes;
  EXPECT_EQ(attributes.erase("schema_version"), 1u);
  EXPECT_EQ(attributes.erase("content_hash"), 1u);
  EXPECT_EQ(attributes, written.attributes);
  EXPECT_EQ(content_hash(read), content_hash(written));
  const auto same = [](const auto& a, const auto& b) {
    return a.name == b.name && a.attributes == b.attributes;
  };
  EXPECT_TRUE(std::ranges::equal(read.variables, written.variables, same))
      << "order or attributes of variables";
  EXPECT_TRUE(std::ranges::equal(read.dimensions, written.dimensions, same))
      << "order or attributes of dimensions";
}

TEST(Store, RoundTripOfEveryType) {
  const Folder folder;
  write_dataset(folder / "a.h5", sample());
  expect_same(read_dataset(folder / "a.h5"), sample());
}

TEST(Store, RoundTripOfManyChunks) {
  const Folder folder;
  Dataset d;
  d.dimensions = {{"cell", Index{7}}, {"replicate", Index{300}}, {"arm", Index{131}}};
  std::vector<double> values(7 * 300 * 131);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 977);
  d.variables = {{"regret", {"cell", "replicate", "arm"}, values}};
  write_dataset(folder / "a.h5", d);
  expect_same(read_dataset(folder / "a.h5"), d);
  EXPECT_LT(std::filesystem::file_size(folder / "a.h5"), values.size() * sizeof(double) / 4);
}

TEST(Store, RoundTripOfNothing) {
  const Folder folder;
  write_dataset(folder / "a.h5", {});
  expect_same(read_dataset(folder / "a.h5"), {});
  Dataset d;
  d.dimensions = {{"pair", std::vector<std::int64_t>{}}, {"arm", std::vector<std::string>{}}};
  d.variables = {{"regret", {"pair"}, std::vector<double>{}}, {"label", {"arm"}, std::vector<std::string>{}}};
  write_dataset(folder / "a.h5", d);
  expect_same(read_dataset(folder / "a.h5"), d);
}

TEST(Store, WritingWhatWasReadGivesTheSameBytes) {
  const Folder folder;
  write_dataset(folder / "a.h5", sample());
  write_dataset(folder / "b.h5", read_dataset(folder / "a.h5"));
  EXPECT_EQ(bytes_of(folder / "a.h5"), bytes_of(folder / "b.h5"));
}

// Also across processes: addresses and heap contents differ there.
TEST(Store, EqualDatasetsAreEqualBytes) {
  const Folder folder;
  const auto child = fork();
  if (child == 0) {
    const std::vector<std::string> clutter(1000, std::string(100, 'x'));
    write_dataset(folder / "a.h5", sample());
    _exit(0);
  }
  int status = 1;
  waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  write_dataset(folder / "unrelated.h5", read_dataset(folder / "a.h5"));
  write_dataset(folder / "b.h5", sample());
  EXPECT_EQ(bytes_of(folder / "a.h5"), bytes_of(folder / "b.h5"));
  Dataset other = sample();
  std::get<std::vector<double>>(other.variables[0].data)[0] = 2;
  write_dataset(folder / "c.h5", other);
  EXPECT_NE(bytes_of(folder / "a.h5"), bytes_of(folder / "c.h5"));
}

TEST(Store, RefusesAnInconsistentDatasetBeforeTouchingTheFile) {
  const Folder folder;
  Dataset d = sample();
  d.variables[0].dimensions.pop_back();
  EXPECT_THROW(write_dataset(folder / "a.h5", d), std::invalid_argument);
  d = sample();
  d.attributes["_FillValue"] = 1.0;
  EXPECT_THROW(write_dataset(folder / "a.h5", d), std::invalid_argument);
  EXPECT_EQ(folder.files(), 0u);
}

TEST(Store, SaysWhatIsWrongWithAFile) {
  const Folder folder;
  const auto refuses = [&](const std::string& name, const std::string& reason) {
    testing::internal::CaptureStderr();
    EXPECT_THAT([&] { read_dataset(folder / name); },
                ThrowsMessage<StoreError>(AllOf(HasSubstr((folder / name).string()), HasSubstr(reason))));
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  };
  refuses("missing.h5", "no such file");
  std::filesystem::create_directory(folder / "folder.h5");
  refuses("folder.h5", "is a folder");
  put_bytes(folder / "empty.h5", "");
  refuses("empty.h5", "not an HDF5 file");
  put_bytes(folder / "text.h5", "title = 'a study, not a result'\n");
  refuses("text.h5", "not an HDF5 file");

  const auto h5 = H5Fcreate((folder / "foreign.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(h5);
  refuses("foreign.h5", "not one written by twostage");

  const auto with_version = [&](const char* name, std::int64_t version) {
    write_dataset(folder / name, sample());
    const auto file = H5Fopen((folder / name).c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    const auto attribute = H5Aopen(file, "schema_version", H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_INT64, &version);
    H5Aclose(attribute);
    H5Fclose(file);
  };
  with_version("future.h5", 99);
  refuses("future.h5", "its schema_version is not 2, the one this program reads");
  with_version("past.h5", 1);
  refuses("past.h5", "written by an older twostage (its schema_version is 1, this program reads 2)");
  const auto fifo = folder / "fifo.h5";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  refuses("fifo.h5", "is no regular file");
}

// What a file says belongs to its hash: values, and attributes but for what other programs note of their
// work.
TEST(Store, SeesWhatAnotherProgramChanged) {
  const Folder folder;
  const auto path = folder / "a.h5";
  const auto change = [&](double kappa, const char* object, const char* attribute) {
    write_dataset(path, sample());
    const auto file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    const auto data = H5Dopen2(file, "kappa", H5P_DEFAULT);
    H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, &kappa);
    const auto scalar = H5Screate(H5S_SCALAR);
    const auto owner = H5Oopen(file, object, H5P_DEFAULT);
    const auto note = H5Acreate2(owner, attribute, H5T_IEEE_F64LE, scalar, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(note, H5T_NATIVE_DOUBLE, &kappa);
    H5Aclose(note);
    H5Oclose(owner);
    H5Sclose(scalar);
    H5Dclose(data);
    H5Fclose(file);
  };
  const auto refused = [&] {
    EXPECT_THAT([&] { read_dataset(path); }, ThrowsMessage<StoreError>(HasSubstr("content_hash")));
  };
  change(0.02, "/", "history");  // the value as it was
  EXPECT_EQ(read_dataset(path).attributes.at("history"), Attribute(0.02));
  change(0.03, "/", "history");
  refused();
  change(0.02, "kappa", "scale_factor");
  refused();
  change(0.02, "/", "seed");
  refused();
}

// The last length tried cuts the seal in two; without any of it the HDF5 data are whole again.
TEST(Store, ATruncatedFileIsRefusedAtEveryLength) {
  const Folder folder;
  write_dataset(folder / "a.h5", sample());
  const std::string bytes = bytes_of(folder / "a.h5");
  std::vector<std::size_t> lengths;
  for (std::size_t length = 0; length < bytes.size() - 100; length += length < 200 ? 3 : 997)
    lengths.push_back(length);
  lengths.push_back(bytes.size() - 40);
  for (const auto length : lengths) {
    put_bytes(folder / "b.h5", bytes.substr(0, length));
    EXPECT_THAT([&] { read_dataset(folder / "b.h5"); },
                ThrowsMessage<StoreError>(AnyOf(HasSubstr("truncated"), HasSubstr("not an HDF5 file"))))
        << "after " << length << " bytes";
  }
}

// The stride is prime and the bit walks, so that every kind of structure is hit.
TEST(Store, AFlippedBitAnywhereIsRefused) {
  const Folder folder;
  write_dataset(folder / "a.h5", sample());
  std::string bytes = bytes_of(folder / "a.h5");
  for (std::size_t at = 0, bit = 0; at < bytes.size(); at += 97, ++bit) {
    const char before = bytes[at];
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (bit % 8)));
    put_bytes(folder / "b.h5", bytes);
    bytes[at] = before;
    EXPECT_THROW(read_dataset(folder / "b.h5"), StoreError) << "byte " << at;
  }
}

TEST(Store, NamesTheVariableWithTheFlippedBit) {
  const Folder folder;
  write_dataset(folder / "a.h5", sample());
  const auto file = H5Fopen((folder / "a.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const auto data = H5Dopen2(file, "regret", H5P_DEFAULT);
  hsize_t start[4] = {0, 0, 0, 0}, size = 0;
  haddr_t address = 0;
  unsigned mask = 0;
  const auto space = H5Dget_space(data);
  ASSERT_GE(H5Dget_chunk_info(data, space, 0, start, &mask, &address, &size), 0);
  H5Sclose(space);
  H5Dclose(data);
  H5Fclose(file);
  std::string bytes = bytes_of(folder / "a.h5");
  bytes[address + size / 2] ^= 4;
  put_bytes(folder / "a.h5", bytes);
  EXPECT_THAT([&] { read_dataset(folder / "a.h5"); },
              ThrowsMessage<StoreError>(HasSubstr("a flipped bit in variable 'regret'")));
}

// Every array has: chunks, shuffle, deflate, fletcher32, NaN as fill value.
TEST(Store, FiltersAndFillValue) {
  const Folder folder;
  write_dataset(folder / "a.h5", sample());
  const auto file = H5Fopen((folder / "a.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const auto data = H5Dopen2(file, "regret", H5P_DEFAULT);
  const auto properties = H5Dget_create_plist(data);
  std::vector<H5Z_filter_t> filters;
  for (int i = 0; i < H5Pget_nfilters(properties); ++i) {
    unsigned flags = 0, level = 0, configuration = 0;
    std::size_t count = 1;
    filters.push_back(H5Pget_filter2(properties, static_cast<unsigned>(i), &flags, &count, &level, 0, nullptr,
                                     &configuration));
    if (filters.back() == H5Z_FILTER_DEFLATE) {
      EXPECT_EQ(level, static_cast<unsigned>(hdf5::kDeflateLevel));
    }
  }
  EXPECT_THAT(filters, ElementsAre(H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE, H5Z_FILTER_FLETCHER32));
  double fill = 0;
  H5Pget_fill_value(properties, H5T_NATIVE_DOUBLE, &fill);
  EXPECT_NE(fill, fill);
  hbool_t times = true;
  H5Pget_obj_track_times(properties, &times);
  EXPECT_FALSE(times);
  H5Pclose(properties);
  H5Dclose(data);
  H5Fclose(file);
}

}  // namespace
}  // namespace twostage
