// The command line of openl2tpd: one static table drives parsing, --help and the test of the man page. What the options
// do is main's business.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "protocol/endpoint.hpp"
#include "protocol/half_open.hpp"
#include "protocol/trace.hpp"
#include "runtime/service.hpp"
#include "tools/openl2tpd/privileges.hpp"
#include "tools/rpc/access.hpp"

namespace openl2tp::daemon {

struct Options {
  bool foreground = false;
  bool debug = false; // debug lines; new objects trace everything
  bool remote_management = false;
  std::vector<protocol::IpAddress> remote_addresses; // empty: every address
  std::vector<rpc::Network> remote_allow;            // empty: every host
  std::string instance;                              // tells daemons of one network namespace apart
  bool test = false;                                 // the test procedures work
  protocol::TraceMask trace = 0;                     // the system's mask
  std::optional<int> log_facility;                   // LOG_LOCAL0 to LOG_LOCAL7; LOG_DAEMON when not given
  std::uint16_t udp_port = 1701;
  unsigned threads = 0;                                         // 0: one for each core
  std::vector<std::string> plugins;                             // as given
  std::vector<std::pair<std::string, std::string>> ppp_plugins; // PPP profile, name of the plugin that it belongs to
  bool check = false, check_system = false;                     // only look at the file, or at the machine
  std::optional<std::string> plugin_info;                       // only tell what this plugin offers; as given
  runtime::KernelChoice kernel_path = runtime::KernelChoice::automatic;
  std::string state_directory = "/run/openl2tpd"; // what is remembered beyond the end of the process
  unsigned ppp_setups = 0;                        // sessions that may set up PPP at once; 0: no bound
  protocol::HalfOpenLimits half_open;             // of each thread
  CapabilityMask program_capabilities = default_program_capabilities(); // of programs that plugins start
  std::string pid_file = "/var/run/openl2tpd.pid";
  int receive_octets = 32 << 20;           // of the buffer of each listening socket
  std::vector<protocol::IpAddress> listen; // empty: any IPv4 and any IPv6 address
  std::optional<std::string> config_file;  // not given: config_file_default, where there is one
  bool status_files = false;
  std::string status_directory = "/var/run/openl2tpd";
  unsigned stop_timeout_s = 12; // of the whole stop
};

/// Why the program ends without running: what to print and the exit status (0 help and version, 1 wrong usage).
struct EarlyExit {
  int status = 0;
  std::string output; // for standard output
  std::string error;  // for standard error
};

inline constexpr unsigned threads_max = 256;
inline constexpr unsigned receive_kib_least = 64, receive_kib_most = 1 << 20;
inline constexpr unsigned stop_timeout_max_s = 3600;
inline constexpr unsigned ppp_setups_max = 1'000'000;
inline constexpr unsigned half_open_max = 65'535;
inline constexpr const char* config_file_default = "/etc/openl2tpd.conf";

/// Reads the command line. argv[0] is the program's name in messages. Not reentrant (getopt).
[[nodiscard]] tl::expected<Options, EarlyExit> parse_options(std::span<char* const> arguments);

struct OptionRow {
  char letter; // 0: long form only
  std::string_view long_name;
  std::string_view argument; // "" takes none
  std::string_view help;
};

/// Every option, in the order of --help.
[[nodiscard]] std::span<const OptionRow> option_table() noexcept;

[[nodiscard]] std::string usage(std::string_view program);
[[nodiscard]] std::string_view version() noexcept;

} // namespace openl2tp::daemon
