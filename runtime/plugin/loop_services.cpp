#include "runtime/plugin/loop_services.hpp"

#include "runtime/plugin/plugin_loop.hpp"

namespace openl2tp::runtime {

namespace {

using Plain = void (*)(void*);

openl2tp_status run_on_shard(openl2tp_loop* loop, Plain call, void* user) noexcept {
  return PluginLoop::post_call(loop, call, user);
}

openl2tp_status run_on_worker(openl2tp_loop* loop, Plain work, Plain done, void* user) noexcept {
  openl2tp_status fault = OPENL2TP_OK;
  PluginLoop* const here = PluginLoop::here(loop, "run_on_worker", fault);
  return here == nullptr ? fault : here->run_on_worker(work, done, user);
}

openl2tp_status timer_make(openl2tp_loop* loop, openl2tp_timer** out, Plain on_timer, void* user) noexcept {
  openl2tp_status fault = OPENL2TP_OK;
  PluginLoop* const here = PluginLoop::here(loop, "timer_make", fault);
  return here == nullptr ? fault : here->make_timer(out, on_timer, user);
}

void timer_arm(openl2tp_timer* timer, std::uint64_t after_ms) noexcept {
  if (PluginLoop* const here = PluginLoop::owner_here(timer, "timer_arm")) here->arm_timer(timer, after_ms);
}

void timer_cancel(openl2tp_timer* timer) noexcept {
  if (timer == nullptr) return;
  if (PluginLoop* const here = PluginLoop::owner_here(timer, "timer_cancel")) here->cancel_timer(timer);
}

void timer_free(openl2tp_timer* timer) noexcept {
  if (timer == nullptr) return;
  if (PluginLoop* const here = PluginLoop::owner_here(timer, "timer_free")) here->free_timer(timer);
}

openl2tp_status watch_start(openl2tp_loop* loop, openl2tp_watch** out, std::int32_t fd, std::uint32_t events,
                            void (*on_ready)(void*, std::uint32_t), void* user) noexcept {
  openl2tp_status fault = OPENL2TP_OK;
  PluginLoop* const here = PluginLoop::here(loop, "watch_start", fault);
  return here == nullptr ? fault : here->start_watch(out, fd, events, on_ready, user);
}

void watch_stop(openl2tp_watch* watch, Plain stopped, void* user) noexcept {
  if (PluginLoop* const here = PluginLoop::owner_here(watch, "watch_stop")) here->stop_watch(watch, stopped, user);
}

openl2tp_status spawn(openl2tp_loop* loop, openl2tp_child** out, const openl2tp_spawn_params* params,
                      void (*on_exit)(void*, std::int32_t), void* user) noexcept {
  openl2tp_status fault = OPENL2TP_OK;
  PluginLoop* const here = PluginLoop::here(loop, "spawn", fault);
  return here == nullptr ? fault : here->spawn(out, params, on_exit, user);
}

void child_signal(openl2tp_child* child, std::int32_t signal) noexcept {
  if (PluginLoop* const here = PluginLoop::owner_here(child, "child_signal")) here->signal_child(child, signal);
}

void child_leave(openl2tp_child* child, std::uint32_t grace_ms) noexcept {
  if (child == nullptr) return;
  if (PluginLoop* const here = PluginLoop::owner_here(child, "child_leave")) here->leave_child(child, grace_ms);
}

} // namespace

void add_loop_services(openl2tp_host_ops& ops) noexcept {
  ops.run_on_shard = run_on_shard;
  ops.run_on_worker = run_on_worker;
  ops.timer_make = timer_make;
  ops.timer_arm = timer_arm;
  ops.timer_cancel = timer_cancel;
  ops.timer_free = timer_free;
  ops.watch_start = watch_start;
  ops.watch_stop = watch_stop;
  ops.spawn = spawn;
  ops.child_signal = child_signal;
  ops.child_leave = child_leave;
}

} // namespace openl2tp::runtime
