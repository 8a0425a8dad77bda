// The steps of kernel_path.hpp on the workers.
#include <algorithm>
#include <utility>

#include "plugins/ppp_kernel/kernel_path.hpp"

namespace openl2tp::ppp_kernel {

namespace {

std::string run(KernelPpp& kernel, const Step& step) {
  switch (step.kind) {
  case Step::Kind::attach: return kernel.attach(*step.line);
  case Step::Kind::make_unit: return kernel.make_unit(*step.line, step.plan.mru);
  case Step::Kind::add_network: return kernel.add_network(*step.line, step.plan);
  case Step::Kind::remove_network: kernel.remove_network(*step.line, step.plan); return {};
  case Step::Kind::remove: return {};
  }
  return {};
}

} // namespace

/// Belongs to the worker until it is done.
struct StepQueue::Batch {
  std::shared_ptr<Open> open;
  KernelPpp& kernel;
  std::vector<Step> steps;
  std::vector<std::string> faults;

  void work() {
    std::vector<std::shared_ptr<Line>> removed;
    for (const Step& step : steps) {
      faults.push_back(run(kernel, step));
      if (step.kind == Step::Kind::remove) removed.push_back(step.line);
    }
    if (!removed.empty()) kernel.remove(removed);
  }
};

StepQueue::StepQueue(Host host, openl2tp_loop* loop, KernelPpp& kernel, Limits limits)
    : host_(host), loop_(loop), kernel_(kernel), limits_(limits), open_(std::make_shared<Open>(Open{this})) {}

StepQueue::~StepQueue() { open_->queue = nullptr; }

void StepQueue::put(Step step) {
  waiting_.push_back(std::move(step));
  submit();
}

void StepQueue::submit() {
  while (running_ < limits_.batches && !waiting_.empty()) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), limits_.batch));
    auto batch = std::make_unique<Batch>(Batch{open_, kernel_, {}, {}});
    std::move(waiting_.begin(), waiting_.begin() + count, std::back_inserter(batch->steps));
    const auto work = [](void* user) noexcept {
      detail::guarded("a step threw", [&] { static_cast<Batch*>(user)->work(); });
    };
    const auto done = [](void* user) noexcept {
      const std::unique_ptr<Batch> mine(static_cast<Batch*>(user));
      if (mine->open->queue == nullptr) return;
      --mine->open->queue->running_;
      mine->faults.resize(mine->steps.size(), "out of memory");
      for (std::size_t i = 0; i < mine->steps.size(); ++i)
        if (mine->steps[i].done)
          detail::guarded("what follows a step threw", [&] { mine->steps[i].done(mine->faults[i]); });
      if (mine->open->queue != nullptr) mine->open->queue->submit();
    };
    if (host_.ops().run_on_worker(loop_, work, done, batch.get()) != OPENL2TP_OK) {
      // A shard has a few batches in hand, so that this means its end, where what waits is taken away at once.
      std::move(batch->steps.begin(), batch->steps.end(), waiting_.begin());
      return;
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    ++running_;
    [[maybe_unused]] const auto* in_hand = batch.release(); // until done
  }
}

} // namespace openl2tp::ppp_kernel
