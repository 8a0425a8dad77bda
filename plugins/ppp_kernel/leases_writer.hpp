// When the leases files are written, on a worker: a while after something changed, and at once when the shard's last
// session ends.
#pragma once

#include <openl2tp/plugin.hpp>

#include "plugins/ppp_kernel/pools.hpp"

namespace openl2tp::ppp_kernel {

/// [shard]
class LeasesWriter {
 public:
  LeasesWriter(Host host, openl2tp_loop* loop, Pools& pools);
  /// What is unwritten although the last session has ended is written here: no worker took it.
  ~LeasesWriter();
  LeasesWriter(const LeasesWriter&) = delete;
  LeasesWriter& operator=(const LeasesWriter&) = delete;

  /// To be called when an address was taken from a pool.
  void handle_taken();
  /// To be called when the shard's last session has ended: the daemon may be about to, and waits for workers.
  void handle_last_gone();

 private:
  struct Running;
  void arm();
  void begin();

  Host host_;
  openl2tp_loop* loop_;
  Pools& pools_;
  Timer timer_;
  bool waiting_ = false, hurried_ = false;
  bool taken_ = false; // since the last write began
  Running* running_ = nullptr;
};

} // namespace openl2tp::ppp_kernel
