// A kernel that writes down what it is asked for, fails where it is told to, and can be made to wait. Its UDP sockets
// are real ones on loopback, so that endpoints work on them; its PPPoL2TP sockets are eventfds.
#pragma once

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/dataplane/kernel_calls.hpp"
#include "runtime/net/endpoint_group.hpp"
#include "runtime/net/socket_address.hpp"

namespace openl2tp::runtime::testing {

class FakeKernel final : public KernelCalls {
 public:
  explicit FakeKernel(bool with_netlink = true) : netlink_(with_netlink) {}

  /// Every call from now on whose text begins with `call` fails with `error`.
  void fail(std::string call, int error) {
    const std::scoped_lock lock(mutex_);
    failures_[std::move(call)] = error;
  }
  void succeed() {
    const std::scoped_lock lock(mutex_);
    failures_.clear();
  }
  /// Calls whose text begins with `call` wait until release().
  void hold(std::string call) {
    const std::scoped_lock lock(mutex_);
    held_ = std::move(call);
  }
  void release() {
    const std::scoped_lock lock(mutex_);
    held_.reset();
    changed_.notify_all();
  }
  /// Waits until a call is being held.
  void await_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }

  /// Everything that was asked for, in order: "open_udp 7", "create_session 7/9", "close udp 7", ...
  [[nodiscard]] std::vector<std::string> calls() const {
    const std::scoped_lock lock(mutex_);
    return calls_;
  }
  [[nodiscard]] std::size_t count(const std::string& call) const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(std::count(calls_.begin(), calls_.end(), call));
  }
  /// What exists: "tunnel 7", "session 7/9"; sockets that close() has not seen: "management 7", "session socket 7/9".
  [[nodiscard]] std::vector<std::string> objects() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> all = objects_;
    for (const auto& [fd, name] : sockets_)
      if (name.rfind("udp", 0) != 0) all.push_back(name);
    std::sort(all.begin(), all.end());
    return all;
  }
  /// UDP sockets that close() has not seen.
  [[nodiscard]] std::size_t udp_left() const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(std::count_if(sockets_.begin(), sockets_.end(),
                                                  [](const auto& one) { return one.second.rfind("udp", 0) == 0; }));
  }
  [[nodiscard]] std::size_t most_at_once() const {
    const std::scoped_lock lock(mutex_);
    return most_inside_;
  }
  void set_statistics(const SessionStatistics& statistics) {
    const std::scoped_lock lock(mutex_);
    statistics_ = statistics;
  }
  /// From now on the tunnel `other` has the ports of every tunnel; 0: none has.
  void take_ports(std::uint16_t other) {
    const std::scoped_lock lock(mutex_);
    ports_of_ = other;
  }
  /// Tunnels whose ports another may have, in the order in which they let go.
  [[nodiscard]] std::vector<std::uint16_t> ports_released() const {
    const std::scoped_lock lock(mutex_);
    return released_;
  }
  [[nodiscard]] protocol::Endpoint udp_of(std::uint16_t tunnel) const {
    const std::scoped_lock lock(mutex_);
    return udp_.at(tunnel);
  }

  [[nodiscard]] bool netlink() const noexcept override { return netlink_; }
  KernelResult<UniqueFd> open_udp(const KernelTunnel& tunnel) override {
    const std::string id = std::to_string(tunnel.tunnel.value);
    if (auto error = called("open_udp " + id, KernelOperation::bind_socket)) return tl::unexpected(*error);
    {
      const std::scoped_lock lock(mutex_);
      if (ports_of_ != 0)
        return tl::unexpected(KernelError{KernelOperation::claim_ports, EADDRINUSE, tunnel.tunnel.value, 0, ports_of_});
    }
    auto socket = open_udp_socket({.address = protocol::IpAddress::v4(127, 0, 0, 1)}, {});
    if (!socket) return tl::unexpected(KernelError{KernelOperation::bind_socket, socket.error().error, 0, 0});
    const std::scoped_lock lock(mutex_);
    udp_[tunnel.tunnel.value] = socket->local;
    sockets_[socket->fd.get()] = "udp " + id;
    return std::move(socket->fd);
  }
  KernelResult<void> create_tunnel(const KernelTunnel& tunnel, int) override {
    return make("tunnel " + std::to_string(tunnel.tunnel.value), KernelOperation::create_tunnel);
  }
  KernelResult<void> delete_tunnel(protocol::TunnelId tunnel) override {
    return take("tunnel " + std::to_string(tunnel.value), KernelOperation::delete_tunnel);
  }
  KernelResult<void> create_session(protocol::TunnelId tunnel, const KernelSession& session) override {
    return make("session " + ids(tunnel, session.session), KernelOperation::create_session);
  }
  KernelResult<void> delete_session(protocol::TunnelId tunnel, protocol::SessionId session) override {
    return take("session " + ids(tunnel, session), KernelOperation::delete_session);
  }
  KernelResult<UniqueFd> connect_tunnel(const KernelTunnel& tunnel, int) override {
    return socket("connect_tunnel " + std::to_string(tunnel.tunnel.value),
                  "management " + std::to_string(tunnel.tunnel.value), KernelOperation::create_tunnel);
  }
  KernelResult<UniqueFd> connect_session(const KernelTunnel& tunnel, const KernelSession& session, int) override {
    return socket("connect_session " + ids(tunnel.tunnel, session.session),
                  "session socket " + ids(tunnel.tunnel, session.session), KernelOperation::connect_session);
  }
  void close(UniqueFd socket) noexcept override {
    std::string name;
    {
      const std::scoped_lock lock(mutex_);
      const auto it = sockets_.find(socket.get());
      name = it != sockets_.end() ? it->second : "nothing";
    }
    static_cast<void>(called("close " + name, KernelOperation::queue));
    const std::scoped_lock lock(mutex_);
    sockets_.erase(socket.get());
    if (name.rfind("session socket ", 0) == 0) std::erase(objects_, "session " + name.substr(15));
  }
  KernelResult<void> set_role(int, const KernelSession& session) noexcept override {
    return quick("set_role " + std::to_string(session.session.value), KernelOperation::set_session_option);
  }
  KernelResult<void> set_sequencing(int, const KernelSessionChange& change) noexcept override {
    return quick(std::string("set_sequencing ") + (change.receive_sequence ? "R" : "-") +
                     (change.send_sequence ? "S" : "-") + " " + std::to_string(change.reorder_timeout.count()),
                 KernelOperation::set_session_option);
  }
  KernelResult<SessionStatistics> read_statistics(int management, protocol::SessionId session) noexcept override {
    const std::scoped_lock lock(mutex_);
    const auto it = sockets_.find(management);
    if (it == sockets_.end() || it->second.rfind("management", 0) != 0)
      return tl::unexpected(KernelError{KernelOperation::read_statistics, EBADF, 0, 0});
    SessionStatistics counted = statistics_;
    if (session) counted.sent_packets = session.value;
    return counted;
  }
  void release_ports(protocol::TunnelId tunnel) noexcept override {
    const std::scoped_lock lock(mutex_);
    released_.push_back(tunnel.value);
  }
  KernelResult<void> set_checksums(int, bool wanted) noexcept override {
    return quick(std::string("set_checksums ") + (wanted ? "on" : "off"), KernelOperation::set_socket_option);
  }

 private:
  static std::string ids(protocol::TunnelId tunnel, protocol::SessionId session) {
    return std::to_string(tunnel.value) + "/" + std::to_string(session.value);
  }

  std::optional<KernelError> called(const std::string& call, KernelOperation operation) {
    std::unique_lock lock(mutex_);
    calls_.push_back(call);
    most_inside_ = std::max(most_inside_, ++inside_);
    if (held_ && call.rfind(*held_, 0) == 0) {
      ++waiting_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !held_ || call.rfind(*held_, 0) != 0; });
      --waiting_;
    }
    --inside_;
    for (const auto& [failing, error] : failures_)
      if (call.rfind(failing, 0) == 0) return KernelError{operation, error, 0, 0};
    return std::nullopt;
  }
  KernelResult<void> quick(const std::string& call, KernelOperation operation) {
    if (auto error = called(call, operation)) return tl::unexpected(*error);
    return {};
  }
  KernelResult<void> make(const std::string& object, KernelOperation operation) {
    if (auto error = called("create_" + object, operation)) return tl::unexpected(*error);
    const std::scoped_lock lock(mutex_);
    objects_.push_back(object);
    return {};
  }
  KernelResult<void> take(const std::string& object, KernelOperation operation) {
    if (auto error = called("delete_" + object, operation)) return tl::unexpected(*error);
    const std::scoped_lock lock(mutex_);
    if (std::erase(objects_, object) == 0) return tl::unexpected(KernelError{operation, ENODEV, 0, 0});
    return {};
  }
  KernelResult<UniqueFd> socket(const std::string& call, std::string name, KernelOperation operation) {
    if (auto error = called(call, operation)) return tl::unexpected(*error);
    UniqueFd fd(::eventfd(0, EFD_CLOEXEC));
    const std::scoped_lock lock(mutex_);
    sockets_[fd.get()] = std::move(name);
    return fd;
  }

  const bool netlink_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> failures_;
  std::optional<std::string> held_;
  std::size_t waiting_ = 0, inside_ = 0, most_inside_ = 0;
  std::vector<std::string> calls_, objects_;
  std::map<int, std::string> sockets_;
  std::map<std::uint16_t, protocol::Endpoint> udp_;
  SessionStatistics statistics_;
  std::vector<std::uint16_t> released_;
  std::uint16_t ports_of_ = 0;
};

} // namespace openl2tp::runtime::testing
