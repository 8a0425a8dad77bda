// What a plugin holds in its hands without holding a pointer: numbers that name an object of a table and are checked at
// each use, so that a handle that was freed is caught, and nothing of it is touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace openl2tp::runtime {

/// The parts of a handle. It travels as an opaque pointer, is never null, and says where it is from.
struct Handle {
  std::uint32_t index = 0;      // in the table
  std::uint32_t generation = 0; // of the place in the table, which is used again
  std::uint32_t owner = 0;      // the loop that has the table
  std::uint32_t kind = 0;       // 1 to 3: timers, watches and children are never taken for each other

  static constexpr unsigned index_bits = 20, generation_bits = 24, owner_bits = 18, kind_bits = 2;

  template <class T>
  [[nodiscard]] T* pack() const noexcept {
    std::uint64_t bits = kind;
    bits = bits << owner_bits | owner;
    bits = bits << generation_bits | generation;
    bits = bits << index_bits | index;
    return reinterpret_cast<T*>(bits); // NOLINT(performance-no-int-to-ptr): never used as a pointer
  }
  [[nodiscard]] static Handle unpack(const void* handle) noexcept {
    const auto bits = reinterpret_cast<std::uintptr_t>(handle);
    const auto take = [](std::uint64_t from, unsigned count) {
      return static_cast<std::uint32_t>(from & ((std::uint64_t{1} << count) - 1));
    };
    return {.index = take(bits, index_bits),
            .generation = take(bits >> index_bits, generation_bits),
            .owner = take(bits >> (index_bits + generation_bits), owner_bits),
            .kind = take(bits >> (index_bits + generation_bits + owner_bits), kind_bits)};
  }
};
static_assert(sizeof(void*) == sizeof(std::uint64_t), "handles of plugins need pointers of 64 bits");
static_assert(Handle::index_bits + Handle::generation_bits + Handle::owner_bits + Handle::kind_bits == 64);

/// Objects by handle. Adding and finding cost O(1); places are used again, last freed first. A handle is told from
/// 2^24 later ones of its place.
template <class T>
class HandleTable {
 public:
  /// @param limit  at most 2^20.
  HandleTable(std::uint32_t kind, std::uint32_t owner, std::size_t limit) noexcept
      : kind_(kind), owner_(owner), limit_(limit) {}

  [[nodiscard]] std::uint32_t owner() const noexcept { return owner_; }
  [[nodiscard]] bool full() const noexcept { return size() >= limit_; }
  [[nodiscard]] std::size_t size() const noexcept { return places_.size() - free_.size(); }

  /// Not when full().
  Handle add(std::unique_ptr<T> object) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(places_.size()));
      places_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    places_[index].object = std::move(object);
    return handle_at(index);
  }
  /// nullptr when the handle names nothing (any more).
  [[nodiscard]] T* find(const Handle& handle) noexcept {
    Place* const place = place_of(handle);
    return place == nullptr ? nullptr : place->object.get();
  }
  /// The handle is dead then.
  [[nodiscard]] std::unique_ptr<T> remove(const Handle& handle) {
    Place* const place = place_of(handle);
    if (place == nullptr) return nullptr;
    place->generation = (place->generation + 1) & ((std::uint32_t{1} << Handle::generation_bits) - 1);
    free_.push_back(handle.index);
    return std::exchange(place->object, nullptr);
  }
  /// Everything, in no order; all handles are dead then.
  [[nodiscard]] std::vector<std::unique_ptr<T>> take_all() {
    std::vector<std::unique_ptr<T>> all;
    all.reserve(size());
    for (std::uint32_t index = 0; index < places_.size(); ++index)
      if (places_[index].object != nullptr) all.push_back(remove(handle_at(index)));
    return all;
  }

 private:
  struct Place {
    std::unique_ptr<T> object;
    std::uint32_t generation = 0;
  };
  [[nodiscard]] Handle handle_at(std::uint32_t index) const noexcept {
    return {.index = index, .generation = places_[index].generation, .owner = owner_, .kind = kind_};
  }
  [[nodiscard]] Place* place_of(const Handle& handle) noexcept {
    if (handle.kind != kind_ || handle.owner != owner_ || handle.index >= places_.size()) return nullptr;
    Place& place = places_[handle.index];
    return place.object == nullptr || place.generation != handle.generation ? nullptr : &place;
  }

  std::uint32_t kind_, owner_;
  std::size_t limit_;
  std::deque<Place> places_;
  std::vector<std::uint32_t> free_;
};

} // namespace openl2tp::runtime
