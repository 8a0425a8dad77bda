// The inner life of the helper process that starts programs. One thread, one poll loop; nothing of the daemon but
// child_request.hpp. spawner.hpp forks it.
#pragma once

#include <chrono>
#include <vector>

#include "runtime/ring/unique_fd.hpp"

namespace openl2tp::runtime {

/// Children that may be there at once, of all channels; a start beyond it fails with EAGAIN.
inline constexpr std::size_t spawner_children_max = 262'144;

/// Serves `channels` in a process that was forked for it, and ends it when all of them are closed and no child is left.
/// The caller has blocked every signal, so only the daemon's end ends it.
[[noreturn]] void run_spawner(std::vector<UniqueFd> channels, std::chrono::milliseconds grace);

} // namespace openl2tp::runtime
