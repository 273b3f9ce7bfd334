#include "platform/kubernetes/workload_view.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace trimtab::platform {
namespace {

using Json = nlohmann::json;

Json pod(const char* image, const char* id) {
  Json made = Json::parse(
      R"({"spec": {"containers": [{"name": "shop"}]}, "status": {"containerStatuses": [{"name": "shop"}]}})");
  made["spec"]["containers"][0]["image"] = image;
  made["status"]["containerStatuses"][0]["imageID"] = id;
  return made;
}

constexpr const char* kId = "docker.io/library/shop@sha256:0123456789abcdef0123456789abcdef";

TEST(ReleaseOf, IsTheImageWithWhatItsTagStoodFor) {
  EXPECT_EQ(release_of({pod("shop:1", kId), pod("shop:1", kId)}, "shop"), "shop:1@sha256:0123456789ab");
  EXPECT_EQ(release_of({pod("shop@sha256:77", kId)}, "shop"), "shop@sha256:77");
  EXPECT_EQ(release_of({pod("shop:1", "localhost/shop:1")}, "shop"), "shop:1");
}

TEST(ReleaseOf, IsUnknownWhileReplicasDifferOrStart) {
  EXPECT_EQ(release_of({}, "shop"), "");
  EXPECT_EQ(release_of({pod("shop:1", kId), pod("shop:2", kId)}, "shop"), "");
  EXPECT_EQ(release_of({pod("shop:1", kId), pod("shop:1", "sha256:ff")}, "shop"), "") << "the tag was moved";
  EXPECT_EQ(release_of({pod("shop:1", kId), pod("shop:1", "")}, "shop"), "");
  EXPECT_EQ(release_of({pod("shop:1", kId)}, "other"), "");
}

}  // namespace
}  // namespace trimtab::platform
