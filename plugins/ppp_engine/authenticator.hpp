// The side that asks for a proof: PAP (RFC 1334 section 2), CHAP (RFC 1994), MS-CHAP (RFC 2433), MS-CHAPv2 (RFC 2759).
// Sends challenges, takes responses, has them judged by the owner, asks again in intervals. Compares nothing itself.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "plugins/ppp_engine/authority.hpp"
#include "plugins/ppp_engine/packet.hpp"
#include "plugins/ppp_engine/port.hpp"

namespace openl2tp::ppp {

class Authenticator {
 public:
  explicit Authenticator(Port& port) noexcept : port_(port) {}

  /// Begins; the link has agreed on `method`, which is not `none`.
  void start(AuthMethod method, TimePoint now);
  /// Begins with what a LAC heard (RFC 2661 4.4.5): has it judged as if the peer had sent it just now. The answer then
  /// goes to the peer, which waits for it.
  void start_with(AuthMethod method, std::uint8_t id, std::string_view user, Octets challenge, Octets response,
                  TimePoint now);
  /// LCP went down.
  void stop() noexcept;
  /// @return false when the packet was discarded.
  bool handle_pap(const Packet& packet, TimePoint now);
  bool handle_chap(const Packet& packet, TimePoint now);
  /// The owner's verdict on request number `request`. @return false when it is not awaited (any more).
  bool answer(std::uint32_t request, const Verdict& verdict, TimePoint now);
  [[nodiscard]] bool awaits(std::uint32_t request) const noexcept {
    return phase_ == Phase::judging && request == request_;
  }
  void handle_timeout(TimePoint now);

  [[nodiscard]] TimePoint deadline() const noexcept { return deadline_; }
  [[nodiscard]] bool proven() const noexcept { return proven_; }
  [[nodiscard]] AuthMethod method() const noexcept { return method_; }
  /// The peer's name, once it has said one; of any octets.
  [[nodiscard]] std::string_view user() const noexcept { return {user_.data(), user_size_}; }
  [[nodiscard]] Octets challenge() const noexcept {
    return Octets(challenge_).first(method_ == AuthMethod::mschap_v1 ? mschap_v1_challenge_size : challenge_size_);
  }
  [[nodiscard]] std::uint8_t id() const noexcept { return id_; }

 private:
  enum class Phase : std::uint8_t { idle, waiting, judging, resting };

  void send_challenge(TimePoint now);
  void send_reply();
  bool take_user(std::string_view user);
  void judge(Octets response, TimePoint now);

  Port& port_;
  TimePoint deadline_ = never;
  std::uint32_t request_ = 0;
  Phase phase_ = Phase::idle;
  AuthMethod method_ = AuthMethod::none;
  std::uint8_t id_ = 0;    // of the challenge, or of PAP's request
  std::uint8_t sent_ = 0;  // challenges without an answer
  std::uint8_t reply_ = 0; // code of the last reply; 0: none
  std::uint8_t challenge_size_ = 0;
  std::uint8_t user_size_ = 0;
  bool proven_ = false;
  std::array<std::byte, 32> challenge_{}; // ours have 16 octets; a LAC's may have more
  AuthenticatorResponse authenticator_response_{};
  std::array<char, 255> user_{};
};

} // namespace openl2tp::ppp
