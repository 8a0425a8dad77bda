// What the protocols of a link ask of the link that they belong to. Internal to the engine.
#pragma once

#include <cstdint>
#include <string_view>

#include "plugins/ppp_engine/auth_method.hpp"
#include "plugins/ppp_engine/clock.hpp"
#include "plugins/ppp_engine/end_reason.hpp"
#include "plugins/ppp_engine/frame.hpp"
#include "plugins/ppp_engine/packet.hpp"
#include "plugins/ppp_engine/random.hpp"
#include "plugins/ppp_engine/settings.hpp"

namespace openl2tp::ppp {

struct ChapMaterial {
  std::uint8_t id = 0;
  Octets challenge, response;
};

class Port {
 public:
  virtual void send(Protocol protocol, std::uint8_t code, std::uint8_t id, Octets data) = 0;
  [[nodiscard]] virtual RandomSource& random() = 0;
  [[nodiscard]] virtual const LinkSettings& settings() const = 0;
  /// The longest packet that the peer takes: its MRU, once LCP has agreed on one.
  [[nodiscard]] virtual std::size_t packet_max() const = 0;
  /// The bound on answers that a hostile peer can provoke; see Allowance.
  [[nodiscard]] virtual bool may_refuse(TimePoint now) = 0;

  virtual void layer_up(Protocol protocol, TimePoint now) = 0;
  virtual void layer_down(Protocol protocol, TimePoint now) = 0;
  virtual void layer_finished(Protocol protocol, TimePoint now) = 0;
  virtual void layer_not_converging(Protocol protocol) = 0;
  /// The link ends for `reason` once the current call is done. The first reason counts.
  virtual void fail(EndReason reason) = 0;

  /// Asks the owner to judge the peer's proof: `response` is PAP's password or CHAP's value. @return the request's
  /// number
  virtual std::uint32_t ask_verdict(AuthMethod method, std::string_view user, const ChapMaterial& material) = 0;
  /// Asks the owner for our name and secret towards `server`. @return the request's number
  virtual std::uint32_t ask_secret(AuthMethod method, std::string_view server) = 0;
  /// The peer has to prove who it is, and has not yet.
  [[nodiscard]] virtual bool peer_must_prove() const = 0;
  /// The name that the peer has proven; empty: none.
  [[nodiscard]] virtual std::string_view proven_name() const = 0;
  virtual void peer_authenticated(TimePoint now) = 0;
  virtual void we_are_authenticated(TimePoint now) = 0;
  /// What the peer says about refusing our proof; of any octets.
  virtual void note_refusal(std::string_view message) = 0;

 protected:
  ~Port() = default;
};

/// A bucket of tokens: `burst` at once, then one each `interval`. Bounds what is said or begun over and over.
class Allowance {
 public:
  constexpr Allowance(std::uint8_t burst, Duration interval) noexcept
      : interval_(interval), tokens_(burst), burst_(burst) {}
  [[nodiscard]] bool take(TimePoint now) noexcept {
    if (now - since_ >= interval_) {
      const auto earned = (now - since_) / interval_;
      tokens_ = static_cast<std::uint8_t>(earned > burst_ - tokens_ ? burst_ : tokens_ + earned);
      since_ = now;
    }
    if (tokens_ == 0) return false;
    --tokens_;
    return true;
  }

 private:
  Duration interval_;
  TimePoint since_{};
  std::uint8_t tokens_, burst_;
};

} // namespace openl2tp::ppp
