#include "tests/daemon_sim/kernel_model.hpp"

#include <array>
#include <cerrno>

#include <fmt/format.h>

namespace openl2tp::daemon_sim {

std::optional<int> KernelModel::error() noexcept {
  static constexpr std::array errors{EEXIST, ENOENT, EMFILE, ENOMEM, EBUSY};
  if (!dice_.chance(errors_)) return std::nullopt;
  return errors[dice_.below(errors.size())];
}

int KernelModel::add_interface(ProcessNumber owner, std::string name, int& index) {
  if (const auto at = name.find("%d"); at != std::string::npos) name.replace(at, 2, std::to_string(next_unit_++));
  if (interface(name) != nullptr) return EBUSY;
  index = next_index_++;
  interfaces_.emplace(index, Interface{.name = std::move(name), .owner = owner, .addresses = {}});
  return 0;
}

void KernelModel::remove_interface(int index) noexcept {
  interfaces_.erase(index);
  for (auto& [to, hops] : routes_)
    std::erase(hops, index);
  std::erase_if(routes_, [](const auto& route) { return route.second.empty(); });
}

int KernelModel::add_address(int index, std::uint64_t address) {
  const auto found = interfaces_.find(index);
  if (found == interfaces_.end()) return ENODEV;
  if (found->second.addresses.contains(address)) return EEXIST;
  found->second.addresses.insert(address);
  return 0;
}

int KernelModel::remove_address(int index, std::uint64_t address) {
  const auto found = interfaces_.find(index);
  if (found == interfaces_.end()) return ENODEV;
  return found->second.addresses.erase(address) == 0 ? EADDRNOTAVAIL : 0;
}

int KernelModel::add_route(std::uint64_t to, int index) {
  if (!interfaces_.contains(index)) return ENODEV;
  return routes_.emplace(to, std::vector{index}).second ? 0 : EEXIST;
}

void KernelModel::add_connected_route(std::uint64_t to, int index) {
  if (interfaces_.contains(index)) routes_[to].push_back(index);
}

int KernelModel::remove_route(std::uint64_t to, int index) {
  const auto found = routes_.find(to);
  if (found == routes_.end() || std::erase(found->second, index) == 0) return ESRCH;
  if (found->second.empty()) routes_.erase(found);
  return 0;
}

std::optional<int> KernelModel::route(std::uint64_t to) const noexcept {
  const auto found = routes_.find(to);
  if (found == routes_.end()) return std::nullopt;
  return found->second.front();
}

const KernelModel::Interface* KernelModel::interface(std::string_view name) const noexcept {
  for (const auto& [index, one] : interfaces_)
    if (one.name == name) return &one;
  return nullptr;
}

std::string KernelModel::name_of(int index) const {
  const auto found = interfaces_.find(index);
  return found == interfaces_.end() ? "nothing" : found->second.name;
}

int KernelModel::add_tunnel(std::uint16_t tunnel, ProcessNumber owner) {
  return tunnels_.emplace(tunnel, owner).second ? 0 : EEXIST;
}

int KernelModel::remove_tunnel(std::uint16_t tunnel) {
  std::erase_if(sessions_, [tunnel](const auto& session) { return session.first == tunnel; });
  return tunnels_.erase(tunnel) == 0 ? ENODEV : 0;
}

int KernelModel::add_session(std::uint16_t tunnel, std::uint16_t session) {
  if (!tunnels_.contains(tunnel)) return ENODEV;
  return sessions_.emplace(tunnel, session).second ? 0 : EEXIST;
}

int KernelModel::remove_session(std::uint16_t tunnel, std::uint16_t session) {
  return sessions_.erase({tunnel, session}) == 0 ? ENODEV : 0;
}

bool KernelModel::has_session(std::uint16_t tunnel, std::uint16_t session) const noexcept {
  return sessions_.contains({tunnel, session});
}

void KernelModel::end_process(ProcessNumber process) {
  std::vector<int> interfaces;
  for (const auto& [index, one] : interfaces_)
    if (one.owner == process) interfaces.push_back(index);
  for (const int index : interfaces)
    remove_interface(index);
  std::vector<std::uint16_t> tunnels;
  for (const auto& [tunnel, owner] : tunnels_)
    if (owner == process) tunnels.push_back(tunnel);
  for (const std::uint16_t tunnel : tunnels)
    static_cast<void>(remove_tunnel(tunnel)); // as its UDP socket closes
}

std::vector<std::string> KernelModel::left() const {
  std::vector<std::string> all;
  for (const auto& [index, one] : interfaces_)
    all.push_back(fmt::format("interface {} with {} addresses", one.name, one.addresses.size()));
  for (const auto& [to, hops] : routes_)
    all.push_back(fmt::format("a route to {:x} by {}", to, name_of(hops.front())));
  for (const auto& [tunnel, owner] : tunnels_)
    all.push_back(fmt::format("tunnel {}", tunnel));
  for (const auto& [tunnel, session] : sessions_)
    all.push_back(fmt::format("session {}/{}", tunnel, session));
  return all;
}

} // namespace openl2tp::daemon_sim
