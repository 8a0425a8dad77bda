// Requests to the kernel about TUN devices, their addresses and routes: what is asked, and in which order it is done.
// All of it waits for the kernel's networking lock, so it runs on a worker, many requests at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <openl2tp/plugin.hpp>

#include "plugins/ppp_engine/action.hpp"
#include "plugins/ppp_engine/ipv4.hpp"

namespace openl2tp::ppp_kernel {

/// A descriptor that is closed with its owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

/// An end of a link.
struct IpAddress {
  ppp::Network network = ppp::Network::ipv4;
  std::uint64_t value = 0; // the IPv4 address; of IPv6 the interface identifier, behind fe80::/64

  IpAddress() = default;
  IpAddress(ppp::Ipv4 address) noexcept : value(address.value) {}
  IpAddress(ppp::Network of, std::uint64_t number) noexcept : network(of), value(number) {}
  [[nodiscard]] bool empty() const noexcept { return value == 0; }
  [[nodiscard]] std::string text() const;
};

/// A TUN device. Written by the worker that opens it, read by the shard when that is done.
struct Device {
  Descriptor fd;
  std::string name; // as asked for ("l2tp%d": the kernel puts a number), then as it is
  int index = 0;
  std::uint32_t mtu = 1'500;
  bool offloads = false; // there is an OffloadHeader in front of each packet, and packets may be many in one
  std::set<std::pair<ppp::Network, std::uint64_t>> addresses; // that it has; only the worker looks at them
};

struct Request {
  enum class Kind : std::uint8_t {
    open_device,  // makes it, sets its MTU, takes it up
    close_device, // its addresses and routes go along
    add_address,  // local, with `peer` at the other end where that is not empty; IPv6 has fe80::/64 there. Done at once
                  // where the device has it already: sessions share devices.
    remove_address, // the same
    add_route,      // to `peer`, from `local`; to everywhere when `peer` is empty, in front of other default routes
    remove_route,   // the same
  };
  Kind kind{};
  /// Kept until the request has run: what it is about may not be given to others before.
  std::vector<std::shared_ptr<const void>> keeps{};
  std::shared_ptr<Device> device{};
  IpAddress local{}, peer{};
  std::uint32_t mtu = 0; // of a route; 0: the device's
  /// The other end of the tunnel that carries the device's packets. The way there never leads into the device: the next
  /// hop to it is refused as `peer`, and beside a route to everywhere it has one of its own.
  ppp::Ipv4 endpoint{};
  /// [shard] `fault`: empty, or what went wrong.
  std::function<void(const std::string& fault)> done{};
};

/// What is said of a default route that could not be made, mostly as there is one: what pppd does without, too.
[[nodiscard]] inline std::string no_default_route(const std::string& fault) { return "no default route: " + fault; }

/// Who carries requests out. [worker]
class Network {
 public:
  virtual ~Network() = default;
  /// @return empty, or what went wrong. Several threads at a time may call it.
  [[nodiscard]] virtual std::string run(const Request& request) = 0;
};

/// The kernel: /dev/net/tun and rtnetlink.
[[nodiscard]] Network& kernel_network() noexcept;

/// The requests of one shard: carried out in the order in which they were put, one batch at a time. Bounded by its
/// users: a session has a handful. [shard]
class NetworkQueue {
 public:
  NetworkQueue(Host host, openl2tp_loop* loop, Network& network) noexcept
      : host_(host), loop_(loop), network_(network) {}
  /// What a worker has in hand is finished; nobody hears of it. What still waits is dropped: the devices go with their
  /// last holder, and all else goes with the devices.
  ~NetworkQueue();
  NetworkQueue(const NetworkQueue&) = delete;
  NetworkQueue& operator=(const NetworkQueue&) = delete;

  void put(Request request);

 private:
  struct Batch;
  void submit();

  Host host_;
  openl2tp_loop* loop_;
  Network& network_;
  std::vector<Request> waiting_;
  Batch* running_ = nullptr;
};

} // namespace openl2tp::ppp_kernel
