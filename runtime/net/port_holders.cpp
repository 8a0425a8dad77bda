#include "runtime/net/port_holders.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace openl2tp::runtime {

namespace {

struct DirectoryCloser {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, DirectoryCloser>;

template <class Number>
bool parse_number(std::string_view text, Number& out, int base = 10) {
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return fault == std::errc{} && end == text.data() + text.size();
}

bool overlaps(const protocol::Endpoint& bound, const protocol::Endpoint& wanted) {
  if (bound.port != wanted.port) return false;
  if (bound.address.family != wanted.address.family) // an IPv6 socket on any address may serve IPv4 too
    return bound.address.family == 6 ? bound.address.is_unspecified() : wanted.address.is_unspecified();
  return bound.address.is_unspecified() || wanted.address.is_unspecified() || bound.address == wanted.address;
}

std::string name_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

/// Calls `found` with the inode of every socket that `process` has open.
template <class Found>
void for_each_socket(pid_t process, const Found& found) {
  const std::string folder = "/proc/" + std::to_string(process) + "/fd/";
  const Directory files(::opendir(folder.c_str()));
  if (!files) return;
  while (const dirent* entry = ::readdir(files.get())) {
    std::array<char, 64> target;
    const ssize_t length = ::readlink((folder + entry->d_name).c_str(), target.data(), target.size());
    std::string_view text(target.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    constexpr std::string_view prefix = "socket:[";
    if (!text.starts_with(prefix) || !text.ends_with(']')) continue;
    ino_t inode = 0;
    if (parse_number(text.substr(prefix.size(), text.size() - prefix.size() - 1), inode)) found(inode);
  }
}

} // namespace

bool parse_udp_row(const std::string& row, std::uint8_t family, PortHolder& out) {
  // "  12: 0100007F:06A5 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 19324 2 ..."
  std::istringstream words(row);
  std::array<std::string, 10> word;
  for (std::string& one : word)
    if (!(words >> one)) return false;
  const std::string_view local = word[1];
  const std::size_t octets = family == 4 ? 4 : 16;
  if (local.size() != octets * 2 + 5 || local[octets * 2] != ':') return false;
  out = {};
  out.local.address.family = family;
  for (std::size_t at = 0; at < octets; at += 4) { // 32-bit words in the machine's order
    std::uint32_t value = 0;
    if (!parse_number(local.substr(at * 2, 8), value, 16)) return false;
    std::memcpy(out.local.address.octets.data() + at, &value, sizeof value);
  }
  return parse_number(local.substr(octets * 2 + 1), out.local.port, 16) &&
         parse_number(std::string_view(word[9]), out.inode);
}

std::vector<PortHolder> find_port_sockets(const protocol::Endpoint& wanted) {
  std::vector<PortHolder> sockets;
  for (const std::uint8_t family : {std::uint8_t{4}, std::uint8_t{6}}) {
    std::ifstream table(family == 4 ? "/proc/self/net/udp" : "/proc/self/net/udp6");
    for (std::string row; std::getline(table, row);) {
      PortHolder holder;
      if (parse_udp_row(row, family, holder) && overlaps(holder.local, wanted)) sockets.push_back(std::move(holder));
    }
  }
  return sockets;
}

bool are_ours(const std::vector<PortHolder>& sockets) {
  std::unordered_set<ino_t> others;
  for (const PortHolder& socket : sockets)
    others.insert(socket.inode);
  if (!others.empty()) for_each_socket(::getpid(), [&](ino_t inode) { others.erase(inode); });
  return others.empty();
}

std::vector<PortHolder> find_port_holders(const protocol::Endpoint& wanted) {
  std::vector<PortHolder> holders = find_port_sockets(wanted);
  if (holders.empty()) return holders;
  std::unordered_map<ino_t, PortHolder*> by_inode;
  for (PortHolder& holder : holders)
    by_inode[holder.inode] = &holder;
  const Directory processes(::opendir("/proc"));
  while (const dirent* entry = processes ? ::readdir(processes.get()) : nullptr) {
    pid_t process = 0;
    if (!parse_number(std::string_view(entry->d_name), process)) continue;
    for_each_socket(process, [&](ino_t inode) {
      const auto found = by_inode.find(inode);
      if (found == by_inode.end() || found->second->process != 0) return;
      found->second->process = process;
      found->second->name = name_of(process);
    });
  }
  return holders;
}

std::string to_string(const std::vector<PortHolder>& holders) {
  std::vector<std::string> told; // a daemon with many threads has many sockets on one port
  for (const PortHolder& holder : holders) {
    std::string text = holder.process != 0 ? "process " + std::to_string(holder.process) + " (" + holder.name + ")"
                                           : "a process that cannot be seen from here";
    text += " on " + protocol::to_string(holder.local);
    if (std::find(told.begin(), told.end(), text) == told.end()) told.push_back(std::move(text));
  }
  constexpr std::size_t most = 4;
  std::string all;
  for (std::size_t i = 0; i < told.size() && i < most; ++i)
    all += (i == 0 ? "" : ", ") + told[i];
  if (told.size() > most) all += " and others";
  return all;
}

} // namespace openl2tp::runtime
