#include "harness/core/digest.h"

#include <openssl/evp.h>

#include "harness/core/error.h"

namespace leitai {

std::string Digest::hex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(64);
  for (std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  LEITAI_CHECK(EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr) == 1,
               "sha256");
}

Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_)); }

void Sha256::update(std::string_view data) {
  EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), data.data(), data.size());
}

Digest Sha256::finish() {
  Digest out;
  unsigned size = 0;
  EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_), out.bytes.data(), &size);
  return out;
}

Digest sha256(std::string_view data) {
  Sha256 hash;
  hash.update(data);
  return hash.finish();
}

std::uint64_t hash64(std::initializer_list<std::string_view> parts) {
  Sha256 hash;
  for (std::string_view part : parts) {
    const std::uint64_t size = part.size();
    char length[8];
    for (int i = 0; i < 8; ++i) length[i] = static_cast<char>(size >> (8 * i));
    hash.update({length, 8});
    hash.update(part);
  }
  const Digest digest = hash.finish();
  std::uint64_t out = 0;
  for (int i = 7; i >= 0; --i) out = out << 8 | digest.bytes[static_cast<std::size_t>(i)];
  return out;
}

}  // namespace leitai
