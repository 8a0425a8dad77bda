#include "plugins/ppp_kernel/network.hpp"

#include <array>

#include <arpa/inet.h>
#include <endian.h>
#include <unistd.h>

namespace openl2tp::ppp_kernel {

std::string IpAddress::text() const {
  if (network == ppp::Network::ipv4) return ppp::Ipv4{static_cast<std::uint32_t>(value)}.text();
  const std::array<std::uint64_t, 2> octets{htobe64(0xfe80'0000'0000'0000), htobe64(value)};
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(AF_INET6, octets.data(), text.data(), text.size()) == nullptr ? "?" : text.data();
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

/// Belongs to the worker until it is done; `queue` is the shard's alone.
struct NetworkQueue::Batch {
  NetworkQueue* queue;
  Network& network;
  std::vector<Request> requests;
  std::vector<std::string> faults;
};

NetworkQueue::~NetworkQueue() {
  if (running_ != nullptr) running_->queue = nullptr;
  for (const Request& request : waiting_) // what is not on the device stays otherwise
    if (request.kind == Request::Kind::remove_route && !request.endpoint.empty())
      detail::guarded("removing a route threw", [&] { static_cast<void>(network_.run(request)); });
}

namespace {

/// [worker] One after the other for a device, so that what is said of its addresses is true.
std::string carry_out(Network& network, const Request& request) {
  using Kind = Request::Kind;
  const std::pair local(request.local.network, request.local.value);
  if (request.kind == Kind::add_address && request.device->addresses.contains(local)) return {};
  std::string fault = network.run(request);
  if (!fault.empty()) return fault;
  if (request.kind == Kind::add_address) request.device->addresses.insert(local);
  if (request.kind == Kind::remove_address) request.device->addresses.erase(local);
  return fault;
}

} // namespace

void NetworkQueue::put(Request request) {
  waiting_.push_back(std::move(request));
  submit();
}

void NetworkQueue::submit() {
  if (running_ != nullptr || waiting_.empty()) return;
  auto batch = std::make_unique<Batch>(Batch{this, network_, std::exchange(waiting_, {}), {}});
  const auto work = [](void* user) noexcept {
    auto& mine = *static_cast<Batch*>(user);
    for (const Request& request : mine.requests)
      mine.faults.push_back(carry_out(mine.network, request));
  };
  const auto done = [](void* user) noexcept {
    const std::unique_ptr<Batch> mine(static_cast<Batch*>(user));
    if (mine->queue == nullptr) return;
    mine->queue->running_ = nullptr;
    for (std::size_t i = 0; i < mine->requests.size(); ++i)
      if (mine->requests[i].done)
        detail::guarded("a network request threw", [&] { mine->requests[i].done(mine->faults[i]); });
    if (mine->queue != nullptr) mine->queue->submit();
  };
  if (host_.ops().run_on_worker(loop_, work, done, batch.get()) == OPENL2TP_OK) {
    running_ = batch.release();
  } else {
    // A shard has one batch in hand, so that this means its end. The next request tries again.
    waiting_ = std::move(batch->requests);
  }
}

} // namespace openl2tp::ppp_kernel
