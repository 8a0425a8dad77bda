// The file in which a daemon leaves the ports of its management service, for local clients where no rpcbind runs.
#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

namespace openl2tp::rpc {

struct ServicePorts {
  std::uint16_t udp = 0; ///< 0: not offered
  std::uint16_t tcp = 0; ///< 0: not offered
  friend bool operator==(const ServicePorts&, const ServicePorts&) = default;
};

/// Where the file is: the environment variable OPENL2TP_RPC_PORTS, else /run/openl2tpd/rpc-ports.N with N the inode of
/// the caller's network namespace, so that daemons in different namespaces on one file system do not meet. A daemon
/// with an instance name has rpc-ports.N.NAME; an empty `instance` means that of the environment variable
/// OPENL2TP_INSTANCE.
[[nodiscard]] std::string ports_file_path(const std::string& instance = {});

/// The UNIX socket that belongs to a ports file.
[[nodiscard]] inline std::string socket_path(const std::string& ports_file) { return ports_file + ".sock"; }

/// Letters, digits, '.', '_' and '-', not beginning with '.', at most 32; empty is none.
[[nodiscard]] bool is_instance_name(const std::string& name) noexcept;

/// True when the environment names the file, which then comes before rpcbind.
[[nodiscard]] bool ports_file_is_explicit();

/// Replaces the file as a whole, making its directory if needed. @error text for the log.
[[nodiscard]] tl::expected<void, std::string> write_ports_file(const std::string& path, ServicePorts ports);

/// Reads the file. @error text: missing, unreadable or malformed.
[[nodiscard]] tl::expected<ServicePorts, std::string> read_ports_file(const std::string& path);

/// Removes the file if it still holds `ports`; another daemon's is left alone.
void remove_ports_file(const std::string& path, ServicePorts ports);

} // namespace openl2tp::rpc
