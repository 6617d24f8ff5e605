// SHA-256 (FIPS 180-4), incrementally; the names of contents and configurations. OpenSSL's, because HDF5's
// development package brings it along and it uses the processor's SHA instructions.
#pragma once

#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace twostage {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);
  std::string hex();  // 64 lowercase digits; the last call

 private:
  evp_md_ctx_st* context_;
};

std::string sha256(std::string_view bytes);

}  // namespace twostage
