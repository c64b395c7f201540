// The parts of muster web: who may ask, what is kept for readers, which tasks are told of.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "lib/common/file_descriptor.hpp"
#include "support/watchdog.hpp"
#include "tools/muster/http/address.hpp"
#include "tools/muster/http/guard.hpp"
#include "tools/muster/http/peer.hpp"
#include "tools/muster/web/assets.hpp"
#include "tools/muster/web/documents.hpp"
#include "tools/muster/web/journal.hpp"
#include "tools/muster/web/report.hpp"
#include "tools/muster/web/task_events.hpp"

namespace {

using namespace std::chrono_literals;
using muster::PoolInfo;
using muster::PoolInspector;
using muster::TaskEvent;
using muster::TaskEventKind;
using muster::detail::FileDescriptor;
using muster_tool::http::Asked;
using muster_tool::http::Guard;
using muster_tool::http::parse_address;
using muster_tool::http::peer_user;
using muster_tool::web::Journal;
using muster_tool::web::look_at_all;
using muster_tool::web::LookedAt;
using muster_tool::web::Record;
using muster_tool::web::Report;
using muster_tool::web::TaskEnds;
using Json = nlohmann::json;
using Verdict = Guard::Verdict;

std::string parsed(std::string_view words) {
  const auto address = parse_address(words);
  return address ? address->str() : "none";
}

TEST(WebAddress, IsNumericAndHasAPort) {
  EXPECT_EQ(parsed("9464"), "127.0.0.1:9464");
  EXPECT_EQ(parsed("127.0.0.1:8765"), "127.0.0.1:8765");
  EXPECT_EQ(parsed("localhost:0"), "127.0.0.1:0");
  EXPECT_EQ(parsed("[::1]:80"), "[::1]:80");
  EXPECT_EQ(parsed("[0:0::0:1]:80"), "[::1]:80");
  EXPECT_EQ(parsed("[::FFFF:127.0.0.1]:80"), "127.0.0.1:80");
  EXPECT_EQ(parsed("[::ffff:7f00:1]:80"), "127.0.0.1:80");
  for (const char* words : {"",
                            ":80",
                            "127.0.0.1",
                            "127.0.0.1:",
                            "127.0.0.1:65536",
                            "127.0.0.1:-1",
                            "127.0.0.1:80x",
                            "a.example:80",
                            "::1:80",
                            "65536",
                            "-1",
                            " 80",
                            "[::g]:1",
                            "a b:1",
                            "a\n:1",
                            "127.example.org:1",
                            "[::1]80",
                            "[::1",
                            "[x]:80",
                            "127.0.0.1:80:80",
                            "[]:80"}) {
    EXPECT_EQ(parsed(words), "none") << words;
  }
  EXPECT_TRUE(parse_address("127.1.2.3:1")->loopback());
  EXPECT_FALSE(parse_address("10.0.0.1:1")->loopback());
  EXPECT_TRUE(parse_address("0.0.0.0:1")->any());
  EXPECT_TRUE(parse_address("[::]:1")->any());
}

muster_tool::http::Claim claim_of(std::string host) {
  muster_tool::http::Claim claim;
  claim.method = "GET";
  claim.host = std::move(host);
  return claim;
}

TEST(WebGuard, KnowsItsHost) {
  const Guard guard({"127.0.0.1", 8765}, "secret-token", Asked::other_users);
  const auto yes = [] { return true; };
  for (const char* host : {"127.0.0.1:8765", "localhost:8765", "LocalHost:8765", "[::1]:8765",
                           "[0::1]:8765", "[::ffff:7f00:1]:8765"}) {
    EXPECT_EQ(guard.judge(claim_of(host), yes), Verdict::pass) << host;
  }
  for (const char* host :
       {"", "localhost", "localhost:80", "evil.example:8765", "localhost.:8765", "192.0.2.1:8765",
        "[::ffff:192.0.2.1]:8765", "localhost:8765, localhost:8765"}) {
    EXPECT_EQ(guard.judge(claim_of(host), yes), Verdict::other_host) << host;
  }
}

TEST(WebGuard, WithoutAPortMeansThatOfHttp) {
  const Guard guard({"127.0.0.1", 80}, "secret-token", Asked::other_users);
  EXPECT_EQ(guard.judge(claim_of("localhost"), [] { return true; }), Verdict::pass);
}

TEST(WebGuard, AsksOtherUsersForTheToken) {
  const Guard guard({"127.0.0.1", 8765}, "secret-token", Asked::other_users);
  const auto no = [] { return false; };
  auto claim = claim_of("localhost:8765");
  EXPECT_EQ(guard.judge(claim, no), Verdict::no_token);
  claim.token = "secret-token";
  EXPECT_EQ(guard.judge(claim, no), Verdict::pass_with_token);
  claim.token = "";
  claim.cookie = "other=1; muster-8765=secret-token";
  EXPECT_EQ(guard.judge(claim, no), Verdict::pass);
  claim.cookie = "muster-8764=secret-token; xmuster-8765=secret-token";
  EXPECT_EQ(guard.judge(claim, no), Verdict::no_token);
  claim.authorization = "Bearer secret-token";
  EXPECT_EQ(guard.judge(claim, no), Verdict::pass);
}

TEST(WebGuard, DoesNotAskWhoAsksWhereAllNeedTheToken) {
  const Guard guard({"10.0.0.1", 8765}, "secret-token", Asked::everybody);
  const auto verdict = guard.judge(claim_of("10.0.0.1:8765"), []() -> bool {
    ADD_FAILURE();
    return true;
  });
  EXPECT_EQ(verdict, Verdict::no_token);
}

TEST(WebGuard, AsksNobodyForATokenWhereThatIsWanted) {
  const Guard guard({"127.0.0.1", 9464}, "", Asked::nobody);
  const auto no = [] { return false; };
  auto claim = claim_of("localhost:9464");
  EXPECT_EQ(guard.judge(claim, no), Verdict::pass);
  claim.method = "POST";
  EXPECT_EQ(guard.judge(claim, no), Verdict::only_reading);
  claim.method = "GET";
  claim.origin = "http://evil.example";
  EXPECT_EQ(guard.judge(claim, no), Verdict::other_origin);
  EXPECT_EQ(guard.judge(claim_of("evil.example:9464"), no), Verdict::other_host);
}

TEST(WebGuard, AnswersToAddressesWhereItHasAll) {
  const Guard guard({"0.0.0.0", 80}, "", Asked::nobody);
  const auto no = [] { return false; };
  for (const char* host : {"192.0.2.1", "192.0.2.1:80", "localhost", "[::1]:80"}) {
    EXPECT_EQ(guard.judge(claim_of(host), no), Verdict::pass) << host;
  }
  for (const char* host : {"", "example.org", "localhost.example.org:80", "127.0.0.1.example.org",
                           "example.org:127.0.0.1", "[::1", "[::1]x"}) {
    EXPECT_EQ(guard.judge(claim_of(host), no), Verdict::other_host) << host;
  }
}

// A socket of this family, bound or connected to the address. None where the machine lacks IPv6.
FileDescriptor socket_at(int family, const char* host, in_port_t port,
                         int (*step)(int, const sockaddr*, socklen_t)) {
  FileDescriptor made(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int both = 0;  // whatever the machine's default is
  if (family == AF_INET6) ::setsockopt(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both);
  sockaddr_in ipv4{};
  sockaddr_in6 ipv6{};
  ipv4.sin_family = AF_INET;
  ipv6.sin6_family = AF_INET6;
  ipv4.sin_port = ipv6.sin6_port = port;
  const bool is_ipv4 = family == AF_INET;
  void* address = is_ipv4 ? static_cast<void*>(&ipv4.sin_addr) : &ipv6.sin6_addr;
  const auto* at =
      is_ipv4 ? reinterpret_cast<const sockaddr*>(&ipv4) : reinterpret_cast<const sockaddr*>(&ipv6);
  EXPECT_EQ(::inet_pton(family, host, address), 1);
  const socklen_t size = is_ipv4 ? sizeof ipv4 : sizeof ipv6;
  return made && step(made.get(), at, size) == 0 ? std::move(made) : FileDescriptor();
}

in_port_t port_of(const FileDescriptor& socket) {
  sockaddr_in6 address{};  // the port is at the same place in both
  socklen_t size = sizeof address;
  EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return address.sin6_port;
}

struct Ends {
  int of_server;
  const char* listens;
  int of_client;
  const char* connects;
};

TEST(WebPeer, IsKnownWhicheverFamilyTheEndsAreOf) {
  for (const Ends& ends :
       {Ends{AF_INET, "127.0.0.1", AF_INET, "127.0.0.1"},
        Ends{AF_INET, "127.0.0.1", AF_INET6, "::ffff:127.0.0.1"},
        Ends{AF_INET6, "::", AF_INET, "127.0.0.1"},
        Ends{AF_INET6, "::", AF_INET6, "::ffff:127.0.0.1"}, Ends{AF_INET6, "::", AF_INET6, "::1"},
        Ends{AF_INET6, "::1", AF_INET6, "::1"}}) {
    const std::string line = fmt::format("{} from {}", ends.listens, ends.connects);
    const FileDescriptor server = socket_at(ends.of_server, ends.listens, 0, ::bind);
    if (!server && ends.of_server == AF_INET6) continue;
    ASSERT_TRUE(server) << line;
    ASSERT_EQ(::listen(server.get(), 1), 0) << line;
    FileDescriptor client = socket_at(ends.of_client, ends.connects, port_of(server), ::connect);
    if (!client && ends.of_client == AF_INET6) continue;
    ASSERT_TRUE(client) << line;
    const FileDescriptor accepted(::accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
    ASSERT_TRUE(accepted) << line;
    EXPECT_EQ(peer_user(accepted.get()), ::geteuid()) << line;
    client = FileDescriptor();
    EXPECT_EQ(peer_user(accepted.get()), std::nullopt) << line;
  }
}

std::string data_of(const Journal::Text& message) {
  const std::size_t at = message->find("data: ");
  return message->substr(at + 6, message->size() - at - 8);
}

TEST(WebJournal, TellsEachReaderAllOfItsPool) {
  Journal journal;
  journal.append("x", "a", "1");
  journal.append("x", "b", "2");
  Journal::Reader reader(journal, "a", std::nullopt);
  journal.append("x", "", "3");
  EXPECT_EQ(data_of(reader.next()), "1");
  EXPECT_EQ(data_of(reader.next()), "3");
  journal.close();
  EXPECT_EQ(reader.next(), nullptr);
}

TEST(WebJournal, KeepsTheLastStateAlone) {
  Journal journal;
  journal.replace("state", "a", "1");
  journal.append("x", "a", "2");
  journal.replace("state", "a", "3");
  Journal::Reader reader(journal, "a", std::nullopt);
  EXPECT_EQ(data_of(reader.next()), "2");
  EXPECT_EQ(data_of(reader.next()), "3");
}

TEST(WebJournal, DropsWhoIsTooSlow) {
  Journal journal({.bytes = 1000, .age = 1h});
  journal.append("x", "a", "0");
  Journal::Reader reader(journal, "a", std::nullopt);
  for (int i = 1; i < 100; ++i) journal.append("x", "a", std::to_string(i));
  EXPECT_EQ(reader.next(), nullptr);
  // One that comes now has what is kept.
  Journal::Reader fresh(journal, "a", std::nullopt);
  EXPECT_NE(data_of(fresh.next()), "0");
}

TEST(WebJournal, GoesOnWhereAReaderWas) {
  Journal journal;
  for (int i = 1; i <= 3; ++i) journal.append("x", "a", std::to_string(i));
  Journal::Reader reader(journal, "a", 2);
  EXPECT_TRUE(reader.resumes());
  EXPECT_EQ(data_of(reader.next()), "3");
  EXPECT_FALSE(Journal::Reader(journal, "a", 17).resumes());
  EXPECT_FALSE(Journal::Reader(journal, "b", 2).resumes());
  journal.forget("a");
  EXPECT_FALSE(Journal::Reader(journal, "a", 2).resumes());
}

TEST(WebJournal, KnowsWhetherSomebodyReads) {
  Journal journal;
  EXPECT_FALSE(journal.await_reader(Journal::Clock::now()));
  std::thread comes([&] { EXPECT_TRUE(journal.await_reader(std::nullopt)); });
  const Journal::Reader reader(journal, "a", std::nullopt);
  comes.join();
  EXPECT_EQ(journal.readers(), std::multiset<std::string>{"a"});
}

TaskEvent event_of(TaskEventKind kind, std::uint64_t id, muster::Duration took) {
  TaskEvent event;
  event.kind = kind;
  event.at = std::chrono::system_clock::time_point(1'700'000'000s + id * 1ms);
  event.task_id = id;
  event.name = "name";
  event.worker = 0;
  event.took = took;
  return event;
}

TEST(WebTasks, AreTheEndsWithHowLongTheyWaited) {
  TaskEnds ends(10);
  const Json told = Json::parse(ends.document(
      {event_of(TaskEventKind::submitted, 1, 0ns), event_of(TaskEventKind::started, 1, 7us),
       event_of(TaskEventKind::finished, 1, 3us), event_of(TaskEventKind::failed, 2, 5us)},
      4));
  EXPECT_EQ(told.at("kind"), Json({0, 1}));
  EXPECT_EQ(told.at("wait"), Json({7000, -1}));
  EXPECT_EQ(told.at("run"), Json({3000, 5000}));
  EXPECT_EQ(told.at("end"), Json({0, 1000}));
  EXPECT_EQ(told.at("base"), 1'700'000'000.001);
  EXPECT_EQ(told.at("names"), Json({"name"}));
  EXPECT_EQ(told.at("lost"), 4);
  EXPECT_EQ(ends.document({event_of(TaskEventKind::submitted, 3, 0ns)}, 0), "");
}

TEST(WebTasks, AreCutToThoseThatMatterMost) {
  TaskEnds ends(2);
  (void)ends.document({event_of(TaskEventKind::finished, 1, 1us)}, 0);
  std::vector<TaskEvent> events;
  for (std::uint64_t i = 2; i < 100; ++i) {
    events.push_back(event_of(i == 50 ? TaskEventKind::died : TaskEventKind::finished, i,
                              std::chrono::microseconds(i == 70   ? 1000
                                                        : i == 50 ? 0
                                                                  : 1)));
  }
  const Json told = Json::parse(ends.document(events, 0));
  EXPECT_EQ(told.at("task"), Json({50, 70}));
  EXPECT_EQ(told.at("cut"), 96);
}

TEST(WebDocuments, QuoteWhatIsNoUtf8) {
  EXPECT_EQ(muster_tool::web::quoted("a\"\n\xff"), "\"a\\\"\\n\\ufffd\"");
}

TEST(WebPage, NoDataEndsItsElement) {
  const std::string page = muster_tool::web::page_for_file(R"(["</script><!--<script>"])");
  EXPECT_EQ(page.find("</script><!--"), std::string::npos);
  EXPECT_NE(page.find(R"(["\u003c/script>\u003c!--\u003cscript>"])"), std::string::npos);
  EXPECT_EQ(page.find("<!-- "), std::string::npos);
}

// A pool that goes wrong where a test wants it to.
class FaultyPool : public LookedAt {
 public:
  enum class Fault { none, ends, in_second_look, in_finish };

  FaultyPool(std::string id, Fault fault) : id_(std::move(id)), fault_(fault) {}

  bool look(Record& record) override {
    ++looks_;
    if (fault_ == Fault::in_second_look && looks_ == 2) throw std::bad_alloc();
    record.append("pool", id_, std::to_string(looks_));
    return fault_ != Fault::ends;
  }
  void finish(Record& record) override {
    if (fault_ == Fault::in_finish) throw std::runtime_error("no thread is left");
    record.replace("deaths", id_, "[]");
  }

 private:
  const std::string id_;
  const Fault fault_;
  int looks_ = 0;
};

PoolInfo listed_pool(std::string id, std::string name) {
  PoolInfo pool;
  pool.id = std::move(id);
  pool.name = std::move(name);
  return pool;
}

// What a report says of one pool, in order: events and, where they are words, their data.
std::vector<std::string> told_of(const Report& report, const std::string& id) {
  const Json document = Json::parse(report.document);
  std::vector<std::string> told;
  for (const Json& message : document.at("messages")) {
    if (message.at("pool") != id) continue;
    std::string words = message.at("event");
    if (message.at("data").is_string()) words += ": " + message.at("data").get<std::string>();
    told.push_back(std::move(words));
  }
  return told;
}

using Words = std::vector<std::string>;

TEST(WebReport, OfAPoolThatCannotBeOpenedSaysWhyAndHasTheOthers) {
  muster::PoolList list;
  list.pools = {listed_pool("1", "future"), listed_pool("2", "gone"), listed_pool("3", "starved"),
                listed_pool("4", "twin"),   listed_pool("4", "twin"), listed_pool("5", "good")};
  std::vector<std::string> opened;
  const auto open = [&](const PoolInfo& pool) -> std::unique_ptr<LookedAt> {
    opened.push_back(pool.id);
    if (pool.id == "1") {
      throw PoolInspector::NotReadable("the memory of pool \"future\" may not be read",
                                       muster::UnreadablePool::Reason::permission);
    }
    if (pool.id == "2") throw PoolInspector::NotFound("this user has no pool \"2\"");
    if (pool.id == "3") throw std::runtime_error("Too many open files");
    if (pool.id == "4") throw PoolInspector::NotFound("\"4\" can mean 2 pools");
    return std::make_unique<FaultyPool>(pool.id, FaultyPool::Fault::none);
  };
  const Report report = look_at_all(list, open, 0s, 1s);
  EXPECT_EQ(opened, (Words{"1", "2", "3", "4", "4", "5"}));
  const std::string future = "the memory of pool \"future\" may not be read";
  const std::string starved = "pool \"starved\" cannot be read: Too many open files";
  const std::string twin = "pool \"twin\" cannot be read: \"4\" can mean 2 pools";
  EXPECT_EQ(report.unreadable, (Words{future, starved, twin, twin}));
  EXPECT_EQ(told_of(report, ""), Words{"pools"});
  EXPECT_EQ(told_of(report, "1"), Words{"unreadable: " + future});
  EXPECT_EQ(told_of(report, "2"), (Words{"pool", "workers", "ended"}));
  EXPECT_EQ(told_of(report, "3"), Words{"unreadable: " + starved});
  EXPECT_EQ(told_of(report, "4"), Words(2, "unreadable: " + twin));
  EXPECT_EQ(told_of(report, "5"), (Words{"pool", "deaths"}));
}

TEST(WebReport, OfAPoolThatCannotBeReadToTheEndHasWhatWasSeen) {
  using Fault = FaultyPool::Fault;
  muster::PoolList list;
  list.pools = {listed_pool("1", "ends"), listed_pool("2", "breaks off"),
                listed_pool("3", "unfinished"), listed_pool("4", "good")};
  const auto open = [&](const PoolInfo& pool) {
    const std::map<std::string, Fault> faults{{"ends", Fault::ends},
                                              {"breaks off", Fault::in_second_look},
                                              {"unfinished", Fault::in_finish},
                                              {"good", Fault::none}};
    return std::make_unique<FaultyPool>(pool.id, faults.at(pool.name));
  };
  // At once, and at the end.
  const Report report = look_at_all(list, open, 1ms, 1h);
  EXPECT_EQ(told_of(report, "1"), Words{"pool"});
  EXPECT_EQ(told_of(report, "2"),
            (Words{"pool", "unreadable: pool \"breaks off\" cannot be read: std::bad_alloc"}));
  EXPECT_EQ(
      told_of(report, "3"),
      (Words{"pool", "pool", "unreadable: pool \"unfinished\" cannot be read: no thread is left"}));
  EXPECT_EQ(told_of(report, "4"), (Words{"pool", "pool", "deaths"}));
  EXPECT_EQ(report.unreadable.size(), 2U);
}

}  // namespace
