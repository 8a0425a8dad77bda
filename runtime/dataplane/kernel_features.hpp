// What this kernel offers to the kernel data path, asked once at start, and the line that tells the operator.
#pragma once

#include <string>
#include <string_view>

namespace openl2tp::runtime {

/// Errno values of what was tried; 0: it is there.
struct KernelFeatures {
  int sockets = 0;          // PPPoL2TP sockets: modules l2tp_ppp, l2tp_core, pppox
  int netlink = 0;          // the generic netlink family "l2tp": module l2tp_netlink
  int ppp = 0;              // /dev/ppp: module ppp_generic
  bool mixes_ports = false; // see mixes_ports()

  /// KernelPath can work, by netlink or without.
  [[nodiscard]] bool has_l2tp() const noexcept { return sockets == 0; }
  /// Sessions can carry PPP in the kernel. Without it the path makes sessions that nobody can use.
  [[nodiscard]] bool usable() const noexcept { return sockets == 0 && ppp == 0; }
  [[nodiscard]] bool complete() const noexcept { return usable() && netlink == 0; }
};

/// Whether a kernel of this release ("6.1.0-18-amd64") finds a data message's tunnel by the socket that received it, so
/// that two tunnels between the same addresses and ports cannot both carry sessions: before 6.11. A release that makes
/// no sense is taken for a new one.
[[nodiscard]] bool mixes_ports(std::string_view release) noexcept;

/// Makes the kernel load what it has as modules, so it may wait. Any thread; before privileges are dropped or after.
[[nodiscard]] KernelFeatures probe_kernel_features();

/// One line for the log: what is there, or what is missing, why, and what works without it.
[[nodiscard]] std::string describe(const KernelFeatures& features);

} // namespace openl2tp::runtime
