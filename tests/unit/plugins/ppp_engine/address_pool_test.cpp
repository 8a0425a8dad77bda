#include "plugins/ppp_engine/address_pool.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace openl2tp::ppp {
namespace {

using Error = AddressPool::RangeError;
using Lease = AddressPool::Lease;

AddressPool make_pool(std::string_view ranges) { return AddressPool::parse(ranges).value(); }
std::string take_text(AddressPool& pool, std::string_view user, std::vector<Lease>& keep) {
  std::optional<Lease> lease = pool.take(user);
  if (!lease) return "none";
  keep.push_back(std::move(*lease));
  return keep.back().address().text();
}

TEST(AddressPool, GivesEveryAddressOnce) {
  AddressPool pool = make_pool("10.0.0.1-10.0.0.3, 10.0.1.0/30");
  std::vector<Lease> leases;
  std::set<std::string> given;
  for (std::size_t i = 0; i < 5; ++i)
    given.insert(take_text(pool, "", leases));
  EXPECT_EQ(given, (std::set<std::string>{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.1.1", "10.0.1.2"}));
  EXPECT_EQ(take_text(pool, "", leases), "none");
  EXPECT_EQ(pool.held(), 5U);
}

TEST(AddressPool, TakesAnAddressBackWhenItsLeaseGoes) {
  AddressPool pool = make_pool("10.0.0.1");
  {
    const auto lease = pool.take("carol");
    EXPECT_FALSE(pool.take("dave"));
  }
  EXPECT_EQ(pool.held(), 0U);
  EXPECT_TRUE(pool.take("dave"));
}

TEST(AddressPool, TakesAnAddressBackOnceHoweverItsLeaseMoves) {
  AddressPool pool = make_pool("10.0.0.1-10.0.0.2");
  Lease a = std::move(*pool.take("a"));
  Lease b = std::move(a);
  a.release();
  EXPECT_EQ(pool.held(), 1U);
  b = std::move(*pool.take("b")); // gives the first one back
  EXPECT_EQ(pool.held(), 1U);
  b.release();
  b.release();
  EXPECT_EQ(pool.held(), 0U);
}

TEST(AddressPool, LetsLeasesOutliveIt) {
  std::optional<Lease> lease;
  {
    AddressPool pool = make_pool("10.0.0.1");
    lease = pool.take("carol");
  }
  EXPECT_EQ(lease->address().text(), "10.0.0.1");
  lease->release();
}

TEST(AddressPool, GivesAUserItsAddressAgain) {
  AddressPool pool = make_pool("10.0.0.1-10.0.0.100");
  std::vector<Lease> leases;
  take_text(pool, "a", leases);
  const std::string before = take_text(pool, "carol", leases);
  leases.clear();
  take_text(pool, "b", leases);
  take_text(pool, "c", leases);
  EXPECT_EQ(take_text(pool, "carol", leases), before);
}

TEST(AddressPool, GivesTheAddressThatIsFreeForTheLongestTimeWhenNoneIsNew) {
  AddressPool pool = make_pool("10.0.0.1-10.0.0.3");
  std::vector<Lease> leases;
  take_text(pool, "a", leases);
  take_text(pool, "b", leases);
  take_text(pool, "c", leases);
  leases.erase(leases.begin() + 1); // b's first
  leases.clear();
  EXPECT_EQ(take_text(pool, "d", leases), "10.0.0.2");
  EXPECT_EQ(take_text(pool, "c", leases), "10.0.0.3");
}

TEST(AddressPool, ForgetsAUserWhoseAddressAnotherGot) {
  AddressPool pool = make_pool("10.0.0.1");
  std::vector<Lease> leases;
  take_text(pool, "a", leases);
  leases.clear();
  take_text(pool, "b", leases);
  EXPECT_EQ(take_text(pool, "a", leases), "none");
  leases.clear();
  EXPECT_EQ(take_text(pool, "a", leases), "10.0.0.1");
}

TEST(AddressPool, GivesTheSecondSessionOfAUserAnotherAddressAndTheFirstItsOwnAgain) {
  AddressPool pool = make_pool("10.0.0.1-10.0.0.9");
  std::vector<Lease> leases;
  const std::string first = take_text(pool, "carol", leases);
  EXPECT_NE(take_text(pool, "carol", leases), first);
  leases.clear();
  EXPECT_EQ(take_text(pool, "carol", leases), first);
}

TEST(AddressPool, GivesAFixedAddressToOneHolderAlone) {
  AddressPool pool = make_pool("10.0.0.1-10.0.0.3");
  const auto fixed = pool.take_exactly(Ipv4::of(10, 0, 0, 2));
  ASSERT_TRUE(fixed);
  EXPECT_EQ(fixed->address().text(), "10.0.0.2");
  EXPECT_FALSE(pool.take_exactly(Ipv4::of(10, 0, 0, 2)));
  std::vector<Lease> leases;
  EXPECT_EQ(take_text(pool, "a", leases), "10.0.0.1");
  EXPECT_EQ(take_text(pool, "b", leases), "10.0.0.3");
  EXPECT_EQ(take_text(pool, "c", leases), "none");
}

TEST(AddressPool, GivesAUserTheAddressThatItIsSaidToHaveHad) {
  AddressPool pool = make_pool("10.0.0.1-10.0.0.9");
  pool.remember("carol", Ipv4::of(10, 0, 0, 7));
  pool.remember("dave", Ipv4::of(10, 0, 0, 7)); // the last word
  pool.remember("eve", Ipv4::of(10, 0, 0, 3));
  pool.remember("eve", Ipv4::of(10, 0, 0, 4)); // she has one
  pool.remember("mallory", Ipv4::of(10, 9, 9, 9));
  std::vector<Lease> leases;
  EXPECT_EQ(take_text(pool, "dave", leases), "10.0.0.7");
  EXPECT_EQ(take_text(pool, "eve", leases), "10.0.0.3");
  EXPECT_EQ(take_text(pool, "carol", leases), "10.0.0.1");
}

TEST(AddressPool, GivesWhatNobodyHadBeforeWhatSomebodyIsRememberedFor) {
  AddressPool pool = make_pool("10.0.0.1-10.0.0.4");
  pool.remember("carol", Ipv4::of(10, 0, 0, 1));
  pool.remember("dave", Ipv4::of(10, 0, 0, 4));
  std::vector<Lease> leases;
  EXPECT_EQ(take_text(pool, "x", leases), "10.0.0.2");
  EXPECT_EQ(take_text(pool, "y", leases), "10.0.0.3");
  EXPECT_EQ(take_text(pool, "z", leases), "10.0.0.1") << "carol's, the oldest";
}

TEST(AddressPool, ListsWhoHasOrHadAnAddressPieceByPiece) {
  AddressPool pool = make_pool("10.0.0.1-10.0.0.9");
  std::vector<Lease> leases;
  take_text(pool, "a", leases);
  take_text(pool, "", leases);
  take_text(pool, "b", leases);
  leases.erase(leases.begin());
  std::vector<AddressPool::Known> known;
  const auto next = pool.list_known(0, 2, known);
  ASSERT_EQ(next, std::optional<std::size_t>(2));
  ASSERT_EQ(known.size(), 1U);
  EXPECT_EQ(known[0].user, "a");
  EXPECT_FALSE(known[0].held);
  EXPECT_EQ(pool.list_known(*next, 2, known), std::nullopt);
  ASSERT_EQ(known.size(), 2U);
  EXPECT_EQ(known[1].address.text(), "10.0.0.3");
  EXPECT_TRUE(known[1].held);
}

TEST(AddressPool, SaysWhoseAnAddressIs) {
  AddressPool pool = make_pool("10.0.0.1-10.0.0.9");
  std::vector<Lease> leases;
  take_text(pool, "a", leases);
  EXPECT_EQ(pool.user_of(Ipv4::of(10, 0, 0, 1)), "a");
  EXPECT_EQ(pool.user_of(Ipv4::of(10, 0, 0, 9)), "");
  EXPECT_EQ(pool.address_of("a"), Ipv4::of(10, 0, 0, 1));
  EXPECT_EQ(pool.address_of("b"), std::nullopt);
}

TEST(AddressPool, KnowsWhetherAnotherHasAddressesOfItsOwn) {
  const AddressPool pool = make_pool("10.0.0.10-10.0.0.20,10.0.2.0/24");
  EXPECT_TRUE(pool.overlaps(make_pool("10.0.0.1-10.0.0.10")));
  EXPECT_TRUE(pool.overlaps(make_pool("10.0.0.21-10.0.1.9,10.0.2.254")));
  EXPECT_FALSE(pool.overlaps(make_pool("10.0.0.21-10.0.2.0")));
}

TEST(AddressPool, HasNothingToSayAboutAddressesOutside) {
  AddressPool pool = make_pool("10.0.0.1");
  const auto lease = pool.take_exactly(Ipv4::of(10, 9, 9, 9));
  ASSERT_TRUE(lease);
  EXPECT_FALSE(lease->holds());
  EXPECT_EQ(pool.held(), 0U);
  EXPECT_FALSE(pool.contains(Ipv4::of(10, 0, 0, 0)));
  EXPECT_TRUE(pool.contains(Ipv4::of(10, 0, 0, 1)));
}

TEST(AddressPool, RefusesRangesThatItCannotUse) {
  const std::pair<const char*, Error> rows[] = {
      {"", Error::empty},
      {" , ", Error::empty},
      {"10.0.0", Error::malformed},
      {"10.0.0.1-", Error::malformed},
      {"10.0.0.1-10.0.0.2-10.0.0.3", Error::malformed},
      {"10.0.0.0/", Error::malformed},
      {"10.0.0.0/33", Error::malformed},
      {"10.0.0.0/x", Error::malformed},
      {"10.0.0.2-10.0.0.1", Error::descending},
      {"127.0.0.1", Error::unusable},
      {"0.0.0.1-1.0.0.1", Error::unusable},
      {"224.0.0.1", Error::unusable},
      {"126.0.0.1-128.0.0.1", Error::unusable},
      {"10.0.0.1-10.0.0.9,10.0.0.9", Error::overlapping},
      {"10.0.0.0/8", Error::too_many},
      {"1.0.0.0/12,2.0.0.0/12", Error::too_many},
  };
  for (const auto& [text, error] : rows) {
    const auto pool = AddressPool::parse(text);
    ASSERT_FALSE(pool) << text;
    EXPECT_EQ(pool.error(), error) << text;
  }
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += "10.0." + std::to_string(i) + ".1 ";
  EXPECT_EQ(AddressPool::parse(many).error(), Error::too_many);
}

TEST(AddressPool, LeavesOutNetworkAndBroadcastOfAPrefix) {
  EXPECT_EQ(make_pool("10.0.0.0/24").size(), 254U);
  EXPECT_EQ(make_pool("10.0.0.0/31").size(), 2U);
  EXPECT_EQ(make_pool("10.0.0.7/32").size(), 1U);
}

// A model: whatever happens, an address has one holder, and the count is right.
TEST(AddressPool, NeverGivesAnAddressTwice) {
  AddressPool pool = make_pool("10.0.0.1-10.0.0.20 10.1.0.1-10.1.0.20");
  std::mt19937 random(7);
  std::vector<Lease> leases;
  for (int step = 0; step < 5'000; ++step) {
    const unsigned choice = random() % 4;
    if (choice == 0 && !leases.empty()) {
      leases.erase(leases.begin() + static_cast<std::ptrdiff_t>(random() % leases.size()));
    } else if (choice == 1) {
      auto lease = pool.take_exactly(Ipv4::of(10, random() % 2, 0, 1 + random() % 20));
      if (lease) leases.push_back(std::move(*lease));
    } else {
      auto lease = pool.take("user" + std::to_string(random() % 30));
      EXPECT_EQ(lease.has_value(), leases.size() < 40);
      if (lease) leases.push_back(std::move(*lease));
    }
    std::set<Ipv4> held;
    for (const Lease& lease : leases)
      held.insert(lease.address());
    ASSERT_EQ(held.size(), leases.size());
    ASSERT_EQ(pool.held(), leases.size());
  }
}

} // namespace
} // namespace openl2tp::ppp
