// HDF5 that claims more than it holds, or points elsewhere: refused before anything is allocated or followed,
// with a seal that fits and without one.
#include <hdf5.h>
#include <hdf5_hl.h>

#include "tests/attack/forgery.hpp"
#include "tests/results/store/sample.hpp"

namespace twostage {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class ForgedHdf5 : public testing::Test {
 protected:
  // The sample, changed by HDF5's own means: once without a seal, as they leave it, once sealed again.
  void refuses(const std::string& says, const std::function<void(hid_t)>& change) {
    const auto path = folder_ / "forged.h5";
    write_dataset(path, sample());
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);  // as new as the store writes: attributes may be large
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST);
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, access);
    H5Pclose(access);
    change(file);
    ASSERT_GE(H5Fclose(file), 0);
    for (const bool with_seal : {false, true}) {
      if (with_seal) put_bytes(path, sealed(bytes_of(path)));
      ASSERT_EQ(inspect_seal(path), with_seal ? Seal::intact : Seal::none);
      EXPECT_THAT([&] { read_dataset(path); },
                  ThrowsMessage<StoreError>(AllOf(HasSubstr(path.string()), HasSubstr(says))))
          << (with_seal ? "sealed" : "without a seal");
    }
  }

  Folder folder_;
};

// One axis of so many values, in chunks that are never written.
hid_t make_array(hid_t file, const char* name, hsize_t length, hid_t type) {
  const hid_t space = H5Screate_simple(1, &length, nullptr), properties = H5Pcreate(H5P_DATASET_CREATE);
  const hsize_t chunk = std::min<hsize_t>(length, 1024);
  H5Pset_chunk(properties, 1, &chunk);
  const hid_t array = H5Dcreate2(file, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  H5Pclose(properties);
  H5Sclose(space);
  return array;
}

TEST_F(ForgedHdf5, LengthsWithoutBytes) {
  const hid_t text = H5Tcopy(H5T_C_S1), wide = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, H5T_VARIABLE);
  H5Tset_size(wide, 1000000);
  for (const int bits : {33, 60})
    for (const hid_t type : {H5T_IEEE_F64LE, H5T_STD_U8LE, text, wide}) {
      if (type == wide && bits == 60) continue;  // HDF5 makes no such array
      const auto length = hsize_t{1} << bits;
      const std::string says = "says that it holds " + std::to_string(length) + " values";
      refuses("variable 'huge' " + says,
              [&](hid_t file) { H5Dclose(make_array(file, "huge", length, type)); });
      refuses("dimension 'huge' " + says, [&](hid_t file) {
        const hid_t array = make_array(file, "huge", length, type);
        H5DSset_scale(array, "huge");
        H5Dclose(array);
      });
    }
  H5Tclose(text);
  H5Tclose(wide);
  refuses("attribute 'many' of variable 'kappa' says that it holds 1048576 values", [](hid_t file) {
    const hsize_t length = 1 << 20;
    const hid_t space = H5Screate_simple(1, &length, nullptr), owner = H5Dopen2(file, "kappa", H5P_DEFAULT);
    H5Aclose(H5Acreate2(owner, "many", H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT));
    H5Dclose(owner);
    H5Sclose(space);
  });
}

TEST_F(ForgedHdf5, ObjectsOfOtherFilesAndOtherKinds) {
  const std::string elsewhere = "is a link to elsewhere, no object of this file";
  refuses("'soft' " + elsewhere,
          [](hid_t file) { H5Lcreate_soft("/regret", file, "soft", H5P_DEFAULT, H5P_DEFAULT); });
  refuses("'external' " + elsewhere, [](hid_t file) {
    H5Lcreate_external("/dev/zero", "/x", file, "external", H5P_DEFAULT, H5P_DEFAULT);
  });
  refuses("'group' is no array of values",
          [](hid_t file) { H5Gclose(H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)); });
  refuses("'type' is no array of values", [](hid_t file) {
    const hid_t type = H5Tcopy(H5T_IEEE_F64LE);
    H5Tcommit2(file, "type", type, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Tclose(type);
  });
  const auto make = [](hid_t file, const std::function<void(hid_t, hid_t)>& place) {
    const hsize_t length = 2;
    const hid_t space = H5Screate_simple(1, &length, nullptr), properties = H5Pcreate(H5P_DATASET_CREATE);
    place(properties, space);
    H5Dclose(H5Dcreate2(file, "foreign", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT));
    H5Pclose(properties);
    H5Sclose(space);
  };
  refuses("variable 'foreign' has its values in another file", [&](hid_t file) {
    make(file, [](hid_t properties, hid_t) { H5Pset_external(properties, "/dev/zero", 0, 16); });
  });
  refuses("variable 'foreign' has its values in another file", [&](hid_t file) {
    make(file,
         [](hid_t properties, hid_t space) { H5Pset_virtual(properties, space, "/dev/zero", "/x", space); });
  });
}

// regret lies on horizon (3), lambda (2), replicate (4) and arm (3).
TEST_F(ForgedHdf5, AxesThatAreNotThere) {
  const auto with_regret = [](const std::function<void(hid_t, hid_t)>& change) {
    return [=](hid_t file) {
      const hid_t data = H5Dopen2(file, "regret", H5P_DEFAULT);
      change(file, data);
      H5Dclose(data);
    };
  };
  refuses("axis 0 of variable 'regret' has no name",
          with_regret([](hid_t, hid_t data) { H5Adelete(data, "DIMENSION_LIST"); }));
  // HDF5's own reader of this list takes its length for granted.
  for (const hsize_t length : {hsize_t{1}, hsize_t{3}, hsize_t{9}})
    refuses("variable 'regret' has a broken list of dimension scales", with_regret([&](hid_t, hid_t data) {
              H5Adelete(data, "DIMENSION_LIST");
              const hid_t space = H5Screate_simple(1, &length, nullptr),
                          type = H5Tvlen_create(H5T_STD_REF_OBJ);
              H5Aclose(H5Acreate2(data, "DIMENSION_LIST", type, space, H5P_DEFAULT, H5P_DEFAULT));
              H5Tclose(type);
              H5Sclose(space);
            }));
  refuses("variable 'regret' has a broken list of dimension scales", with_regret([](hid_t, hid_t data) {
            H5Adelete(data, "DIMENSION_LIST");
            const hsize_t length = 4;
            const hid_t space = H5Screate_simple(1, &length, nullptr);
            H5Aclose(H5Acreate2(data, "DIMENSION_LIST", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT));
            H5Sclose(space);
          }));
  // Horizon and lambda change places: as many values in all, and other lengths on each axis.
  refuses("variable 'regret' is 3 long on 'lambda', which has 2 coordinates",
          with_regret([](hid_t file, hid_t data) {
            const hid_t horizon = H5Dopen2(file, "horizon", H5P_DEFAULT),
                        lambda = H5Dopen2(file, "lambda", H5P_DEFAULT);
            H5DSdetach_scale(data, horizon, 0);
            H5DSdetach_scale(data, lambda, 1);
            H5DSattach_scale(data, lambda, 0);
            H5DSattach_scale(data, horizon, 1);
            H5Dclose(horizon);
            H5Dclose(lambda);
          }));
  refuses("axis 0 of variable 'regret' has its scale elsewhere", with_regret([](hid_t file, hid_t data) {
            const hid_t horizon = H5Dopen2(file, "horizon", H5P_DEFAULT);
            H5DSdetach_scale(data, horizon, 0);
            H5Dclose(horizon);
            const hid_t hidden = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
            const hid_t scale = make_array(hidden, "horizon", 3, H5T_STD_I64LE);
            H5DSset_scale(scale, "horizon");
            H5DSattach_scale(data, scale, 0);
            H5Dclose(scale);
            H5Gclose(hidden);
          }));
}

// xarray takes values that equal it for missing ones; our own reader would not.
TEST_F(ForgedHdf5, AFillValueThatHidesNumbers) {
  refuses("the _FillValue of variable 'regret' is not NaN", [](hid_t file) {
    const hid_t data = H5Dopen2(file, "regret", H5P_DEFAULT), scalar = H5Screate(H5S_SCALAR);
    const double half = 0.5;
    H5Adelete(data, "_FillValue");
    const hid_t fill = H5Acreate2(data, "_FillValue", H5T_IEEE_F64LE, scalar, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(fill, H5T_NATIVE_DOUBLE, &half);
    H5Aclose(fill);
    H5Sclose(scalar);
    H5Dclose(data);
  });
}

// What another program may do: rewrite the file, which cuts the seal off.
TEST_F(ForgedHdf5, AFileWithoutASealIsRead) {
  write_dataset(folder_ / "a.h5", sample());
  put_bytes(folder_ / "b.h5", test::unsealed(bytes_of(folder_ / "a.h5")));
  ASSERT_EQ(inspect_seal(folder_ / "b.h5"), Seal::none);
  EXPECT_EQ(read_dataset(folder_ / "b.h5").attributes, read_dataset(folder_ / "a.h5").attributes);
}

}  // namespace
}  // namespace twostage
