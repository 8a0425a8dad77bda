// The secrets of one shard: pppd's two files, or one in their place, read again when they change. Reading, parsing and
// looking at the time of change happen on a worker; questions wait for that, and a second passes between two looks.
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

namespace openl2tp::ppp_kernel {

struct SecretPaths {
  std::string chap = "/etc/ppp/chap-secrets", pap = "/etc/ppp/pap-secrets";
};

class Secrets {
 public:
  static constexpr std::uint64_t look_interval_ms = 1'000;
  static constexpr std::size_t waiting_max = 65'536;

  Secrets(Host host, openl2tp_loop* loop, const SecretPaths& paths);
  ~Secrets();
  Secrets(const Secrets&) = delete;
  Secrets& operator=(const Secrets&) = delete;

  /// Runs `call` once the files are as fresh as promised: now, or later on the shard's thread. What waits when this
  /// object goes is not called. Beyond `waiting_max` it is called with what is there.
  void when_fresh(std::function<void()> call);
  /// Who decides about proofs of `method`. Answers at once.
  [[nodiscard]] ppp::Authority& authority(ppp::AuthMethod method) noexcept {
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
  struct Look; // what a worker does
  static void look_at(File& file);
  void handle_looked(Look& look);

  Host host_;
  openl2tp_loop* loop_;
  std::array<File, 2> files_;
  std::uint64_t looked_ms_ = 0;
  bool looked_ = false;
  Look* running_ = nullptr;
  std::vector<std::function<void()>> waiting_;
};

} // namespace openl2tp::ppp_kernel
