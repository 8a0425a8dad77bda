// A store for tests whose every step must work, and short words for what the tests give.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "runtime/profiles/profile_store.hpp"

namespace openl2tp::runtime {

inline const IpAddress kPeer = IpAddress::v4(10, 1, 2, 3);

template <class T>
std::string failure(const ControlResult<T>& result) {
  return result ? std::string("no failure")
                : std::to_string(static_cast<int>(result.error().fault)) + " " + result.error().detail;
}

template <class Parameters>
void create(ProfileStore& store, const std::string& name, const Parameters& given) {
  const auto result = store.create(name, given);
  ASSERT_TRUE(result) << failure(result);
}

template <class Parameters>
void modify(ProfileStore& store, const std::string& name, const Parameters& given) {
  const auto result = store.modify(name, given);
  ASSERT_TRUE(result) << failure(result);
}

template <class Parameters>
void unset(ProfileStore& store, const std::string& name, std::initializer_list<std::string_view> parameters) {
  const std::vector<std::string_view> names(parameters);
  const auto result = store.unset<Parameters>(name, names);
  ASSERT_TRUE(result) << failure(result);
}

inline TunnelParameters to_peer() {
  TunnelParameters parameters;
  parameters.peer_addr = kPeer;
  return parameters;
}

} // namespace openl2tp::runtime
