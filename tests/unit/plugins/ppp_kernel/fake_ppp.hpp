// A kernel with PPP for the tests of ppp_kernel: what it is asked for, in order, with faults where a test wants them.
// Channels and units are socket pairs: what a test writes into an outer end is a frame from the peer.
#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

#include "plugins/ppp_kernel/kernel_ppp.hpp"

namespace openl2tp::ppp_kernel::test {

class FakePpp final : public KernelPpp {
 public:
  struct Outer {
    Descriptor channel, unit;
  };
  std::vector<std::string> log;              // what was asked
  std::map<std::string, std::string> faults; // by what is asked
  std::map<const Line*, Outer> lines;        // that have something
  std::vector<std::vector<std::byte>> early; // what the next attachment finds
  std::optional<ppp::Duration> idle_time;
  std::string remark; // of the next network

  std::string attach(Line& line) override {
    if (std::string fault = ask("attach"); !fault.empty()) return fault;
    line.early = std::exchange(early, {});
    line.channel = pair(lines[&line].channel);
    line.socket = Descriptor();
    return {};
  }
  std::string make_unit(Line& line, std::uint16_t mru) override {
    std::string fault = ask(
        "unit " + line.unit->name + " mtu " + std::to_string(line.unit->mtu) + " mru " + std::to_string(mru), "unit");
    line.unit->fd = pair(lines[&line].unit);
    line.number = 7;
    if (line.unit->name.empty()) line.unit->name = "ppp7";
    return fault;
  }
  std::string add_network(Line& line, const NetworkPlan& plan) override {
    line.remark = std::exchange(remark, {});
    return ask("add " + text(plan) + (plan.default_route ? " default" : "") + (plan.proxy_arp ? " proxy" : ""), "add");
  }
  void remove_network(Line&, const NetworkPlan& plan) override { log.push_back("take " + text(plan)); }
  void remove(std::span<const std::shared_ptr<Line>> removed) override {
    log.push_back("remove " + std::to_string(removed.size()));
    for (const auto& line : removed) {
      lines.erase(line.get());
      line->unit->fd = Descriptor();
      line->channel = Descriptor();
      line->socket = Descriptor();
    }
  }
  std::string let_pass(const Line&, ppp::Network network, bool pass) override {
    return ask((pass ? "pass " : "hold ") + std::string(network == ppp::Network::ipv4 ? "4" : "6"));
  }
  std::optional<ppp::Duration> idle(const Line&) override { return idle_time; }

  /// The one line that there is.
  [[nodiscard]] const Outer& only() const {
    if (lines.size() != 1) std::abort();
    return lines.begin()->second;
  }
  /// The next frame from our end; empty: none.
  [[nodiscard]] static std::vector<std::byte> take(const Descriptor& outer) {
    std::vector<std::byte> frame(4'096);
    const ssize_t got = recv(outer.get(), frame.data(), frame.size(), MSG_DONTWAIT);
    frame.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return frame;
  }
  static void put(const Descriptor& outer, const std::vector<std::byte>& frame) {
    if (send(outer.get(), frame.data(), frame.size(), MSG_NOSIGNAL) < 0) std::abort();
  }

 private:
  std::string ask(const std::string& what, const std::string& name = {}) {
    log.push_back(what);
    const auto fault = faults.find(name.empty() ? what : name);
    return fault == faults.end() ? std::string() : fault->second;
  }
  static std::string text(const NetworkPlan& plan) {
    return plan.network == ppp::Network::ipv4 ? plan.local_address.text() + " to " + plan.peer_address.text()
                                              : "id " + std::to_string(plan.local_interface_id);
  }
  static Descriptor pair(Descriptor& outer) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) < 0) std::abort();
    outer = Descriptor(ends[1]);
    return Descriptor(ends[0]);
  }
};

} // namespace openl2tp::ppp_kernel::test
