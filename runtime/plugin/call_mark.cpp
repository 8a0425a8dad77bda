#include "runtime/plugin/call_mark.hpp"

#include <pthread.h>

#include <cstddef>

#include "runtime/plugin/host_services.hpp"

namespace openl2tp::runtime {

namespace {

// Shards (256), workers and a few more. A thread beyond has a mark that plugin_calls() does not see.
constexpr std::size_t marks_max = 512;
std::array<CallMark, marks_max> marks;
std::atomic<std::size_t> marks_used{0}; // those beyond were never taken

} // namespace

constinit thread_local const CallMark* CallMark::known_ = nullptr;

// Takes a mark for the life of its thread.
struct CallMark::Place {
  Place() noexcept {
    for (std::size_t i = 0; i < marks.size() && mark == &own; ++i) {
      bool expected = false;
      if (!marks[i].taken_.compare_exchange_strong(expected, true, std::memory_order_acq_rel)) continue;
      mark = &marks[i];
      std::size_t used = marks_used.load(std::memory_order_relaxed);
      while (used < i + 1 && !marks_used.compare_exchange_weak(used, i + 1, std::memory_order_release)) {
      }
    }
    std::array<char, 16> name{};
    if (::pthread_getname_np(::pthread_self(), name.data(), name.size()) != 0) name[0] = '\0';
    for (std::size_t i = 0; i < name.size(); ++i)
      mark->thread_[i].store(name[i], std::memory_order_relaxed);
    known_ = mark;
  }
  ~Place() {
    if (mark->host() != nullptr) return; // exit() inside a plugin: whoever is asked at the exit reads it
    known_ = nullptr;
    mark->taken_.store(false, std::memory_order_release);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  CallMark own;
  CallMark* mark = &own;
};

CallMark& CallMark::here() noexcept {
  static thread_local Place place;
  return *place.mark;
}

const CallMark* CallMark::lasting_here() noexcept {
  const CallMark& mark = here();
  return mark.taken_.load(std::memory_order_relaxed) ? &mark : nullptr;
}

void CallMark::set(openl2tp_host* host, const char* function, PluginThread kind, protocol::TimePoint since) noexcept {
  const std::uint64_t changes = changes_.load(std::memory_order_relaxed);
  changes_.store(changes + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  host_.store(host, std::memory_order_relaxed);
  function_.store(function, std::memory_order_relaxed);
  kind_.store(kind, std::memory_order_relaxed);
  since_.store(since, std::memory_order_relaxed);
  changes_.store(changes + 2, std::memory_order_release);
}

std::optional<PluginCall> CallMark::read() const {
  const std::uint64_t before = changes_.load(std::memory_order_acquire);
  const openl2tp_host* host = host_.load(std::memory_order_relaxed);
  const char* function = function_.load(std::memory_order_relaxed);
  const PluginThread kind = kind_.load(std::memory_order_relaxed);
  const protocol::TimePoint since = since_.load(std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_acquire);
  if (host == nullptr || before % 2 != 0 || changes_.load(std::memory_order_relaxed) != before) return std::nullopt;
  std::array<char, 17> name{};
  for (std::size_t i = 0; i < thread_.size(); ++i)
    name[i] = thread_[i].load(std::memory_order_relaxed);
  return PluginCall{.mark = this,
                    .number = before,
                    .plugin = host->name(),
                    .function = function,
                    .thread = name.data(),
                    .kind = kind,
                    .since = since};
}

InsidePlugin::InsidePlugin(openl2tp_host& host, const char* function, PluginThread kind,
                           protocol::TimePoint since) noexcept
    : mark_(CallMark::here()), host_(mark_.host()), function_(mark_.function()),
      kind_(mark_.kind_.load(std::memory_order_relaxed)), since_(mark_.since_.load(std::memory_order_relaxed)) {
  mark_.set(&host, function, kind, since);
}

InsidePlugin::~InsidePlugin() { mark_.set(host_, function_, kind_, since_); }

std::vector<PluginCall> plugin_calls() {
  std::vector<PluginCall> calls;
  const std::size_t used = marks_used.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < used; ++i)
    if (auto call = marks[i].read()) calls.push_back(std::move(*call));
  return calls;
}

} // namespace openl2tp::runtime
