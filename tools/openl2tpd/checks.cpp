#include "tools/openl2tpd/checks.hpp"

#include <fcntl.h>
#include <sys/capability.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>
#include <type_traits>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "runtime/dataplane/kernel_features.hpp"
#include "runtime/descriptors.hpp"
#include "runtime/ring/features.hpp"
#include "tools/openl2tpd/assembly.hpp"
#include "tools/openl2tpd/config_reader.hpp"

namespace openl2tp::daemon {

namespace {

using State = Finding::State;

constexpr rlim_t files_wanted = 65'536;    // a tunnel with a port of its own and a kernel session take one each
constexpr rlim_t locked_wanted = 64 << 20; // octets, of rings and their buffers, for each shard less than this
constexpr int privileged_ports_end = 1024;

struct CapFree {
  void operator()(cap_t set) const { ::cap_free(set); }
};

bool permitted(cap_value_t value) {
  const std::unique_ptr<std::remove_pointer_t<cap_t>, CapFree> set(::cap_get_proc());
  cap_flag_value_t is_set = CAP_CLEAR;
  return set && ::cap_get_flag(set.get(), value, CAP_PERMITTED, &is_set) == 0 && is_set == CAP_SET;
}

Finding rings() {
  const auto features = runtime::probe_features();
  if (features) return {State::there, "io_uring works", {}};
  return {State::missing, features.error().text,
          "in a container: allow io_uring_setup, io_uring_enter and io_uring_register in its seccomp profile"};
}

Finding network_rights() {
  if (permitted(CAP_NET_ADMIN))
    return {State::there, "CAP_NET_ADMIN: interfaces, addresses and routes can be made", {}};
  return {
      State::optional, "no CAP_NET_ADMIN: tunnels and calls work, PPP has no interfaces, addresses and routes",
      "start as root, or give it: AmbientCapabilities=CAP_NET_ADMIN in the unit, --cap-add NET_ADMIN in a container"};
}

Finding port(std::uint16_t number) {
  if (number >= privileged_ports_end || permitted(CAP_NET_BIND_SERVICE))
    return {State::there, fmt::format("UDP port {} may be opened", number), {}};
  std::ifstream file("/proc/sys/net/ipv4/ip_unprivileged_port_start");
  int first = privileged_ports_end;
  file >> first;
  if (number >= first) return {State::there, fmt::format("UDP port {} may be opened", number), {}};
  return {State::missing, fmt::format("no CAP_NET_BIND_SERVICE: UDP port {} cannot be opened", number),
          "start as root, give the capability, or use a port from 1024 on (-u)"};
}

Finding tun() {
  const runtime::UniqueFd device(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (device) return {State::there, "/dev/net/tun can be opened", {}};
  return {
      State::optional, "/dev/net/tun: " + runtime::error_text(errno) + ": ppp_kernel cannot use TUN devices",
      "load the module (modprobe tun); DeviceAllow=/dev/net/tun rw in a unit, --device /dev/net/tun in a container"};
}

Finding kernel_path() {
  const auto found = runtime::probe_kernel_features();
  if (found.usable()) return {State::there, runtime::describe(found), {}};
  return {State::optional, runtime::describe(found),
          "modprobe l2tp_ppp l2tp_netlink (Debian: the standard kernel has them); not needed for ppp_kernel on TUN "
          "devices"};
}

Finding pppd() {
  if (::access("/usr/sbin/pppd", X_OK) == 0) return {State::there, "/usr/sbin/pppd is there for ppp_unix", {}};
  return {State::optional, "no /usr/sbin/pppd: ppp_unix cannot start it",
          "install the package ppp, or use -p ppp_kernel"};
}

Finding files() {
  rlimit limit{};
  static_cast<void>(::getrlimit(RLIMIT_NOFILE, &limit));
  const std::string text = limit.rlim_max == RLIM_INFINITY ? "unlimited" : std::to_string(limit.rlim_max);
  if (limit.rlim_max >= files_wanted) return {State::there, text + " open files are allowed", {}};
  return {State::optional,
          text +
              " open files are allowed: each session on the kernel's data path and each tunnel with a port of its own "
              "needs one",
          "ulimit -Hn 1048576, or LimitNOFILE=1048576 in the unit"};
}

Finding locked_memory() {
  rlimit limit{};
  static_cast<void>(::getrlimit(RLIMIT_MEMLOCK, &limit));
  if (permitted(CAP_IPC_LOCK) || limit.rlim_max == RLIM_INFINITY)
    return {State::there, "locked memory is not limited", {}};
  if (limit.rlim_max >= locked_wanted)
    return {State::there, fmt::format("{} octets of locked memory are allowed", limit.rlim_max), {}};
  return {State::optional,
          fmt::format("{} octets of locked memory are allowed: rings of many shards may not fit", limit.rlim_max),
          "LimitMEMLOCK=infinity in the unit, or CAP_IPC_LOCK"};
}

Finding receive_buffer(int wanted) {
  long allowed = 0;
  std::ifstream("/proc/sys/net/core/rmem_max") >> allowed;
  if (permitted(CAP_NET_ADMIN) || allowed >= wanted)
    return {State::there, fmt::format("receive buffers of {} KiB are allowed", wanted / 1024), {}};
  return {State::optional,
          fmt::format("receive buffers of {} KiB are allowed, {} KiB are asked for: bursts may be lost", allowed / 1024,
                      wanted / 1024),
          fmt::format("sysctl net.core.rmem_max={}", wanted)};
}

Finding port_mapper() {
  if (::access("/run/rpcbind.sock", F_OK) == 0) return {State::there, "rpcbind runs", {}};
  return {State::optional, "no rpcbind: management programs that ask for the port find none, l2tpconfig needs none",
          "install and start the package rpcbind where OpenL2TP's own client or other programs manage the daemon"};
}

} // namespace

std::vector<Finding> look_at_system(const Options& options) {
  return {rings(),      network_rights(), port(options.udp_port),
          tun(),        kernel_path(),    pppd(),
          files(),      locked_memory(),  receive_buffer(options.receive_octets),
          port_mapper()};
}

std::string describe(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& one : findings) {
    const std::string_view word = one.state == State::there ? "ok" : one.state == State::optional ? "note" : "MISSING";
    out += fmt::format("{:<8} {}\n", word, one.text);
    if (!one.cure.empty()) out += fmt::format("         cure: {}\n", one.cure);
  }
  return out;
}

int check_system(const Options& options) {
  const auto findings = look_at_system(options);
  std::fputs(describe(findings).c_str(), stdout);
  const bool missing = std::ranges::any_of(findings, [](const Finding& one) { return one.state == State::missing; });
  std::puts(missing ? "openl2tpd cannot work here" : "openl2tpd can work here");
  return missing ? 1 : 0;
}

int check_configuration(const Options& options) {
  const std::string file = options.config_file.value_or(config_file_default);
  spdlog::set_level(spdlog::level::off); // the commands of the file are not a manager's
  const auto read = load_configuration(file, {.system = default_system(options)});
  if (!read) {
    for (const FileFault& fault : read.error())
      std::fprintf(stderr, "%s\n", fault_text(file, fault).c_str());
    return 1;
  }
  for (const FileFault& note : read->notes)
    std::fprintf(stderr, "%s\n", fault_text(file, note).c_str());
  std::printf("%s: the daemon can start with it\n", file.c_str());
  return 0;
}

} // namespace openl2tp::daemon
