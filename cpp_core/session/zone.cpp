#include "session/zone.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>

namespace gatehouse::session {

namespace {

constexpr std::uint64_t magic = 0x5a6573756f686547;  // "GehouseZ" in memory
constexpr std::uint32_t layout_version = 3;          // raise it with any change to what a region holds
constexpr std::size_t header_size = 4096;
constexpr std::size_t metrics_size = std::size_t{64} * 1024;

struct extent {
  std::uint64_t offset;
  std::uint64_t size;
};

struct header {
  std::atomic<std::uint64_t> magic_number;  // written last
  std::uint32_t version;
  std::uint64_t size;
  extent metrics;
  extent revocations;
};
static_assert(sizeof(header) <= header_size);

error wrong(std::string what) { return {fault::invalid, "gatehouse_zone: " + std::move(what)}; }

std::span<std::byte> region(std::byte* memory, extent of) { return {memory + of.offset, of.size}; }

const header& header_of(const std::byte* memory) { return *reinterpret_cast<const header*>(memory); }

}  // namespace

status zone::lay_out(void* memory, std::size_t size) {
  if (size < least_size) {
    return wrong("the zone is too small; write at least " + std::to_string(least_size / 1024) + "k");
  }
  std::memset(memory, 0, size);
  auto* fresh = new (memory) header{};
  fresh->version = layout_version;
  fresh->size = size;
  fresh->metrics = {header_size, metrics_size};
  fresh->revocations = {header_size + metrics_size, size - header_size - metrics_size};
  fresh->magic_number.store(magic, std::memory_order_release);
  return done{};
}

status zone::check(const void* memory, std::size_t size) {
  const header& found = header_of(static_cast<const std::byte*>(memory));
  const bool whole = found.magic_number.load(std::memory_order_acquire) == magic;
  if (whole && found.version == layout_version && found.size == size) return done{};
  return wrong("the zone in memory belongs to another version of Gatehouse; restart nginx instead of reloading it");
}

std::span<std::byte> zone::revocations() const { return region(memory_, header_of(memory_).revocations); }
std::span<std::byte> zone::metrics() const { return region(memory_, header_of(memory_).metrics); }

}  // namespace gatehouse::session
