// What changes is logged once: a host may well live without rpcbind.
#include "tools/rpc/registrar.hpp"

#include <csignal>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include "tools/rpc/client.hpp"
#include "tools/rpc/portmapper.hpp"

namespace openl2tp::rpc {
namespace {

/// True when a management daemon answers at a port of this host.
bool answers(std::uint16_t port) {
  auto client = Client::connect_to_port({.host = "localhost", .protocol = Protocol::udp, .timeout_s = 1}, port);
  return client && client->call<Nothing>(0, Nothing{}).has_value();
}

} // namespace

void Registrar::start(ServicePorts ports, std::chrono::milliseconds interval) {
  ports_ = ports;
  thread_ = std::thread([this, interval] { run(interval); });
}

void Registrar::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  if (registered_ && registered_port(Protocol::udp) == ports_.udp) (void)unregister_ports();
}

void Registrar::run(std::chrono::milliseconds interval) {
  sigset_t all; // signals are for the daemon's own threads
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    look();
    lock.lock();
    wake_.wait_for(lock, interval, [this] { return stopping_; });
  }
}

void Registrar::look() {
  const auto present = registered_port(Protocol::udp);
  if (present == ports_.udp) return;
  const bool was_registered = std::exchange(registered_, false);
  const auto tell = [&](const std::string& why) {
    if (!told_ || was_registered) spdlog::warn("management: {}", why);
    told_ = true;
  };
  if (!present && present.error() == PortmapperError::unreachable)
    return tell("no rpcbind on this host; remote and stock clients cannot find the service, l2tpconfig can");
  if (present && answers(*present))
    return tell("rpcbind already names another daemon, at UDP port " + std::to_string(*present) +
                ", which answers; not registered");
  (void)unregister_ports(); // of a daemon that died
  registered_ = register_port(Protocol::udp, ports_.udp) && register_port(Protocol::tcp, ports_.tcp);
  if (!registered_) return tell("rpcbind refused the registration (it wants root); l2tpconfig still works locally");
  if (told_ || was_registered) spdlog::info("management: registered with rpcbind");
  told_ = false;
}

} // namespace openl2tp::rpc
