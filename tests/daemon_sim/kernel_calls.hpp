// The kernel model as one process calls it: the interfaces of ppp_kernel and of the runtime's kernel data path. After
// the process has ended, its calls do nothing.
#pragma once

#include <map>
#include <memory>

#include "plugins/ppp_kernel/network.hpp"
#include "tests/daemon_sim/kernel_model.hpp"
#include "tests/daemon_sim/story.hpp"

namespace openl2tp::daemon_sim {

/// One life of a daemon, as its kernel sees it.
struct Process {
  KernelModel& kernel;
  ProcessNumber number;
  const Story& story;
  bool ended = false;
};

/// TUN devices.
class SimNetwork final : public ppp_kernel::Network {
 public:
  explicit SimNetwork(Process& process) noexcept : process_(process) {}
  [[nodiscard]] std::string run(const ppp_kernel::Request& request) override;
  /// Takes away the interfaces whose devices nobody holds any more, as closing their descriptors does.
  void drop_closed();

 private:
  struct Open {
    std::weak_ptr<ppp_kernel::Device> device;
    ppp_kernel::Descriptor outer; // the other end of its descriptor
  };
  [[nodiscard]] std::string open_device(const std::shared_ptr<ppp_kernel::Device>& device);
  [[nodiscard]] std::string carry_out(const ppp_kernel::Request& request);
  [[nodiscard]] int add_route(const ppp_kernel::Request& request);

  Process& process_;
  std::map<int, Open> open_; // by index
};

} // namespace openl2tp::daemon_sim
