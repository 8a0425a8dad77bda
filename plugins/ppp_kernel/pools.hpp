// The addresses of callers, of all shards: from pools, or fixed by a secret or a profile. Each has one holder at a
// time, however it came by it. Who had which address of a pool outlives the daemon in the pool's file.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "plugins/ppp_engine/address_pool.hpp"
#include "plugins/ppp_kernel/configuration.hpp"

namespace openl2tp::ppp_kernel {

/// Any thread; a short lock, taken when a session gets or gives back its address, and never while a file is read or
/// written.
class Pools {
 public:
  /// An address, held. Gives it back when it goes. The pools must outlive it.
  class Holding {
   public:
    Holding() = default;
    Holding(Holding&& other) noexcept
        : pools_(std::exchange(other.pools_, nullptr)), address_(std::exchange(other.address_, {})) {}
    Holding& operator=(Holding&& other) noexcept {
      std::swap(pools_, other.pools_);
      std::swap(address_, other.address_);
      return *this;
    }
    Holding(const Holding&) = delete;
    Holding& operator=(const Holding&) = delete;
    ~Holding() { release(); }
    void release() noexcept;
    /// Empty: holds nothing.
    [[nodiscard]] ppp::Ipv4 address() const noexcept { return address_; }

   private:
    friend class Pools;
    Holding(Pools& pools, ppp::Ipv4 address) noexcept : pools_(&pools), address_(address) {}
    Pools* pools_ = nullptr;
    ppp::Ipv4 address_;
  };

  /// Users as a leases file has them.
  using History = std::vector<std::pair<ppp::Ipv4, std::string>>;
  /// What a line for the log is told to.
  using Log = std::function<void(const std::string& line)>;

  Pools() = default;
  Pools(const Pools&) = delete;
  Pools& operator=(const Pools&) = delete;

  /// Replaces the pools. Addresses that are held stay so, and users keep their history, also where the ranges changed.
  /// Reads the leases files of pools that are new. [worker]
  void define(std::vector<PoolDefinition> pools, const Log& warn);

  /// An address of the pool for `user`. @error why there is none, for the log
  [[nodiscard]] tl::expected<Holding, std::string> take(std::string_view pool, std::string_view user);
  /// That very address. @return nullopt: somebody has it.
  [[nodiscard]] std::optional<Holding> hold(ppp::Ipv4 address);

  /// Whether a leases file is behind what is known.
  [[nodiscard]] bool unwritten() const;
  /// Writes those files, each under another name first. One that cannot be written is tried again with the next
  /// change. [worker]
  void write(const Log& warn);
  /// How long to wait before the next write(): longer where the last one took long.
  [[nodiscard]] std::chrono::milliseconds write_pause() const;

  [[nodiscard]] std::size_t held() const;

 private:
  struct Pool {
    std::string ranges, leases;
    ppp::AddressPool pool;
    bool changed = false; // since its file was written
    bool complained = false;
  };
  static constexpr std::size_t slots_a_lock = 4'096;

  void release(ppp::Ipv4 address) noexcept;
  [[nodiscard]] std::optional<ppp::AddressPool::Lease> lease_of(ppp::Ipv4 address, std::string_view user);
  [[nodiscard]] std::vector<ppp::AddressPool::Known> known_of(const std::string& name) const;

  mutable std::mutex mutex_; // of all below
  std::unordered_map<std::string, Pool> pools_;
  std::unordered_map<std::uint32_t, ppp::AddressPool::Lease> held_; // a lease of nothing: outside of the pools
  std::chrono::milliseconds last_write_{0};

  std::mutex files_; // one define() or write() at a time; taken before mutex_
};

} // namespace openl2tp::ppp_kernel
