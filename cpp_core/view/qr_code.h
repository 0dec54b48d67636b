// A QR code (ISO/IEC 18004) as the path of an SVG, so that a page can hold it without a picture of its own.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::view {

struct qr_code {
  int side = 0;      // in modules, with the light border that readers need
  std::string path;  // of all that is dark, one unit a module
};

// Throws std::runtime_error for what no code can hold, which is more than 2,331 bytes.
qr_code make_qr_code(std::string_view text);

}  // namespace gatehouse::view
