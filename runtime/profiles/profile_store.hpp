// The management side of profiles: create, modify, unset, delete, get, list. Every change publishes a new immutable
// Profiles; what tunnels and sessions make of one is profiles.hpp.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/control.hpp"
#include "runtime/profiles/parameter.hpp"
#include "runtime/profiles/profiles.hpp"

namespace openl2tp::runtime {

struct ProfileData;

/// Some profiles of the four kinds, by name.
struct ProfileNames {
  std::set<std::string> peers, tunnels, sessions, ppp;
};

enum class ProfileEvent : std::uint8_t { created, modified, deleted };

/// Profiles of the four kinds; `Parameters` (PeerProfileParameters, TunnelProfileParameters, SessionProfileParameters,
/// PppProfileParameters) chooses the kind. Any thread that is not a shard; calls are serialised. A failed call changes
/// nothing. A change costs a copy of what it touches and some 50 KiB, however many profiles there are.
///
/// Errors common to all: profile_name_missing (empty), peer_ / tunnel_ / session_ / ppp_profile_not_found.
class ProfileStore {
 public:
  static constexpr std::size_t kProfilesMax = 65536;

  using Publish = std::function<void(std::shared_ptr<const Profiles>)>;
  using Observe = std::function<void(ProfileEvent event, ProfileKind kind, const std::string& name)>;

  /// `trace`: the trace flags of new objects. `publish` is called for the built-in profiles at once and then once a
  /// change, in order, during the call that makes the change; it must not call the store. May be empty.
  /// `profiles_max`: bound of the number of profiles of one kind, `default` included; beyond, create fails with
  /// out_of_resources.
  explicit ProfileStore(TraceMask trace, Publish publish = {}, std::size_t profiles_max = kProfilesMax);
  ProfileStore(const ProfileStore&) = delete;
  ProfileStore& operator=(const ProfileStore&) = delete;
  ~ProfileStore();

  /// From now on `observe` is called for every profile that a change concerns, after it was published, during the call
  /// that makes it; it must not call the store. A change then costs a look at every profile. Once, before other threads
  /// know the store.
  void observe(Observe observe) { observe_ = std::move(observe); }

  /// The profiles as they are now.
  [[nodiscard]] std::shared_ptr<const Profiles> current() const;

  /// Makes a profile: a copy of the present `default` of its kind with `given` laid over it.
  /// Names are 1 to 255 octets without control characters.
  /// @error profile_name_illegal ("default", too long, control characters), profile_already_exists, invalid_argument,
  /// out_of_resources
  template <class Parameters>
  ControlResult<void> create(const std::string& name, const Parameters& given);

  /// Lays `given` over a profile; text of length 0 unsets. @error invalid_argument
  template <class Parameters>
  ControlResult<void> modify(const std::string& name, const Parameters& given);

  /// Makes the named parameters (names of parameter_table<Parameters>()) those of the built-in `default` again.
  /// @error invalid_argument  no such parameter
  template <class Parameters>
  ControlResult<void> unset(const std::string& name, std::span<const std::string_view> parameters);

  /// Deletes a profile, in use or not. @error profile_name_illegal ("default")
  template <class Parameters>
  ControlResult<void> remove(const std::string& name);

  template <class Parameters>
  [[nodiscard]] ControlResult<ProfileReport<Parameters>> get(const std::string& name) const;

  /// `default` first, then the others in ascending order.
  template <class Parameters>
  [[nodiscard]] std::vector<std::string> list() const;

  /// Back to the built-in profiles, in one change.
  void reset();

  /// Takes over the profiles of `other`, in one change: a configuration is built and checked aside, then adopted whole.
  void adopt(const ProfileStore& other);

  /// Takes over the profiles of `other` that `names` names, in one change, and leaves the others alone: what `other`
  /// does not have is deleted, and `default` (which it always has) becomes as it is there.
  void adopt(const ProfileStore& other, const ProfileNames& names);

  /// The trace flags of new objects from now on, where no profile sets them.
  void set_trace(TraceMask trace);

 private:
  /// `change` gets a copy of the data and says whether it worked; then the copy is published.
  template <class Change>
  ControlResult<void> change(Change change);
  void publish_locked(ProfileData data);
  template <class Parameters>
  void tell_changes(const ProfileData& before, ProfileKind kind) const;

  mutable std::mutex mutex_;
  const std::size_t profiles_max_;
  std::shared_ptr<const ProfileData> data_;
  std::shared_ptr<const Profiles> current_;
  Publish publish_;
  Observe observe_;
};

} // namespace openl2tp::runtime
