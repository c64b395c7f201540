#pragma once

#include <atomic>
#include <cstdint>

namespace bench {

// Waiting for a word that processes share: std::atomic's own wait() is for threads of one process.

// Returns when the word is no longer `value`, at once where it is not.
void sleep_while(const std::atomic<std::uint32_t>& word, std::uint32_t value);
// All that sleep there. After the word was changed.
void wake_all(const std::atomic<std::uint32_t>& word);

}  // namespace bench
