#include "runtime/shard/tunnel_sockets.hpp"

#include <utility>

namespace openl2tp::runtime {

namespace {

// Without a stop token: the kernel's hold must end first.
Task<void> await_closed(std::unique_ptr<UdpEndpoint> endpoint) {
  endpoint->close();
  const bool closed = co_await endpoint->closed().wait();
  OPENL2TP_ASSERT(closed);
}

} // namespace

void TunnelSockets::listen(UdpSocket socket) {
  OPENL2TP_ASSERT(extra_.empty());
  listening_.push_back(
      std::make_unique<UdpEndpoint>(loop_, pool_, std::move(socket.fd), UdpOptions{.local = socket.local}, sink_));
  numbers_[listening_.back().get()] = next_extra_++;
  listening_.back()->start();
}

std::uint32_t TunnelSockets::adopt(TunnelSocket socket) {
  if (!socket.exclusive) {
    for (auto& [number, extra] : extra_) // a handful: one a fixed port
      if (!extra.exclusive && extra.endpoint->local() == socket.socket->local) {
        ++extra.users;
        return number;
      }
  }
  while (next_extra_ < listening_.size() || extra_.contains(next_extra_))
    ++next_extra_;
  const std::uint32_t number = next_extra_++;
  auto made = std::make_unique<UdpEndpoint>(loop_, pool_, std::move(socket.socket->fd),
                                            UdpOptions{.local = socket.socket->local, .registered = false}, sink_);
  numbers_[made.get()] = number;
  made->start();
  extra_[number] = {std::move(made), 1, socket.exclusive};
  return number;
}

void TunnelSockets::release(std::uint32_t number) {
  const auto found = extra_.find(number);
  if (found == extra_.end() || --found->second.users != 0) return;
  close(std::move(found->second.endpoint));
  extra_.erase(found);
}

void TunnelSockets::close(std::unique_ptr<UdpEndpoint> endpoint) {
  numbers_.erase(endpoint.get());
  closings_.spawn(await_closed(std::move(endpoint)).with_stop(StopToken{}));
}

UdpEndpoint* TunnelSockets::find(std::uint32_t number) const noexcept {
  if (number < listening_.size()) return listening_[number].get();
  const auto found = extra_.find(number);
  return found == extra_.end() ? nullptr : found->second.endpoint.get();
}

std::optional<std::uint32_t> TunnelSockets::number_of(const UdpEndpoint& endpoint) const noexcept {
  const auto found = numbers_.find(&endpoint);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::uint32_t> TunnelSockets::listening_for(const protocol::IpAddress& local,
                                                          const protocol::IpAddress& peer) const {
  std::optional<std::uint32_t> any;
  for (std::uint32_t i = 0; i < listening_.size(); ++i) {
    const protocol::Endpoint& bound = listening_[i]->local();
    if (bound.address.family != peer.family) continue;
    if (bound.address == local) return i;
    // A socket of a particular address serves only that; one of any address serves all of its family.
    if (!any && (local.is_unspecified() || bound.address.is_unspecified())) any = i;
  }
  return any;
}

std::uint64_t TunnelSockets::kernel_drops() const noexcept {
  std::uint64_t dropped = 0;
  for (const auto& listening : listening_)
    dropped += listening->kernel_drops();
  return dropped;
}

Task<void> TunnelSockets::close_all() {
  for (auto& endpoint : listening_)
    endpoint->close();
  for (auto& [number, extra] : std::exchange(extra_, {}))
    close(std::move(extra.endpoint));
  for (auto& endpoint : listening_) {
    const bool closed = co_await endpoint->closed().wait();
    static_cast<void>(closed);
  }
  co_await closings_.join();
}

} // namespace openl2tp::runtime
