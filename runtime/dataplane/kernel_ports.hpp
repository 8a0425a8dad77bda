// Which tunnel of this daemon has which addresses and ports in the kernel, for kernels that cannot tell two tunnels
// between the same ones apart (docs/kernel.md). Only they need it.
#pragma once

#include <mutex>
#include <unordered_map>

#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"

namespace openl2tp::runtime {

/// Any thread; a worker holds the lock for the length of a look-up.
class KernelPorts {
 public:
  /// Gives `path`, both ends of which are known, to `tunnel`, which has none yet.
  /// @return the tunnel that has it already; 0: nobody had.
  [[nodiscard]] protocol::TunnelId claim(protocol::TunnelId tunnel, const protocol::Path& path);
  /// What the tunnel had is free again; one without is ignored.
  void release(protocol::TunnelId tunnel);

 private:
  struct Hash {
    std::size_t operator()(const protocol::Path& path) const noexcept {
      const std::hash<protocol::Endpoint> hash;
      return hash(path.peer) * 31 ^ hash(path.local);
    }
  };
  std::mutex mutex_;
  std::unordered_map<protocol::Path, protocol::TunnelId, Hash> owners_;
  std::unordered_map<protocol::TunnelId, protocol::Path> claims_;
};

} // namespace openl2tp::runtime
