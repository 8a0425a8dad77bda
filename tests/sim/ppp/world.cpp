#include "tests/sim/ppp/world.hpp"

#include <algorithm>
#include <cstdio>

namespace openl2tp::ppp::sim {
namespace {

constexpr std::uint32_t bad_time_ms = 150'000;
constexpr std::uint32_t good_time_ms = 500'000;
// Of one call: an Ack, a Challenge, our Configure-Requests for LCP and both networks, a refusal or two.
constexpr std::size_t frames_of_a_call_max = 8;

} // namespace

World::World(std::uint64_t seed, Tally& tally, bool tell)
    : seed_(seed), tally_(tally), tell_(tell), rng_(seed), pool_(AddressPool::parse("10.7.0.1-10.7.0.3").value()) {
  heal_at_ = now_ + Duration{rng_.between(1, rng_.chance(500) ? 10'000 : bad_time_ms)};
  end_at_ = heal_at_ + Duration{good_time_ms};
  loss_ = rng_.below(rng_.chance(500) ? 60 : 400);
  doubled_ = rng_.chance(500) ? 0 : rng_.below(200);
  spoiled_ = rng_.chance(500) ? rng_.below(60) : 0;
  delay_max_ms_ = rng_.chance(500) ? 20 : rng_.between(1, 4000);
  told_of_ends_ = rng_.chance(700);
  talkative_ = rng_.chance(900);
  knows_secret_ = !rng_.chance(100);
  for (int i = 0; i < 2; ++i) {
    Node& node = nodes_[static_cast<std::size_t>(i)];
    node.random = std::make_unique<Rng>(rng_.next());
    node.settings = std::make_shared<const LinkSettings>(random_settings(i == 0));
    node.link = std::make_unique<Link>(node.settings, *node.random);
  }
}

LinkSettings World::random_settings(bool lns) {
  constexpr AuthMethod methods[] = {AuthMethod::pap, AuthMethod::chap_md5, AuthMethod::mschap_v1,
                                    AuthMethod::mschap_v2};
  LinkSettings settings;
  settings.mru = static_cast<std::uint16_t>(rng_.between(128, 1500));
  settings.request_pfc = rng_.chance(500);
  settings.request_acfc = rng_.chance(500);
  settings.request_accm = rng_.chance(200);
  settings.lcp.restart = settings.ncp.restart = Duration{rng_.between(500, 4000)};
  settings.lcp.failure_max = settings.ncp.failure_max = static_cast<std::uint8_t>(rng_.between(1, 10));
  settings.chap_restart = settings.pap_restart = settings.lcp.restart;
  settings.answer_timeout = Duration{10'000};
  settings.ipv4 = !rng_.chance(100);
  settings.ipv6 = !settings.ipv4 || rng_.chance(700);
  if (rng_.chance(talkative_ ? 50 : 300)) settings.idle_timeout = Duration{rng_.between(5'000, 100'000)};
  if (rng_.chance(100)) settings.connect_time = Duration{rng_.between(5'000, 300'000)};
  // Without the session's CDN a side learns of the other's end by itself.
  if (!told_of_ends_ || rng_.chance(300)) {
    settings.echo_interval = Duration{rng_.between(2'000, 20'000)};
    settings.echo_failures = static_cast<std::uint8_t>(rng_.between(1, 5));
    settings.echo_adaptive = rng_.chance(300);
  }
  for (const AuthMethod method : methods) {
    if (lns ? rng_.chance(400) : rng_.chance(50)) settings.require.add(method);
    if (lns ? rng_.chance(50) : rng_.chance(700)) settings.offer.add(method);
  }
  if (rng_.chance(200)) settings.chap_interval = Duration{rng_.between(5'000, 60'000)};
  settings.called = lns;
  settings.local_name = lns ? "lns" : "lac";
  if (lns) {
    settings.local_address = Ipv4::of(10, 7, 1, 1);
    settings.dns[0] = Ipv4::of(10, 7, 1, 2);
    if (rng_.chance(500))
      settings.ask_owner_address = true;
    else
      settings.peer_address = Ipv4::of(10, 7, 2, 2);
  } else {
    settings.request_dns = rng_.chance(500);
  }
  return settings;
}

void World::say(const std::string& text) const {
  if (tell_)
    std::printf("%9lld %s\n", static_cast<long long>(now_.time_since_epoch().count() - 1'000'000), text.c_str());
}

void World::require(bool holds, const std::string& what) {
  if (holds || failure_) return;
  failure_ = "seed " + std::to_string(seed_) + ": does not hold: " + what + "\n" + describe(0) + "\n" + describe(1) +
             "\nreplay: OPENL2TP_SIM_SEED=" + std::to_string(seed_) + " sim_ppp";
}

std::string World::describe(int index) const {
  const Node& node = nodes_[static_cast<std::size_t>(index)];
  return std::string(index == 0 ? "LNS: " : "LAC: ") + std::string(name(node.link->phase())) +
         (node.network_up[0] ? " ipv4" : "") + (node.network_up[1] ? " ipv6" : "") + ", " +
         std::string(name(node.link->end_reason()));
}

void World::later(std::uint32_t low_ms, std::uint32_t high_ms, std::function<void()> act) {
  events_.emplace(now_ + Duration{rng_.between(low_ms, high_ms)}, std::move(act));
}

std::optional<std::string> World::run() {
  for (int i = 0; i < 2; ++i)
    later(0, 2000, [this, i] {
      nodes_[static_cast<std::size_t>(i)].link->open(now_);
      perform(i, 0);
    });
  later(50, 3000, [this] { trouble(); });
  later(500, 2000, [this] { send_data(); });
  for (unsigned steps = 0; now_ < end_at_ && !failure_; ++steps) {
    require(steps < 200'000, "the run ends");
    step();
  }
  if (!failure_) check_end();
  return failure_;
}

void World::step() {
  TimePoint next = events_.empty() ? end_at_ : events_.begin()->first;
  for (const Node& node : nodes_)
    next = std::min(next, node.link->next_deadline());
  require(next >= now_, "no deadline lies in the past");
  now_ = std::max(now_, next);
  if (now_ >= end_at_) return;
  for (int i = 0; i < 2; ++i) {
    Node& node = nodes_[static_cast<std::size_t>(i)];
    if (node.link->next_deadline() > now_) continue;
    node.link->handle_timeout(now_);
    perform(i, 0);
    require(node.link->next_deadline() > now_, "a timer that was dealt with does not run again at once");
  }
  while (!events_.empty() && events_.begin()->first <= now_) {
    const auto act = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    act();
  }
}

void World::perform(int index, std::size_t heard) {
  Node& node = nodes_[static_cast<std::size_t>(index)];
  ActionBatch batch;
  node.link->take_actions(batch);
  const auto frames = std::count_if(batch.actions.begin(), batch.actions.end(),
                                    [](const Action& action) { return std::holds_alternative<SendFrame>(action); });
  require(static_cast<std::size_t>(frames) <= frames_of_a_call_max, "one call sends few frames");
  static_cast<void>(heard);
  for (const Action& action : batch.actions)
    act(index, batch, action);
  for (const Network network : {Network::ipv4, Network::ipv6})
    require(node.link->up(network) == node.network_up[static_cast<std::size_t>(network)], "what is up was reported so");
}

void World::act(int index, const ActionBatch& batch, const Action& action) {
  Node& node = nodes_[static_cast<std::size_t>(index)];
  Link& link = *node.link;
  require(!node.finished, "nothing follows the end");
  const std::string who = index == 0 ? "LNS " : "LAC ";
  if (const auto* frame = std::get_if<SendFrame>(&action)) {
    transmit(index, batch.octets(frame->octets));
  } else if (std::holds_alternative<LinkUp>(action)) {
    require(!node.link_up, "a link that comes up was down");
    node.link_up = true;
    if (node.link_ups++ > 0) ++tally_.renegotiations;
    say(who + "link up");
  } else if (std::holds_alternative<LinkDown>(action)) {
    require(node.link_up && !node.network_up[0] && !node.network_up[1], "a link goes down once, after its networks");
    node.link_up = false;
    say(who + "link down");
  } else if (const auto* up = std::get_if<NetworkUp>(&action)) {
    bool& is_up = node.network_up[static_cast<std::size_t>(up->network)];
    require(node.link_up && !is_up, "a network comes up once, on a link that is up");
    is_up = true;
    say(who + "network up");
  } else if (const auto* down = std::get_if<NetworkDown>(&action)) {
    bool& is_up = node.network_up[static_cast<std::size_t>(down->network)];
    require(is_up, "a network that goes down was up");
    is_up = false;
    say(who + "network down");
  } else if (const auto* verdict = std::get_if<NeedVerdict>(&action)) {
    const Octets user = batch.octets(verdict->user), challenge = batch.octets(verdict->challenge);
    const Octets response = batch.octets(verdict->response);
    Verdict answer = judge_proof({.method = verdict->method,
                                  .user = as_text(user),
                                  .id = verdict->id,
                                  .challenge = challenge,
                                  .response = response},
                                 user_secret_);
    answer.accepted = answer.accepted && as_text(user) == "carol";
    ++tally_.methods[static_cast<std::size_t>(verdict->method)];
    if (now_ < heal_at_ && rng_.chance(30)) return; // an owner that forgets
    later(0, rng_.chance(800) ? 5 : 5000, [this, index, answer, request = verdict->request] {
      nodes_[static_cast<std::size_t>(index)].link->answer_verdict(request, answer, now_);
      perform(index, 0);
    });
  } else if (const auto* secret = std::get_if<NeedSecret>(&action)) {
    later(0, rng_.chance(800) ? 5 : 5000, [this, index, request = secret->request] {
      std::optional<Credentials> credentials;
      if (knows_secret_) credentials = Credentials{.name = "carol", .secret = user_secret_};
      nodes_[static_cast<std::size_t>(index)].link->answer_secret(request, credentials, now_);
      perform(index, 0);
    });
  } else if (std::holds_alternative<NeedAddress>(action)) {
    later(0, 3000, [this, index] {
      Node& asker = nodes_[static_cast<std::size_t>(index)];
      if (asker.finished) return;
      require(!asker.lease.holds(), "an address is asked for once");
      if (auto lease = pool_.take("carol")) asker.lease = std::move(*lease);
      asker.link->answer_address(asker.lease.holds() ? std::optional(asker.lease.address()) : std::nullopt, now_);
      perform(index, 0);
    });
  } else if (const auto* finished = std::get_if<Finished>(&action)) {
    require(!node.link_up && !node.network_up[0] && !node.network_up[1], "all was down before the end");
    require(link.next_deadline() == never, "no timer runs after the end");
    node.finished = true;
    node.lease.release();
    ++tally_.ends[static_cast<std::size_t>(finished->reason)];
    say(who + "finished: " + std::string(name(finished->reason)));
    if (told_of_ends_)
      later(10, 2000, [this, index] { // the session's CDN, which L2TP delivers
        nodes_[static_cast<std::size_t>(1 - index)].link->close(EndReason::local_close, now_);
        perform(1 - index, 0);
      });
  }
}

void World::transmit(int from, Octets frame) {
  ++tally_.frames;
  require(decode_frame(frame).has_value(), "every frame can be read");
  const bool bad = now_ < heal_at_;
  if (bad && (partitioned_ || rng_.chance(loss_))) {
    ++tally_.lost;
    return;
  }
  Bytes octets(frame.begin(), frame.end());
  if (heard_before_.size() < 200) heard_before_.push_back(octets);
  if (bad && rng_.chance(spoiled_))
    octets[rng_.below(static_cast<std::uint32_t>(octets.size()))] = static_cast<std::byte>(rng_.next());
  const int copies = bad && rng_.chance(doubled_) ? 2 : 1;
  for (int i = 0; i < copies; ++i)
    later(1, bad ? delay_max_ms_ : 1, [this, to = 1 - from, octets] { deliver(to, octets); });
}

void World::deliver(int to, const Bytes& frame) {
  Node& node = nodes_[static_cast<std::size_t>(to)];
  const Received received = node.link->handle_frame(frame, now_);
  if (received.kind == Received::Kind::ipv4 || received.kind == Received::Kind::ipv6) {
    const std::size_t network = received.kind == Received::Kind::ipv4 ? 0 : 1;
    require(node.network_up[network], "data comes out of an open network alone");
    ++tally_.data;
  }
  perform(to, frame.size());
}

/// Something unpleasant, in the bad time.
void World::trouble() {
  if (now_ >= heal_at_) return;
  later(50, 10'000, [this] { trouble(); });
  const int victim = static_cast<int>(rng_.below(2));
  Node& node = nodes_[static_cast<std::size_t>(victim)];
  switch (rng_.below(8)) {
  case 0: partitioned_ = !partitioned_; break;
  case 1:
    if (rng_.chance(200)) {
      node.link->close(EndReason::local_close, now_);
      perform(victim, 0);
    }
    break;
  case 2: { // noise
    if (spoiled_ == 0) break;
    Bytes noise(rng_.below(40));
    rng_.fill(noise);
    deliver(victim, noise);
    break;
  }
  case 3: // a frame of long ago, of whichever side
    if (spoiled_ > 0 && !heard_before_.empty())
      deliver(victim, heard_before_[rng_.below(static_cast<std::uint32_t>(heard_before_.size()))]);
    break;
  default: break;
  }
}

/// Each second each side that believes a network open sends a packet.
void World::send_data() {
  later(900, 1100, [this] { send_data(); });
  for (int i = 0; i < 2 && talkative_; ++i) {
    Node& node = nodes_[static_cast<std::size_t>(i)];
    for (const Network network : {Network::ipv4, Network::ipv6}) {
      if (!node.link->up(network) || rng_.chance(300)) continue;
      const FrameHeader header = node.link->data_header(network);
      Bytes frame(header.view().begin(), header.view().end());
      frame.resize(frame.size() + 20, std::byte{0x45});
      node.link->note_sent(now_);
      transmit(i, frame);
    }
  }
}

void World::check_end() {
  const Node &lns = nodes_[0], &lac = nodes_[1];
  const bool up = !lns.finished && !lac.finished;
  if (!up) {
    require(lns.finished && lac.finished, "both sides end, or none");
    require(pool_.held() == 0, "the address was given back");
    ++tally_.down_at_the_end;
    return;
  }
  ++tally_.up_at_the_end;
  require(lns.link_up && lac.link_up, "both sides are up");
  for (std::size_t network = 0; network < 2; ++network)
    // Who gave a network up says so when data comes for it.
    require(!talkative_ || lns.network_up[network] == lac.network_up[network],
            "the same networks are up on both sides");
  require((lns.network_up[0] || lns.network_up[1]) && (lac.network_up[0] || lac.network_up[1]), "some network is up");
  if (!lns.settings->require.empty())
    require(lns.link->facts().user == "carol" && lns.settings->require.has(lns.link->facts().peer_method),
            "the user is known");
  // Nothing protects the order and the octets of Configure-Requests: where an old or a spoiled one can come in after
  // the last one was acknowledged, the sides may believe different values, and PPP cannot know.
  if (spoiled_ > 0 || doubled_ > 0 || delay_max_ms_ > 20) return;
  const LinkFacts a = lns.link->facts(), b = lac.link->facts();
  if (lns.network_up[0] && lac.network_up[0]) {
    require(a.local_address == b.peer_address && b.local_address == a.peer_address, "the addresses agree");
    require(!a.peer_address.empty(), "the peer has an address");
  }
  if (lns.network_up[1] && lac.network_up[1])
    require(a.local_interface_id == b.peer_interface_id && b.local_interface_id == a.peer_interface_id &&
                a.local_interface_id != b.local_interface_id,
            "the interface identifiers agree");
  if (!lac.settings->require.empty()) require(lac.settings->require.has(b.peer_method), "the server is known");
  require(a.mtu <= b.mru && b.mtu <= a.mru, "nobody sends more than the other takes");
}

} // namespace openl2tp::ppp::sim
