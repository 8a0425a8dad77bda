// The secrets of one shard: pppd's two files, or one in their place, read again when they change. Reading, parsing and
// looking at the time of change happen on a worker (freshness.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/stat.h>

#include <openl2tp/plugin.hpp>

#include "plugins/ppp_engine/secrets_file.hpp"
#include "plugins/ppp_kernel/freshness.hpp"

namespace openl2tp::ppp_kernel {

struct SecretPaths {
  std::string chap = "/etc/ppp/chap-secrets", pap = "/etc/ppp/pap-secrets";
};

class Secrets {
 public:
  /// `other`: decides in place of the files
  Secrets(Host host, openl2tp_loop* loop, const SecretPaths& paths, ppp::Authority* other = nullptr);
  Secrets(const Secrets&) = delete;
  Secrets& operator=(const Secrets&) = delete;

  /// Runs `call` once the files are as fresh as Freshness promises.
  void when_fresh(std::function<void()> call) { freshness_.when_fresh(std::move(call)); }
  /// Who decides about proofs of `method`. The files answer at once.
  [[nodiscard]] ppp::Authority& authority(ppp::AuthMethod method) noexcept {
    if (other_ != nullptr) return *other_;
    return *files_[method == ppp::AuthMethod::pap ? 1 : 0].secrets;
  }

 private:
  struct File {
    std::string path;
    struct timespec changed{-1, 0};
    std::uint64_t inode = 0, size = 0;
    std::shared_ptr<ppp::SecretsFile> secrets = std::make_shared<ppp::SecretsFile>();
    bool fresh = false;               // `secrets` is to be taken
    std::vector<std::string> remarks; // for the log
  };
  class FilesLook;
  static void look_at(File& file);

  Host host_;
  ppp::Authority* other_;
  std::array<File, 2> files_;
  Freshness freshness_;
};

} // namespace openl2tp::ppp_kernel
