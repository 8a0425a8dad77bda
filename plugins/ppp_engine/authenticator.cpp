#include "plugins/ppp_engine/authenticator.hpp"

#include <algorithm>

namespace openl2tp::ppp {
namespace {

enum : std::uint8_t { pap_request = 1, pap_ack = 2, pap_nak = 3 };
enum : std::uint8_t { chap_challenge = 1, chap_response = 2, chap_success = 3, chap_failure = 4 };

constexpr std::string_view granted = "Access granted", denied = "Access denied";

void write_hex(Writer& writer, Octets octets) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const std::byte octet : octets) {
    writer.u8(static_cast<std::uint8_t>(digits[std::to_integer<std::size_t>(octet) >> 4]));
    writer.u8(static_cast<std::uint8_t>(digits[std::to_integer<std::size_t>(octet) & 15]));
  }
}

} // namespace

void Authenticator::start(AuthMethod method, TimePoint now) {
  method_ = method;
  proven_ = false;
  reply_ = sent_ = 0;
  user_size_ = 0;
  phase_ = Phase::waiting;
  if (is_chap(method)) {
    send_challenge(now);
    return;
  }
  const Duration timeout = port_.settings().pap_timeout;
  deadline_ = timeout > Duration::zero() ? now + timeout : never; // else the link's establish timeout is the bound
}

void Authenticator::start_with(AuthMethod method, std::uint8_t id, std::string_view user, Octets challenge,
                               Octets response, TimePoint now) {
  const bool fits = user.size() <= user_.size() && challenge.size() <= challenge_.size() && response.size() <= 255;
  if (!fits || (is_chap(method) && challenge.empty())) {
    start(method, now);
    return;
  }
  method_ = method;
  proven_ = false;
  reply_ = sent_ = 0;
  user_size_ = 0;
  id_ = id;
  std::copy(challenge.begin(), challenge.end(), challenge_.begin());
  challenge_size_ = static_cast<std::uint8_t>(challenge.size());
  phase_ = Phase::waiting;
  take_user(user);
  judge(response, now);
}

void Authenticator::stop() noexcept {
  phase_ = Phase::idle;
  deadline_ = never;
  proven_ = false;
}

void Authenticator::send_challenge(TimePoint now) {
  const LinkSettings& settings = port_.settings();
  if (sent_ == 0) { // retransmissions repeat the challenge (RFC 1994 4.1); a new one has a new identifier
    challenge_size_ = method_ == AuthMethod::mschap_v1 ? mschap_v1_challenge_size : chap_challenge_size;
    port_.random().fill(std::span(challenge_).first(challenge_size_));
    ++id_;
  }
  ++sent_;
  std::byte buffer[512];
  Writer data(buffer);
  data.u8(challenge_size_);
  data.octets(Octets(challenge_).first(challenge_size_));
  data.text(std::string_view(settings.local_name).substr(0, 255));
  port_.send(Protocol::chap, chap_challenge, id_, data.written());
  phase_ = Phase::waiting;
  deadline_ = now + settings.chap_restart;
}

/// A peer that has proven to be one user may not become another.
bool Authenticator::take_user(std::string_view user) {
  if (user.size() > user_.size()) return false;
  if (user_size_ > 0 && proven_ && user != this->user()) return false;
  std::copy(user.begin(), user.end(), user_.begin());
  user_size_ = static_cast<std::uint8_t>(user.size());
  return true;
}

void Authenticator::judge(Octets response, TimePoint now) {
  phase_ = Phase::judging;
  deadline_ = now + port_.settings().answer_timeout;
  request_ = port_.ask_verdict(method_, user(), {.id = id_, .challenge = challenge(), .response = response});
}

bool Authenticator::handle_pap(const Packet& packet, TimePoint now) {
  if (method_ != AuthMethod::pap || packet.code != pap_request || phase_ == Phase::idle) return false;
  Reader reader(packet.data);
  const std::string_view user = as_text(reader.octets(reader.u8()));
  const Octets password = reader.octets(reader.u8());
  if (!reader.ok()) return false;
  if (phase_ == Phase::resting) { // our reply was lost: the same again, whatever is asked now (RFC 1334 2.2)
    if (!port_.may_refuse(now)) return false;
    id_ = packet.id;
    send_reply();
    return true;
  }
  if (phase_ != Phase::waiting) return false;
  id_ = packet.id;
  if (!take_user(user)) return false;
  judge(password, now);
  return true;
}

bool Authenticator::handle_chap(const Packet& packet, TimePoint now) {
  if (!is_chap(method_) || packet.code != chap_response || packet.id != id_ || phase_ == Phase::idle) return false;
  Reader reader(packet.data);
  const Octets value = reader.octets(reader.u8());
  const std::string_view user = as_text(reader.rest());
  if (!reader.ok()) return false;
  if (phase_ == Phase::resting) { // our reply was lost
    if (reply_ == 0 || !port_.may_refuse(now)) return false;
    send_reply();
    return true;
  }
  if (phase_ != Phase::waiting) return false;
  if (value.size() != (method_ == AuthMethod::chap_md5 ? sizeof(Md5Digest) : mschap_response_size)) return false;
  if (!take_user(user)) {
    port_.fail(EndReason::authentication_failed);
    return true;
  }
  judge(value, now);
  return true;
}

bool Authenticator::answer(std::uint32_t request, const Verdict& verdict, TimePoint now) {
  if (!awaits(request)) return false;
  phase_ = Phase::resting;
  sent_ = 0;
  deadline_ = never;
  authenticator_response_ = verdict.authenticator_response;
  if (is_chap(method_))
    reply_ = verdict.accepted ? chap_success : chap_failure;
  else
    reply_ = verdict.accepted ? pap_ack : pap_nak;
  send_reply();
  if (!verdict.accepted) {
    proven_ = false;
    port_.fail(EndReason::authentication_failed);
    return true;
  }
  const Duration interval = port_.settings().chap_interval;
  if (is_chap(method_) && interval > Duration::zero()) deadline_ = now + interval;
  if (!proven_) {
    proven_ = true;
    port_.peer_authenticated(now);
  }
  return true;
}

void Authenticator::send_reply() {
  std::byte buffer[128];
  Writer data(buffer);
  if (method_ == AuthMethod::pap) {
    const std::string_view message = reply_ == pap_ack ? granted : denied;
    data.u8(static_cast<std::uint8_t>(message.size()));
    data.text(message);
    port_.send(Protocol::pap, reply_, id_, data.written());
    return;
  }
  if (reply_ == chap_success) {
    if (method_ == AuthMethod::mschap_v2) {
      data.text("S=");
      data.text({authenticator_response_.data(), authenticator_response_.size()});
      data.text(" M=");
    }
    data.text(granted);
  } else if (method_ == AuthMethod::chap_md5) {
    data.text(denied);
  } else { // RFC 2433 section 8, RFC 2759 section 6: 691 authentication failure, no retry
    data.text("E=691 R=0 C=");
    write_hex(data, challenge());
    data.text(method_ == AuthMethod::mschap_v1 ? " V=2" : " V=3 M=");
    if (method_ == AuthMethod::mschap_v2) data.text(denied);
  }
  port_.send(Protocol::chap, reply_, id_, data.written());
}

void Authenticator::handle_timeout(TimePoint now) {
  if (deadline_ > now) return;
  deadline_ = never;
  switch (phase_) {
  case Phase::idle: break;
  case Phase::waiting:
    if (is_chap(method_) && sent_ < std::max<std::uint8_t>(port_.settings().chap_challenges_max, 1))
      send_challenge(now);
    else
      port_.fail(EndReason::authentication_timeout);
    break;
  case Phase::judging: // the owner does not answer; who waits is let go
    phase_ = Phase::idle;
    port_.fail(EndReason::authentication_timeout);
    break;
  case Phase::resting: // the next proof
    reply_ = 0;
    send_challenge(now);
    break;
  }
}

} // namespace openl2tp::ppp
