#include "runtime/dataplane/kernel_ports.hpp"

namespace openl2tp::runtime {

protocol::TunnelId KernelPorts::claim(protocol::TunnelId tunnel, const protocol::Path& path) {
  const std::scoped_lock lock(mutex_);
  const auto [position, is_new] = owners_.try_emplace(path, tunnel);
  if (!is_new) return position->second;
  claims_[tunnel] = path;
  return {};
}

void KernelPorts::release(protocol::TunnelId tunnel) {
  const std::scoped_lock lock(mutex_);
  if (const auto claim = claims_.extract(tunnel)) owners_.erase(claim.mapped());
}

} // namespace openl2tp::runtime
