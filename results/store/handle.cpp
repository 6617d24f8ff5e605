#include "results/store/handle.hpp"

namespace twostage::hdf5 {
namespace {

std::mutex& mutex() {
  static std::mutex instance;
  return instance;
}

std::string most_specific_error() {
  std::string text;
  const auto visit = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
    auto& first = *static_cast<std::string*>(out);
    if (first.empty() && error->desc) first = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, visit, &text);
  return text.empty() ? "HDF5 gives no reason" : text;
}

}  // namespace

Failure::Failure() : std::runtime_error(most_specific_error()) {}

Session::Session() : lock_(mutex()) {
  H5Eget_auto2(H5E_DEFAULT, &print_, &stream_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Session::~Session() {
  H5Eclear2(H5E_DEFAULT);
  H5Eset_auto2(H5E_DEFAULT, print_, stream_);
}

Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  check(H5Tset_size(type, H5T_VARIABLE));
  check(H5Tset_cset(type, H5T_CSET_UTF8));
  return type;
}

}  // namespace twostage::hdf5
