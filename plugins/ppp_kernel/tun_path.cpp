#include "plugins/ppp_kernel/tun_path.hpp"

#include <cerrno>

#include <sys/uio.h>
#include <unistd.h>

namespace openl2tp::ppp_kernel {

namespace {

constexpr std::size_t header_room = 4;  // the largest PPP header
constexpr std::size_t ipv4_header = 20; // the least
constexpr std::uint32_t shared_mtu = 1'500;

std::uint32_t address_at(const std::uint8_t* octets) noexcept {
  return std::uint32_t{octets[0]} << 24 | std::uint32_t{octets[1]} << 16 | std::uint32_t{octets[2]} << 8 | octets[3];
}

} // namespace

/// One session on a device.
class TunPath final : public DataPath {
 public:
  TunPath(TunPaths& paths, PathUser& user, std::string_view interface_name, bool alone)
      : paths_(paths), user_(user), wanted_name_(interface_name), dials_out_(alone) {}
  ~TunPath() override { take_down(); }

  std::string up(const NetworkPlan& plan) override;
  void down(ppp::Network network) override {
    if (network == ppp::Network::ipv4) take_down();
  }
  bool deliver(ppp::Network network, ppp::Octets packet) override;

  [[nodiscard]] PathUser& user() const noexcept { return user_; }
  [[nodiscard]] const NetworkPlan& plan() const noexcept { return plan_; }
  /// Has the device to itself.
  [[nodiscard]] bool alone() const noexcept { return dials_out_ || !wanted_name_.empty(); }

 private:
  /// Present while up; callbacks that come later find it gone.
  struct Stay {
    TunPath* path;
  };
  void put(Request::Kind kind, bool last);
  void handle_done(const std::string& fault);
  void take_down() noexcept;

  TunPaths& paths_;
  PathUser& user_;
  std::string wanted_name_;
  bool dials_out_;
  bool claimed_ = false;
  NetworkPlan plan_;
  std::shared_ptr<TunDevice> device_;
  std::shared_ptr<Stay> stay_;

  friend class TunDevice;
};

// ---- one session

std::string TunPath::up(const NetworkPlan& plan) {
  if (plan.network != ppp::Network::ipv4) return "no IPv6 on a TUN device yet";
  take_down();
  if (plan.local_address.empty()) return "we have no address";
  if (!dials_out_) {
    if (plan.peer_address.empty()) return "the peer has no address";
    if (!paths_.claims_.take(plan.peer_address)) return "another session has the address " + plan.peer_address.text();
    claimed_ = true;
  }
  plan_ = plan;
  stay_ = std::make_shared<Stay>(Stay{this});
  device_ = alone() ? nullptr : paths_.shared_.lock();
  if (device_ == nullptr || !device_->fault().empty()) {
    device_ = std::make_shared<TunDevice>(paths_, wanted_name_.empty() ? "l2tp%d" : wanted_name_,
                                          alone() ? plan.mtu : shared_mtu, alone());
    if (!alone()) paths_.shared_ = device_;
    device_->open();
  }
  device_->add(*this);
  return {};
}

void TunPath::put(Request::Kind kind, bool last) {
  Request request{.kind = kind, .device = device_->device(), .local = plan_.local_address, .peer = plan_.peer_address};
  const bool route = kind == Request::Kind::add_route || kind == Request::Kind::remove_route;
  if (route) {
    request.mtu = plan_.mtu;
    if (dials_out_) request.peer = {}; // to everywhere
  } else if (!dials_out_) {
    request.peer = {}; // callers have routes
  }
  if (kind == Request::Kind::add_route || kind == Request::Kind::add_address)
    request.done = [stay = std::weak_ptr<Stay>(stay_), last](const std::string& fault) {
      const auto mine = stay.lock();
      if (mine != nullptr && (last || !fault.empty())) mine->path->handle_done(fault);
    };
  paths_.queue_.put(std::move(request));
}

void TunPath::handle_done(const std::string& fault) {
  const auto device = device_; // the user may take us down
  if (device == nullptr) return;
  if (!fault.empty() || !device->fault().empty()) {
    const std::string why = device->fault().empty() ? fault : device->fault();
    take_down();
    user_.handle_path_failed(ppp::Network::ipv4, why);
  } else {
    user_.handle_path_up(ppp::Network::ipv4, device->device()->name);
  }
}

void TunPath::take_down() noexcept {
  stay_.reset();
  if (device_ != nullptr) {
    device_->remove(*this);
    device_.reset();
  }
  if (std::exchange(claimed_, false)) paths_.claims_.give_back(plan_.peer_address);
}

bool TunPath::deliver(ppp::Network network, ppp::Octets packet) {
  if (network != ppp::Network::ipv4 || device_ == nullptr || packet.size() < ipv4_header) return false;
  const auto* octets = reinterpret_cast<const std::uint8_t*>(packet.data());
  const std::size_t header = (octets[0] & 0x0FU) * 4U, size = std::size_t{octets[2]} << 8 | octets[3];
  if (octets[0] >> 4 != 4 || header < ipv4_header || size < header || size > packet.size()) return false;
  if (!dials_out_ && address_at(octets + 12) != plan_.peer_address.value) return false;
  return device_->write(packet.first(size)); // what lies behind is the link's padding
}

// ---- a device

TunDevice::TunDevice(TunPaths& paths, std::string name, std::uint32_t mtu, bool alone)
    : paths_(paths), device_(std::make_shared<Device>()), alone_(alone) {
  device_->name = std::move(name);
  device_->mtu = mtu;
}

TunDevice::~TunDevice() { paths_.close_later(watch_, device_); }

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

void TunDevice::add(TunPath& path) {
  using Kind = Request::Kind;
  by_peer_[alone_ ? 0 : path.plan().peer_address.value] = &path;
  const bool default_route = path.dials_out_ && path.plan().default_route;
  if (++local_uses_[path.plan().local_address.value] == 1)
    path.put(Kind::add_address, path.dials_out_ && !default_route);
  if (!path.dials_out_ || default_route) path.put(Kind::add_route, true);
}

void TunDevice::remove(TunPath& path) noexcept {
  using Kind = Request::Kind;
  by_peer_.erase(alone_ ? 0 : path.plan().peer_address.value);
  const auto uses = local_uses_.find(path.plan().local_address.value);
  const bool last = uses != local_uses_.end() && --uses->second == 0;
  if (last) local_uses_.erase(uses);
  if (by_peer_.empty()) return; // all of it goes with the device
  detail::guarded("removing a route threw", [&] {
    path.put(Kind::remove_route, false);
    if (last) path.put(Kind::remove_address, false);
  });
}

bool TunDevice::write(ppp::Octets packet) const noexcept {
  return watch_ != nullptr &&
         ::write(device_->fd.get(), packet.data(), packet.size()) == static_cast<ssize_t>(packet.size());
}

TunPath* TunDevice::find(const std::uint8_t* packet, std::size_t size) const noexcept {
  if (size < ipv4_header || packet[0] >> 4 != 4) return nullptr;
  const auto found = by_peer_.find(alone_ ? 0 : address_at(packet + 16));
  return found == by_peer_.end() ? nullptr : found->second;
}

bool TunDevice::read_turn() {
  const std::size_t slot = header_room + device_->mtu;
  std::vector<std::uint8_t>& arena = paths_.arena_;
  std::vector<openl2tp_frame_out>& frames = paths_.frames_;
  if (arena.size() < slot * TunPaths::packets_a_turn) arena.resize(slot * TunPaths::packets_a_turn);
  frames.clear();
  bool empty = false;
  for (std::size_t i = 0; i < TunPaths::packets_a_turn; ++i) {
    std::uint8_t* packet = arena.data() + i * slot + header_room;
    const ssize_t got = read(device_->fd.get(), packet, device_->mtu);
    if (got <= 0) { // nothing left, or the interface was taken from us
      empty = true;
      break;
    }
    const auto size = static_cast<std::size_t>(got);
    TunPath* path = find(packet, size);
    if (path == nullptr) continue;
    const ppp::FrameHeader header = path->user().handle_outgoing(ppp::Network::ipv4, size);
    if (header.size == 0) continue;
    std::memcpy(packet - header.size, header.octets.data(), header.size);
    frames.push_back({.token = path->user().token(),
                      .octets = packet - header.size,
                      .length = static_cast<std::uint32_t>(size + header.size),
                      .flags = 0});
  }
  // A frame that is not taken is lost, as on any line; the daemon counts it.
  if (!frames.empty()) (void)paths_.host_.ops().ppp_send(paths_.host_.get(), frames.data(), frames.size());
  return empty;
}

// ---- all of them

TunPaths::TunPaths(Host host, openl2tp_loop* loop, Network& network, Claims& claims)
    : host_(host), loop_(loop), claims_(claims), queue_(host, loop, network) {}

TunPaths::~TunPaths() = default;

std::unique_ptr<DataPath> TunPaths::make(PathUser& user, std::string_view interface_name, bool alone) {
  return std::make_unique<TunPath>(*this, user, interface_name, alone);
}

/// Taking a device away waits: on a worker, once the loop has let go of its descriptor.
void TunPaths::close_later(openl2tp_watch* watch, std::shared_ptr<Device> device) {
  if (watch == nullptr) return queue_.put({.kind = Request::Kind::close_device, .device = std::move(device)});
  closing_.push_back({this, std::move(device), {}});
  closing_.back().place = std::prev(closing_.end());
  const auto stopped = [](void* user) noexcept {
    const auto& closing = *static_cast<Closing*>(user);
    TunPaths& paths = *closing.paths;
    detail::guarded("closing threw", [&] {
      paths.queue_.put({.kind = Request::Kind::close_device, .device = closing.device});
      paths.closing_.erase(closing.place);
    });
  };
  host_.ops().watch_stop(watch, stopped, &closing_.back());
}

void TunPaths::read_later(const std::shared_ptr<TunDevice>& device) {
  unread_.push_back(device);
  if (!posted_) read_on();
}

/// One turn of each device that has something; then the loop has its own.
void TunPaths::read_on() {
  posted_ = false;
  const auto devices = std::exchange(unread_, {});
  for (const auto& device : devices)
    if (device->watch_ != nullptr && !device->read_turn()) unread_.push_back(device);
  if (unread_.empty()) return;
  const auto call = [](void* user) noexcept {
    detail::guarded("reading packets threw", [&] { static_cast<TunPaths*>(user)->read_on(); });
  };
  posted_ = host_.ops().run_on_shard(loop_, call, this) == OPENL2TP_OK;
  if (!posted_) unread_.clear(); // the loop ends
}

} // namespace openl2tp::ppp_kernel
