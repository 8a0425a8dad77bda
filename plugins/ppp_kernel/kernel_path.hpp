// User data inside the kernel: a PPP channel on the session's PPPoL2TP socket, a unit once a network is open. Here are
// the order of the steps and their bounds; what a step asks of the kernel is kernel_ppp.hpp's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <openl2tp/plugin.hpp>

#include "plugins/ppp_kernel/data_path.hpp"
#include "plugins/ppp_kernel/kernel_ppp.hpp"

namespace openl2tp::ppp_kernel {

/// One thing that a worker does for one line.
struct Step {
  enum class Kind : std::uint8_t { attach, make_unit, add_network, remove_network, remove };
  Kind kind{};
  std::shared_ptr<Line> line;
  NetworkPlan plan{};
  /// [shard] `fault`: empty, or what went wrong.
  std::function<void(const std::string& fault)> done{};
};

/// Steps of a kind, on the workers: in batches, some at a time; steps of a batch one after the other, but removals at
/// once. Bounded by its users: a line has one step. [shard]
class StepQueue {
 public:
  struct Limits {
    std::size_t batch;   // steps that a worker takes
    std::size_t batches; // workers at a time
  };

  StepQueue(Host host, openl2tp_loop* loop, KernelPpp& kernel, Limits limits);
  /// What workers have in hand is finished; nobody hears of it.
  ~StepQueue();
  StepQueue(const StepQueue&) = delete;
  StepQueue& operator=(const StepQueue&) = delete;

  void put(Step step);
  /// Those that no worker has.
  [[nodiscard]] std::deque<Step> take_waiting() noexcept { return std::exchange(waiting_, {}); }

 private:
  struct Batch;
  struct Open {
    StepQueue* queue;
  };
  void submit();

  Host host_;
  openl2tp_loop* loop_;
  KernelPpp& kernel_;
  Limits limits_;
  std::deque<Step> waiting_;
  std::size_t running_ = 0;
  std::shared_ptr<Open> open_;
};

class KernelPath;

/// What the kernel's data paths of one shard share. [shard]
class KernelPaths {
 public:
  /// Attaching waits for a grace period: side by side. The others wait for the networking lock: one after the other.
  static constexpr StepQueue::Limits attaching{.batch = 1, .batches = 16};
  static constexpr StepQueue::Limits changing{.batch = 32, .batches = 1};
  static constexpr StepQueue::Limits removing{.batch = 1'024, .batches = 1};
  /// Frames that one descriptor may bring before others have their turn.
  static constexpr int frames_a_turn = 64;

  KernelPaths(Host host, openl2tp_loop* loop, KernelPpp& kernel);
  /// Removes what is left, which waits.
  ~KernelPaths();
  KernelPaths(const KernelPaths&) = delete;
  KernelPaths& operator=(const KernelPaths&) = delete;

  /// @param session_fd the daemon's; duplicated
  /// @param interface_name the operator's wish; empty: none
  /// @param dials_out the peer may have any address, and be asked for a default route
  /// Throws when there is no descriptor.
  [[nodiscard]] std::unique_ptr<DataPath> make(PathUser& user, int session_fd, std::string_view interface_name,
                                               bool dials_out);

 private:
  friend class KernelPath;
  /// A line that the loop, or a worker, has not let go of.
  struct Retiring {
    KernelPaths* paths;
    std::shared_ptr<Line> line;
    bool at_work; // a worker has it
    int holds;
  };
  void retire(const std::shared_ptr<Line>& line, openl2tp_watch* channel, openl2tp_watch* unit, bool at_work);
  void let_go(Line& line, bool by_worker);

  Host host_;
  openl2tp_loop* loop_;
  KernelPpp& kernel_;
  StepQueue attaching_, changing_, removing_;
  std::unordered_map<const Line*, Retiring> retiring_;
  std::vector<std::byte> buffer_; // of one frame
};

} // namespace openl2tp::ppp_kernel
