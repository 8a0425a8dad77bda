// The scripts that run when a network of a session comes up or goes down: pppd's ip-up and its kin, with pppd's
// arguments and environment. The daemon starts them; nobody waits for one but what comes after it for the same session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openl2tp/plugin.hpp>

#include "plugins/ppp_kernel/configuration.hpp"

namespace openl2tp::ppp_kernel {

/// One run: what the script is told.
struct ScriptRun {
  ScriptKind kind{};
  std::string path;
  std::vector<std::string> arguments;   // behind the path
  std::vector<std::string> environment; // "NAME=value"
};

/// What a script may be told of a session; pppd(8) has the words.
struct ScriptFacts {
  std::string_view interface_name, tty, user, ipparam;
  std::string local, peer; // addresses as text
  std::uint32_t speed = 0;
  std::vector<std::string> dns; // that the peer told us; two at most
  // Of what goes down:
  std::uint64_t connected_s = 0;
  std::optional<std::uint64_t> sent_octets, received_octets; // nullopt: the kernel has them
};
[[nodiscard]] ScriptRun make_run(ScriptKind kind, const std::string& path, const ScriptFacts& facts);

/// [shard]
class Scripts {
 public:
  static constexpr std::size_t running_max = 16;       // at a time, of one shard
  static constexpr std::size_t waiting_max = 4'096;    // then the next is not run
  static constexpr std::uint64_t time_max_ms = 60'000; // of one script

  Scripts(Host host, openl2tp_loop* loop);
  ~Scripts();
  Scripts(const Scripts&) = delete;
  Scripts& operator=(const Scripts&) = delete;

  /// Runs it, later: one at a time of a session's network, in this order. What goes down before its "up" has begun has
  /// neither of the two.
  void run(openl2tp_session_token session, ScriptRun run);
  [[nodiscard]] std::size_t running() const noexcept { return running_.size(); }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  struct Job {
    Scripts* owner = nullptr;
    openl2tp_session_token session = 0;
    ScriptRun run;
    openl2tp_child* child = nullptr;
    std::uint64_t until_ms = 0;
    std::list<Job>::iterator place;
  };
  void begin_some();
  /// @return false: not now
  bool begin(Job&& job);
  void handle_exit(Job& job, std::int32_t status);
  void handle_timer();
  void arm();
  [[nodiscard]] bool busy(const Job& job) const noexcept;

  Host host_;
  openl2tp_loop* loop_;
  Timer timer_;
  std::deque<Job> waiting_;
  std::list<Job> running_;
  std::uint64_t dropped_ = 0;
};

} // namespace openl2tp::ppp_kernel
