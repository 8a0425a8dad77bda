// What the data path inside the kernel asks of the kernel: PPP channels, units and their networks, one call at a time.
// The kernel does them, tests play them. What order they come in is kernel_path's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plugins/ppp_kernel/data_path.hpp"
#include "plugins/ppp_kernel/network.hpp"

namespace openl2tp::ppp_kernel {

/// What one session has in the kernel. Its descriptors close with it, which waits: KernelPpp::remove does many at once.
struct Line {
  /// An entry of a neighbour table: it does not go with the session's interface.
  struct Proxy {
    int index = 0; // of the interface that answers
    ppp::Ipv4 address;
  };

  std::shared_ptr<const void> address; // the peer's, held until the kernel has nothing of it any more. [shard]
  Descriptor socket;                   // the session's, until it is attached
  Descriptor channel;                  // frames of LCP and authentication, and of all protocols while there is no unit
  std::shared_ptr<Device> unit = std::make_shared<Device>(); // frames of network control protocols; the interface
  std::uint32_t number = 0;                                  // of the unit
  std::optional<Proxy> proxy;
  std::optional<NetworkPlan> default_route;  // that the line has made one for
  std::vector<std::vector<std::byte>> early; // what came before there was a channel
  std::string remark;                        // what the last step could do without; empty: nothing

  [[nodiscard]] bool has_unit() const noexcept { return unit->fd.get() >= 0; }
};

/// Functions that return a text return an empty one, or what went wrong. Threads: several workers may be inside, with
/// different lines.
class KernelPpp {
 public:
  virtual ~KernelPpp() = default;

  // ---- [worker] each of these waits

  /// From `socket` to `channel`; `socket` is closed.
  [[nodiscard]] virtual std::string attach(Line& line) = 0;
  /// Makes the unit, on which no network passes, and joins it to the channel: interface `unit->name`, empty for one of
  /// the kernel's, with the MTU and up.
  [[nodiscard]] virtual std::string make_unit(Line& line, std::uint16_t mru) = 0;
  /// Addresses, routes and a neighbour entry of one network. On failure a part may be there.
  [[nodiscard]] virtual std::string add_network(Line& line, const NetworkPlan& plan) = 0;
  virtual void remove_network(Line& line, const NetworkPlan& plan) = 0;
  /// Everything that the lines have.
  virtual void remove(std::span<const std::shared_ptr<Line>> lines) = 0;

  // ---- [shard] quick

  /// Whether packets of a network pass; the kernel drops them otherwise, both ways.
  [[nodiscard]] virtual std::string let_pass(const Line& line, ppp::Network network, bool pass) = 0;
  /// Since data went last, either way.
  [[nodiscard]] virtual std::optional<ppp::Duration> idle(const Line& line) = 0;
};

/// /dev/ppp and rtnetlink.
[[nodiscard]] KernelPpp& kernel_ppp() noexcept;

} // namespace openl2tp::ppp_kernel
