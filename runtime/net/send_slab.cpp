#include "runtime/net/send_slab.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>

#include "protocol/assert.hpp"

namespace openl2tp::runtime {

std::size_t SendSlab::stride() const noexcept {
  return (sizeof(SendSlot) + limits_.slot_octets + alignof(SendSlot) - 1) / alignof(SendSlot) * alignof(SendSlot);
}

SendSlab::SendSlab(const SendLimits& limits) : limits_(limits) {
  void* const memory =
      ::mmap(nullptr, stride() * limits.slots, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  OPENL2TP_ASSERT(memory != MAP_FAILED);
  memory_ = static_cast<std::byte*>(memory);
}

SendSlab::~SendSlab() {
  OPENL2TP_ASSERT(in_use_ == 0);
  ::munmap(memory_, stride() * limits_.slots);
}

SendSlot* SendSlab::take(std::span<const std::byte> prefix, std::span<const std::byte> octets,
                         SendOwner& owner) noexcept {
  const std::size_t length = prefix.size() + octets.size();
  SendSlot* slot = nullptr;
  if (length <= limits_.slot_octets && (free_ != nullptr || never_used_ < limits_.slots)) {
    if (free_ != nullptr) {
      slot = free_;
      free_ = slot->next_;
    } else {
      slot = new (memory_ + stride() * never_used_++) SendSlot;
    }
  } else {
    const std::size_t need = sizeof(SendSlot) + length;
    if (need > limits_.heap_octets - heap_in_use_) return nullptr;
    void* const memory = ::operator new(need, std::nothrow);
    if (memory == nullptr) return nullptr;
    slot = new (memory) SendSlot;
    slot->heap_octets_ = need;
    heap_in_use_ += need;
  }
  std::byte* const copy = reinterpret_cast<std::byte*>(slot + 1);
  if (!prefix.empty()) std::memcpy(copy, prefix.data(), prefix.size());
  if (!octets.empty()) std::memcpy(copy + prefix.size(), octets.data(), octets.size());
  slot->slab_ = this;
  slot->owner = &owner;
  slot->data = {.iov_base = copy, .iov_len = length};
  slot->message = {};
  slot->run = nullptr;
  slot->retries = 0;
  slot->next_in_run = nullptr;
  slot->message.msg_iov = &slot->data;
  slot->message.msg_iovlen = 1;
  ++in_use_;
  return slot;
}

void SendSlab::release(SendSlot& slot) noexcept {
  --in_use_;
  if (slot.heap_octets_ != 0) {
    heap_in_use_ -= slot.heap_octets_;
    slot.~SendSlot();
    ::operator delete(&slot);
    return;
  }
  slot.next_ = free_;
  free_ = &slot;
}

SendRun* SendSlab::take_run() noexcept {
  if (!runs_) {
    runs_.reset(new (std::nothrow) std::array<SendRun, runs_max>);
    if (!runs_) return nullptr;
    for (SendRun& run : *runs_)
      release_run(run);
  }
  SendRun* const run = free_runs_;
  if (run == nullptr) return nullptr;
  free_runs_ = run->next_free;
  run->count = 0;
  run->last = nullptr;
  return run;
}

void SendSlab::release_run(SendRun& run) noexcept {
  run.next_free = free_runs_;
  free_runs_ = &run;
}

void SendSlot::complete(const Completion& completion) noexcept {
  if (run != nullptr) return owner->on_run_sent(*this, completion.result);
  SendOwner& sender = *owner;
  if (completion.result < 0 && sender.on_failed(*this, -completion.result)) return;
  slab_->release(*this);
  sender.on_sent(completion.result);
}

} // namespace openl2tp::runtime
