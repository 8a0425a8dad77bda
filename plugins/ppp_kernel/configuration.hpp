// The plugin's own configuration file: address pools, scripts, and which profiles have which data path. Text in, values
// out; reading the file is configuration_file.hpp's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <tl/expected.hpp>

#include "plugins/ppp_engine/address_pool.hpp"

namespace openl2tp::ppp_kernel {

/// What is run when a network comes up or goes down.
enum class ScriptKind : std::uint8_t { ip_up, ip_down, ipv6_up, ipv6_down };
inline constexpr std::size_t script_kinds = 4;
/// As in the file and of pppd: "ip-up".
[[nodiscard]] std::string_view name(ScriptKind kind) noexcept;

struct PoolDefinition {
  std::string name, ranges;
  std::string leases; // the file that remembers who had which address; empty: none
  ppp::AddressPool pool;
};

/// What sessions look at; shared, and replaced as a whole.
struct Options {
  std::array<std::string, script_kinds> scripts; // absolute paths; empty: none
  std::array<bool, script_kinds> scripts_said{}; // the file speaks of them: no default
  std::unordered_set<std::string> tun_profiles;  // PPP profiles whose data goes over TUN devices
  std::unordered_set<std::string> keep_profiles; // whose users do not replace their sessions when they call again

  [[nodiscard]] const std::string& script(ScriptKind kind) const noexcept {
    return scripts[static_cast<std::size_t>(kind)];
  }
};

struct Configuration {
  Options options;
  std::vector<PoolDefinition> pools;
};

struct ConfigurationProblem {
  std::uint32_t line = 0; // from 1
  std::string what;       // with the value, and what is allowed
};

inline constexpr std::size_t configuration_text_max = 1024 * 1024;
inline constexpr std::size_t pools_max = 256;
inline constexpr std::size_t profiles_max = 4'096;
inline constexpr std::size_t configuration_problems_max = 20;

/// One line each, words separated by blanks, "#" begins a comment:
///   pool NAME RANGE[,RANGE...] [leases=FILE]
///   script ip-up|ip-down|ipv6-up|ipv6-down FILE|none
///   profile NAME [data=tun|any] [same_user=replace|refuse]
/// @return everything, or what is wrong: then nothing of it counts.
[[nodiscard]] tl::expected<Configuration, std::vector<ConfigurationProblem>> parse_configuration(std::string_view text);

} // namespace openl2tp::ppp_kernel
