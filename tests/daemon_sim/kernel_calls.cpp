#include "tests/daemon_sim/kernel_calls.hpp"

#include <array>
#include <cstring>
#include <utility>

#include <sys/socket.h>

#include <fmt/format.h>

namespace openl2tp::daemon_sim {

namespace {

std::string fault(std::string_view what, int error) {
  return error == 0 ? std::string()
                    : fmt::format("{}: {}", what, std::strerror(error)); // NOLINT(concurrency-mt-unsafe)
}

} // namespace

std::string SimNetwork::open_device(const std::shared_ptr<ppp_kernel::Device>& device) {
  int index = 0;
  if (const int error = process_.kernel.add_interface(process_.number, device->name, index); error != 0)
    return fault("making the interface", error);
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) < 0)
    return fault("socketpair", errno);
  device->index = index;
  device->name = process_.kernel.name_of(index);
  device->fd = ppp_kernel::Descriptor(ends[0]);
  open_.emplace(index, Open{device, ppp_kernel::Descriptor(ends[1])});
  return {};
}

void SimNetwork::drop_closed() {
  std::erase_if(open_, [this](const auto& one) {
    const auto device = one.second.device.lock();
    if (device != nullptr && device->fd.get() >= 0) return false;
    if (!process_.ended) process_.kernel.remove_interface(one.first);
    return true;
  });
}

// A route to everywhere stands beside others, as in kernel_network.cpp.
int SimNetwork::add_route(const ppp_kernel::Request& request) {
  if (!request.peer.empty()) return process_.kernel.add_route(request.peer.value, request.device->index);
  process_.kernel.add_connected_route(0, request.device->index);
  return 0;
}

std::string SimNetwork::run(const ppp_kernel::Request& request) {
  static constexpr std::array names{"open", "close", "add address", "remove address", "add route", "remove route"};
  std::string fault = carry_out(request);
  process_.story.tell("kernel {}: {} {} {} to {}: {}", process_.number, names[static_cast<std::size_t>(request.kind)],
                      request.device->name, request.local.text(), request.peer.text(), fault.empty() ? "done" : fault);
  return fault;
}

std::string SimNetwork::carry_out(const ppp_kernel::Request& request) {
  using Kind = ppp_kernel::Request::Kind;
  drop_closed();
  if (process_.ended) return "the process has ended";
  if (request.kind == Kind::close_device) {
    request.device->fd = ppp_kernel::Descriptor();
    drop_closed();
    return {};
  }
  KernelModel& kernel = process_.kernel;
  if (request.kind != Kind::open_device && request.device->fd.get() < 0) return "there is no interface";
  const bool adds =
      request.kind == Kind::open_device || request.kind == Kind::add_address || request.kind == Kind::add_route;
  if (adds)
    if (const auto error = kernel.error()) return fault("a request", *error);
  const int index = request.device->index;
  switch (request.kind) {
  case Kind::open_device: return open_device(request.device);
  case Kind::close_device: return {};
  case Kind::add_address: return fault("the interface's address", kernel.add_address(index, request.local.value));
  case Kind::remove_address: return fault("taking the address away", kernel.remove_address(index, request.local.value));
  case Kind::add_route: return fault("the route", add_route(request));
  case Kind::remove_route: static_cast<void>(kernel.remove_route(request.peer.value, index)); return {};
  }
  return {};
}

} // namespace openl2tp::daemon_sim
