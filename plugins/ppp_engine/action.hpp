// What a link wants done: everything observable comes out as one of these values. Data only.
#pragma once

#include <cstdint>
#include <cstring>
#include <variant>
#include <vector>

#include "plugins/ppp_engine/auth_method.hpp"
#include "plugins/ppp_engine/end_reason.hpp"
#include "plugins/ppp_engine/octets.hpp"

namespace openl2tp::ppp {

/// Where octets of an action lie in its batch.
struct Extent {
  std::uint32_t offset = 0, length = 0;
};

enum class Network : std::uint8_t { ipv4, ipv6 };

/// A frame for the peer: address, control, protocol, information; without HDLC framing. Who sends over a channel that
/// brings the header itself (the kernel's) skips the first octets up to the protocol: `protocol_at`.
struct SendFrame {
  Extent octets;
  std::uint8_t protocol_at = 0;
};
/// LCP is open and everybody is who they must be; Link::facts() has the rest. Again after each renegotiation, and then
/// the user may be another.
struct LinkUp {};
/// LCP left Opened after a LinkUp. NetworkDown came before for each network that was up.
struct LinkDown {};
/// Data of this network may flow; Link::facts() has the addresses.
struct NetworkUp {
  Network network{};
};
struct NetworkDown {
  Network network{};
};
/// Judge the peer's proof and answer with Link::answer_verdict. Wipe what holds `response`: it may be a password.
struct NeedVerdict {
  std::uint32_t request = 0;
  AuthMethod method{};
  std::uint8_t id = 0;
  Extent user, challenge, response;
};
/// We must prove ourselves to `server`: answer with Link::answer_secret.
struct NeedSecret {
  std::uint32_t request = 0;
  AuthMethod method{};
  Extent server;
};
/// Find an IPv4 address for the peer and answer with Link::answer_address. Asked at most once in a link's life.
struct NeedAddress {};
/// Say how long no data has flowed: Link::answer_idle.
struct NeedIdle {};
/// As LAC: LCP and the peer's proof are there (Link::proxy()); from now on handle_frame() gives every frame back.
struct HandOver {};
/// The end; nothing follows. The owner clears the session with cdn_result(reason).
struct Finished {
  EndReason reason{};
};

using Action = std::variant<SendFrame, LinkUp, LinkDown, NetworkUp, NetworkDown, NeedVerdict, NeedSecret, NeedAddress,
                            NeedIdle, HandOver, Finished>;

/// Actions in the order in which they arose, with the octets that they speak of. Reused from turn to turn, so it stops
/// allocating. What it held is wiped when it is cleared: passwords pass through it.
struct ActionBatch {
  std::vector<Action> actions;
  std::vector<std::byte> storage;

  ActionBatch() = default;
  ActionBatch(const ActionBatch&) = delete;
  ActionBatch& operator=(const ActionBatch&) = delete;
  ~ActionBatch() { clear(); }

  [[nodiscard]] Octets octets(Extent extent) const { return Octets(storage).subspan(extent.offset, extent.length); }
  [[nodiscard]] Extent store(Octets octets_of) {
    const Extent extent{static_cast<std::uint32_t>(storage.size()), static_cast<std::uint32_t>(octets_of.size())};
    storage.insert(storage.end(), octets_of.begin(), octets_of.end());
    return extent;
  }
  void clear() noexcept {
    if (!storage.empty()) explicit_bzero(storage.data(), storage.size());
    actions.clear();
    storage.clear();
  }
};

} // namespace openl2tp::ppp
