// The plugin's configuration file as all shards see it: read at start, and again when it changed. A file with a mistake
// in it leaves everything as it was.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <sys/stat.h>

#include "plugins/ppp_kernel/configuration.hpp"
#include "plugins/ppp_kernel/pools.hpp"

namespace openl2tp::ppp_kernel {

/// Any thread.
class ConfigurationFile {
 public:
  using Log = Pools::Log;

  /// `path` empty: there is none. `required`: that it is not there is worth a line of the log. `scripts`: the folder
  /// whose "ip-up" and so on are run where the file does not speak of them; empty: none.
  ConfigurationFile(std::string path, bool required, std::string scripts)
      : path_(std::move(path)), scripts_(std::move(scripts)), required_(required) {}

  /// Looks whether the file has changed, and takes what it says. One caller at a time; the others wait. [worker], and
  /// at start
  void look(const Log& warn);

  /// What it said when it was read last. Never nullptr.
  [[nodiscard]] std::shared_ptr<const Options> options() const;
  [[nodiscard]] Pools& pools() noexcept { return pools_; }

 private:
  struct Seen {
    struct timespec changed{-1, 0};
    std::uint64_t inode = 0, size = 0;
    bool operator==(const Seen& other) const noexcept {
      return changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec &&
             inode == other.inode && size == other.size;
    }
  };
  void read(const Log& warn);
  void add_default_scripts();

  std::string path_, scripts_;
  bool required_;
  Pools pools_;

  std::mutex looking_;
  Seen seen_;            // with `looking_`
  bool missing_ = false; // said
  Options said_;         // without the defaults

  mutable std::mutex mutex_;
  std::shared_ptr<const Options> options_ = std::make_shared<Options>();
};

} // namespace openl2tp::ppp_kernel
