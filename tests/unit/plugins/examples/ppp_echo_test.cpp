// The SDK's example of PPP against the engine: the line between them loses and repeats frames, as lines do.
#include <openl2tp/plugin.h>

#include "tests/unit/plugins/ppp_engine/support.hpp"

/// sdk/examples/ppp_echo.c, compiled with its entry point under this name.
extern "C" const openl2tp_plugin_ops* ppp_echo_entry(openl2tp_host* host, const openl2tp_host_ops* ops);

namespace openl2tp::ppp {
namespace {

using testing_support::at;
using testing_support::Bytes;
using testing_support::Node;
using testing_support::SeededRandom;

constexpr openl2tp_session_token the_token = 7;

/// The example in a host of its own.
struct Example {
  Example() {
    host_ops.struct_size = sizeof host_ops;
    host_ops.ppp_send = [](openl2tp_host* host, const openl2tp_frame_out* frames, std::size_t count) -> std::size_t {
      for (std::size_t i = 0; i < count; ++i) {
        const auto octets = std::as_bytes(std::span(frames[i].octets, frames[i].length));
        reinterpret_cast<Example*>(host)->sent.emplace_back(octets.begin(), octets.end());
      }
      return count;
    };
    host_ops.ppp_up = [](openl2tp_host* host, openl2tp_session_token, const openl2tp_ppp_facts*) {
      ++reinterpret_cast<Example*>(host)->ups;
      return openl2tp_status{OPENL2TP_OK};
    };
    const auto* plugin = ppp_echo_entry(reinterpret_cast<openl2tp_host*>(this), &host_ops);
    ops = static_cast<const openl2tp_ppp_ops*>(plugin->get_extension(OPENL2TP_EXTENSION_PPP));
    openl2tp_ppp_params params{};
    params.struct_size = sizeof params;
    if (ops->open(&ppp, nullptr, the_token, &params) != OPENL2TP_OK) std::abort();
  }
  ~Example() { ops->close(ppp, 0); }
  Example(const Example&) = delete;
  Example& operator=(const Example&) = delete;

  void hear(const Bytes& frame) {
    const openl2tp_frame_in in{.ppp = ppp,
                               .octets = reinterpret_cast<const std::uint8_t*>(frame.data()),
                               .length = static_cast<std::uint32_t>(frame.size()),
                               .flags = 0};
    ops->frames(nullptr, &in, 1);
  }

  openl2tp_host_ops host_ops{};
  const openl2tp_ppp_ops* ops = nullptr;
  openl2tp_ppp* ppp = nullptr;
  std::deque<Bytes> sent;
  int ups = 0;
};

/// Carries what both said, in turns, until nobody says anything; of every frame `fate` says how often it arrives.
template <typename Fate>
void carry(Example& example, Node& peer, TimePoint now, Fate fate) {
  while (!example.sent.empty() || !peer.sent.empty()) {
    for (const Bytes& frame : std::exchange(peer.sent, {}))
      for (int copies = fate(); copies > 0; --copies)
        example.hear(frame);
    for (const Bytes& frame : std::exchange(example.sent, {}))
      for (int copies = fate(); copies > 0; --copies)
        peer.hear(frame, now);
  }
}

TEST(PppEchoExample, ComesUpWithTheEngine) {
  Example example;
  Node peer;
  peer.link.open(at(0));
  peer.take();
  carry(example, peer, at(0), [] { return 1; });
  EXPECT_TRUE(peer.link.up(Network::ipv4));
  EXPECT_EQ(peer.link.facts().local_address.text(), "192.0.2.2");
  EXPECT_EQ(example.ups, 1);
}

TEST(PppEchoExample, ComesUpWhenFramesAreLostOrComeTwice) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Example example;
    Node peer({}, seed);
    SeededRandom dice(seed);
    const auto fate = [&dice] {
      std::byte rolled{};
      dice.fill({&rolled, 1});
      const auto number = std::to_integer<unsigned>(rolled) % 8;
      return number < 2 ? 0 : number < 4 ? 2 : 1;
    };
    peer.link.open(at(0));
    peer.take();
    // Ten seconds of noise, then a line that works: within the engine's retries.
    for (std::int64_t ms = 0; ms < 60'000 && !peer.link.up(Network::ipv4); ms += 500) {
      peer.pass(at(ms));
      if (ms < 10'000)
        carry(example, peer, at(ms), fate);
      else
        carry(example, peer, at(ms), [] { return 1; });
    }
    EXPECT_TRUE(peer.link.up(Network::ipv4)) << "seed " << seed;
  }
}

} // namespace
} // namespace openl2tp::ppp
