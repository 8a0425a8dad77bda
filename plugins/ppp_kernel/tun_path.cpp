#include "plugins/ppp_kernel/tun_path.hpp"

#include <algorithm>
#include <cstring>

#include "plugins/ppp_kernel/tun_device.hpp"
#include "plugins/ppp_kernel/tun_session.hpp"

namespace openl2tp::ppp_kernel {

namespace {

constexpr std::size_t copies_max = 64 * 1024;

} // namespace

TunPaths::TunPaths(Host host, openl2tp_loop* loop, Network& network)
    : host_(host), loop_(loop), queue_(host, loop, network) {}

TunPaths::~TunPaths() = default;

std::unique_ptr<DataPath> TunPaths::make(PathUser& user, std::string_view interface_name, bool alone) {
  return std::make_unique<TunSession>(*this, user, interface_name, alone);
}

/// Taking a device away waits: on a worker, once the loop has let go of its descriptor.
void TunPaths::close_later(openl2tp_watch* watch, std::shared_ptr<Device> device,
                           std::vector<std::shared_ptr<const void>> keeps) {
  if (watch == nullptr)
    return queue_.put({.kind = Request::Kind::close_device, .keeps = std::move(keeps), .device = std::move(device)});
  closing_.push_back({this, std::move(device), std::move(keeps), {}});
  closing_.back().place = std::prev(closing_.end());
  const auto stopped = [](void* user) noexcept {
    auto& closing = *static_cast<Closing*>(user);
    TunPaths& paths = *closing.paths;
    detail::guarded("closing threw", [&] {
      paths.queue_.put(
          {.kind = Request::Kind::close_device, .keeps = std::move(closing.keeps), .device = closing.device});
      paths.closing_.erase(closing.place);
    });
  };
  host_.ops().watch_stop(watch, stopped, &closing_.back());
}

// ---- from the devices

void TunPaths::read_later(const std::shared_ptr<TunDevice>& device) {
  unread_.push_back(device);
  if (!posted_) read_on();
}

/// One turn of each device that has something; then the loop has its own.
void TunPaths::read_on() {
  posted_ = false;
  const auto devices = std::exchange(unread_, {});
  for (const auto& device : devices)
    if (device->readable() && !device->read_turn()) unread_.push_back(device);
  if (unread_.empty()) return;
  const auto call = [](void* user) noexcept {
    detail::guarded("reading packets threw", [&] { static_cast<TunPaths*>(user)->read_on(); });
  };
  posted_ = host_.ops().run_on_shard(loop_, call, this) == OPENL2TP_OK;
  if (!posted_) unread_.clear(); // the loop ends
}

std::span<std::byte> TunPaths::slot(std::size_t index, std::size_t room, std::size_t size) {
  // Packets begin where words do.
  const std::size_t front = (room + 15) / 16 * 16, stride = (front + size + 15) / 16 * 16;
  if (arena_size_ < stride * packets_a_batch) { // between batches: a device has slots of one size
    arena_size_ = stride * packets_a_batch;
    arena_.reset(new std::byte[arena_size_]); // not zeroed: it would be touched
  }
  return {arena_.get() + index * stride + front, size};
}

/// A frame that is not taken is lost, as on any line; the daemon counts it.
void TunPaths::send_frames() {
  if (!frames_.empty()) (void)host_.ops().ppp_send(host_.get(), frames_.data(), frames_.size());
  frames_.clear();
}

// ---- to the devices

std::span<std::byte> TunPaths::copy(ppp::Octets packet) {
  if (copies_.empty()) copies_.resize(copies_max);
  if (copies_max - copied_ < packet.size()) flush();
  const auto made = std::span(copies_).subspan(copied_, packet.size());
  std::memcpy(made.data(), packet.data(), packet.size());
  copied_ += packet.size();
  return made;
}

void TunPaths::flush() {
  for (TunDevice* device : unwritten_)
    device->write_out();
  unwritten_.clear();
  copied_ = 0;
}

} // namespace openl2tp::ppp_kernel
