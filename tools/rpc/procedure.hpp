// One row per procedure of the interface: its number, who may call it, and the handler. Adding a procedure is adding a
// row. What does not live here: RPC headers (dispatcher.hpp) and sockets (service.hpp).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/control.hpp"
#include "tools/rpc/xdr_value.hpp"

namespace openl2tp::rpc {

/// Where a call came from, as the transport knows it; nothing in the call itself is believed.
struct Caller {
  bool local = false;      ///< over loopback of our own host
  bool privileged = false; ///< root of our own host: a reserved source port over loopback
};

enum class Access : std::uint8_t {
  read,   ///< shows state without secrets
  change, ///< changes state: root only, unless the service is open to other hosts
};

struct Request {
  runtime::Control& control;
  const Caller& caller;
  std::span<const std::byte> arguments;
  std::vector<std::byte>& reply; ///< the result's encoding is appended
};

enum class Outcome : std::uint8_t {
  success,
  garbage_arguments, ///< the arguments do not decode
  system_error,      ///< the result does not encode
};

struct Procedure {
  std::uint32_t number;
  const char* name;
  Access access;
  Outcome (*run)(Request& request);
};

/// Turns `Value<Result> handler(runtime::Control&, const Caller&, const Argument&)` into the `run` of a row.
template <auto Handler>
struct Typed;
template <typename Result, typename Argument,
          Value<Result> (*Handler)(runtime::Control&, const Caller&, const Argument&)>
struct Typed<Handler> {
  static Outcome run(Request& request) {
    const auto argument = decode<Argument>(request.arguments);
    if (!argument) return Outcome::garbage_arguments;
    const Value<Result> result = Handler(request.control, request.caller, **argument);
    return encode(request.reply, *result) ? Outcome::success : Outcome::system_error;
  }
};

/// Logs why a call was refused, as the wire carries only a number, and returns that number.
[[nodiscard]] int refused(const char* procedure, const runtime::ControlError& error);

[[nodiscard]] std::span<const Procedure> system_procedures() noexcept;
[[nodiscard]] std::span<const Procedure> tunnel_procedures() noexcept;
[[nodiscard]] std::span<const Procedure> session_procedures() noexcept;

} // namespace openl2tp::rpc
