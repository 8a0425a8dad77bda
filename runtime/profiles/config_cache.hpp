// Keeps what was made once so that all who need the same share it. Entries are only added; they go with the cache.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <utility>

namespace openl2tp::runtime {

/// Any thread at any time, without a lock. `Key` has hash() and ==.
template <class Key, class Value>
class ConfigCache {
 public:
  /// Made for about `expected` entries; takes at most twice as many and 1,024. When full, nothing more is kept.
  explicit ConfigCache(std::size_t expected)
      : heads_count_(std::bit_ceil(std::clamp<std::size_t>(expected, 16, kHeadsMax))),
        entries_max_(2 * expected + 1024), heads_(std::make_unique<std::atomic<Node*>[]>(heads_count_)) {}
  ConfigCache(const ConfigCache&) = delete;
  ConfigCache& operator=(const ConfigCache&) = delete;
  ~ConfigCache() {
    for (std::size_t i = 0; i < heads_count_; ++i) {
      for (Node* node = heads_[i].load(std::memory_order_acquire); node != nullptr;) {
        delete std::exchange(node, node->next);
      }
    }
  }

  /// Null when there is none yet.
  [[nodiscard]] std::shared_ptr<const Value> find(const Key& key) const {
    for (const Node* node = head(key).load(std::memory_order_acquire); node != nullptr; node = node->next) {
      if (node->key == key) return node->value;
    }
    return nullptr;
  }

  /// Keeps `value` while there is room. Two threads may add the same key; whoever looks later shares the later one.
  void add(Key key, std::shared_ptr<const Value> value) {
    if (size_.fetch_add(1, std::memory_order_relaxed) >= entries_max_) {
      size_.fetch_sub(1, std::memory_order_relaxed);
      return;
    }
    std::atomic<Node*>& head_ref = head(key);
    auto node = std::make_unique<Node>(Node{std::move(key), std::move(value), nullptr});
    node->next = head_ref.load(std::memory_order_relaxed);
    while (
        !head_ref.compare_exchange_weak(node->next, node.get(), std::memory_order_release, std::memory_order_relaxed)) {
    }
    (void)node.release();
  }

 private:
  static constexpr std::size_t kHeadsMax = 4096; // keeps an empty cache small: each change of a profile makes some
  struct Node {
    Key key;
    std::shared_ptr<const Value> value;
    Node* next;
  };
  [[nodiscard]] std::atomic<Node*>& head(const Key& key) const { return heads_[key.hash() & (heads_count_ - 1)]; }

  std::size_t heads_count_, entries_max_;
  std::unique_ptr<std::atomic<Node*>[]> heads_;
  std::atomic<std::size_t> size_{0};
};

} // namespace openl2tp::runtime
