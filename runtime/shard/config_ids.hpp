// The number that tells the tunnels to one peer apart (config_id): the lowest that is free, from 1. With several shards
// each gives out a class of its own, so that the numbers stay unique for a peer.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <unordered_map>
#include <vector>

#include "protocol/endpoint.hpp"

namespace openl2tp::runtime {

class ConfigIds {
 public:
  ConfigIds(std::uint32_t shard, std::uint32_t shards) : shard_(shard), shards_(shards) {}

  [[nodiscard]] std::uint32_t take(const protocol::IpAddress& peer) {
    Peer& entry = peers_[peer];
    ++entry.tunnels;
    if (entry.free.empty()) return entry.next++ * shards_ + shard_ + 1;
    const std::uint32_t lowest = entry.free.top();
    entry.free.pop();
    return lowest;
  }
  void give_back(const protocol::IpAddress& peer, std::uint32_t config_id) {
    const auto it = peers_.find(peer);
    if (it == peers_.end()) return;
    if (--it->second.tunnels == 0)
      peers_.erase(it);
    else
      it->second.free.push(config_id);
  }

 private:
  struct Peer {
    std::uint32_t next = 0, tunnels = 0;
    std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> free;
  };
  std::uint32_t shard_, shards_;
  std::unordered_map<protocol::IpAddress, Peer> peers_;
};

} // namespace openl2tp::runtime
