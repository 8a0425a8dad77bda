// A peer made by hand, which says whatever it likes at any time: for a run's bad time. In its good time it is a LAC
// that lost power: it begins anew as it did before, and must be let in.
#pragma once

#include <string>
#include <vector>

#include "tests/daemon_sim/dice.hpp"
#include "tests/daemon_sim/raw_message.hpp"

namespace openl2tp::daemon_sim {

class RawPeer {
 public:
  RawPeer(runtime::FakeNetwork& network, Dice& dice, const protocol::Endpoint& own, const protocol::Endpoint& target);
  ~RawPeer();
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  /// Says something, or several things back to back.
  void act();

  /// Forgets everything, and begins anew with the same first message as ever.
  void reboot();
  /// Says the first message again when it is time; of one that reboot()ed.
  void retry();
  [[nodiscard]] bool answered() const noexcept { return answered_; }
  /// Says that the tunnel is up.
  void establish();

 private:
  using Bytes = raw::Bytes;
  struct Call {
    std::uint16_t ours = 0, theirs = 0;
  };

  bool take(std::span<const std::byte> octets);
  void send(Bytes octets);
  [[nodiscard]] raw::Head head(std::uint16_t session = 0) const;
  /// The next control message.
  [[nodiscard]] Bytes control(std::uint16_t type, const Bytes& body, std::uint16_t session = 0);
  [[nodiscard]] Bytes first_message();
  [[nodiscard]] Bytes data(std::uint16_t session);
  void call();
  void connect(const Call& call);
  void hang_up(const Call& call);
  [[nodiscard]] Call any_call();

  runtime::FakeNetwork& network_;
  Dice& dice_;
  protocol::Endpoint own_, target_;
  std::uint16_t our_tunnel_, their_tunnel_ = 0, ns_ = 0, nr_ = 0, next_session_ = 1;
  std::vector<Call> calls_;
  std::vector<Bytes> said_; // to be said again
  bool answered_ = false;
};

} // namespace openl2tp::daemon_sim
