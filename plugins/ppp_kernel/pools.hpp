// The addresses of callers, of all shards: from pools, or fixed by a secret or a profile. Each has one holder at a
// time, however it came by it. Who had which address of a pool outlives the daemon in the pool's file.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "plugins/ppp_engine/address_pool.hpp"
#include "plugins/ppp_kernel/configuration.hpp"
#include "plugins/ppp_kernel/door.hpp"

namespace openl2tp::ppp_kernel {

/// Any thread; a short lock, taken when a session gets or gives back its address, and never while a file is read or
/// written, nor for longer where many addresses are held.
class Pools {
 public:
  /// An address, held. Gives it back when it goes: the session and the kernel's work on the address share one, so that
  /// an address is free when its last request has run, and not before. The pools must outlive it.
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
    /// The session has no use for it any more, or again has: who wants a leaving address waits until it is free.
    void set_leaving(bool leaving) noexcept;
    /// Empty: holds nothing.
    [[nodiscard]] ppp::Ipv4 address() const noexcept { return address_; }

   private:
    friend class Pools;
    Holding(Pools& pools, ppp::Ipv4 address) noexcept : pools_(&pools), address_(address) {}
    Pools* pools_ = nullptr;
    ppp::Ipv4 address_;
  };

  /// Who asks for an address.
  struct Caller {
    std::string user; // that it has proven to be; empty: nobody known
    std::shared_ptr<Door> door;
    openl2tp_session_token token = 0;
  };
  /// What became of that: held, or `wait` (the door says when to ask again), or why not.
  struct Answer {
    Holding holding;
    bool wait = false;
    std::string fault;
    [[nodiscard]] explicit operator bool() const noexcept { return !holding.address().empty(); }
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

  /// An address of the pool for the caller: the one that its user had, also where it has to be waited for.
  [[nodiscard]] Answer take(std::string_view pool, const Caller& caller);
  /// That very address. `replace`: a session of the same user that has it is told to end.
  [[nodiscard]] Answer hold(ppp::Ipv4 address, const Caller& caller, bool replace);
  /// No session of that door is told anything any more. [shard]
  void close(Door& door) noexcept;

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
    std::unordered_map<std::uint32_t, ppp::AddressPool::Lease> held; // of the addresses that sessions hold
    bool changed = false;                                            // since its file was written
    bool complained = false;
  };
  using PoolsByName = std::unordered_map<std::string, Pool>;
  struct Held {
    Caller by;
    bool leaving = false; // waits for the kernel's last word
    bool told = false;    // to end
  };
  struct Waiter {
    std::shared_ptr<Door> door;
    openl2tp_session_token token;
  };
  static constexpr std::size_t slots_a_lock = 4'096;

  void release(ppp::Ipv4 address) noexcept;
  void set_leaving(ppp::Ipv4 address, bool leaving) noexcept;
  void note_change(std::uint32_t address);
  static void tell(const Waiter& waiter);
  [[nodiscard]] static Pool* pool_of(PoolsByName& pools, ppp::Ipv4 address) noexcept;
  [[nodiscard]] std::unique_lock<std::mutex> lease_held(PoolsByName& made);
  [[nodiscard]] std::vector<ppp::AddressPool::Known> known_of(const std::string& name) const;

  mutable std::mutex mutex_; // of all below
  PoolsByName pools_;
  std::map<std::uint32_t, Held> held_;                             // all addresses, also outside of the pools
  std::unordered_map<std::uint32_t, std::vector<Waiter>> waiting_; // by address
  std::deque<Waiter> waiting_for_any_;                             // of some pool
  std::size_t leaving_ = 0;                                        // of held_
  std::optional<std::vector<std::uint32_t>> changes_;              // of held_, while define() makes leases
  std::chrono::milliseconds last_write_{0};

  std::mutex files_; // one define() or write() at a time; taken before mutex_
};

} // namespace openl2tp::ppp_kernel
