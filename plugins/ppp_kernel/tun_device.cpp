#include "plugins/ppp_kernel/tun_device.hpp"

#include <cstring>

#include <sys/uio.h>
#include <unistd.h>

#include "plugins/ppp_kernel/mss_clamp.hpp"
#include "plugins/ppp_kernel/tun_session.hpp"

namespace openl2tp::ppp_kernel {

namespace {

constexpr std::size_t header_room = 4; // the largest PPP header

constexpr std::size_t index_of(ppp::Network network) noexcept { return network == ppp::Network::ipv4 ? 0 : 1; }
constexpr ppp::Network network_of(const IpPacket& packet) noexcept {
  return packet.version == 4 ? ppp::Network::ipv4 : ppp::Network::ipv6;
}

} // namespace

TunDevice::TunDevice(TunPaths& paths, std::string name, std::uint32_t mtu, bool alone)
    : paths_(paths), device_(std::make_shared<Device>()), alone_(alone) {
  device_->name = std::move(name);
  device_->mtu = mtu;
}

TunDevice::~TunDevice() {
  std::erase(paths_.unwritten_, this);
  detail::guarded("closing an interface threw", [&] { paths_.close_later(watch_, device_, std::move(keeps_)); });
}

void TunDevice::open() {
  paths_.queue_.put({.kind = Request::Kind::open_device,
                     .device = device_,
                     .done = [weak = weak_from_this()](const std::string& fault) {
                       if (const auto self = weak.lock()) self->handle_opened(fault);
                     }});
}

void TunDevice::handle_opened(const std::string& fault) {
  if (!fault.empty()) {
    fault_ = fault;
    return;
  }
  unwritten_ = std::make_unique<Coalescer>(device_->offloads);
  const auto on_ready = [](void* user, std::uint32_t) noexcept {
    const auto self = static_cast<TunDevice*>(user)->shared_from_this();
    detail::guarded("reading packets threw", [&] { self->paths_.read_later(self); });
  };
  if (paths_.host_.ops().watch_start(paths_.loop_, &watch_, device_->fd.get(), OPENL2TP_WATCH_READ, on_ready, this) !=
      OPENL2TP_OK) {
    watch_ = nullptr;
    fault_ = "the interface cannot be watched";
  }
}

// ---- who is on it

std::string TunDevice::add(TunSession& session, ppp::Network network) {
  using Kind = Request::Kind;
  const std::size_t which = index_of(network);
  const IpAddress peer = session.peer(network), local = session.local(network);
  if (alone_)
    only_ = &session;
  else if (!by_peer_[which].try_emplace(peer.value, &session).second)
    return "another session has the address " + peer.text();
  ++sessions_;
  const bool route = session.wants_route(network);
  ++local_uses_[which][local.value];
  // Of each, as those before it may have failed with theirs.
  session.put(network, Kind::add_address, !route);
  if (route) session.put(network, Kind::add_route, true);
  return {};
}

void TunDevice::remove(TunSession& session, ppp::Network network) noexcept {
  using Kind = Request::Kind;
  const std::size_t which = index_of(network);
  if (!alone_) by_peer_[which].erase(session.peer(network).value);
  const auto uses = local_uses_[which].find(session.local(network).value);
  const bool last = uses != local_uses_[which].end() && --uses->second == 0;
  if (last) local_uses_[which].erase(uses);
  --sessions_;
  detail::guarded("removing a route threw", [&] {
    if (sessions_ == 0) { // all of it goes with the device
      if (session.held(network) != nullptr) keeps_.push_back(session.held(network));
      if (session.has_default_route(network)) session.put(network, Kind::remove_route, false);
      return;
    }
    if (session.wants_route(network)) session.put(network, Kind::remove_route, false);
    if (last) session.put(network, Kind::remove_address, false);
  });
}

TunSession* TunDevice::find(const IpPacket& packet) const noexcept {
  if (alone_) return only_;
  const auto& sessions = by_peer_[index_of(network_of(packet))];
  std::uint64_t peer = 0;
  if (packet.version == 4)
    peer = packet.destination4();
  else if (packet.destination6(false) == link_local_prefix)
    peer = packet.destination6(true);
  else
    return nullptr; // of many, a multicast among them
  const auto found = sessions.find(peer);
  return found == sessions.end() ? nullptr : found->second;
}

// ---- from the host

bool TunDevice::read_turn() {
  const bool offloads = device_->offloads;
  const std::size_t front = offloads ? offload_header_size : 0;
  const std::size_t size = front + (offloads ? offload_packet_max : device_->mtu);
  std::size_t frames = 0;
  bool empty = false;
  while (!empty && frames < TunPaths::frames_a_turn) {
    for (std::size_t i = 0; i < TunPaths::packets_a_batch && frames < TunPaths::frames_a_turn; ++i) {
      const auto slot = paths_.slot(i, header_room, size);
      const ssize_t got = read(device_->fd.get(), slot.data(), slot.size());
      if (got <= 0) { // nothing left, or the interface was taken from us
        empty = true;
        break;
      }
      frames += handle_packet(slot.first(static_cast<std::size_t>(got)));
    }
    paths_.send_frames(); // the slots are used again
  }
  return empty;
}

std::size_t TunDevice::handle_packet(std::span<std::byte> octets) {
  OffloadHeader offload;
  if (device_->offloads) {
    if (octets.size() < offload_header_size) return 0;
    std::memcpy(&offload, octets.data(), offload_header_size);
    octets = octets.subspan(offload_header_size);
  }
  auto segments = Segmenter::make(offload, octets);
  if (!segments) return 0;
  TunSession* session = find(segments->packet());
  const ppp::Network network = network_of(segments->packet());
  if (session == nullptr || !session->is_up(network)) return 0;
  const std::size_t count = segments->count();
  const auto put = [&](std::span<std::byte> packet) {
    const ppp::FrameHeader header = session->user().handle_outgoing(network, packet.size());
    if (header.size == 0) return false;
    std::byte* frame = packet.data() - header.size;
    std::memcpy(frame, header.octets.data(), header.size);
    paths_.frames_.push_back({.token = session->user().token(),
                              .octets = reinterpret_cast<const std::uint8_t*>(frame),
                              .length = static_cast<std::uint32_t>(packet.size() + header.size),
                              .flags = 0});
    return true;
  };
  if (count == 1) {
    const auto packet = segments->next();
    if (const auto option = find_large_mss(segments->packet(), session->mtu(network)))
      lower_mss(packet, segments->packet(), *option, true);
    put(packet);
    return 1;
  }
  paths_.send_frames();
  for (auto segment = segments->next(); !segment.empty(); segment = segments->next()) {
    if (!put(segment)) break;
    paths_.send_frames(); // the next segment is made where this one lies
  }
  return count;
}

// ---- to the host

bool TunDevice::write(const IpPacket& packet, std::size_t mtu) {
  if (watch_ == nullptr) return false;
  IpPacket mine = packet;
  if (const auto option = find_large_mss(packet, mtu)) {
    const auto changed = paths_.copy(packet.octets);
    lower_mss(changed, packet, *option, true);
    mine.octets = changed;
  }
  if (unwritten_->packets() == 0) paths_.unwritten_.push_back(this);
  unwritten_->add(mine);
  if (unwritten_->packets() == Coalescer::packets_max) paths_.flush();
  return true;
}

void TunDevice::write_out() {
  // What the kernel does not take is lost, as on any line.
  for (const auto parts : unwritten_->outputs())
    (void)writev(device_->fd.get(), parts.data(), static_cast<int>(parts.size()));
  unwritten_->clear();
}

} // namespace openl2tp::ppp_kernel
