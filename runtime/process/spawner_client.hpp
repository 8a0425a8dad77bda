// A shard's end of the process that starts programs: asks for starts, passes on signals, hears how children ended.
// Never blocks: what the socket does not take waits here, in order and bounded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "runtime/loop/loop.hpp"
#include "runtime/loop/watch.hpp"
#include "runtime/process/child_request.hpp"
#include "runtime/ring/unique_fd.hpp"
#include "runtime/trace/log.hpp"

namespace openl2tp::runtime {

/// Who started a child, and outlives it or leaves it.
class ChildOwner {
 public:
  /// In the loop's thread, from its run queue, once; the id is dead by then. `status`: the exit status (0 to 255), 256
  /// + the number of the signal that ended it, or -errno of a start that failed.
  virtual void on_exit(ChildId child, std::int32_t status) noexcept = 0;

 protected:
  ~ChildOwner() = default;
};

enum class StartRefused : std::uint8_t {
  invalid, // a limit of child_request.hpp is broken, or a descriptor is not open
  busy,    // too many starts wait, too many children are there, or no descriptor is left to wait with
  gone,    // the helper has ended: nothing can be started any more; the log has said so
};

struct SpawnerLimits {
  std::size_t starting = 1024;        // asked for, not yet forked
  std::size_t children = 65'536;      // running or starting, those left not counted
  std::size_t unsent = 65'536 + 1024; // signals and leaves that wait for room in the socket, and starts
};

class SpawnerClient final : private FileWatch, private Runnable, private LoopTimer {
 public:
  /// @param channel  of Spawner::take_channel(). @param helper  its process, for the log.
  /// In the loop's thread, as everything here.
  SpawnerClient(Loop& loop, UniqueFd channel, pid_t helper, Log& log, SpawnerLimits limits = {});
  ~SpawnerClient() override; // close() was awaited

  /// Asks for a start. The descriptors may be closed when this returns. `owner` hears of the end, never from inside
  /// this.
  [[nodiscard]] tl::expected<ChildId, StartRefused> start(const ChildStart& start, ChildOwner& owner);
  /// Sends a signal, in order with the start. @return false when the child has ended, the signal is none (1 to 64), or
  /// too much waits to be sent.
  bool signal(ChildId child, int signal);
  /// TERM now, KILL after `grace`, by the helper itself; its owner hears nothing more.
  void leave(ChildId child, std::chrono::milliseconds grace);

  /// Leaves all children with the helper's grace. Nothing is reported after this began. Await it before the loop ends.
  [[nodiscard]] Task<void> close();

  /// Starts that the helper has not carried out yet.
  [[nodiscard]] std::size_t starting() const noexcept { return starting_; }
  /// Children whose end will be reported.
  [[nodiscard]] std::size_t children() const noexcept { return owned_; }
  /// Those and the ones that were left before they were started, until the helper has come to them.
  [[nodiscard]] std::size_t remembered() const noexcept { return children_.size(); }
  [[nodiscard]] bool lost() const noexcept { return lost_; }

 private:
  struct Child {
    ChildOwner* owner; // null: left before it was started
    bool started = false;
  };
  struct Unsent {
    std::vector<std::byte> octets;
    std::vector<UniqueFd> fds;
    ChildId start = 0; // of a start: whose
  };
  enum class Sent : std::uint8_t { yes, later, never };

  void on_ready(std::uint32_t events, int error) noexcept override;
  void on_timer(protocol::TimePoint now) noexcept override;
  static void run(Runnable& work) noexcept;
  void work();
  void read_reports();
  void take(const ChildReport& report);
  void end(ChildId child, std::int32_t status);
  void lose();
  void wake() noexcept;
  [[nodiscard]] Sent send(std::span<const std::byte> octets, std::span<const int> fds);
  [[nodiscard]] bool send_or_keep(ChildRequest request);
  void flush();

  Loop& loop_;
  UniqueFd channel_;
  pid_t helper_;
  Log& log_;
  SpawnerLimits limits_;
  ChildId last_ = 0;
  std::size_t starting_ = 0, owned_ = 0; // owned: with an owner
  std::unordered_map<ChildId, Child> children_;
  std::deque<Unsent> unsent_;
  int error_ = 0; // of the last send that cannot succeed
  bool lost_ = false, announced_ = false, closing_ = false;
};

} // namespace openl2tp::runtime
