// A map for finding and a queue by age for forgetting.
#include "tools/rpc/duplicate_cache.hpp"

#include <netinet/in.h>

#include <algorithm>

namespace openl2tp::rpc {
namespace {

constexpr std::size_t kTransactionSize = 4;

} // namespace

DuplicateCache::Key DuplicateCache::key_of(std::span<const std::byte> call, const sockaddr_storage& from) {
  Key key;
  for (const std::byte octet : call.first(kTransactionSize))
    key.transaction = key.transaction << 8 | std::to_integer<std::uint32_t>(octet);
  const auto add = [&key](const auto& part) { key.from.append(reinterpret_cast<const char*>(&part), sizeof part); };
  if (from.ss_family == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6&>(from);
    add(address.sin6_addr);
    add(address.sin6_port);
    add(address.sin6_scope_id);
  } else {
    const auto& address = reinterpret_cast<const sockaddr_in&>(from);
    add(address.sin_addr);
    add(address.sin_port);
  }
  return key;
}

DuplicateCache::Calls::iterator DuplicateCache::find(std::span<const std::byte> call, const sockaddr_storage& from) {
  if (call.size() < kTransactionSize) return calls_.end();
  const auto it = calls_.find(key_of(call, from));
  // A client that uses a transaction id for another call asks for something else.
  return it != calls_.end() && std::ranges::equal(it->second.call, call) ? it : calls_.end();
}

void DuplicateCache::erase(Calls::iterator it) {
  octets_ -= it->second.octets();
  calls_.erase(it);
}

void DuplicateCache::forget_oldest() {
  const auto it = calls_.find(ages_.front().key);
  if (it != calls_.end() && it->second.serial == ages_.front().serial) erase(it);
  ages_.pop_front();
}

DuplicateCache::Judged DuplicateCache::judge(std::span<const std::byte> call, const sockaddr_storage& from,
                                             Clock::time_point now) {
  while (!ages_.empty() && now - ages_.front().since > kLifetime)
    forget_oldest();
  if (call.size() < kTransactionSize) return {};
  if (const auto it = find(call, from); it != calls_.end()) {
    if (it->second.reply.empty()) return {.verdict = Verdict::under_way};
    return {.verdict = Verdict::answered, .reply = it->second.reply};
  }
  const Key key = key_of(call, from);
  if (const auto other = calls_.find(key); other != calls_.end()) erase(other);
  while (!ages_.empty() && (ages_.size() >= kCallsMax || octets_ + call.size() > kOctetsMax))
    forget_oldest();
  octets_ += call.size();
  calls_[key] = {.call = {call.begin(), call.end()}, .reply = {}, .serial = next_serial_};
  ages_.push_back({.serial = next_serial_++, .since = now, .key = key});
  return {};
}

void DuplicateCache::answered(std::span<const std::byte> call, const sockaddr_storage& from,
                              std::span<const std::byte> reply) {
  const auto it = find(call, from);
  if (it == calls_.end()) return;
  octets_ += reply.size() - it->second.reply.size();
  it->second.reply.assign(reply.begin(), reply.end());
  // Its own entry may be the one to go: then it is answered anew.
  while (!ages_.empty() && octets_ > kOctetsMax)
    forget_oldest();
}

void DuplicateCache::forget(std::span<const std::byte> call, const sockaddr_storage& from) {
  if (const auto it = find(call, from); it != calls_.end()) erase(it);
}

} // namespace openl2tp::rpc
