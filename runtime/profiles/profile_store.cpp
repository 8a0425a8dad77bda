// One implementation for the four kinds; only peer profiles have more to keep: the index by address.
#include "runtime/profiles/profile_store.hpp"

#include <algorithm>

#include "runtime/profiles/profile_data.hpp"
#include "runtime/profiles/snapshot.hpp"
#include "runtime/profiles/wiped.hpp"

namespace openl2tp::runtime {

namespace {

tl::unexpected<ControlError> fail(ControlFault fault, std::string detail) {
  return tl::unexpected(ControlError{fault, std::move(detail)});
}

template <class Parameters>
constexpr ControlFault not_found() noexcept {
  if constexpr (std::is_same_v<Parameters, PeerProfileParameters>) return ControlFault::peer_profile_not_found;
  if constexpr (std::is_same_v<Parameters, TunnelProfileParameters>) return ControlFault::tunnel_profile_not_found;
  if constexpr (std::is_same_v<Parameters, SessionProfileParameters>) return ControlFault::session_profile_not_found;
  if constexpr (std::is_same_v<Parameters, PppProfileParameters>) return ControlFault::ppp_profile_not_found;
}

// Names end up in logs, on terminals and in configuration files.
ControlResult<void> check_name(const std::string& name) {
  if (name.empty()) return fail(ControlFault::profile_name_missing, {});
  if (name.size() > kNameLength.max) {
    return fail(ControlFault::profile_name_illegal,
                "profile_name: " + std::to_string(name.size()) + " octets, allowed 1 to 255");
  }
  const bool control = std::ranges::any_of(name, [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7f;
  });
  if (control) return fail(ControlFault::profile_name_illegal, "profile_name: control characters are not allowed");
  return {};
}

template <class Parameters>
ControlResult<void> check_given(const Parameters& given) {
  if (auto placed = check_place(given, Use::profile); !placed) return placed;
  return check_ranges(given);
}

// Keeps the index in step. @error invalid_argument  address and netmask do not go together
ControlResult<void> reindex(PeerIndex& index, const std::string& name, const PeerProfileParameters* before,
                            const PeerProfileParameters* after) {
  std::optional<Network> network;
  if (after != nullptr) {
    auto found = network_of(*after);
    if (!found) return tl::unexpected(std::move(found.error()));
    network = *found;
  }
  if (before != nullptr) {
    if (const auto old = network_of(*before); old && *old) index.remove(**old, name);
  }
  if (network) index.add(*network, name);
  return {};
}

template <class Parameters>
ControlResult<void> put(ProfileData& data, const std::string& name, Parameters supplied, Supplied<Parameters> copied) {
  auto& map = ProfileData::map_of<Parameters>(data);
  if constexpr (std::is_same_v<Parameters, PeerProfileParameters>) {
    const auto before = map.find(name);
    if (auto indexed = reindex(data.peer_index, name, before.get(), &supplied); !indexed) return indexed;
  }
  map.set(name, make_wiped_profile(std::move(supplied), copied));
  return {};
}

} // namespace

ProfileStore::ProfileStore(TraceMask trace, Publish publish, std::size_t profiles_max)
    : profiles_max_(profiles_max), publish_(std::move(publish)) {
  const std::scoped_lock lock(mutex_);
  publish_locked(built_in_data(trace));
}

ProfileStore::~ProfileStore() = default;

void ProfileStore::publish_locked(ProfileData data) {
  const std::shared_ptr<const ProfileData> before =
      std::exchange(data_, std::make_shared<const ProfileData>(std::move(data)));
  current_ = std::make_shared<const Snapshot>(data_);
  if (publish_) publish_(current_);
  if (!observe_ || !before) return;
  tell_changes<TunnelProfileParameters>(*before, ProfileKind::tunnel);
  tell_changes<SessionProfileParameters>(*before, ProfileKind::session);
  tell_changes<PppProfileParameters>(*before, ProfileKind::ppp);
  tell_changes<PeerProfileParameters>(*before, ProfileKind::peer);
}

// A profile that did not change is the same object in both.
template <class Parameters>
void ProfileStore::tell_changes(const ProfileData& before, ProfileKind kind) const {
  const auto& old_ones = ProfileData::map_of<Parameters>(before);
  const auto& new_ones = ProfileData::map_of<Parameters>(*data_);
  for (const std::string& name : old_ones.keys())
    if (!new_ones.find(name)) observe_(ProfileEvent::deleted, kind, name);
  for (const std::string& name : new_ones.keys()) {
    const auto old_one = old_ones.find(name);
    if (!old_one)
      observe_(ProfileEvent::created, kind, name);
    else if (old_one != new_ones.find(name))
      observe_(ProfileEvent::modified, kind, name);
  }
}

std::shared_ptr<const Profiles> ProfileStore::current() const {
  const std::scoped_lock lock(mutex_);
  return current_;
}

template <class Change>
ControlResult<void> ProfileStore::change(Change change) {
  const std::scoped_lock lock(mutex_);
  ProfileData data = *data_;
  if (ControlResult<void> done = change(data); !done) return done;
  publish_locked(std::move(data));
  return {};
}

template <class Parameters>
ControlResult<void> ProfileStore::create(const std::string& name, const Parameters& given) {
  if (auto checked = check_name(name); !checked) return checked;
  if (name == kDefaultName) return fail(ControlFault::profile_name_illegal, name);
  if (auto checked = check_given(given); !checked) return checked;
  return change([&](ProfileData& data) -> ControlResult<void> {
    auto& map = ProfileData::map_of<Parameters>(data);
    if (map.find(name)) return fail(ControlFault::profile_already_exists, name);
    if (map.size() >= profiles_max_) {
      return fail(ControlFault::out_of_resources,
                  "profiles: " + std::to_string(map.size()) + ", allowed " + std::to_string(profiles_max_) + " a kind");
    }
    Layered<Parameters> profile = layered<Parameters>(*map.find(std::string_view(kDefaultName)), data.trace);
    const Parameters built_in = built_in_parameters<Parameters>(data.trace);
    for (const Parameter<Parameters>& row : parameter_table<Parameters>())
      if (row.range.own) runtime::unset(profile, row, built_in);
    Supplied<Parameters> copied(profile.supplied);
    copied.remove(given);
    apply(profile, given, built_in);
    return put(data, name, std::move(profile.supplied), copied);
  });
}

template <class Parameters>
ControlResult<void> ProfileStore::modify(const std::string& name, const Parameters& given) {
  if (name.empty()) return fail(ControlFault::profile_name_missing, {});
  if (auto checked = check_given(given); !checked) return checked;
  return change([&](ProfileData& data) -> ControlResult<void> {
    const auto known = ProfileData::map_of<Parameters>(data).find(name);
    if (!known) return fail(not_found<Parameters>(), name);
    Layered<Parameters> profile = layered<Parameters>(*known, data.trace);
    Supplied<Parameters> copied = known->copied;
    copied.remove(given);
    apply(profile, given, built_in_parameters<Parameters>(data.trace));
    return put(data, name, std::move(profile.supplied), copied);
  });
}

template <class Parameters>
ControlResult<void> ProfileStore::unset(const std::string& name, std::span<const std::string_view> parameters) {
  if (name.empty()) return fail(ControlFault::profile_name_missing, {});
  return change([&](ProfileData& data) -> ControlResult<void> {
    const auto known = ProfileData::map_of<Parameters>(data).find(name);
    if (!known) return fail(not_found<Parameters>(), name);
    const Parameters built_in = built_in_parameters<Parameters>(data.trace);
    Layered<Parameters> profile = layered<Parameters>(*known, data.trace);
    for (const std::string_view parameter : parameters) {
      const Parameter<Parameters>* row = find_parameter<Parameters>(parameter);
      if (row == nullptr || (row->use != Use::profile && row->use != Use::anywhere)) {
        return fail(ControlFault::invalid_argument, std::string(parameter) + ": not a parameter of such a profile");
      }
      runtime::unset(profile, *row, built_in);
    }
    if constexpr (std::is_same_v<Parameters, TunnelProfileParameters>) {
      // What is hidden with the secret would be lost with it.
      if (known->secret && !profile.in_force.secret && profile.in_force.hide_avps == true)
        return fail(ControlFault::hide_avps_needs_secret, {});
    }
    // What has no value any more is no copy either.
    const Supplied<Parameters> copied(known->copied.values(profile.supplied));
    return put(data, name, std::move(profile.supplied), copied);
  });
}

template <class Parameters>
ControlResult<void> ProfileStore::remove(const std::string& name) {
  if (name.empty()) return fail(ControlFault::profile_name_missing, {});
  if (name == kDefaultName) return fail(ControlFault::profile_name_illegal, name);
  return change([&](ProfileData& data) -> ControlResult<void> {
    auto& map = ProfileData::map_of<Parameters>(data);
    const auto known = map.find(name);
    if (!known) return fail(not_found<Parameters>(), name);
    if constexpr (std::is_same_v<Parameters, PeerProfileParameters>) {
      if (auto indexed = reindex(data.peer_index, name, known.get(), nullptr); !indexed) return indexed;
    }
    map.erase(name);
    return {};
  });
}

template <class Parameters>
ControlResult<ProfileReport<Parameters>> ProfileStore::get(const std::string& name) const {
  if (name.empty()) return fail(ControlFault::profile_name_missing, {});
  const std::scoped_lock lock(mutex_);
  const auto known = ProfileData::map_of<Parameters>(*data_).find(name);
  if (!known) return fail(not_found<Parameters>(), name);
  Layered<Parameters> profile = layered<Parameters>(*known, data_->trace);
  // A copy goes without saying as long as `default` has the same: who makes the profile again gets it again.
  const auto built = ProfileData::map_of<Parameters>(*data_).find(std::string_view(kDefaultName));
  const Parameters defaults = layered<Parameters>(*built, data_->trace).in_force;
  const Parameters copies = known->copied.values(profile.supplied);
  for (const Parameter<Parameters>& row : parameter_table<Parameters>()) {
    std::visit(
        [&](auto field) {
          if (copies.*field && copies.*field == defaults.*field) (profile.supplied.*field).reset();
        },
        row.field);
  }
  if constexpr (std::is_same_v<Parameters, TunnelProfileParameters>) {
    // Only `default` has names without being given any.
    if (name != kDefaultName)
      for (const auto field : {&TunnelParameters::peer_profile_name, &TunnelParameters::session_profile_name,
                               &TunnelParameters::ppp_profile_name})
        profile.in_force.*field = profile.supplied.*field;
  }
  return ProfileReport<Parameters>{
      .name = name, .in_force = std::move(profile.in_force), .supplied = std::move(profile.supplied)};
}

template <class Parameters>
std::vector<std::string> ProfileStore::list() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> names = ProfileData::map_of<Parameters>(*data_).keys();
  const auto first = std::ranges::find(names, kDefaultName);
  if (first != names.end()) std::rotate(names.begin(), first, first + 1);
  return names;
}

void ProfileStore::reset() {
  const std::scoped_lock lock(mutex_);
  publish_locked(built_in_data(data_->trace));
}

void ProfileStore::adopt(const ProfileStore& other) {
  if (&other == this) return;
  ProfileData data;
  {
    const std::scoped_lock lock(other.mutex_);
    data = *other.data_;
  }
  const std::scoped_lock lock(mutex_);
  publish_locked(std::move(data));
}

namespace {

template <class Parameters>
void take_over(ProfileData& data, const ProfileData& from, const std::set<std::string>& names) {
  auto& map = ProfileData::map_of<Parameters>(data);
  const auto& source = ProfileData::map_of<Parameters>(from);
  for (const std::string& name : names) {
    const auto before = map.find(name), after = source.find(name);
    if constexpr (std::is_same_v<Parameters, PeerProfileParameters>) {
      // Both were checked when they were put into their stores, so the index takes them.
      static_cast<void>(reindex(data.peer_index, name, before.get(), after.get()));
    }
    if (after)
      map.set(name, after);
    else if (before)
      map.erase(name);
  }
}

} // namespace

void ProfileStore::adopt(const ProfileStore& other, const ProfileNames& names) {
  if (&other == this) return;
  std::shared_ptr<const ProfileData> from;
  {
    const std::scoped_lock lock(other.mutex_);
    from = other.data_;
  }
  const std::scoped_lock lock(mutex_);
  ProfileData data = *data_;
  take_over<PeerProfileParameters>(data, *from, names.peers);
  take_over<TunnelProfileParameters>(data, *from, names.tunnels);
  take_over<SessionProfileParameters>(data, *from, names.sessions);
  take_over<PppProfileParameters>(data, *from, names.ppp);
  publish_locked(std::move(data));
}

void ProfileStore::set_trace(TraceMask trace) {
  const std::scoped_lock lock(mutex_);
  ProfileData data = *data_;
  data.trace = trace;
  publish_locked(std::move(data));
}

#define OPENL2TP_INSTANTIATE_STORE(P)                                                                                  \
  template ControlResult<void> ProfileStore::create<P>(const std::string&, const P&);                                  \
  template ControlResult<void> ProfileStore::modify<P>(const std::string&, const P&);                                  \
  template ControlResult<void> ProfileStore::unset<P>(const std::string&, std::span<const std::string_view>);          \
  template ControlResult<void> ProfileStore::remove<P>(const std::string&);                                            \
  template ControlResult<ProfileReport<P>> ProfileStore::get<P>(const std::string&) const;                             \
  template std::vector<std::string> ProfileStore::list<P>() const
OPENL2TP_INSTANTIATE_STORE(PeerProfileParameters);
OPENL2TP_INSTANTIATE_STORE(TunnelProfileParameters);
OPENL2TP_INSTANTIATE_STORE(SessionProfileParameters);
OPENL2TP_INSTANTIATE_STORE(PppProfileParameters);

} // namespace openl2tp::runtime
