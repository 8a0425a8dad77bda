#include "plugins/ppp_kernel/pools.hpp"

#include <algorithm>

#include "plugins/ppp_kernel/leases_file.hpp"

namespace openl2tp::ppp_kernel {

using ppp::AddressPool;

void Pools::Holding::release() noexcept {
  if (pools_ != nullptr) std::exchange(pools_, nullptr)->release(address_);
  address_ = {};
}

void Pools::release(ppp::Ipv4 address) noexcept {
  const std::scoped_lock lock(mutex_);
  held_.erase(address.value);
}

// ---- definitions

void Pools::define(std::vector<PoolDefinition> definitions, const Log& warn) {
  const std::scoped_lock files(files_);
  // What files and what pools of before know, without the lock: both take long.
  std::vector<History> histories(definitions.size());
  std::vector<bool> as_it_was(definitions.size());
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
    if (same_file || one.leases.empty()) continue;
    LeasesRead read = read_leases(one.leases);
    if (!read.fault.empty()) warn("pool " + one.name + ": " + read.fault);
    if (read.bad != 0)
      warn("pool " + one.name + ": " + one.leases + ": " + std::to_string(read.bad) + " lines are no leases");
    for (auto& line : read.lines)
      histories[i].emplace_back(line.address, std::move(line.user));
  }

  std::unordered_map<std::string, Pool> made;
  for (std::size_t i = 0; i < definitions.size(); ++i) {
    if (as_it_was[i]) continue;
    PoolDefinition& one = definitions[i];
    for (const auto& [address, user] : histories[i])
      one.pool.remember(user, address);
    made.emplace(one.name, Pool{std::move(one.ranges), std::move(one.leases), std::move(one.pool), true});
  }

  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < definitions.size(); ++i)
    if (as_it_was[i]) made.insert(pools_.extract(definitions[i].name));
  pools_.swap(made); // those of before go in the end
  for (auto& [address, lease] : held_) {
    const ppp::Ipv4 which{address};
    const auto owner = std::find_if(pools_.begin(), pools_.end(),
                                    [&](const auto& entry) { return entry.second.pool.contains(which); });
    if (owner == pools_.end()) {
      lease = {};
    } else if (auto taken = owner->second.pool.take_exactly(which, std::string(owner->second.pool.user_of(which)))) {
      lease = std::move(*taken);
    } // else it has its lease already: a pool that is as it was
  }
}

// ---- addresses

tl::expected<Pools::Holding, std::string> Pools::take(std::string_view name, std::string_view user) {
  const std::scoped_lock lock(mutex_);
  const auto found = pools_.find(std::string(name));
  if (found == pools_.end()) return tl::unexpected("there is no pool " + std::string(name));
  Pool& pool = found->second;
  const auto had = pool.pool.address_of(user);
  auto lease = pool.pool.take(user);
  if (!lease)
    return tl::unexpected("all " + std::to_string(pool.pool.size()) + " addresses of pool " + std::string(name) +
                          " are in use");
  const ppp::Ipv4 address = lease->address();
  held_.insert_or_assign(address.value, std::move(*lease));
  if (!user.empty() && had != address) pool.changed = true;
  return Holding(*this, address);
}

std::optional<Pools::Holding> Pools::hold(ppp::Ipv4 address) {
  const std::scoped_lock lock(mutex_);
  if (held_.contains(address.value)) return std::nullopt;
  AddressPool::Lease lease;
  for (auto& [name, pool] : pools_)
    if (pool.pool.contains(address))
      if (auto taken = pool.pool.take_exactly(address)) lease = std::move(*taken);
  held_.emplace(address.value, std::move(lease));
  return Holding(*this, address);
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
