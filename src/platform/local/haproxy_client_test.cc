#include "platform/local/haproxy_client.h"

#include <cstring>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proc/file_descriptor.h"

namespace trimtab::platform {
namespace {

constexpr std::string_view kStat =
    "# pxname,svname,qcur,qmax,scur,smax,slim,status,weight,\n"
    "shop,shop-1,1,2,3,4,,UP,1,\n"
    "shop,shop-2,0,0,0,0,,MAINT,1,\n"
    "shop,shop-3,0,0,2,0,,DRAIN,1,\n"
    "shop,BACKEND,0,0,3,4,200,UP,1,\n"
    "other,shop-1,9,9,9,9,,DOWN,1,\n\n";

TEST(HaproxyStatuses, AreThoseOfTheBackendsServers) {
  const auto statuses = parse_statuses(kStat, "shop");
  ASSERT_TRUE(statuses);
  ASSERT_EQ(statuses->size(), 3u);
  EXPECT_EQ(statuses->at("shop-1").status, "UP");
  EXPECT_EQ(statuses->at("shop-1").sessions, 3);
  EXPECT_EQ(statuses->at("shop-1").queued, 1);
  EXPECT_TRUE(statuses->at("shop-1").takes_requests());
  EXPECT_TRUE(statuses->at("shop-2").set_aside());
  EXPECT_TRUE(statuses->at("shop-3").set_aside());
  EXPECT_EQ(parse_statuses(kStat, "absent").error().code, Code::kNotFound);
  EXPECT_EQ(parse_statuses("Unknown command", "shop").error().code, Code::kUnavailable);
  EXPECT_EQ(parse_statuses("# pxname,svname\nshop,x\n", "shop").error().code, Code::kUnavailable);
}

// Answers one connection with `answer` and keeps what it was asked.
class FakeProxy {
 public:
  explicit FakeProxy(std::string answer) : path_(std::filesystem::temp_directory_path() / name()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    ::unlink(path_.c_str());
    listener_ = proc::FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    thread_ = std::jthread([this, text = std::move(answer)] {
      const proc::FileDescriptor client(::accept(listener_.get(), nullptr, nullptr));
      char buffer[256];
      while (!asked_.ends_with('\n')) {
        const ssize_t n = ::recv(client.get(), buffer, sizeof buffer, 0);
        if (n <= 0) return;
        asked_.append(buffer, static_cast<std::size_t>(n));
      }
      ::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
    });
  }
  ~FakeProxy() {
    thread_.join();
    ::unlink(path_.c_str());
  }
  [[nodiscard]] std::string path() const { return path_; }
  std::string asked() {
    thread_.join();
    thread_ = std::jthread([] {});
    return asked_;
  }

 private:
  static std::string name() { return "trimtab-haproxy-" + std::to_string(::getpid()); }
  std::string path_;
  proc::FileDescriptor listener_;
  std::string asked_;
  std::jthread thread_;
};

TEST(HaproxyClient, SetsStates) {
  FakeProxy proxy("\n");
  EXPECT_TRUE(HaproxyClient(proxy.path()).set_state("shop", "shop-1", ServerState::kDrain));
  EXPECT_EQ(proxy.asked(), "set server shop/shop-1 state drain\n");
}

TEST(HaproxyClient, TellsRefusalsApart) {
  const auto refused = [](const std::string& answer) {
    FakeProxy proxy(answer);
    return HaproxyClient(proxy.path()).set_state("shop", "shop-9", ServerState::kReady).error().code;
  };
  EXPECT_EQ(refused("No such server.\n\n"), Code::kNotFound);
  EXPECT_EQ(refused("Permission denied\n\n"), Code::kDenied);
  EXPECT_EQ(refused("Something else\n\n"), Code::kUnavailable);
}

TEST(HaproxyClient, SaysWhenNobodyListens) {
  EXPECT_EQ(HaproxyClient("/no/such/socket").command("show stat").error().code, Code::kUnavailable);
  EXPECT_EQ(HaproxyClient(std::string(200, 'x')).command("show stat").error().code, Code::kInvalidInput);
}

}  // namespace
}  // namespace trimtab::platform
