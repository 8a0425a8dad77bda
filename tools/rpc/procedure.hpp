// One row per procedure of the interface: its number, who may call it, and the handler. Adding a procedure is adding a
// row. What does not live here: RPC headers (dispatcher.hpp) and sockets (service.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "runtime/control.hpp"
#include "tools/rpc/event_queue.hpp"
#include "tools/rpc/refusal.hpp"
#include "tools/rpc/xdr_value.hpp"

namespace openl2tp::rpc {

/// Where a call came from, as the transport knows it; nothing in the call itself is believed.
struct Caller {
  bool local = false;                    ///< over loopback or the UNIX socket of our own host
  bool privileged = false;               ///< root of our own host, as the kernel tells of the socket at the other end
  bool trusted = false;                  ///< from an address that the operator opened the service to (-R)
  std::optional<std::uint32_t> uid = {}; ///< of a caller of our own host, where it is known
  protocol::IpAddress address = {};      ///< family 0 over the UNIX socket
};

enum class Access : std::uint8_t {
  read,   ///< shows state without secrets
  change, ///< changes state: root only, unless the service is open to other hosts
};

/// How long a call may take.
enum class Weight : std::uint8_t {
  quick, ///< answered where it was read
  large, ///< may list a million objects or ask for each: answered aside, so that others need not wait
};

/// What is kept for a client from one call to the next, where it has a connection; null where it has none.
struct Kept {
  EventQueue* events = nullptr;   ///< null as well until the client watches
  std::string* refusal = nullptr; ///< why its last call was refused; empty when it was not, or there is no more to say
};

struct Request {
  runtime::Control& control;
  const Caller& caller;
  std::span<const std::byte> arguments;
  std::vector<std::byte>& reply; ///< the result's encoding is appended
  bool test = false;             ///< the daemon was started with the test option
  Kept kept = {};
};

enum class Outcome : std::uint8_t {
  success,
  garbage_arguments, ///< the arguments do not decode
  system_error,      ///< the result does not encode
  unavailable,       ///< not offered by this daemon as it was started, or not over this transport
};

struct Procedure {
  std::uint32_t number;
  const char* name;
  Access access;
  Outcome (*run)(Request& request);
  Weight weight = Weight::quick;
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

/// As Typed, for `Value<Result> handler(const Request&, const Argument&)`.
template <auto Handler>
struct WithRequest;
template <typename Result, typename Argument, Value<Result> (*Handler)(const Request&, const Argument&)>
struct WithRequest<Handler> {
  static Outcome run(Request& request) {
    const auto argument = decode<Argument>(request.arguments);
    if (!argument) return Outcome::garbage_arguments;
    const Value<Result> result = Handler(request, **argument);
    return encode(request.reply, *result) ? Outcome::success : Outcome::system_error;
  }
};

[[nodiscard]] std::span<const Procedure> system_procedures() noexcept;
[[nodiscard]] std::span<const Procedure> tunnel_procedures() noexcept;
[[nodiscard]] std::span<const Procedure> session_procedures() noexcept;
[[nodiscard]] std::span<const Procedure> profile_procedures() noexcept;
[[nodiscard]] std::span<const Procedure> peer_procedures() noexcept;
[[nodiscard]] std::span<const Procedure> test_procedures() noexcept;
/// Our own, from number 200.
[[nodiscard]] std::span<const Procedure> extension_procedures() noexcept;
[[nodiscard]] std::span<const Procedure> extension_ppp_procedures() noexcept;

} // namespace openl2tp::rpc
