// A whole link, with state. Input: settings, then a program of one-octet operations with arguments: frames that answer
// what the link said, frames of the input's own octets, answers of the owner, time, commands. Oracle: what comes up
// went down before and the other way round, nothing follows the end, every frame can be read and is no longer than a
// control packet may be, one call says a bounded number of them, timers lie ahead, and a peer that falls silent is
// given up in the end.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "plugins/ppp_engine/link.hpp"
#include "tests/fuzz/check.hpp"

using namespace openl2tp::ppp;

namespace {

using Bytes = std::vector<std::byte>;

/// The program; reads as zeros past its end.
class Program {
 public:
  explicit Program(Octets octets) : rest_(octets) {}
  [[nodiscard]] bool done() const { return rest_.empty(); }
  std::uint8_t u8() {
    if (rest_.empty()) return 0;
    const auto value = std::to_integer<std::uint8_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return value;
  }
  Octets octets(std::size_t wanted) {
    const Octets taken = rest_.first(std::min(wanted, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  Octets rest_;
};

class Chance final : public RandomSource {
 public:
  void fill(std::span<std::byte> out) override {
    for (std::byte& octet : out) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      octet = static_cast<std::byte>(state_ >> 56);
    }
  }

 private:
  std::uint64_t state_ = 7;
};

AuthMethods methods(unsigned bits) {
  AuthMethods set;
  for (const AuthMethod method :
       {AuthMethod::pap, AuthMethod::chap_md5, AuthMethod::mschap_v1, AuthMethod::mschap_v2}) {
    if (bits & 1) set.add(method);
    bits >>= 1;
  }
  return set;
}

std::shared_ptr<const LinkSettings> read_settings(Program& program) {
  auto settings = std::make_shared<LinkSettings>();
  const unsigned auth = program.u8(), flags = program.u8();
  settings->require = methods(auth);
  settings->offer = methods(auth >> 4);
  settings->ipv4 = (flags & 1) == 0;
  settings->ipv6 = (flags & 2) == 0;
  settings->ask_owner_address = (flags & 4) != 0;
  settings->accept_proxy_lcp = settings->accept_proxy_auth = (flags & 8) != 0;
  settings->hand_over = (flags & 16) != 0;
  settings->request_dns = settings->request_nbns = settings->request_accm = (flags & 32) != 0;
  settings->idle_from_owner = (flags & 64) != 0;
  if (flags & 128) settings->idle_timeout = Duration{50'000};
  settings->local_address = Ipv4::of(10, 0, 0, 1);
  if ((flags & 4) == 0) settings->peer_address = Ipv4::of(10, 0, 0, 2);
  settings->mru = 1400;
  settings->dns[0] = Ipv4::of(10, 0, 0, 3);
  settings->echo_interval = Duration{10'000};
  settings->echo_failures = 3;
  settings->chap_interval = Duration{20'000};
  return settings;
}

class Machine {
 public:
  explicit Machine(Program program)
      : program_(program), settings_(read_settings(program_)), link_(settings_, random_) {}

  void run() {
    begin();
    for (unsigned count = 0; !program_.done() && count < 400; ++count)
      step(program_.u8());
    fall_silent();
  }

 private:
  enum : std::uint8_t { raw, answer, ask, verdict, secret, address, seconds, data, close, idle, repeat, open, count };

  void begin() {
    if (settings_->accept_proxy_lcp) {
      const Octets sent = program_.octets(program_.u8() & 31), received = program_.octets(program_.u8() & 31);
      const auto type = static_cast<ProxyAuthType>(program_.u8() & 7);
      const Octets name = program_.octets(program_.u8() & 15), challenge = program_.octets(program_.u8() & 63);
      const Octets response = program_.octets(program_.u8() & 63);
      link_.open_with_proxy({.last_sent = sent,
                             .last_received = received,
                             .auth_type = type,
                             .auth_id = 1,
                             .auth_name = as_text(name),
                             .auth_challenge = challenge,
                             .auth_response = response},
                            now_);
    } else {
      link_.open(now_);
    }
    finish();
  }

  void step(std::uint8_t operation) {
    switch (operation % count) {
    case raw: {
      const std::size_t size = program_.u8();
      hear(program_.octets(size));
      break;
    }
    case answer: { // the last request of a protocol: Ack, Nak or Reject with its options, or with others
      const std::uint8_t how = program_.u8();
      const Bytes* request = last_request(how >> 4);
      if (request == nullptr) break;
      Bytes reply = *request;
      reply[code_at_] = static_cast<std::byte>(how & 15);
      if (how & 8) {
        const Octets tail = program_.octets(program_.u8() & 31);
        reply.resize(code_at_ + 4);
        reply.insert(reply.end(), tail.begin(), tail.end());
        set_length(reply);
      }
      hear(reply);
      break;
    }
    case ask: { // a packet of the peer's
      constexpr std::uint16_t protocols[] = {0xc021, 0x8021, 0x8057, 0xc023, 0xc223, 0xc227, 0x80fd, 0x0021};
      const std::uint16_t protocol = protocols[program_.u8() & 7];
      Bytes frame = {std::byte{0xff},
                     std::byte{3},
                     static_cast<std::byte>(protocol >> 8),
                     static_cast<std::byte>(protocol & 0xff),
                     static_cast<std::byte>(program_.u8()),
                     static_cast<std::byte>(program_.u8()),
                     std::byte{0},
                     std::byte{0}};
      const Octets tail = program_.octets(program_.u8() & 63);
      frame.insert(frame.end(), tail.begin(), tail.end());
      set_length(frame);
      hear(frame);
      break;
    }
    case verdict: {
      Verdict given;
      const std::uint8_t how = program_.u8();
      given.accepted = (how & 1) != 0;
      if (how & 2) given.peer_address = Ipv4::of(10, 0, 0, 9);
      given.addresses.any = (how & 4) == 0;
      given.authenticator_response.fill('0');
      link_.answer_verdict(verdict_ + (how >> 6), given, now_);
      finish();
      break;
    }
    case secret: {
      const std::uint8_t how = program_.u8();
      std::optional<Credentials> credentials;
      if (how & 1) credentials = Credentials{.name = std::string(how, 'n'), .secret = std::string(how, 's')};
      link_.answer_secret(secret_ + (how >> 7), credentials, now_);
      finish();
      break;
    }
    case address:
      link_.answer_address(program_.u8() & 1 ? std::optional(Ipv4::of(10, 0, 0, 7)) : std::nullopt, now_);
      finish();
      break;
    case seconds: pass(Duration{100 * (1 + program_.u8())}); break;
    case data:
      hear(Bytes{std::byte{program_.u8() & 1 ? std::uint8_t{0x57} : std::uint8_t{0x21}}, std::byte{0x45}});
      break;
    case close:
      if (program_.u8() > 200) link_.close(EndReason::local_close, now_);
      finish();
      break;
    case idle:
      link_.answer_idle(Duration{1000 * program_.u8()}, now_);
      finish();
      break;
    case repeat:
      if (!heard_.empty()) hear(Bytes(heard_[program_.u8() % heard_.size()]));
      break;
    case open:
      link_.open(now_);
      finish();
      break;
    default: break;
    }
  }

  static void set_length(Bytes& frame) {
    const std::size_t length = frame.size() - code_at_;
    frame[code_at_ + 2] = static_cast<std::byte>(length >> 8);
    frame[code_at_ + 3] = static_cast<std::byte>(length);
  }
  const Bytes* last_request(unsigned which) {
    const Bytes& request = requests_[which % 3];
    return request.empty() ? nullptr : &request;
  }

  void hear(Octets octets) {
    const Bytes frame(octets.begin(), octets.end());
    if (heard_.size() < 64) heard_.push_back(frame);
    const Received received = link_.handle_frame(frame, now_);
    if (received.kind == Received::Kind::ipv4) FUZZ_CHECK(up_[0]);
    if (received.kind == Received::Kind::ipv6) FUZZ_CHECK(up_[1]);
    if (received.kind == Received::Kind::forward) FUZZ_CHECK(handed_over_);
    finish();
  }

  void pass(Duration time) {
    const TimePoint until = now_ + time;
    for (unsigned turns = 0; link_.next_deadline() <= until; ++turns) {
      FUZZ_CHECK(turns < 20'000);
      FUZZ_CHECK(link_.next_deadline() >= now_);
      now_ = link_.next_deadline();
      link_.handle_timeout(now_);
      finish();
      FUZZ_CHECK(link_.next_deadline() > now_);
    }
    now_ = until;
  }

  void finish() {
    link_.take_actions(batch_);
    std::size_t frames = 0;
    for (const Action& action : batch_.actions) {
      FUZZ_CHECK(!finished_);
      std::visit([&](const auto& one) { take(one, frames); }, action);
    }
    FUZZ_CHECK(frames <= 8);
    FUZZ_CHECK(link_.up(Network::ipv4) == up_[0] && link_.up(Network::ipv6) == up_[1]);
    FUZZ_CHECK((link_.phase() == Phase::finished) == finished_);
  }

  void take(const SendFrame& one, std::size_t& frames) {
    ++frames;
    const Octets octets = batch_.octets(one.octets);
    const auto frame = decode_frame(octets);
    FUZZ_CHECK(frame.has_value());
    const auto packet = decode_packet(frame->information);
    FUZZ_CHECK(packet && packet->whole.size() == frame->information.size());
    FUZZ_CHECK(one.protocol_at == 0 || octets[0] == std::byte{0xff});
    if (packet->code != 1 || octets.size() - frame->information.size() != 4) return;
    const std::size_t which = frame->protocol == Protocol::lcp ? 0 : frame->protocol == Protocol::ipcp ? 1 : 2;
    if (frame->protocol == Protocol::chap || frame->protocol == Protocol::pap) return;
    FUZZ_CHECK(options_well_formed(packet->data));
    requests_[which].assign(octets.begin(), octets.end());
  }
  void take(const LinkUp&, std::size_t&) {
    FUZZ_CHECK(!link_up_);
    link_up_ = true;
    const LinkFacts facts = link_.facts();
    FUZZ_CHECK(facts.mtu >= 128 && facts.mru >= 128);
    if (!settings_->require.empty()) FUZZ_CHECK(settings_->require.has(facts.peer_method));
  }
  void take(const LinkDown&, std::size_t&) {
    FUZZ_CHECK(link_up_ && !up_[0] && !up_[1]);
    link_up_ = false;
  }
  void take(const NetworkUp& one, std::size_t&) {
    bool& up = up_[static_cast<std::size_t>(one.network)];
    FUZZ_CHECK(link_up_ && !up);
    up = true;
    if (one.network == Network::ipv4 && link_.up(Network::ipv4)) FUZZ_CHECK(!link_.facts().local_address.empty());
  }
  void take(const NetworkDown& one, std::size_t&) {
    bool& up = up_[static_cast<std::size_t>(one.network)];
    FUZZ_CHECK(up);
    up = false;
  }
  void take(const NeedVerdict& one, std::size_t&) {
    verdict_ = one.request;
    FUZZ_CHECK(settings_->require.has(one.method));
    FUZZ_CHECK(batch_.octets(one.user).size() <= 255 && batch_.octets(one.response).size() <= 255);
  }
  void take(const NeedSecret& one, std::size_t&) {
    secret_ = one.request;
    FUZZ_CHECK(settings_->offer.has(one.method));
  }
  void take(const NeedAddress&, std::size_t&) {
    FUZZ_CHECK(!address_asked_);
    address_asked_ = true;
  }
  void take(const NeedIdle&, std::size_t&) { FUZZ_CHECK(settings_->idle_from_owner); }
  void take(const HandOver&, std::size_t&) {
    FUZZ_CHECK(settings_->hand_over && !handed_over_);
    handed_over_ = true;
    const ProxyPpp proxy = link_.proxy();
    FUZZ_CHECK(options_well_formed(proxy.last_sent));
  }
  void take(const Finished& one, std::size_t&) {
    finished_ = true;
    FUZZ_CHECK(!link_up_ && !up_[0] && !up_[1]);
    FUZZ_CHECK(one.reason != EndReason::none && cdn_result(one.reason) != 0);
    FUZZ_CHECK(link_.next_deadline() == never);
  }

  // Echoes, counters and limits end every link whose peer says nothing more.
  void fall_silent() {
    pass(Duration{400'000});
    FUZZ_CHECK(finished_ || handed_over_);
  }

  static constexpr std::size_t code_at_ = 4;
  Program program_;
  Chance random_;
  std::shared_ptr<const LinkSettings> settings_;
  Link link_;
  ActionBatch batch_;
  TimePoint now_{Duration{1'000'000}};
  std::vector<Bytes> heard_;
  Bytes requests_[3];
  std::uint32_t verdict_ = 0, secret_ = 0;
  bool link_up_ = false, finished_ = false, handed_over_ = false, address_asked_ = false;
  bool up_[2] = {false, false};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Machine(Program(std::as_bytes(std::span(data, size)))).run();
  return 0;
}
