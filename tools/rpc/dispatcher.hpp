// From the octets of an RPC call to the octets of its reply (RFC 5531). No sockets, so tests and fuzzing drive it
// directly.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {

struct DispatcherOptions {
  bool remote = false; ///< callers on other hosts are served too, and may change state
};

/// Checks and runs calls. One thread at a time.
class Dispatcher {
 public:
  /// `control` outlives the dispatcher.
  Dispatcher(runtime::Control& control, DispatcherOptions options);

  /// Runs one call and returns its whole reply, without record marks.
  /// @param reply_max  octets that the transport can carry; a longer reply becomes SYSTEM_ERR.
  /// @return nothing when the octets are no call: such are dropped without an answer.
  [[nodiscard]] std::optional<std::vector<std::byte>> answer(std::span<const std::byte> call, const Caller& caller,
                                                             std::size_t reply_max);

 private:
  static constexpr std::uint32_t kNumbers = 100;
  runtime::Control& control_;
  DispatcherOptions options_;
  std::array<const Procedure*, kNumbers> procedures_{};
};

} // namespace openl2tp::rpc
