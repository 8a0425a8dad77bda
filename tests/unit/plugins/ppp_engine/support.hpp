// What the tests of the PPP engine share: octets from hexadecimal text, a seeded random source, and a link whose
// actions are collected and can be looked at.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/ppp_engine/link.hpp"

namespace openl2tp::ppp::testing_support {

using Bytes = std::vector<std::byte>;

/// Blanks are ignored; other characters than hexadecimal digits end the program.
inline Bytes hex(std::string_view text) {
  Bytes octets;
  int nibbles = 0;
  unsigned value = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n') continue;
    const std::size_t digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) std::abort();
    value = value << 4 | static_cast<unsigned>(digit);
    if (++nibbles % 2 == 0) octets.push_back(static_cast<std::byte>(value & 0xff));
  }
  return octets;
}

inline std::string to_hex(Octets octets) {
  std::string text;
  for (const std::byte octet : octets) {
    text += "0123456789abcdef"[std::to_integer<unsigned>(octet) >> 4];
    text += "0123456789abcdef"[std::to_integer<unsigned>(octet) & 15];
  }
  return text;
}

class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed * 2 + 1) {}
  void fill(std::span<std::byte> out) override {
    for (std::byte& octet : out) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      octet = static_cast<std::byte>(state_ >> 56);
    }
  }

 private:
  std::uint64_t state_;
};

inline TimePoint at(std::int64_t ms) { return TimePoint{Duration{1'000'000 + ms}}; }

/// A frame taken apart.
struct Seen {
  Protocol protocol{};
  std::uint8_t code = 0, id = 0;
  Bytes data;
  Bytes frame;
  bool operator==(const Seen&) const = delete;
};

inline Seen look(Octets octets) {
  const auto frame = decode_frame(octets);
  if (!frame) return {};
  const auto packet = decode_packet(frame->information);
  Seen seen{.protocol = frame->protocol, .frame = Bytes(octets.begin(), octets.end())};
  if (packet) {
    seen.code = packet->code;
    seen.id = packet->id;
    seen.data.assign(packet->data.begin(), packet->data.end());
  }
  return seen;
}

inline Bytes make_frame(Protocol protocol, std::uint8_t code, std::uint8_t id, Octets data) {
  const auto number = static_cast<unsigned>(protocol);
  const std::size_t length = data.size() + 4;
  Bytes out = hex("ff03");
  for (const std::size_t octet : {std::size_t{number >> 8}, std::size_t{number & 0xff}, std::size_t{code},
                                  std::size_t{id}, length >> 8, length & 0xff})
    out.push_back(static_cast<std::byte>(octet));
  out.insert(out.end(), data.begin(), data.end());
  return out;
}

/// A link and all that it ever did.
class Node {
 public:
  explicit Node(LinkSettings settings = {}, std::uint64_t seed = 1)
      : random(seed), link(std::make_shared<const LinkSettings>(std::move(settings)), random) {}

  /// Takes the actions; frames go to `sent`, everything else to `events` by name.
  void take() {
    ActionBatch batch;
    link.take_actions(batch);
    for (const Action& action : batch.actions)
      std::visit([&](const auto& one) { note(batch, one); }, action);
  }
  Received hear(Octets frame, TimePoint now) {
    const Received received = link.handle_frame(frame, now);
    take();
    return received;
  }
  Received hear(Protocol protocol, std::uint8_t code, std::uint8_t id, std::string_view data_hex, TimePoint now) {
    const Bytes frame = make_frame(protocol, code, id, hex(data_hex));
    return hear(frame, now);
  }
  void pass(TimePoint now) {
    link.handle_timeout(now);
    take();
  }
  /// The oldest frame that was not looked at yet; an empty one when there is none.
  Seen next() {
    if (sent.empty()) return {};
    Seen seen = look(sent.front());
    sent.pop_front();
    return seen;
  }
  /// Of one protocol and code, dropping what is in front.
  Seen next(Protocol protocol, std::uint8_t code) {
    while (!sent.empty())
      if (Seen seen = next(); seen.protocol == protocol && seen.code == code) return seen;
    return {};
  }
  [[nodiscard]] bool has(std::string_view event) const {
    return std::find(events.begin(), events.end(), event) != events.end();
  }

  SeededRandom random;
  Link link;
  std::deque<Bytes> sent;
  std::vector<std::string> events;
  EndReason finished = EndReason::none;
  struct VerdictAsked {
    std::uint32_t request = 0;
    AuthMethod method{};
    std::uint8_t id = 0;
    std::string user;
    Bytes challenge, response;
  };
  struct SecretAsked {
    std::uint32_t request = 0;
    AuthMethod method{};
    std::string server;
  };
  std::vector<VerdictAsked> verdicts;
  std::vector<SecretAsked> secrets;

 private:
  void note(const ActionBatch& batch, const SendFrame& one) {
    const Octets octets = batch.octets(one.octets);
    sent.emplace_back(octets.begin(), octets.end());
  }
  void note(const ActionBatch&, const LinkUp&) { events.emplace_back("link up"); }
  void note(const ActionBatch&, const LinkDown&) { events.emplace_back("link down"); }
  void note(const ActionBatch&, const NetworkUp& one) {
    events.emplace_back(one.network == Network::ipv4 ? "ipv4 up" : "ipv6 up");
  }
  void note(const ActionBatch&, const NetworkDown& one) {
    events.emplace_back(one.network == Network::ipv4 ? "ipv4 down" : "ipv6 down");
  }
  void note(const ActionBatch& batch, const NeedVerdict& one) {
    const Octets challenge = batch.octets(one.challenge), response = batch.octets(one.response);
    verdicts.push_back({.request = one.request,
                        .method = one.method,
                        .id = one.id,
                        .user = std::string(as_text(batch.octets(one.user))),
                        .challenge = Bytes(challenge.begin(), challenge.end()),
                        .response = Bytes(response.begin(), response.end())});
  }
  void note(const ActionBatch& batch, const NeedSecret& one) {
    secrets.push_back({one.request, one.method, std::string(as_text(batch.octets(one.server)))});
  }
  void note(const ActionBatch&, const NeedAddress&) { events.emplace_back("need address"); }
  void note(const ActionBatch&, const NeedIdle&) { events.emplace_back("need idle"); }
  void note(const ActionBatch&, const HandOver&) { events.emplace_back("hand over"); }
  void note(const ActionBatch&, const Finished& one) {
    events.emplace_back("finished");
    finished = one.reason;
  }
};

/// Two nodes and a wire without delay. Both know one user; who is asked for a proof or a secret answers at once.
class Pair {
 public:
  Pair(LinkSettings a, LinkSettings b) : lns(std::move(a), 1), lac(std::move(b), 2) {}

  void open() {
    lns.link.open(now);
    lac.link.open(now);
    talk();
  }
  /// Until nobody has anything to say. Bounded: a conversation that does not end fails the test.
  void talk() {
    for (int turn = 0; turn < 500; ++turn) {
      lns.take();
      lac.take();
      answer(lns);
      answer(lac);
      if (lns.sent.empty() && lac.sent.empty()) return;
      deliver(lns, lac);
      deliver(lac, lns);
    }
    ADD_FAILURE() << "the conversation does not end";
  }
  void pass(Duration time) {
    now += time;
    lns.pass(now);
    lac.pass(now);
    talk();
  }

  Node lns, lac;
  TimePoint now = at(0);
  std::string user = "carol", secret = "secret word", secret_of_lac = "secret word";
  bool know_secret = true;
  std::optional<Ipv4> address = Ipv4::of(10, 0, 0, 2);
  std::function<void(Verdict&)> change_verdict;

 private:
  static void deliver(Node& from, Node& to_node, TimePoint when) {
    std::deque<Bytes> frames;
    frames.swap(from.sent);
    for (const Bytes& frame : frames)
      to_node.hear(frame, when);
  }
  void deliver(Node& from, Node& to_node) { deliver(from, to_node, now); }
  void answer(Node& node) {
    while (!node.verdicts.empty()) {
      const Node::VerdictAsked asked = node.verdicts.front();
      node.verdicts.erase(node.verdicts.begin());
      Verdict verdict = judge_proof({.method = asked.method,
                                     .user = asked.user,
                                     .id = asked.id,
                                     .challenge = asked.challenge,
                                     .response = asked.response},
                                    secret);
      if (asked.user != user) verdict.accepted = false;
      if (change_verdict) change_verdict(verdict);
      node.link.answer_verdict(asked.request, verdict, now);
      node.take();
    }
    while (!node.secrets.empty()) {
      const Node::SecretAsked asked = node.secrets.front();
      node.secrets.erase(node.secrets.begin());
      std::optional<Credentials> credentials;
      if (know_secret) credentials = Credentials{.name = user, .secret = secret_of_lac};
      node.link.answer_secret(asked.request, credentials, now);
      node.take();
    }
    if (!node.events.empty() && node.events.back() == "need address") {
      node.link.answer_address(address, now);
      node.take();
    }
  }
};

} // namespace openl2tp::ppp::testing_support
