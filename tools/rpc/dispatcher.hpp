// From the octets of an RPC call to the octets of its reply (RFC 5531). No sockets, so tests and fuzzing drive it
// directly.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "tools/rpc/audit.hpp"
#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {

struct DispatcherOptions {
  bool test = false;  ///< the test procedures work
  bool audit = false; ///< changes are written to the log
  /// Where set and true, every call is written to the log (trace category API).
  const std::atomic<bool>* trace = nullptr;
};

/// What a transport must know of a call before it has it answered.
enum class Kind : std::uint8_t {
  quick, ///< answer it here and now
  large, ///< answer it where nobody else waits
  wait,  ///< answer it when the connection's queue holds events, or the time that the call grants is over
};

struct Judgement {
  Kind kind = Kind::quick;
  std::chrono::milliseconds patience{0}; ///< of Kind::wait
  bool changes = false;                  ///< it is not to be executed twice
};

/// Checks and runs calls. Any thread: nothing changes after construction, and the model serialises itself.
class Dispatcher {
 public:
  /// `control` outlives the dispatcher.
  Dispatcher(runtime::Control& control, DispatcherOptions options);

  /// Runs one call and returns its whole reply, without record marks.
  /// @param reply_max  octets that the transport can carry; a longer reply becomes SYSTEM_ERR.
  /// @return nothing when the octets are no call: such are dropped without an answer.
  /// @param kept       for the client; what it points to is used during the call alone.
  [[nodiscard]] std::optional<std::vector<std::byte>> answer(std::span<const std::byte> call, const Caller& caller,
                                                             std::size_t reply_max, Kept kept = {}) const;

  /// Judges a call without running it; what is malformed or refused is quick.
  [[nodiscard]] Judgement judge(std::span<const std::byte> call) const noexcept;

 private:
  static constexpr std::uint32_t kNumbers = 256;
  runtime::Control& control_;
  /// Writes down what became of a call. `result`: of calls that answer a number, that number.
  void report(const Procedure& row, const Caller& caller, const CallNote& note, std::string_view result) const;

  DispatcherOptions options_;
  mutable Audit audit_;
  std::array<const Procedure*, kNumbers> procedures_{};
};

} // namespace openl2tp::rpc
