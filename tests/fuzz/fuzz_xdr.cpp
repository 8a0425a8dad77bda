// The management interface: whole calls, and arguments behind a good header. Oracle: what is answered is an RPC reply
// to that call, of whole units, the same a second time; and who may not change anything does not reach what changes.
// The first octet chooses: bit 0 a whole call follows, else a procedure number and its arguments; bit 1 root; bit 2 the
// test option.
#include <spdlog/spdlog.h>

#include <array>
#include <cstdint>
#include <vector>

#include "tests/fuzz/check.hpp"
#include "tests/unit/tools/rpc/fake_control.hpp"
#include "tools/rpc/dispatcher.hpp"

using namespace openl2tp;

namespace {

std::uint32_t unit(const std::vector<std::byte>& octets, std::size_t index) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 | std::to_integer<std::uint32_t>(octets[index * 4 + i]);
  return value;
}

bool changes(const std::string& call) {
  for (const char* verb : {"_create", "_delete", "_modify"})
    if (call.ends_with(verb)) return true;
  return false;
}

std::size_t profiles(runtime::ProfileStore& store) {
  return store.list<runtime::PeerProfileParameters>().size() + store.list<runtime::TunnelProfileParameters>().size() +
         store.list<runtime::SessionProfileParameters>().size() + store.list<runtime::PppProfileParameters>().size();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  [[maybe_unused]] static const bool quiet = [] {
    spdlog::set_level(spdlog::level::off);
    return true;
  }();
  if (size < 2) return 0;
  const std::uint8_t choice = data[0];
  std::vector<std::byte> call;
  if ((choice & 1) == 0) {
    for (const std::uint32_t word : {7u, 0u, 2u, 300773u, 1u, static_cast<unsigned>(data[1]), 0u, 0u, 0u, 0u})
      for (int shift = 24; shift >= 0; shift -= 8)
        call.push_back(static_cast<std::byte>(word >> shift & 0xff));
    ++data;
    --size;
  }
  const auto* octets = reinterpret_cast<const std::byte*>(data + 1);
  call.insert(call.end(), octets, octets + size - 1);

  test::FakeControl control;
  control.tunnel = test::full_tunnel();
  control.session = test::full_session();
  control.ids = {1, 2};
  const rpc::Dispatcher dispatcher(control, {.test = (choice & 4) != 0});
  const rpc::Caller caller{.local = true, .privileged = (choice & 2) != 0};
  rpc::EventQueue events;
  std::string refusal;
  events.push({.tunnel_id = 1, .text = "up"});
  (void)dispatcher.judge(call);
  const std::size_t profiles_before = profiles(control.profile_store);
  const auto reply = dispatcher.answer(call, caller, 1 << 20, {.events = &events, .refusal = &refusal});
  if (!reply) return 0;
  FUZZ_CHECK(reply->size() >= 20 && reply->size() % 4 == 0 && reply->size() <= 1 << 20);
  FUZZ_CHECK(unit(*reply, 0) == unit(call, 0));
  FUZZ_CHECK(unit(*reply, 1) == 1);
  FUZZ_CHECK(unit(*reply, 2) <= 1);
  if (!caller.privileged) {
    FUZZ_CHECK(!changes(control.last_call));
    FUZZ_CHECK(profiles(control.profile_store) == profiles_before);
    const auto again = dispatcher.answer(call, caller, 1 << 20);
    FUZZ_CHECK(again.has_value());
  }
  // Nothing may be answered that the transport cannot carry.
  const auto cut = dispatcher.answer(call, caller, 64);
  FUZZ_CHECK(!cut || cut->size() <= 64);
  return 0;
}
