#include "plugins/ppp_kernel/pools.hpp"

#include <algorithm>
#include <mutex>

#include "plugins/ppp_kernel/leases_file.hpp"

namespace openl2tp::ppp_kernel {

using ppp::AddressPool;

void Pools::Holding::release() noexcept {
  if (pools_ != nullptr) std::exchange(pools_, nullptr)->release(address_);
  address_ = {};
}

void Pools::Holding::set_leaving(bool leaving) noexcept {
  if (pools_ != nullptr) pools_->set_leaving(address_, leaving);
}

void Pools::set_leaving(ppp::Ipv4 address, bool leaving) noexcept {
  const std::scoped_lock lock(mutex_);
  const auto found = held_.find(address.value);
  if (found == held_.end() || std::exchange(found->second.leaving, leaving) == leaving) return;
  if (leaving)
    ++leaving_;
  else
    --leaving_;
}

Pools::Pool* Pools::pool_of(PoolsByName& pools, ppp::Ipv4 address) noexcept {
  for (auto& [name, pool] : pools)
    if (pool.pool.contains(address)) return &pool;
  return nullptr;
}

void Pools::note_change(std::uint32_t address) {
  if (changes_) changes_->push_back(address);
}

void Pools::tell(const Waiter& waiter) {
  if (waiter.door != nullptr) waiter.door->post(waiter.token, Door::Message::address_free);
}

/// All that wait are told, and the first that asks has it.
void Pools::release(ppp::Ipv4 address) noexcept {
  const std::scoped_lock lock(mutex_);
  const auto found = held_.find(address.value);
  if (found == held_.end()) return;
  if (found->second.leaving) --leaving_;
  held_.erase(found);
  if (Pool* pool = pool_of(pools_, address)) pool->held.erase(address.value);
  detail::guarded("telling of a free address threw", [&] {
    note_change(address.value);
    if (const auto waiting = waiting_.find(address.value); waiting != waiting_.end()) {
      const auto told = std::exchange(waiting->second, {});
      waiting_.erase(waiting);
      for (const Waiter& one : told)
        tell(one);
    }
    if (!waiting_for_any_.empty()) { // one address, one caller
      const Waiter first = std::move(waiting_for_any_.front());
      waiting_for_any_.pop_front();
      tell(first);
    }
  });
}

void Pools::close(Door& door) noexcept {
  const std::scoped_lock lock(mutex_);
  door.close();
}

// ---- definitions

void Pools::define(std::vector<PoolDefinition> definitions, const Log& warn) {
  const std::scoped_lock files(files_);
  // What files and what pools of before know, without the lock: both take long.
  std::vector<History> histories(definitions.size());
  std::vector<bool> as_it_was(definitions.size()), unwritten(definitions.size());
  for (std::size_t i = 0; i < definitions.size(); ++i) {
    const PoolDefinition& one = definitions[i];
    bool there = false, same_file = false;
    {
      const std::scoped_lock lock(mutex_);
      const auto before = pools_.find(one.name);
      there = before != pools_.end();
      same_file = there && before->second.leases == one.leases;
      as_it_was[i] = same_file && before->second.ranges == one.ranges;
    }
    if (as_it_was[i]) continue;
    if (there)
      for (auto& known : known_of(one.name))
        histories[i].emplace_back(known.address, std::move(known.user));
    unwritten[i] = !histories[i].empty(); // what the file says itself need not go there
    if (same_file || one.leases.empty()) continue;
    LeasesRead read = read_leases(one.leases);
    if (!read.fault.empty()) warn("pool " + one.name + ": " + read.fault);
    if (read.bad != 0)
      warn("pool " + one.name + ": " + one.leases + ": " + std::to_string(read.bad) + " lines are no leases");
    for (auto& line : read.lines)
      histories[i].emplace_back(line.address, std::move(line.user));
  }

  PoolsByName made;
  for (std::size_t i = 0; i < definitions.size(); ++i) {
    if (as_it_was[i]) continue;
    PoolDefinition& one = definitions[i];
    for (const auto& [address, user] : histories[i])
      one.pool.remember(user, address);
    made.emplace(one.name,
                 Pool{std::move(one.ranges), std::move(one.leases), std::move(one.pool), {}, unwritten[i], false});
  }

  const std::unique_lock lock = lease_held(made);
  for (std::size_t i = 0; i < definitions.size(); ++i)
    if (as_it_was[i]) made.insert(pools_.extract(definitions[i].name));
  pools_.swap(made); // those of before go in the end, without the lock
}

/// The new pools learn which of their addresses are held: in pieces, while sessions come and go; what changes meanwhile
/// is written down and looked at again. @return the lock, once nothing is left to learn
std::unique_lock<std::mutex> Pools::lease_held(PoolsByName& made) {
  const auto learn = [&](const std::vector<std::pair<std::uint32_t, bool>>& addresses) {
    for (const auto& [address, held] : addresses) {
      const ppp::Ipv4 which{address};
      Pool* pool = pool_of(made, which);
      if (pool == nullptr) continue;
      if (!held)
        pool->held.erase(address);
      else if (auto taken = pool->pool.take_exactly(which, std::string(pool->pool.user_of(which))))
        pool->held.insert_or_assign(address, std::move(*taken));
    }
  };
  std::vector<std::pair<std::uint32_t, bool>> piece;
  {
    const std::scoped_lock lock(mutex_);
    changes_.emplace();
  }
  for (std::optional<std::uint32_t> next = 0; next;) {
    piece.clear();
    {
      const std::scoped_lock lock(mutex_);
      auto held = held_.lower_bound(*next);
      for (; held != held_.end() && piece.size() < slots_a_lock; ++held)
        piece.emplace_back(held->first, true);
      next = held == held_.end() ? std::nullopt : std::optional(held->first);
    }
    learn(piece);
  }
  constexpr std::size_t few = 64;
  for (;;) {
    piece.clear();
    std::unique_lock lock(mutex_);
    const std::size_t count = std::min(changes_->size(), slots_a_lock);
    for (auto change = changes_->end() - static_cast<std::ptrdiff_t>(count); change != changes_->end(); ++change)
      piece.emplace_back(*change, held_.contains(*change));
    changes_->resize(changes_->size() - count);
    const bool last = changes_->empty() && count <= few;
    if (!last) lock.unlock();
    learn(piece);
    if (!last) continue;
    changes_.reset();
    return lock;
  }
}

// ---- addresses

Pools::Answer Pools::take(std::string_view name, const Caller& caller) {
  const std::scoped_lock lock(mutex_);
  const auto found = pools_.find(std::string(name));
  if (found == pools_.end()) return {.fault = "there is no pool " + std::string(name)};
  Pool& pool = found->second;
  const auto had = pool.pool.address_of(caller.user);
  if (!caller.user.empty() && had)
    if (const auto held = held_.find(had->value); held != held_.end() && held->second.leaving) {
      waiting_[had->value].push_back({caller.door, caller.token});
      return {.wait = true};
    }
  auto lease = pool.pool.take(caller.user);
  if (!lease) {
    if (leaving_ != 0) { // perhaps one of this pool
      waiting_for_any_.push_back({caller.door, caller.token});
      return {.wait = true};
    }
    return {.fault =
                "all " + std::to_string(pool.pool.size()) + " addresses of pool " + std::string(name) + " are in use"};
  }
  const ppp::Ipv4 address = lease->address();
  pool.held.insert_or_assign(address.value, std::move(*lease));
  held_.insert_or_assign(address.value, Held{.by = caller});
  note_change(address.value);
  if (!caller.user.empty() && had != address) pool.changed = true;
  return {.holding = Holding(*this, address)};
}

Pools::Answer Pools::hold(ppp::Ipv4 address, const Caller& caller, bool replace) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = held_.find(address.value); found != held_.end()) {
    Held& held = found->second;
    const bool same_user = !caller.user.empty() && held.by.user == caller.user;
    if (!held.leaving && !(replace && same_user)) return {.fault = "another session has the address " + address.text()};
    waiting_[address.value].push_back({caller.door, caller.token});
    if (!held.leaving && !std::exchange(held.told, true) && held.by.door != nullptr)
      held.by.door->post(held.by.token, Door::Message::replaced);
    return {.wait = true};
  }
  if (Pool* pool = pool_of(pools_, address))
    if (auto taken = pool->pool.take_exactly(address)) pool->held.insert_or_assign(address.value, std::move(*taken));
  held_.emplace(address.value, Held{.by = caller});
  note_change(address.value);
  return {.holding = Holding(*this, address)};
}

std::size_t Pools::held() const {
  const std::scoped_lock lock(mutex_);
  return held_.size();
}

// ---- files

/// In pieces: a large pool does not keep the shards waiting. What changes meanwhile is in the next one.
std::vector<AddressPool::Known> Pools::known_of(const std::string& name) const {
  std::vector<AddressPool::Known> known;
  std::optional<std::size_t> next = 0;
  while (next) {
    const std::scoped_lock lock(mutex_);
    const auto found = pools_.find(name);
    if (found == pools_.end()) break;
    next = found->second.pool.list_known(*next, slots_a_lock, known);
  }
  return known;
}

bool Pools::unwritten() const {
  const std::scoped_lock lock(mutex_);
  return std::any_of(pools_.begin(), pools_.end(),
                     [](const auto& entry) { return entry.second.changed && !entry.second.leases.empty(); });
}

std::chrono::milliseconds Pools::write_pause() const {
  constexpr std::chrono::milliseconds least{1'000};
  const std::scoped_lock lock(mutex_);
  return std::max(least, 20 * last_write_);
}

void Pools::write(const Log& warn) {
  const std::scoped_lock files(files_);
  const auto begun = std::chrono::steady_clock::now();
  std::vector<std::pair<std::string, std::string>> behind; // pools and their files
  {
    const std::scoped_lock lock(mutex_);
    for (auto& [name, pool] : pools_)
      if (std::exchange(pool.changed, false) && !pool.leases.empty()) behind.emplace_back(name, pool.leases);
  }
  for (const auto& [name, path] : behind) {
    const std::string fault = write_leases(path, known_of(name));
    const std::scoped_lock lock(mutex_);
    const auto found = pools_.find(name);
    if (found == pools_.end()) continue;
    const bool said = std::exchange(found->second.complained, !fault.empty());
    if (!fault.empty() && !said) warn("pool " + name + ": leases are not kept: " + fault);
  }
  const std::scoped_lock lock(mutex_);
  last_write_ = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
}

} // namespace openl2tp::ppp_kernel
