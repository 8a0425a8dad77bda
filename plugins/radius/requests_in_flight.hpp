// The requests to one server that wait for their answers (RFC 2865 sections 2.4, 2.5, 3): identifiers, retransmission,
// and which datagrams are genuine answers. No I/O: the owner has the sockets, sends what it is told and hands in what
// it receives, with the time. It does not choose between servers.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/ppp_engine/clock.hpp"
#include "plugins/radius/packet.hpp"

namespace openl2tp::radius {

using ppp::Duration;
using ppp::TimePoint;

/// What an Accept, Reject or Challenge without a Message-Authenticator is worth (CVE-2024-3596). A wrong
/// Message-Authenticator is never accepted.
enum class Require : std::uint8_t {
  automatic, // accepted until the server has sent a good one; from then on refused
  yes,       // refused
  no,        // accepted
};

struct InFlightSettings {
  std::string secret;
  Duration timeout{3000};        // from a transmission to the next, and from the last one to giving up
  std::uint32_t tries = 3;       // transmissions of one request, at least 1
  std::uint32_t sockets_max = 4; // 256 requests each
  Require require_message_authenticator = Require::automatic;
};

/// A request by its socket, 0 to sockets_max - 1, and the identifier that it has there.
struct RequestId {
  std::uint32_t socket = 0;
  std::uint8_t identifier = 0;
  bool operator==(const RequestId&) const = default;
};

enum class Heard : std::uint8_t {
  answer,     // genuine; the request is over
  malformed,  // the other four are dropped, and the request goes on
  unknown,    // nobody waits for it: late, a duplicate, or never asked for
  forged,     // another secret or request, a wrong Message-Authenticator, or a code that answers no such request
  not_signed, // without the Message-Authenticator that is required
};

struct Answer {
  Heard heard;
  std::uint64_t token = 0;               // of the request; this and what follows for `answer` alone
  std::optional<Packet> packet;          // a view into the datagram
  Authenticator request_authenticator{}; // for salted attributes
  std::optional<Duration> round_trip;    // nothing where a retransmission makes it ambiguous
};

struct TimedOut {
  std::vector<RequestId> resend;       // to be sent once more, see octets()
  std::vector<std::uint64_t> given_up; // tokens of requests that are over without an answer
};

class RequestsInFlight {
 public:
  explicit RequestsInFlight(InFlightSettings settings) : settings_(std::move(settings)) {}

  /// The socket and identifier for the next request: of the first socket that has a free one, the identifier that was
  /// free the longest. Reserves nothing. Nothing where all sockets are full; the caller then queues or refuses.
  [[nodiscard]] std::optional<RequestId> next_id() const noexcept;

  /// Takes over a request that the owner sends now.
  /// @param octets  a whole request with this identifier, kept for retransmission.
  /// @param token  the owner's name for the request.
  /// @return false, and nothing is kept, where `id` is not free or `octets` is no request with that identifier.
  [[nodiscard]] bool start(RequestId id, std::vector<std::byte> octets, std::uint64_t token, TimePoint now);

  /// What the owner has to send for a request in flight; empty for any other. Valid until the request is over.
  [[nodiscard]] Octets octets(RequestId id) const noexcept;

  /// Ends a request whose answer nobody wants any more. An answer to it is `unknown`.
  void cancel(RequestId id) noexcept;

  /// A datagram that `socket` received from the server's address.
  [[nodiscard]] Answer handle_datagram(std::uint32_t socket, Octets datagram, TimePoint now);

  [[nodiscard]] TimedOut handle_timeout(TimePoint now);
  /// When to call handle_timeout() next; ppp::never where nothing is in flight.
  [[nodiscard]] TimePoint next_deadline() const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }
  /// How many sockets the owner has needed so far.
  [[nodiscard]] std::size_t sockets() const noexcept { return sockets_.size(); }
  /// Whether an answer needs a Message-Authenticator now.
  [[nodiscard]] bool requires_message_authenticator() const noexcept {
    return settings_.require_message_authenticator == Require::yes ||
           (settings_.require_message_authenticator == Require::automatic && server_signs_);
  }

 private:
  static constexpr std::size_t ids = 256;

  struct Request {
    std::vector<std::byte> octets; // empty: free
    std::uint64_t token = 0;
    std::uint32_t transmissions = 0;
    TimePoint sent{};
    std::list<RequestId>::iterator place;
  };
  struct Socket {
    std::array<Request, ids> requests;
    std::size_t in_flight = 0;
    std::uint8_t next = 0; // behind the identifier that was given last
  };

  [[nodiscard]] const Request* find(RequestId id) const noexcept;
  void end(RequestId id) noexcept;

  InFlightSettings settings_;
  bool server_signs_ = false;
  std::vector<std::unique_ptr<Socket>> sockets_;
  std::list<RequestId> waiting_; // by time of the last transmission, which one timeout makes the order of deadlines
};

} // namespace openl2tp::radius
