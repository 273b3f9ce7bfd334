// The table of the web page's files in a build without the page (TRIMTAB_WEB=OFF).
#include "api/assets.h"

namespace trimtab::api {

const std::vector<Asset>& embedded_assets() {
  static const std::vector<Asset> none;
  return none;
}

}  // namespace trimtab::api
