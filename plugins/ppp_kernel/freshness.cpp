#include "plugins/ppp_kernel/freshness.hpp"

#include <utility>

namespace openl2tp::ppp_kernel {

/// Belongs to the worker until it is done; `owner` is the shard's alone.
struct Freshness::Running {
  Freshness* owner;
  std::unique_ptr<Look> look;
};

Freshness::Freshness(Host host, openl2tp_loop* loop, std::function<std::unique_ptr<Look>()> make_look)
    : host_(host), loop_(loop), make_look_(std::move(make_look)) {}

Freshness::~Freshness() {
  if (running_ != nullptr) running_->owner = nullptr;
}

void Freshness::when_fresh(std::function<void()> call) {
  if (running_ == nullptr && (!looked_ || host_.now_ms() - looked_ms_ >= look_interval_ms)) {
    auto begun = std::make_unique<Running>(Running{this, make_look_()});
    const auto work = [](void* user) noexcept {
      detail::guarded("looking at files threw", [&] { static_cast<Running*>(user)->look->work(); });
    };
    const auto done = [](void* user) noexcept {
      const std::unique_ptr<Running> mine(static_cast<Running*>(user));
      if (mine->owner != nullptr)
        detail::guarded("what files say threw", [&] { mine->owner->handle_looked(*mine->look); });
    };
    if (host_.ops().run_on_worker(loop_, work, done, begun.get()) == OPENL2TP_OK) running_ = begun.release();
  }
  if (running_ == nullptr || waiting_.size() >= waiting_max)
    call();
  else
    waiting_.push_back(std::move(call));
}

void Freshness::handle_looked(Look& look) {
  running_ = nullptr;
  looked_ = true;
  looked_ms_ = host_.now_ms();
  look.done();
  for (const auto& call : std::exchange(waiting_, {}))
    detail::guarded("an answer threw", call);
}

} // namespace openl2tp::ppp_kernel
