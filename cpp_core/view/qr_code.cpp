#include "view/qr_code.h"

#include <qrencode.h>

#include <memory>
#include <stdexcept>

namespace gatehouse::view {

qr_code make_qr_code(std::string_view text) {
  constexpr int border = 4;  // ISO/IEC 18004, 6.3.8
  constexpr unsigned char dark = 1;
  struct free_code {
    void operator()(QRcode* code) const noexcept { QRcode_free(code); }
  };
  const std::unique_ptr<QRcode, free_code> code(
      QRcode_encodeData(static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()), 0,
                        QR_ECLEVEL_M));  // the smallest version that it fits
  if (!code) throw std::runtime_error("libqrencode failed to make a QR code");

  qr_code made;
  made.side = code->width + 2 * border;
  for (int y = 0; y < code->width; ++y) {
    const unsigned char* const row = code->data + y * code->width;
    for (int x = 0; x < code->width;) {
      int end = x;
      while (end < code->width && (row[end] & dark) != 0) ++end;
      if (end > x) {
        made.path.append("M").append(std::to_string(x + border)).append(" ").append(std::to_string(y + border));
        made.path.append("h")
            .append(std::to_string(end - x))
            .append("v1h-")
            .append(std::to_string(end - x))
            .append("z");
      }
      x = end > x ? end : x + 1;
    }
  }
  return made;
}

}  // namespace gatehouse::view
