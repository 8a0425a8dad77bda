#include "plugins/ppp_engine/link.hpp"

#include <algorithm>
#include <array>

#include "plugins/ppp_engine/link_record.hpp"

namespace openl2tp::ppp {

std::string_view name(Phase phase) noexcept {
  switch (phase) {
  case Phase::dead: return "dead";
  case Phase::establish: return "establish";
  case Phase::authenticate: return "authenticate";
  case Phase::network: return "network";
  case Phase::handed_over: return "handed over";
  case Phase::terminate: return "terminate";
  case Phase::finished: return "finished";
  }
  return "?";
}

VerdictRequest verdict_request(const NeedVerdict& question, const ActionBatch& batch, std::string_view server) {
  return {.method = question.method,
          .user = as_text(batch.octets(question.user)),
          .server = server,
          .id = question.id,
          .challenge = batch.octets(question.challenge),
          .response = batch.octets(question.response)};
}

Link::Link(std::shared_ptr<const LinkSettings> settings, RandomSource& random)
    : settings_(std::move(settings)), random_(random) {
  if (settings_->hand_over) record_ = std::make_unique<ProxyRecord>();
}
Link::~Link() = default;

ActionBatch& Link::pending() {
  if (!pending_) pending_ = std::make_unique<ActionBatch>();
  return *pending_;
}
void Link::emit(const Action& action) { pending().actions.push_back(action); }

void Link::take_actions(ActionBatch& out) {
  out.clear();
  if (!pending_) return;
  out.actions.insert(out.actions.end(), pending_->actions.begin(), pending_->actions.end());
  out.storage.insert(out.storage.end(), pending_->storage.begin(), pending_->storage.end());
  pending_.reset();
}

Compression Link::send_compression() const noexcept {
  if (!settings_->compress_headers || !lcp_.opened()) return {};
  return {.address_control = lcp_.peer().acfc, .protocol = lcp_.peer().pfc};
}

FrameHeader Link::data_header(Network network) const noexcept {
  return make_frame_header(network == Network::ipv4 ? Protocol::ipv4 : Protocol::ipv6, send_compression());
}

void Link::send(Protocol protocol, std::uint8_t code, std::uint8_t id, Octets data) {
  ActionBatch& batch = pending();
  const FrameHeader header = make_frame_header(protocol, send_compression());
  std::byte head[packet_header_size];
  Writer writer(head);
  writer.u8(code);
  writer.u8(id);
  writer.u16(static_cast<std::uint16_t>(packet_header_size + data.size()));
  Extent frame = batch.store(header.view());
  frame.length += batch.store(head).length;
  frame.length += batch.store(data).length;
  const bool has_address = header.octets[0] == std::byte{0xff};
  batch.actions.emplace_back(
      SendFrame{.octets = frame, .protocol_at = has_address ? std::uint8_t{2} : std::uint8_t{0}});
  ++counters_.sent;
}

TimePoint Link::next_deadline() const noexcept {
  if (phase_ == Phase::dead || phase_ == Phase::finished || phase_ == Phase::handed_over) return never;
  return std::min({lcp_.deadline(), authenticator_.deadline(), auth_peer_.deadline(), ipcp_.deadline(),
                   ipv6cp_.deadline(), establish_at_, connect_until_, idle_check_at_});
}

void Link::handle_timeout(TimePoint now) {
  if (next_deadline() > now) return;
  lcp_.handle_timeout(now);
  authenticator_.handle_timeout(now);
  auth_peer_.handle_timeout(now);
  ipcp_.handle_timeout(now);
  ipv6cp_.handle_timeout(now);
  if (establish_at_ <= now) {
    establish_at_ = never;
    fail(EndReason::establish_timeout);
  }
  if (connect_until_ <= now) {
    connect_until_ = never;
    fail(EndReason::connect_time);
  }
  if (idle_check_at_ <= now) {
    const Duration limit = idle_limit();
    if (settings_->idle_from_owner) {
      idle_check_at_ = now + limit; // should the owner not answer
      emit(NeedIdle{});
    } else if (now - last_data_ >= limit) {
      idle_check_at_ = never;
      fail(EndReason::idle_timeout);
    } else {
      idle_check_at_ = last_data_ + limit;
    }
  }
  settle(now);
}

Received Link::handle_frame(Octets octets, TimePoint now) {
  ++counters_.received;
  if (phase_ == Phase::handed_over) return {.kind = Received::Kind::forward};
  if (phase_ == Phase::dead || phase_ == Phase::finished) {
    ++counters_.discarded;
    return {};
  }
  const auto frame = decode_frame(octets);
  if (!frame) {
    ++counters_.malformed;
    return {};
  }
  lcp_.note_heard();
  if (frame->protocol == Protocol::ipv4) return handle_data(Network::ipv4, frame->information, now);
  if (frame->protocol == Protocol::ipv6) return handle_data(Network::ipv6, frame->information, now);
  const bool ours = frame->protocol == Protocol::lcp || frame->protocol == Protocol::pap ||
                    frame->protocol == Protocol::chap || (frame->protocol == Protocol::ipcp && settings_->ipv4) ||
                    (frame->protocol == Protocol::ipv6cp && settings_->ipv6);
  if (!ours) return refuse_protocol(*frame, now);

  const auto packet = decode_packet(frame->information);
  if (!packet) {
    ++counters_.malformed;
    return {};
  }
  bool taken = false;
  if (frame->protocol == Protocol::lcp)
    taken = handle_lcp(*packet, now);
  else if (!lcp_.opened())
    taken = false; // RFC 1661 section 3.4: all but LCP is discarded
  else if (frame->protocol == Protocol::pap)
    taken = handle_pap(*packet, now);
  else if (frame->protocol == Protocol::chap)
    taken = handle_chap(*packet, now);
  else if (phase_ != Phase::network)
    taken = false; // section 3.5
  else if (frame->protocol == Protocol::ipcp)
    taken = handle_ipcp(*packet, now);
  else
    taken = ipv6cp_.handle(*packet, now);
  if (!taken) ++counters_.discarded;
  settle(now);
  return {.kind = taken ? Received::Kind::control : Received::Kind::dropped};
}

Received Link::handle_data(Network network, Octets packet, TimePoint now) {
  const bool is_v4 = network == Network::ipv4;
  if (up(network) && !packet.empty()) {
    last_data_ = now;
    return {.kind = is_v4 ? Received::Kind::ipv4 : Received::Kind::ipv6, .packet = packet};
  }
  if (is_v4 ? settings_->ipv4 : settings_->ipv6) {
    // A peer that believes a network open which we gave up learns of it: an unasked Terminate-Ack says that its layer
    // is "in need of re-negotiation" (RFC 1661 section 5.5).
    const State state = is_v4 ? ipcp_.state() : ipv6cp_.state();
    if (phase_ == Phase::network && state == State::stopped && may_refuse(now))
      send(is_v4 ? Protocol::ipcp : Protocol::ipv6cp, static_cast<std::uint8_t>(Code::terminate_ack), 0, {});
    ++counters_.discarded;
    return {};
  }
  return refuse_protocol({.protocol = is_v4 ? Protocol::ipv4 : Protocol::ipv6, .information = packet}, now);
}

// RFC 1661 section 5.7: once LCP is open, what is not known is rejected; before Network all but what that phase needs
// is discarded (sections 3.4, 3.5).
Received Link::refuse_protocol(const Frame& frame, TimePoint now) {
  if (phase_ != Phase::network) {
    ++counters_.discarded;
    return {};
  }
  ++counters_.rejected;
  lcp_.reject_protocol(frame.protocol, frame.information, now);
  return {.kind = Received::Kind::control};
}

/// A request that comes while the owner looks for an address is answered once there is one: the peer would repeat it
/// after its Restart timer's 3 s only.
bool Link::handle_ipcp(const Packet& packet, TimePoint now) {
  if (!address_pending_) return ipcp_.handle(packet, now);
  if (packet.code != static_cast<std::uint8_t>(Code::configure_request)) return false;
  early_ipcp_ = std::make_unique<const std::vector<std::byte>>(packet.whole.begin(), packet.whole.end());
  return true;
}

bool Link::handle_lcp(const Packet& packet, TimePoint now) {
  if (packet.code == static_cast<std::uint8_t>(Code::protocol_reject)) return handle_protocol_reject(packet, now);
  if (record_ && packet.code == static_cast<std::uint8_t>(Code::configure_request)) record_request(packet.data);
  return lcp_.handle(packet, now);
}

bool Link::handle_pap(const Packet& packet, TimePoint now) {
  const bool from_peer = packet.code == 1;
  const AuthMethod method = from_peer ? authenticator_.method() : auth_peer_.method();
  if (method != AuthMethod::pap) { // nobody asked for it
    lcp_.reject_protocol(Protocol::pap, packet.whole, now);
    ++counters_.rejected;
    return true;
  }
  return from_peer ? authenticator_.handle_pap(packet, now) : auth_peer_.handle_pap(packet, now);
}

bool Link::handle_chap(const Packet& packet, TimePoint now) {
  const bool response = packet.code == 2;
  if (!is_chap(response ? authenticator_.method() : auth_peer_.method())) {
    lcp_.reject_protocol(Protocol::chap, packet.whole, now);
    ++counters_.rejected;
    return true;
  }
  if (response) return authenticator_.handle_chap(packet, now);
  const bool both = is_chap(authenticator_.method());
  return auth_peer_.handle_chap(packet, both ? authenticator_.challenge() : Octets{}, now);
}

bool Link::handle_protocol_reject(const Packet& packet, TimePoint now) {
  Reader reader(packet.data);
  const auto protocol = static_cast<Protocol>(reader.u16());
  if (!reader.ok() || !lcp_.opened()) return false;
  switch (protocol) {
  case Protocol::ipv4:
  case Protocol::ipcp: ipcp_.handle_protocol_reject(now); return true;
  case Protocol::ipv6:
  case Protocol::ipv6cp: ipv6cp_.handle_protocol_reject(now); return true;
  case Protocol::lcp: fail(EndReason::protocol_rejected); return true;
  case Protocol::pap:
  case Protocol::chap: // of use until everybody is known; then it only refuses another challenge, which comes to light
    if (phase_ == Phase::authenticate) fail(EndReason::protocol_rejected);
    return true;
  case Protocol::ccp:
  case Protocol::eap: return true; // we send none
  }
  return true;
}

void Link::answer_verdict(std::uint32_t request, const Verdict& verdict, TimePoint now) {
  if (phase_ == Phase::finished || !authenticator_.awaits(request)) return;
  if (verdict.accepted && !authenticator_.proven()) { // kept first: the link goes on inside answer()
    user_address_ = verdict.peer_address;
    rules_ = verdict.addresses;
    session_timeout_ = verdict.session_timeout;
    idle_timeout_ = verdict.idle_timeout;
  }
  authenticator_.answer(request, verdict, now);
  settle(now);
}

void Link::answer_secret(std::uint32_t request, const std::optional<Credentials>& credentials, TimePoint now) {
  if (phase_ == Phase::finished) return;
  auth_peer_.answer(request, credentials, now);
  settle(now);
}

void Link::answer_address(std::optional<Ipv4> address, TimePoint now) {
  if (!address_pending_ || phase_ == Phase::finished) return;
  address_pending_ = false;
  if (!address || address->empty()) {
    fail(EndReason::no_address);
  } else {
    owner_address_ = *address;
    if (phase_ == Phase::network) open_ipcp(now);
    const auto early = std::move(early_ipcp_);
    if (const auto packet = early ? decode_packet(*early) : tl::unexpected(PacketError::truncated);
        packet && phase_ == Phase::network)
      (void)ipcp_.handle(*packet, now);
  }
  settle(now);
}

void Link::answer_idle(Duration idle, TimePoint now) {
  const Duration limit = idle_limit();
  if (idle_check_at_ == never || limit <= Duration::zero()) return;
  if (idle >= limit) {
    idle_check_at_ = never;
    fail(EndReason::idle_timeout);
  } else {
    idle_check_at_ = now + (limit - std::max(idle, Duration::zero()));
  }
  settle(now);
}

LinkFacts Link::facts() const noexcept {
  LinkFacts facts;
  facts.user = authenticator_.user();
  if (authenticator_.proven()) facts.peer_method = authenticator_.method();
  if (auth_peer_.proven()) facts.own_method = auth_peer_.method();
  const LcpOptions &local = lcp_.local(), &peer = lcp_.peer();
  facts.mru = local.mru;
  facts.mtu = std::min(peer.mru, settings_->mtu == 0 ? peer.mru : settings_->mtu);
  facts.accm = local.accm;
  facts.peer_accm = peer.accm;
  facts.receive = {.address_control = local.acfc, .protocol = local.pfc};
  facts.send = send_compression();
  if (ipv4_up_) {
    facts.local_address = ipcp_.local_address();
    facts.peer_address = ipcp_.peer_address();
    facts.dns = ipcp_.dns();
    facts.nbns = ipcp_.nbns();
  }
  if (ipv6_up_) {
    facts.local_interface_id = ipv6cp_.local_id();
    facts.peer_interface_id = ipv6cp_.peer_id();
  }
  facts.proxied = proxied_;
  return facts;
}

} // namespace openl2tp::ppp
