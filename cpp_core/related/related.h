// `related-origins`: GET webauthn, by which a browser learns that the hosts of the realm may use the passkeys of its
// domain (Web Authentication Level 3, §5.11). It belongs at /.well-known/webauthn of the host that is rp_id.
#pragma once

#include "dialect/dialect.h"

namespace gatehouse::dialect {

extern const dialect related_origins;

}  // namespace gatehouse::dialect
