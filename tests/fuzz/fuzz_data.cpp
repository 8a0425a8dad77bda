// Data messages: headers encoded and decoded, and a session's channel under whatever order a peer can think of. RFC
// 2661 §3.1, §5.4. Oracle: a header comes back as it was; every message that arrives is handed on or counted as
// dropped, once; numbers only go up until the peer counts anew; nothing waits beyond its time or its bounds.
//
// Input: an octet of settings, then steps of an octet each with what they need.
#include <cstdint>
#include <cstring>
#include <vector>

#include "protocol/data/data_channel.hpp"
#include "protocol/wire/reader.hpp"
#include "tests/fuzz/check.hpp"

using namespace openl2tp::protocol;

namespace {

struct Kept { // what a test payload says of itself
  std::uint32_t ordinal;
  std::uint16_t ns;
  bool numbered;
};

class Session {
 public:
  explicit Session(unsigned settings)
      : settings_{.lns = (settings & 1U) != 0,
                  .sequencing_required = (settings & 2U) != 0,
                  .use_sequence_numbers = (settings & 4U) != 0,
                  .reorder_timeout = Duration{(settings >> 3U & 7U) * 50}},
        pool_({.octets_max = (settings & 64U) != 0 ? MessagePool::slab_octets : std::size_t{8} << 20,
               .idle_octets_max = 0}),
        channel_(settings_) {}
  Session(const Session&) = delete;
  ~Session() {
    FUZZ_CHECK(arrived_ == handed_on_ + channel_.counters().discards() + channel_.early_frames());
    channel_.clear(pool_);
    FUZZ_CHECK(pool_.usage().messages == 0);
  }

  void receive(bool numbered, std::uint16_t ns, std::size_t padding) {
    std::vector<std::byte> payload(sizeof(Kept) + padding);
    const Kept kept{arrived_++, ns, numbered};
    std::memcpy(payload.data(), &kept, sizeof kept);
    const std::uint32_t restarts = channel_.counters().restarts;
    const DataArrival arrival = channel_.receive({.has_sequence = numbered, .ns = ns, .payload = payload}, now_, pool_);
    take(arrival.before);
    if (channel_.counters().restarts != restarts) last_.reset();
    if (arrival.deliver) hand_on(payload);
    take(arrival.after);
    check();
  }
  /// A whole datagram, as it would come from the network.
  void receive_datagram(Octets datagram) {
    const auto header = decode_data_header(datagram);
    if (header) receive(header->has_sequence, header->ns, header->payload.size());
  }
  void send(bool with_length, bool priority, std::uint16_t payload) {
    const auto ns = channel_.next_ns();
    const DataPrefix prefix{
        .tunnel_id = 7, .session_id = payload, .ns = ns, .length = with_length, .priority = priority, .offset = {}};
    std::vector<std::byte> message(data_header_size(prefix));
    FUZZ_CHECK(encode_data_header(message, prefix, payload) == message.size());
    message.resize(message.size() + payload);
    const auto decoded = decode_data_header(message);
    FUZZ_CHECK(decoded && decoded->has_sequence == ns.has_value() && decoded->priority == priority);
    FUZZ_CHECK(decoded->tunnel_id == 7 && decoded->session_id == payload && decoded->payload.size() == payload);
    if (ns) {
      FUZZ_CHECK(decoded->ns == *ns);
      FUZZ_CHECK(!sent_ || static_cast<std::uint16_t>(*sent_ + 1U) == *ns);
      sent_ = *ns;
    }
    if (settings_.sequencing_required) FUZZ_CHECK(ns.has_value());
    channel_.on_sent();
  }
  void wait(Duration duration) {
    const TimePoint until = now_ + duration;
    while (channel_.next_deadline() && *channel_.next_deadline() <= until) {
      now_ = std::max(now_, *channel_.next_deadline());
      MessageNode* const nodes = channel_.handle_timeout(now_);
      FUZZ_CHECK(nodes != nullptr); // or this would go on for ever
      take(nodes);
      check();
    }
    now_ = until;
  }
  void modify(unsigned settings) {
    settings_.use_sequence_numbers = (settings & 1U) != 0;
    settings_.reorder_timeout = Duration{(settings >> 1U & 7U) * 50};
    channel_.modify(settings_, now_);
    wait(Duration{0}); // as its owner does, who looks at the deadline
    check();
  }

 private:
  void hand_on(Octets payload) {
    Kept kept;
    FUZZ_CHECK(payload.size() >= sizeof kept);
    std::memcpy(&kept, payload.data(), sizeof kept);
    FUZZ_CHECK(kept.ordinal < arrived_);
    if (seen_.size() < arrived_) seen_.resize(arrived_);
    FUZZ_CHECK(!seen_[kept.ordinal]);
    seen_[kept.ordinal] = true;
    ++handed_on_;
    if (!kept.numbered) return;
    if (last_) FUZZ_CHECK(kept.ns != *last_ && sequence_before(*last_, kept.ns));
    last_ = kept.ns;
  }
  void take(MessageNode* nodes) {
    while (nodes != nullptr) {
      MessageNode* const next = nodes->next;
      hand_on(kept_payload(*nodes));
      pool_.release(nodes);
      nodes = next;
    }
  }
  void check() const {
    FUZZ_CHECK(channel_.early_frames() <= DataChannel::early_frames_max);
    FUZZ_CHECK(channel_.waiting() == channel_.next_deadline().has_value());
    FUZZ_CHECK(pool_.usage().messages == channel_.early_frames());
    FUZZ_CHECK(arrived_ == handed_on_ + channel_.counters().discards() + channel_.early_frames());
    if (const auto deadline = channel_.next_deadline()) FUZZ_CHECK(*deadline <= now_ + settings_.reorder_timeout);
  }

  DataSettings settings_;
  MessagePool pool_;
  DataChannel channel_;
  TimePoint now_{Duration{1000}};
  std::uint32_t arrived_ = 0, handed_on_ = 0;
  std::vector<bool> seen_;
  std::optional<std::uint16_t> last_; // handed on
  std::optional<std::uint16_t> sent_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader input(std::as_bytes(std::span(data, size)));
  Session session(input.u8());
  std::uint16_t next = 0;
  for (unsigned steps = 0; steps < 4096 && input.remaining() != 0; ++steps) {
    const std::uint8_t step = input.u8();
    switch (step & 7U) {
    case 0: session.receive(true, next++, step >> 3U); break;
    case 1: next = static_cast<std::uint16_t>(next + (step >> 3U)); break; // some are lost
    case 2: next = static_cast<std::uint16_t>(next - (step >> 3U)); break; // or come again
    case 3: session.receive(true, input.u16(), step >> 3U); break;
    case 4: session.receive(false, 0, std::size_t{step} << 8U); break;
    case 5: session.wait(Duration{(step >> 3U) * 10}); break;
    case 6:
      if ((step & 8U) != 0)
        session.modify(step >> 4U);
      else
        session.send((step & 16U) != 0, (step & 32U) != 0, input.u16() & 0x0fff);
      break;
    case 7: session.receive_datagram(input.octets(std::min<std::size_t>(step >> 3U, input.remaining()))); break;
    default: break;
    }
  }
  return 0;
}
