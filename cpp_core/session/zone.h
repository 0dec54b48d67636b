// The shared-memory zone of one nginx: what all its workers know. Laid out once by the master, inherited over reloads.
//
//   header | metrics | revocations
//
// Written under the zone's mutex, read without. A worker may be killed at any instruction, so every structure in it
// must be whole after any single store.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "host/host.h"

namespace gatehouse::session {

class zone {
 public:
  static constexpr std::size_t least_size = 256 * 1024;

  // Fresh memory, aligned to a page: zeroed and laid out. Fails if `size` is below least_size.
  static status lay_out(void* memory, std::size_t size);
  // Memory inherited over a reload: is it of this layout and size?
  static status check(const void* memory, std::size_t size);

  // Precondition: laid out or checked. The memory outlives the zone.
  zone(host& on, void* memory) : door_(&on.door()), memory_(static_cast<std::byte*>(memory)) {}
  // In the master, which has no host: who made it holds the mutex.
  explicit zone(void* memory) : memory_(static_cast<std::byte*>(memory)) {}

  std::span<std::byte> revocations() const;
  std::span<std::byte> metrics() const;

  // Holds the zone's mutex for a scope: no I/O, no allocation, no log inside.
  class lock {
   public:
    explicit lock(const zone& of) : door_(of.door_) {
      if (door_ != nullptr) door_->lock_zone(door_->self);
    }
    ~lock() {
      if (door_ != nullptr) door_->unlock_zone(door_->self);
    }
    lock(const lock&) = delete;
    lock& operator=(const lock&) = delete;

   private:
    const gh_host* door_;
  };

 private:
  const gh_host* door_ = nullptr;
  std::byte* memory_;
};

}  // namespace gatehouse::session
