// Status files (-S): for every object a file with the text of the matching show command, kept up to date by a thread of
// its own that listens to the shards' events. No shard waits for it, and it works at a bounded rate.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <tl/expected.hpp>

#include "runtime/control.hpp"
#include "runtime/events.hpp"
#include "runtime/trace/log.hpp"
#include "tools/openl2tpd/status_tree.hpp"

namespace openl2tp::runtime {
class Profiles;
}

namespace openl2tp::daemon {

struct StatusOptions {
  std::string directory = "/var/run/openl2tpd";
  std::chrono::milliseconds tick{1000}; // how often profiles, peers and the system's parameters are looked at
  // At most `batch` files are written in one `pause`: 2000 a second.
  std::size_t batch = 50;
  std::chrono::milliseconds pause{25};
};

class StatusFiles {
 public:
  /// `log` outlives it.
  StatusFiles(StatusOptions options, runtime::Log& log) : options_(std::move(options)), log_(log) {}
  /// Stops if still running. No publisher may publish to hub() any more.
  ~StatusFiles() { stop(); }
  StatusFiles(const StatusFiles&) = delete;
  StatusFiles& operator=(const StatusFiles&) = delete;

  /// Where changes are told: by the shards, and by ObservedControl. Events beyond its bound are dropped; what they
  /// would have told is then looked up for all objects.
  [[nodiscard]] runtime::EventHub& hub() noexcept { return hub_; }

  /// Takes the directory and starts the thread; the first files follow. `control` lives until stop(). Once.
  /// @error one line
  [[nodiscard]] tl::expected<void, std::string> start(runtime::Control& control);
  /// Ends the thread and removes the files. Repeatable.
  void stop();

 private:
  enum class Kind : std::uint8_t {
    system,
    peer_profile,
    tunnel_profile,
    session_profile,
    ppp_profile,
    peer,
    tunnel,
    session
  };
  struct Item {
    Kind kind{};
    std::uint16_t tunnel = 0, session = 0;
    std::string name, other; // of a profile; of a peer its local and its own address
    auto operator<=>(const Item&) const = default;
  };
  class Writer; // the thread's own

  void run(runtime::Control& control, StatusTree tree);

  StatusOptions options_;
  runtime::Log& log_;
  runtime::EventHub hub_;
  UniqueFd stop_;
  std::thread thread_;
};

} // namespace openl2tp::daemon
