// Between which addresses and ports a shard has tunnels, for kernels that cannot tell the data of two between the same
// ones apart (docs/kernel.md): who opens a tunnel there takes another port. [shard]
#pragma once

#include <compare>
#include <cstdint>
#include <map>

#include "protocol/endpoint.hpp"

namespace openl2tp::runtime {

/// Each tunnel is added once and removed once, with the same path.
class TunnelPaths {
 public:
  void add(const protocol::Path& path) { ++tunnels_[key_of(path)]; }
  void remove(const protocol::Path& path) {
    const auto found = tunnels_.find(key_of(path));
    if (found != tunnels_.end() && --found->second == 0) tunnels_.erase(found);
  }
  /// Whether a tunnel lies between these, or may: an unspecified local address stands for any. Looks at as many entries
  /// as the shard has local addresses.
  [[nodiscard]] bool contains(const protocol::Path& path) const {
    const Key asked = key_of(path);
    auto entry = tunnels_.lower_bound({asked.peer, asked.local_port, {}});
    for (; entry != tunnels_.end() && entry->first.peer == asked.peer && entry->first.local_port == asked.local_port;
         ++entry)
      if (entry->first.local == asked.local || entry->first.local.is_unspecified() || asked.local.is_unspecified())
        return true;
    return false;
  }

 private:
  struct Key {
    protocol::Endpoint peer;
    std::uint16_t local_port = 0;
    protocol::IpAddress local;
    auto operator<=>(const Key&) const = default;
  };
  static Key key_of(const protocol::Path& path) { return {path.peer, path.local.port, path.local.address}; }

  std::map<Key, std::uint32_t> tunnels_;
};

} // namespace openl2tp::runtime
