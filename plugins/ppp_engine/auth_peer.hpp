// The side that proves itself: PAP (RFC 1334 section 2), CHAP (RFC 1994), MS-CHAP (RFC 2433), MS-CHAPv2 (RFC 2759). The
// secret comes from the owner each time that it is needed and is not kept.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "plugins/ppp_engine/authority.hpp"
#include "plugins/ppp_engine/packet.hpp"
#include "plugins/ppp_engine/port.hpp"

namespace openl2tp::ppp {

class AuthPeer {
 public:
  explicit AuthPeer(Port& port) noexcept : port_(port) {}

  void start(AuthMethod method, TimePoint now);
  /// A Response to the Challenge `id` went out before start(): the Success to it counts.
  void note_answered(std::uint8_t id) noexcept {
    id_ = id;
    answered_ = true;
  }
  void stop() noexcept;
  bool handle_pap(const Packet& packet, TimePoint now);
  /// `own_challenge`: what we challenge the peer with, which it may not ask us to answer.
  bool handle_chap(const Packet& packet, Octets own_challenge, TimePoint now);
  /// The owner's credentials for request number `request`; nullopt: it has none. @return false when not awaited.
  bool answer(std::uint32_t request, const std::optional<Credentials>& credentials, TimePoint now);
  /// The peer has proven who it is: where we are called, it may have our proof now.
  void handle_peer_proven(TimePoint now);
  void handle_timeout(TimePoint now);

  [[nodiscard]] TimePoint deadline() const noexcept { return deadline_; }
  [[nodiscard]] bool proven() const noexcept { return proven_; }
  [[nodiscard]] AuthMethod method() const noexcept { return method_; }

 private:
  enum class Phase : std::uint8_t {
    idle,
    held,    // until the peer has proven who it is
    asking,  // the owner, for the secret
    waiting, // for the authenticator
  };

  void ask(TimePoint now);
  void send_pap(const Credentials& credentials, TimePoint now);
  void send_response(const Credentials& credentials, TimePoint now);
  void take_challenge(Octets challenge, std::string_view server);
  [[nodiscard]] Octets challenge() const noexcept { return {challenge_.get(), challenge_size_}; }
  [[nodiscard]] std::string_view server() const noexcept;
  bool take_success(const Packet& packet, TimePoint now);

  Port& port_;
  TimePoint deadline_ = never;
  std::uint32_t request_ = 0;
  Phase phase_ = Phase::idle;
  AuthMethod method_ = AuthMethod::none;
  std::uint8_t id_ = 0;
  std::uint8_t sent_ = 0; // requests or responses without an answer
  bool proven_ = false;
  bool answered_ = false; // a Response to the Challenge `id_` went out
  std::uint8_t challenge_size_ = 0, server_size_ = 0;
  std::unique_ptr<std::byte[]> challenge_; // and the server's name behind it; until the Success
  // MS-CHAPv2. A Challenge that comes again gets the same Response: the Success may be to either.
  std::array<std::byte, chap_challenge_size> last_challenge_{}, own_challenge_{};
  AuthenticatorResponse expected_{}; // what the authenticator must know
};

} // namespace openl2tp::ppp
