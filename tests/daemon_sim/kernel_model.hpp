// The kernel of one host, as far as a daemon changes it: interfaces, addresses, routes, tunnels and sessions of L2TP,
// PPP units. It outlives its daemons. Calls fail where the seed says so. Who calls is kernel_calls.hpp's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/daemon_sim/dice.hpp"

namespace openl2tp::daemon_sim {

/// A process that has descriptors in the kernel: one life of a daemon. 0: none.
using ProcessNumber = std::uint32_t;

class KernelModel {
 public:
  struct Interface {
    std::string name;
    ProcessNumber owner = 0;
    std::multiset<std::uint64_t> addresses; // IPv4 and identifiers of IPv6
  };

  explicit KernelModel(Dice& dice) noexcept : dice_(dice) {}

  /// From now on this many calls of a thousand fail, each with one of EEXIST, ENOENT, EMFILE, ENOMEM, EBUSY.
  void set_errors(unsigned permille) noexcept { errors_ = permille; }
  /// errno of a call that fails; nullopt: it does not.
  [[nodiscard]] std::optional<int> error() noexcept;

  // ---- interfaces, addresses, routes. Each returns an errno value, or 0.
  [[nodiscard]] int add_interface(ProcessNumber owner, std::string name, int& index);
  void remove_interface(int index) noexcept;
  [[nodiscard]] int add_address(int index, std::uint64_t address);
  [[nodiscard]] int remove_address(int index, std::uint64_t address);
  /// Exclusive, as NLM_F_EXCL is.
  [[nodiscard]] int add_route(std::uint64_t to, int index);
  /// The route to the other end of an address, beside others to the same.
  void add_connected_route(std::uint64_t to, int index);
  [[nodiscard]] int remove_route(std::uint64_t to, int index);
  /// By which interface packets go.
  [[nodiscard]] std::optional<int> route(std::uint64_t to) const noexcept;
  [[nodiscard]] const Interface* interface(std::string_view name) const noexcept;
  [[nodiscard]] std::string name_of(int index) const;

  // ---- L2TP
  [[nodiscard]] int add_tunnel(std::uint16_t tunnel, ProcessNumber owner);
  [[nodiscard]] int remove_tunnel(std::uint16_t tunnel);
  [[nodiscard]] int add_session(std::uint16_t tunnel, std::uint16_t session);
  [[nodiscard]] int remove_session(std::uint16_t tunnel, std::uint16_t session);
  [[nodiscard]] bool has_session(std::uint16_t tunnel, std::uint16_t session) const noexcept;

  /// What the descriptors of a process keep goes with it.
  void end_process(ProcessNumber process);
  /// Everything that is there, a line each.
  [[nodiscard]] std::vector<std::string> left() const;

 private:
  Dice& dice_;
  unsigned errors_ = 0;
  int next_index_ = 10, next_unit_ = 0;
  std::map<int, Interface> interfaces_;
  std::map<std::uint64_t, std::vector<int>> routes_; // by destination, 0 is the default route; the first one counts
  std::map<std::uint16_t, ProcessNumber> tunnels_;
  std::set<std::pair<std::uint16_t, std::uint16_t>> sessions_;
};

} // namespace openl2tp::daemon_sim
