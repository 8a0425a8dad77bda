#include "plugins/ppp_kernel/leases_writer.hpp"

#include <memory>
#include <utility>

namespace openl2tp::ppp_kernel {

/// Belongs to the worker until it is done; `owner` is the shard's alone.
struct LeasesWriter::Running {
  LeasesWriter* owner;
  Pools& pools;
  Host host;
};

LeasesWriter::LeasesWriter(Host host, openl2tp_loop* loop, Pools& pools)
    : host_(host), loop_(loop), pools_(pools), timer_(host, loop, [this] { begin(); }) {}

LeasesWriter::~LeasesWriter() {
  if (running_ != nullptr) running_->owner = nullptr; // it is written, or about to be
  detail::guarded("writing leases threw", [&] {
    if (running_ == nullptr && pools_.unwritten()) pools_.write([&](const std::string& line) { host_.warning(line); });
  });
}

void LeasesWriter::handle_last_gone() {
  hurried_ = true;
  if (taken_ && running_ == nullptr && pools_.unwritten()) begin();
}

void LeasesWriter::handle_taken() {
  hurried_ = false;
  taken_ = true;
  arm();
}

void LeasesWriter::arm() {
  if (waiting_ || running_ != nullptr || !timer_ || !pools_.unwritten()) return;
  waiting_ = true;
  timer_.arm(static_cast<std::uint64_t>(pools_.write_pause().count()));
}

void LeasesWriter::begin() {
  waiting_ = taken_ = false;
  auto begun = std::make_unique<Running>(Running{this, pools_, host_});
  const auto work = [](void* user) noexcept {
    auto& mine = *static_cast<Running*>(user);
    detail::guarded("writing leases threw",
                    [&] { mine.pools.write([&](const std::string& line) { mine.host.warning(line); }); });
  };
  const auto done = [](void* user) noexcept {
    const std::unique_ptr<Running> mine(static_cast<Running*>(user));
    if (mine->owner == nullptr) return;
    mine->owner->running_ = nullptr;
    LeasesWriter& owner = *mine->owner; // what came meanwhile
    if (owner.hurried_)
      owner.handle_last_gone();
    else
      owner.arm();
  };
  if (host_.ops().run_on_worker(loop_, work, done, begun.get()) == OPENL2TP_OK) running_ = begun.release();
}

} // namespace openl2tp::ppp_kernel
