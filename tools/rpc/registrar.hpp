// Keeps the service registered with rpcbind, which may start late, or again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tools/rpc/ports_file.hpp"

namespace openl2tp::rpc {

/// A thread of its own: asking rpcbind may take seconds. All calls from one thread.
class Registrar {
 public:
  Registrar() = default;
  ~Registrar() { stop(); }
  Registrar(const Registrar&) = delete;
  Registrar& operator=(const Registrar&) = delete;

  /// Registers `ports` now, and again within `interval` whenever they are not registered any more.
  void start(ServicePorts ports, std::chrono::milliseconds interval);
  /// Takes back what is registered; waits for the question that is being asked.
  void stop();

 private:
  void run(std::chrono::milliseconds interval);
  void look();

  ServicePorts ports_;
  bool registered_ = false;
  bool told_ = false; // that there is no rpcbind, or that it refuses
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false; // under mutex_
  std::thread thread_;
};

} // namespace openl2tp::rpc
