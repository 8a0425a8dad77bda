#include "plugins/ppp_engine/auth_peer.hpp"

#include <algorithm>

namespace openl2tp::ppp {
namespace {

enum : std::uint8_t { pap_request = 1, pap_ack = 2, pap_nak = 3 };
enum : std::uint8_t { chap_challenge = 1, chap_response = 2, chap_success = 3, chap_failure = 4 };

} // namespace

void AuthPeer::start(AuthMethod method, TimePoint now) {
  method_ = method;
  proven_ = answered_ = false;
  sent_ = 0;
  phase_ = Phase::waiting;
  deadline_ = never; // for a Challenge the link's establish timeout is the bound
  if (method == AuthMethod::pap) {
    ++id_;
    ask(now);
  }
}

void AuthPeer::stop() noexcept {
  phase_ = Phase::idle;
  deadline_ = never;
  proven_ = false;
  challenge_.reset();
}

/// Whoever calls us must not learn from our proof what passwords could be tried on, nor take it to another session.
void AuthPeer::ask(TimePoint now) {
  if (port_.settings().called && port_.peer_must_prove()) {
    phase_ = Phase::held;
    deadline_ = never; // the link's establish timeout is the bound
    return;
  }
  phase_ = Phase::asking;
  deadline_ = now + port_.settings().answer_timeout;
  request_ = port_.ask_secret(method_, server());
}

void AuthPeer::handle_peer_proven(TimePoint now) {
  if (phase_ == Phase::held) ask(now);
}

bool AuthPeer::handle_pap(const Packet& packet, TimePoint now) {
  if (method_ != AuthMethod::pap || phase_ == Phase::idle || sent_ == 0 || packet.id != id_ || proven_) return false;
  if (packet.code == pap_nak) {
    Reader message(packet.data);
    const std::size_t length = message.u8();
    const Octets words = message.rest();
    port_.note_refusal(as_text(words.first(std::min(length, words.size()))));
    port_.fail(EndReason::we_are_refused);
    return true;
  }
  if (packet.code != pap_ack) return false;
  phase_ = Phase::waiting; // should the owner be asked for a repetition, its answer comes too late
  deadline_ = never;
  proven_ = true;
  port_.we_are_authenticated(now);
  return true;
}

bool AuthPeer::handle_chap(const Packet& packet, Octets own_challenge, TimePoint now) {
  if (!is_chap(method_) || phase_ == Phase::idle) return false;
  if (packet.code == chap_success && answered_ && packet.id == id_) return take_success(packet, now);
  if (packet.code == chap_failure && answered_ && packet.id == id_) {
    port_.note_refusal(as_text(packet.data));
    port_.fail(EndReason::we_are_refused);
    return true;
  }
  if (packet.code != chap_challenge) return false;
  Reader reader(packet.data);
  const Octets challenge = reader.octets(reader.u8());
  const std::string_view server = as_text(reader.rest());
  if (!reader.ok() || challenge.empty() || server.size() > 255) return false;
  if (method_ == AuthMethod::mschap_v1 && challenge.size() != mschap_v1_challenge_size) return false;
  if (method_ == AuthMethod::mschap_v2 && challenge.size() != chap_challenge_size) return false;
  if (phase_ == Phase::asking && packet.id == id_) return false; // asked already
  if (!port_.may_refuse(now)) return false;
  if (equal(challenge, own_challenge)) { // who sends our challenge back wants us to compute the answer for it
    port_.fail(EndReason::looped_back);
    return true;
  }
  const bool repeated = packet.id == id_ && equal(challenge, last_challenge_);
  if (method_ == AuthMethod::mschap_v2 && !repeated) {
    std::copy(challenge.begin(), challenge.end(), last_challenge_.begin());
    port_.random().fill(own_challenge_);
  }
  id_ = packet.id;
  answered_ = false;
  sent_ = 0;
  take_challenge(challenge, server);
  ask(now);
  return true;
}

void AuthPeer::take_challenge(Octets challenge, std::string_view server) {
  challenge_ = std::make_unique<std::byte[]>(challenge.size() + server.size());
  std::copy(challenge.begin(), challenge.end(), challenge_.get());
  const Octets name = as_octets(server);
  std::copy(name.begin(), name.end(), challenge_.get() + challenge.size());
  challenge_size_ = static_cast<std::uint8_t>(challenge.size());
  server_size_ = static_cast<std::uint8_t>(server.size());
}

/// The name that a caller has proven, else the profile's word. What the peer calls itself counts where we called it.
std::string_view AuthPeer::server() const noexcept {
  const std::string& configured = port_.settings().remote_name;
  if (port_.settings().called) {
    const std::string_view proven = port_.proven_name();
    return proven.empty() ? std::string_view(configured) : proven;
  }
  if (!configured.empty() || !challenge_) return configured;
  return as_text({challenge_.get() + challenge_size_, server_size_});
}

bool AuthPeer::take_success(const Packet& packet, TimePoint now) {
  if (method_ == AuthMethod::mschap_v2) { // RFC 2759 section 5: missing or wrong ends the session
    const std::string_view message = as_text(packet.data);
    const bool genuine = message.starts_with("S=") && equal_secretly(as_octets(message.substr(2, expected_.size())),
                                                                     as_octets({expected_.data(), expected_.size()}));
    if (!genuine) {
      port_.fail(EndReason::peer_not_genuine);
      return true;
    }
  }
  answered_ = false; // one Success to a Response
  phase_ = Phase::waiting;
  deadline_ = never;
  challenge_.reset();
  if (proven_) return true;
  proven_ = true;
  port_.we_are_authenticated(now);
  return true;
}

bool AuthPeer::answer(std::uint32_t request, const std::optional<Credentials>& credentials, TimePoint now) {
  if (phase_ != Phase::asking || request != request_) return false;
  phase_ = Phase::waiting;
  deadline_ = never;
  if (!credentials || credentials->name.size() > 255 || credentials->secret.size() > 255) {
    port_.fail(EndReason::we_refuse_auth);
    return true;
  }
  if (method_ == AuthMethod::pap)
    send_pap(*credentials, now);
  else
    send_response(*credentials, now);
  return true;
}

void AuthPeer::send_pap(const Credentials& credentials, TimePoint now) {
  std::byte buffer[512];
  Writer data(buffer);
  data.u8(static_cast<std::uint8_t>(credentials.name.size()));
  data.text(credentials.name);
  data.u8(static_cast<std::uint8_t>(credentials.secret.size()));
  data.text(credentials.secret);
  port_.send(Protocol::pap, pap_request, id_, data.written());
  explicit_bzero(buffer, sizeof(buffer));
  if (sent_ < 255) ++sent_;
  deadline_ = now + port_.settings().pap_restart;
}

void AuthPeer::send_response(const Credentials& credentials, TimePoint now) {
  if (!challenge_) return;
  std::byte buffer[512];
  Writer data(buffer);
  if (method_ == AuthMethod::chap_md5) {
    const Md5Digest response = chap_md5(id_, credentials.secret, challenge());
    data.u8(static_cast<std::uint8_t>(response.size()));
    data.octets(response);
  } else {
    data.u8(static_cast<std::uint8_t>(mschap_response_size));
    std::array<std::byte, 24> front{}; // v1: LAN Manager's response, which we do not give; v2: challenge and zeros
    NtResponse response;
    if (method_ == AuthMethod::mschap_v1) {
      response = nt_challenge_response(nt_password_hash(credentials.secret), challenge());
    } else {
      std::copy(own_challenge_.begin(), own_challenge_.end(), front.begin());
      response = mschap_v2_response(credentials.secret, credentials.name, challenge(), own_challenge_);
      expected_ =
          mschap_v2_authenticator_response(credentials.secret, credentials.name, response, challenge(), own_challenge_);
    }
    data.octets(front);
    data.octets(response);
    data.u8(method_ == AuthMethod::mschap_v1 ? 1 : 0); // v1: take the NT response; v2: zero
  }
  data.text(credentials.name);
  answered_ = true;
  if (sent_ < 255) ++sent_;
  // The Success may be lost, and an authenticator answers again. Once we are known it costs nothing to wait.
  if (!proven_) deadline_ = now + port_.settings().chap_restart;
  port_.send(Protocol::chap, chap_response, id_, data.written());
}

void AuthPeer::handle_timeout(TimePoint now) {
  if (deadline_ > now) return;
  deadline_ = never;
  switch (phase_) {
  case Phase::idle:
  case Phase::held: break;
  case Phase::asking:
    phase_ = Phase::idle;
    port_.fail(EndReason::authentication_timeout);
    break;
  case Phase::waiting: {
    const LinkSettings& settings = port_.settings();
    const std::uint8_t most = method_ == AuthMethod::pap ? settings.pap_requests_max : settings.chap_challenges_max;
    if (sent_ < std::max<std::uint8_t>(most, 1))
      ask(now);
    else
      port_.fail(EndReason::authentication_timeout);
    break;
  }
  }
}

} // namespace openl2tp::ppp
