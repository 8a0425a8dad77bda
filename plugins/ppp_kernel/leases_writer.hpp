// When the leases files are written: a while after something changed, on a worker, and once more at the end.
#pragma once

#include <openl2tp/plugin.hpp>

#include "plugins/ppp_kernel/pools.hpp"

namespace openl2tp::ppp_kernel {

/// [shard]
class LeasesWriter {
 public:
  LeasesWriter(Host host, openl2tp_loop* loop, Pools& pools);
  /// Writes what is unwritten: the daemon ends.
  ~LeasesWriter();
  LeasesWriter(const LeasesWriter&) = delete;
  LeasesWriter& operator=(const LeasesWriter&) = delete;

  /// To be called when an address was taken from a pool.
  void handle_taken();

 private:
  struct Running;
  void begin();

  Host host_;
  openl2tp_loop* loop_;
  Pools& pools_;
  Timer timer_;
  bool waiting_ = false;
  Running* running_ = nullptr;
};

} // namespace openl2tp::ppp_kernel
