#include "runtime/shard/tunnel_book.hpp"

#include <gtest/gtest.h>

#include "runtime/profiles/profile_store.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::IpAddress;
using protocol::SessionId;
using protocol::TunnelId;

class Book : public ::testing::Test {
 protected:
  ~Book() override {
    EXPECT_EQ(counts_.tunnels, 0U);
    EXPECT_EQ(counts_.sessions, 0U);
    EXPECT_EQ(book_.tunnels(), 0U);
    EXPECT_EQ(book_.sessions(), 0U);
  }
  TunnelRecord& tunnel(TunnelParameters parameters = {}) {
    ++counts_.tunnels;
    parameters.peer_addr = peer_;
    return book_.make_tunnel(
        {.config = profiles_.current()->for_tunnel(parameters, {}).value(), .peer = peer_, .created_by_admin = true});
  }
  std::shared_ptr<const SessionConfig> config(const TunnelRecord& owner, const SessionParameters& parameters) {
    return profiles_.current()->for_session(*owner.config, TunnelMode::lac, parameters, {}).value();
  }
  SessionRecord& session(const TunnelRecord& owner, std::uint32_t turn, const SessionParameters& parameters = {}) {
    ++counts_.sessions;
    return book_.make_session(config(owner, parameters), turn, 0, true);
  }

  static constexpr TunnelId id_{7};
  IpAddress peer_ = IpAddress::v4(192, 0, 2, 2);
  ProfileStore profiles_{0};
  ObjectCounts counts_;
  TunnelBook book_{0, 1, counts_, true};
};

TEST_F(Book, ATunnelIsFoundByItsNameUntilItIsForgotten) {
  TunnelRecord& record = tunnel({.tunnel_name = "a"});
  EXPECT_FALSE(book_.find("a"));
  book_.enter(id_, record);
  EXPECT_EQ(book_.find("a"), id_);
  EXPECT_EQ(book_.made_by_admin(id_), &record);
  book_.forget(id_, record);
  EXPECT_FALSE(book_.find("a"));
  EXPECT_EQ(book_.made_by_admin(id_), nullptr);
}

TEST_F(Book, ANameThatWasGivenUpAndTakenAgainStaysWithItsNewTunnel) {
  TunnelRecord &old = tunnel({.tunnel_name = "a"}), &young = tunnel({.tunnel_name = "a"});
  book_.enter(id_, old);
  book_.give_up_name(id_, old);
  book_.enter(TunnelId{8}, young);
  book_.forget(id_, old);
  EXPECT_EQ(book_.find("a"), TunnelId{8});
  book_.forget(TunnelId{8}, young);
}

TEST_F(Book, ForgettingGivesBackWhatTheTunnelHeld) {
  const protocol::Path path{.local = {.address = IpAddress::v4(192, 0, 2, 1), .port = 1701},
                            .peer = {.address = peer_, .port = 1701}};
  TunnelRecord& first = tunnel();
  book_.note_path(first, path);
  EXPECT_EQ(first.config_id, 1U);
  EXPECT_TRUE(book_.has_path(path));
  EXPECT_EQ(book_.profile_uses().of("default"), 1U);
  book_.forget({}, first);
  EXPECT_FALSE(book_.has_path(path));
  EXPECT_EQ(book_.profile_uses().of("default"), 0U);
  TunnelRecord& second = tunnel();
  EXPECT_EQ(second.config_id, 1U);
  book_.stop_counting(second);
  EXPECT_EQ(counts_.tunnels, 0U);
  book_.forget({}, second); // and it is not taken off a second time
}

TEST_F(Book, ATunnelThatWaitsIsTakenOnceAndByItsSerialNumber) {
  TunnelRecord& record = tunnel();
  book_.enter(id_, record);
  book_.keep(id_, record);
  EXPECT_EQ(book_.waiting(id_), &record);
  EXPECT_EQ(book_.take_waiting(id_, record.serial + 1), nullptr);
  EXPECT_EQ(book_.take_waiting(id_, record.serial), &record);
  EXPECT_EQ(book_.take_waiting(id_, record.serial), nullptr);
  book_.keep(id_, record);
  book_.forget(id_, record);
  EXPECT_EQ(book_.waiting(id_), nullptr);
}

TEST_F(Book, ASessionIsKnownByItsTurn) {
  TunnelRecord& owner = tunnel();
  SessionRecord& record = session(owner, 5, {.session_name = "s", .user_name = "alice"});
  book_.enter(id_, SessionId{9}, owner, record);
  EXPECT_EQ(book_.session({id_, SessionId{9}, 5}), &record);
  EXPECT_EQ(book_.session({id_, SessionId{9}, 6}), nullptr);
  EXPECT_EQ(TunnelBook::find(owner, "s"), SessionId{9});
  EXPECT_EQ(book_.users().size(), 1U);
  book_.forget(id_, SessionId{9}, &owner, record);
  EXPECT_EQ(book_.session({id_, SessionId{9}, 5}), nullptr);
  EXPECT_FALSE(TunnelBook::find(owner, "s"));
  EXPECT_TRUE(book_.users().empty());
  book_.forget({}, owner);
}

TEST_F(Book, ASessionThatWaitsKeepsItsName) {
  TunnelRecord& owner = tunnel();
  book_.keep(owner, SessionId{9}, config(owner, {.session_name = "s"}), 0);
  EXPECT_EQ(TunnelBook::find(owner, "s"), SessionId{9});
  ASSERT_NE(TunnelBook::waiting(owner, SessionId{9}), nullptr);
  book_.drop(owner, SessionId{9});
  EXPECT_FALSE(TunnelBook::find(owner, "s"));
  EXPECT_EQ(TunnelBook::waiting(owner, SessionId{9}), nullptr);
  book_.drop(owner, SessionId{9}); // it is gone already
  book_.forget({}, owner);
}

TEST_F(Book, ASessionThatWaitsMakesWayForOneThatHasItsId) {
  TunnelRecord& owner = tunnel();
  const std::uint32_t serial = book_.keep(owner, SessionId{9}, config(owner, {.session_name = "s"}), 0);
  SessionRecord& record = session(owner, 5);
  book_.enter(id_, SessionId{9}, owner, record);
  EXPECT_EQ(TunnelBook::waiting(owner, SessionId{9}), nullptr);
  EXPECT_EQ(TunnelBook::waiting_with_serial(owner, SessionId{9}, serial), SessionId{10});
  EXPECT_EQ(TunnelBook::find(owner, "s"), SessionId{10});
  book_.forget(id_, SessionId{9}, &owner, record);
  EXPECT_EQ(TunnelBook::find(owner, "s"), SessionId{10});
  book_.forget(id_, owner);
}

TEST_F(Book, AFreeIdIsNoSessionsAndNotZero) {
  TunnelRecord& owner = tunnel();
  SessionRecord& record = session(owner, 5);
  book_.enter(id_, SessionId{65535}, owner, record);
  book_.keep(owner, SessionId{1}, config(owner, {}), 0);
  EXPECT_EQ(book_.free_session_id(id_, owner, SessionId{65535}), SessionId{2});
  EXPECT_EQ(book_.free_session_id(id_, owner, SessionId{3}), SessionId{3});
  book_.forget(id_, SessionId{65535}, &owner, record);
  book_.forget(id_, owner);
}

} // namespace
} // namespace openl2tp::runtime
