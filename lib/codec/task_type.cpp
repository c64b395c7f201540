#include <memory>
#include <new>

#include <muster/detail/modules.hpp>
#include <muster/detail/task_type.hpp>
#include <muster/error.hpp>

#include "lib/common/exception_text.hpp"
#include "lib/common/symbols.hpp"

namespace muster::detail {

std::string_view TaskType::name() const {
  // Acquire pairs with the release below: who sees the pointer sees the string.
  if (const std::string* known = name_.load(std::memory_order_acquire)) return *known;
  auto made = std::make_unique<const std::string>(demangle(callable->name()));
  const std::string* other = nullptr;
  if (name_.compare_exchange_strong(other, made.get(), std::memory_order_acq_rel)) {
    return *made.release();  // for as long as the type, which is for ever
  }
  return *other;
}

std::uint32_t TaskType::give_index() const {
  static std::atomic<std::uint32_t> next{1};
  const std::uint32_t mine = next.fetch_add(1, std::memory_order_relaxed);
  // Two threads may draw; the number of one of them is then never used. Relaxed: as in index().
  std::uint32_t given = 0;
  if (index_.compare_exchange_strong(given, mine, std::memory_order_relaxed)) return mine - 1;
  return given - 1;
}

std::optional<std::string> function_name(FunctionCode code) {
  try {
    const void* function = current_modules().decode(code);
    return Symbols().name(reinterpret_cast<std::uintptr_t>(function));
  } catch (const EncodingError&) {  // no function of ours
    return "";
  } catch (const std::bad_alloc&) {  // no memory for so long a name
    return std::nullopt;
  }
}

}  // namespace muster::detail
