// Whether shards still turn: each is asked for a sign of life, and gives it in its next turn. One thread asks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/shard/shard.hpp"

namespace openl2tp::runtime {

class Pulse {
 public:
  /// `group` outlives it, and its shards have been started.
  explicit Pulse(const ShardGroup& group) : group_(group) {
    for (std::size_t i = 0; i < group.shards.size(); ++i)
      asked_.push_back(std::make_shared<std::atomic<bool>>(false));
  }

  /// Asks those that have answered the last time; the others are asked already.
  void ask() {
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      if (asked_[i]->exchange(true)) continue;
      // One that cannot be asked is full of messages or has ended; one that hangs was asked before it came to that.
      if (!group_.shards[i]->post([answer = asked_[i]] { answer->store(false); })) asked_[i]->store(false);
    }
  }
  /// The shards that have not answered yet, by number.
  [[nodiscard]] std::vector<std::uint32_t> silent() const {
    std::vector<std::uint32_t> all;
    for (std::size_t i = 0; i < asked_.size(); ++i)
      if (asked_[i]->load()) all.push_back(static_cast<std::uint32_t>(i));
    return all;
  }

 private:
  const ShardGroup& group_;
  std::vector<std::shared_ptr<std::atomic<bool>>> asked_; // shared with the messages, which may outlive this
};

} // namespace openl2tp::runtime
