// A map whose copies share what they have in common, so that a snapshot of many profiles with one change is cheap to
// make.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace openl2tp::runtime {

/// Text as a key that may be looked up without a copy.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

/// A value type: a copy costs its 256 buckets, a change copies one bucket. Different copies may be used by different
/// threads at once.
template <class Key, class Value, class Hash>
class SharedMap {
 public:
  using Pointer = std::shared_ptr<const Value>;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Null when there is none.
  template <class AnyKey>
  [[nodiscard]] Pointer find(const AnyKey& key) const {
    const auto& bucket = buckets_[index(Hash{}(key))];
    if (!bucket) return nullptr;
    const auto entry = bucket->find(key);
    return entry == bucket->end() ? nullptr : entry->second;
  }

  void set(const Key& key, Pointer value) {
    auto& bucket = buckets_[index(Hash{}(key))];
    auto fresh = bucket ? std::make_shared<Bucket>(*bucket) : std::make_shared<Bucket>();
    if (fresh->insert_or_assign(key, std::move(value)).second) ++size_;
    bucket = std::move(fresh);
  }

  void erase(const Key& key) {
    auto& bucket = buckets_[index(Hash{}(key))];
    if (!bucket || !bucket->contains(key)) return;
    auto fresh = std::make_shared<Bucket>(*bucket);
    fresh->erase(key);
    --size_;
    bucket = std::move(fresh);
  }

  /// In ascending order.
  [[nodiscard]] std::vector<Key> keys() const {
    std::vector<Key> result;
    result.reserve(size_);
    for (const auto& bucket : buckets_) {
      if (!bucket) continue;
      for (const auto& entry : *bucket)
        result.push_back(entry.first);
    }
    std::ranges::sort(result);
    return result;
  }

 private:
  using Bucket = std::unordered_map<Key, Pointer, Hash, std::equal_to<>>;
  static std::size_t index(std::size_t hash) noexcept { return (hash ^ (hash >> 17) ^ (hash >> 41)) % 256; }

  std::array<std::shared_ptr<const Bucket>, 256> buckets_{};
  std::size_t size_ = 0;
};

template <class Value>
using NameMap = SharedMap<std::string, Value, TextHash>;

} // namespace openl2tp::runtime
