#include "tools/l2tpload/lac.hpp"

#include <algorithm>

namespace openl2tp::load {

volatile std::sig_atomic_t interruptions = 0;

namespace {

constexpr int turn_ms = 1;                  // while there is something to start
constexpr std::uint32_t search_max = 64;    // tunnels looked at for one with room
constexpr std::uint32_t clear_grace_s = 30; // for clearing, when the run's time is over
constexpr std::uint32_t ramp_a_ms = 64;     // operations that may be in flight more with every millisecond of a phase

} // namespace

Lac::Lac(const LacOptions& options, Tunnels& tunnels, Meter& meter)
    : options_(options), tunnels_(tunnels), meter_(meter), limit_s_(options.limit_s) {
  tunnels_.set_script(this);
}

bool Lac::run() {
  open_tunnels();
  if (options_.calls != 0 && !stopped()) open_calls();
  if (options_.churn_s != 0 && !stopped()) work();
  if (options_.hold_s != 0 && !stopped()) {
    hold();
    verify();
  }
  const bool in_time = tunnels_.clock_us() / 1'000'000 < limit_s_;
  interruptions_allowed_ = 1;
  limit_s_ += clear_grace_s;
  if (options_.clear == Clear::calls && !stopped()) clear_calls();
  if (options_.clear != Clear::nothing && !stopped()) clear_tunnels();
  return in_time && tunnels_failed_ + tunnels_died_ + tunnels_unanswered_ + calls_failed_ + calls_died_ == 0;
}

bool Lac::stopped() const noexcept {
  return interruptions > interruptions_allowed_ || tunnels_.clock_us() / 1'000'000 >= limit_s_;
}

void Lac::begin(const char* name, std::uint64_t wanted) {
  tunnels_.read_clock();
  started_ = in_flight_ = 0;
  most_ = options_.in_flight;
  cursor_ = 0;
  phase_started_us_ = tunnels_.clock_us();
  meter_.begin(name, wanted, tunnels_.counters());
}

bool Lac::may_start() const noexcept {
  const std::uint64_t elapsed_us = tunnels_.clock_us() - phase_started_us_;
  if (in_flight_ >= std::min<std::uint64_t>(most_, ramp_a_ms * (1 + elapsed_us / 1000))) return false;
  return options_.rate == 0 || started_ * 1'000'000 <= elapsed_us * options_.rate;
}

// Acknowledgements may be delayed: a phase is over for the peer when everything is acknowledged.
void Lac::settle() {
  while (tunnels_.outstanding() != 0 && !stopped())
    tunnels_.turn(turn_ms);
}

std::uint32_t Lac::next_tunnel(std::uint16_t messages) noexcept {
  for (std::uint32_t tries = std::min(search_max, tunnels_.size()); tries != 0; --tries) {
    const std::uint32_t index = cursor_;
    cursor_ = cursor_ + 1 == tunnels_.size() ? 0 : cursor_ + 1;
    if (tunnels_.tunnel(index).state == TunnelState::up && tunnels_.room(index) >= messages) return index;
  }
  return tunnels_.size();
}

void Lac::open_tunnels() {
  begin("tunnels", tunnels_.size());
  if (options_.opening != 0) most_ = options_.opening;
  while (tunnels_up_ + tunnels_failed_ + tunnels_died_ < tunnels_.size() && !stopped()) {
    for (; started_ < tunnels_.size() && may_start(); ++started_, ++in_flight_) {
      const auto index = static_cast<std::uint32_t>(started_);
      Tunnel& tunnel = tunnels_.tunnel(index);
      tunnel.state = TunnelState::opening;
      tunnel.started_us = tunnels_.clock_us();
      tunnels_.send(index, MessageType::sccrq);
    }
    tunnels_.turn(turn_ms);
  }
  settle();
  meter_.note("failed", tunnels_failed_);
  meter_.note("died", tunnels_died_);
  meter_.end(tunnels_.counters());
}

void Lac::open_calls() {
  const std::uint64_t wanted = tunnels_up_ * options_.calls;
  begin("calls", wanted);
  std::uint16_t slot = 0; // the same of every tunnel in turn
  std::uint32_t index = 0;
  const auto find_tunnel = [&] { // with its slot free
    while (slot < options_.calls && tunnels_.tunnel(index).state != TunnelState::up) {
      if (++index == tunnels_.size()) index = 0, ++slot;
    }
    return slot < options_.calls;
  };
  while (calls_up_ + calls_failed_ + calls_died_ < wanted && !stopped()) {
    while (may_start() && find_tunnel() && tunnels_.room(index) >= 4) {
      start_call(index, slot);
      if (++index == tunnels_.size()) index = 0, ++slot;
    }
    if (slot == options_.calls && in_flight_ == 0) break; // some were lost with their tunnels before they were tried
    tunnels_.turn(turn_ms);
  }
  settle();
  meter_.note("failed", calls_failed_);
  meter_.note("died", calls_died_);
  meter_.note("tunnels_died", tunnels_died_);
  meter_.end(tunnels_.counters());
}

void Lac::start_call(std::uint32_t index, std::uint16_t slot) {
  Call& call = tunnels_.call(index, slot);
  call.state = CallState::opening;
  call.started_us = tunnels_.clock_us();
  tunnels_.send(index, MessageType::icrq, slot);
  ++started_;
  ++in_flight_;
}

void Lac::hold() {
  begin("hold", 0);
  while (!stopped() && (tunnels_.clock_us() - phase_started_us_) / 1'000'000 < options_.hold_s)
    tunnels_.turn(20);
  meter_.note("tunnels_up", tunnels_up_);
  meter_.note("tunnels_died", tunnels_died_);
  meter_.note("calls_up", calls_up_);
  meter_.note("calls_died", calls_died_);
  meter_.end(tunnels_.counters());
}

// A HELLO on every tunnel: whoever does not answer is dead, though nothing said so.
void Lac::verify() {
  const std::uint64_t wanted = tunnels_up_;
  greeting_ = true;
  begin("verify", wanted);
  std::uint32_t index = 0;
  while ((index < tunnels_.size() || tunnels_.outstanding() != 0) && !stopped()) {
    for (; index < tunnels_.size() && may_start(); ++index) {
      if (tunnels_.tunnel(index).state != TunnelState::up) continue;
      tunnels_.tunnel(index).started_us = tunnels_.clock_us();
      tunnels_.send(index, MessageType::hello);
      ++started_;
      ++in_flight_;
    }
    tunnels_.turn(turn_ms);
  }
  greeting_ = false;
  meter_.note("tunnels_died", tunnels_died_);
  meter_.end(tunnels_.counters());
}

void Lac::work() {
  const bool hello = options_.churn == Churn::hello;
  (hello ? greeting_ : cycling_) = true;
  begin(hello ? "hello" : "cycles", 0);
  while (!stopped() && (tunnels_.clock_us() - phase_started_us_) / 1'000'000 < options_.churn_s) {
    while (may_start()) {
      const std::uint32_t index = next_tunnel(hello ? Tunnels::queue_size : std::uint16_t{4});
      if (index == tunnels_.size()) break;
      if (hello) {
        tunnels_.tunnel(index).started_us = tunnels_.clock_us();
        const std::uint32_t half_window = (tunnels_.tunnel(index).window + 1u) / 2;
        const std::uint32_t burst = options_.burst != 0 ? options_.burst : half_window;
        for (std::uint32_t i = 0; i < burst; ++i, ++started_, ++in_flight_)
          tunnels_.send(index, MessageType::hello);
      } else if (const std::uint32_t slot = free_slot(index); slot < tunnels_.slots()) {
        start_call(index, static_cast<std::uint16_t>(slot));
      } else {
        break; // every tunnel has its calls in the making
      }
    }
    tunnels_.turn(turn_ms);
  }
  meter_.note("calls_failed", calls_failed_);
  meter_.note("tunnels_died", tunnels_died_);
  meter_.end(tunnels_.counters());
  settle();
  greeting_ = cycling_ = false;
}

std::uint32_t Lac::free_slot(std::uint32_t index) noexcept {
  std::uint32_t slot = options_.calls; // after those that stay up
  while (slot < tunnels_.slots() && tunnels_.call(index, slot).state != CallState::idle)
    ++slot;
  return slot;
}

void Lac::clear_calls() {
  begin("cdn", calls_up_);
  std::uint32_t index = 0, slot = 0;
  const std::uint64_t wanted = calls_up_;
  while (meter_.done() < wanted && !stopped()) {
    while (slot < options_.calls && may_start()) {
      Call& call = tunnels_.call(index, slot);
      if (call.state == CallState::up) {
        if (tunnels_.room(index) == 0) break;
        call.state = CallState::closing;
        tunnels_.send(index, MessageType::cdn, static_cast<std::uint16_t>(slot));
        ++started_;
        ++in_flight_;
      }
      if (++index == tunnels_.size()) index = 0, ++slot;
    }
    if (slot == options_.calls && tunnels_.outstanding() == 0) break; // the others were lost on the way
    tunnels_.turn(turn_ms);
  }
  meter_.end(tunnels_.counters());
}

void Lac::clear_tunnels() {
  begin("stopccn", tunnels_up_);
  std::uint32_t index = 0;
  while ((index < tunnels_.size() || in_flight_ != 0) && !stopped()) {
    for (; index < tunnels_.size() && may_start(); ++index) {
      Tunnel& tunnel = tunnels_.tunnel(index);
      if (tunnel.state != TunnelState::up) continue;
      tunnel.state = TunnelState::closing;
      tunnel.started_us = tunnels_.clock_us();
      tunnels_.send(index, MessageType::stopccn);
      ++started_;
      ++in_flight_;
    }
    tunnels_.turn(turn_ms);
  }
  meter_.note("unanswered", tunnels_unanswered_);
  meter_.note("unexpected_messages", unexpected_);
  meter_.end(tunnels_.counters());
}

void Lac::handle_request(const Received&, const Address&, std::size_t) { ++unexpected_; }

void Lac::handle_message(std::uint32_t index, const Received& message) {
  Tunnel& tunnel = tunnels_.tunnel(index);
  if (message.type == MessageType::stopccn) {
    if (tunnel.peer_id == 0) tunnel.peer_id = message.assigned_tunnel; // for the acknowledgement
    lose_tunnel(index, TunnelState::closed);
  } else if (message.type == MessageType::sccrp && tunnel.state == TunnelState::opening) {
    handle_sccrp(index, message);
  } else if (message.type == MessageType::icrp) {
    handle_icrp(index, message);
  } else if (message.type == MessageType::cdn) {
    handle_cdn(index, message);
  } else if (message.type != MessageType::hello) {
    ++unexpected_;
  }
}

void Lac::handle_sccrp(std::uint32_t index, const Received& message) {
  Tunnel& tunnel = tunnels_.tunnel(index);
  --in_flight_;
  tunnel.peer_id = message.assigned_tunnel;
  tunnel.window = std::clamp<std::uint16_t>(message.receive_window, 1, Tunnels::queue_size);
  if (message.challenged || message.assigned_tunnel == 0) {
    ++tunnels_failed_;
    tunnel.state = TunnelState::closed;
    tunnels_.send(index, MessageType::stopccn);
    return;
  }
  tunnel.state = TunnelState::up;
  ++tunnels_up_;
  tunnels_.send(index, MessageType::scccn);
  meter_.add_latency(tunnels_.clock_us() - tunnel.started_us);
  meter_.complete();
}

void Lac::handle_icrp(std::uint32_t index, const Received& message) {
  const std::uint32_t slot = message.header.session - 1u;
  if (slot >= tunnels_.slots() || tunnels_.call(index, slot).state != CallState::opening) {
    ++unexpected_;
    return;
  }
  Call& call = tunnels_.call(index, slot);
  call.peer_id = message.assigned_session;
  if (cycling_ && options_.churn == Churn::acknowledged) { // handle_acknowledged() goes on
    tunnels_.send(index, MessageType::iccn, static_cast<std::uint16_t>(slot));
    return;
  }
  meter_.add_latency(tunnels_.clock_us() - call.started_us);
  meter_.complete();
  tunnels_.send(index, MessageType::iccn, static_cast<std::uint16_t>(slot));
  if (cycling_) {
    tunnels_.send(index, MessageType::cdn, static_cast<std::uint16_t>(slot));
    end_call(call, CallState::idle);
  } else {
    end_call(call, CallState::up);
    ++calls_up_;
  }
}

void Lac::handle_cdn(std::uint32_t index, const Received& message) {
  const std::uint32_t slot = message.header.session - 1u;
  if (slot >= tunnels_.slots()) {
    ++unexpected_;
    return;
  }
  Call& call = tunnels_.call(index, slot);
  if (call.state == CallState::opening) ++calls_failed_;
  if (call.state == CallState::up) {
    ++calls_died_;
    --calls_up_;
  }
  end_call(call, cycling_ ? CallState::idle : CallState::dead);
}

void Lac::end_call(Call& call, CallState state) {
  if (call.state == CallState::opening) --in_flight_;
  call.state = state;
}

void Lac::handle_acknowledged(std::uint32_t index, MessageType type, std::uint16_t slot) {
  Tunnel& tunnel = tunnels_.tunnel(index);
  if (type == MessageType::hello && greeting_) {
    --in_flight_;
    meter_.complete();
    if (tunnels_.outstanding(index) == 0) meter_.add_latency(tunnels_.clock_us() - tunnel.started_us);
  } else if (type == MessageType::iccn && tunnels_.call(index, slot).state == CallState::opening) {
    Call& call = tunnels_.call(index, slot);
    meter_.add_latency(tunnels_.clock_us() - call.started_us);
    meter_.complete();
    tunnels_.send(index, MessageType::cdn, slot);
    end_call(call, CallState::idle);
  } else if (type == MessageType::cdn && tunnels_.call(index, slot).state == CallState::closing) {
    --in_flight_;
    tunnels_.call(index, slot).state = CallState::closed;
    --calls_up_;
    meter_.complete();
  } else if (type == MessageType::stopccn && tunnel.state == TunnelState::closing) {
    --in_flight_;
    tunnel.state = TunnelState::closed;
    meter_.add_latency(tunnels_.clock_us() - tunnel.started_us);
    meter_.complete();
  }
}

void Lac::handle_silence(std::uint32_t index) { lose_tunnel(index, TunnelState::dead); }

// The tunnel ended, not by our wish unless we were closing it.
void Lac::lose_tunnel(std::uint32_t index, TunnelState state) {
  Tunnel& tunnel = tunnels_.tunnel(index);
  switch (tunnel.state) {
  case TunnelState::opening:
    --in_flight_;
    ++tunnels_failed_;
    break;
  case TunnelState::up:
    --tunnels_up_;
    ++tunnels_died_;
    if (greeting_) in_flight_ -= std::min<std::uint64_t>(in_flight_, tunnels_.outstanding(index));
    break;
  case TunnelState::closing:
    --in_flight_;
    if (state == TunnelState::dead) ++tunnels_unanswered_;
    break;
  case TunnelState::idle:
  case TunnelState::closed:
  case TunnelState::dead: break;
  }
  tunnel.state = state;
  tunnels_.forget_queue(index);
  for (std::uint32_t slot = 0; slot < tunnels_.slots(); ++slot) {
    Call& call = tunnels_.call(index, slot);
    if (call.state == CallState::opening) ++calls_failed_;
    if (call.state == CallState::closing) --in_flight_;
    if (call.state == CallState::up) {
      ++calls_died_;
      --calls_up_;
    }
    end_call(call, CallState::dead);
  }
}

} // namespace openl2tp::load
