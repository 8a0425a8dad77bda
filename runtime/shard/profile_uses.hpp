// How many tunnels of a shard were made from each peer profile, by its name. Belongs to one shard.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/control.hpp"

namespace openl2tp::runtime {

class ProfileUseCounts {
 public:
  void take(const std::string& profile) { ++tunnels_[profile]; }
  void give_back(const std::string& profile) {
    const auto it = tunnels_.find(profile);
    if (it != tunnels_.end() && --it->second == 0) tunnels_.erase(it);
  }
  [[nodiscard]] std::uint32_t of(const std::string& profile) const {
    const auto it = tunnels_.find(profile);
    return it == tunnels_.end() ? 0 : it->second;
  }
  [[nodiscard]] const ProfileUses& all() const noexcept { return tunnels_; }

 private:
  ProfileUses tunnels_;
};

} // namespace openl2tp::runtime
