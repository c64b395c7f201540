#include "prove/large_tasks.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "prove/array_memory.hpp"
#include "prove/ledger.hpp"

namespace prove {

namespace {

// From the first to the last thing that a task does.
class LargeBody {
 public:
  explicit LargeBody(const LargeTask& task)
      : entry_(ledger().entries[task.ticket.index]), note_(large_notes()[task.ticket.index]) {
    note_.written.store(0);
    note_.array.store(0);
    note_.body_ended.store(false);
    entry_.note_begin(::getpid());
  }
  ~LargeBody() {
    entry_.ended.fetch_add(1);
    note_.body_ended.store(true);
  }
  LargeBody(const LargeBody&) = delete;
  LargeBody& operator=(const LargeBody&) = delete;

  void note_array(const ConstWords& array) { note_.array.store(inode_at(array.data())); }

 private:
  LedgerEntry& entry_;
  LargeNote& note_;
};

// Step by step, into what `step(words)` gives.
template <class Step>
void write_words(std::uint32_t ticket, std::uint64_t count, std::uint64_t round, Step&& step) {
  const WordsOf words_of(ticket, round);
  std::uint64_t done = 0;
  while (done < count) {
    const std::uint64_t words = std::min<std::uint64_t>(kStepWords, count - done);
    std::uint64_t* const at = step(words);
    for (std::uint64_t i = 0; i < words; ++i) at[i] = words_of[done + i];
    done += words;
    large_notes()[ticket].written.store(done);
  }
}

void fill(std::uint32_t ticket, std::span<std::uint64_t> words, std::uint64_t round = 0) {
  std::uint64_t* next = words.data();
  write_words(ticket, words.size(), round,
              [&](std::uint64_t count) { return std::exchange(next, next + count); });
}

std::vector<Words> kept_in_static;

struct KeptArrays {
  std::vector<Words> arrays;
};

void keep(const Words& array, Keeps keeps) {
  switch (keeps) {
    case Keeps::nothing: break;
    case Keeps::in_a_static: kept_in_static.push_back(array); break;
    case Keeps::in_a_local: muster::this_worker::local<KeptArrays>().arrays.push_back(array); break;
  }
}

Words make(LargeBody& body, const LargeTask& task, Keeps keeps) {
  Words array(task.words);
  body.note_array(array);
  keep(array, keeps);
  fill(task.ticket.index, array.span());
  return array;
}

}  // namespace

std::size_t right_words(std::uint32_t ticket, std::span<const std::uint64_t> words,
                        std::uint64_t round) {
  const WordsOf words_of(ticket, round);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != words_of[i]) return i;
  }
  return words.size();
}

std::vector<std::uint64_t> fill_vector(LargeTask task) {
  const LargeBody body(task);
  std::vector<std::uint64_t> words(task.words);
  fill(task.ticket.index, words);
  return words;
}

Stepwise write_stepwise(LargeTask task) {
  const LargeBody body(task);
  return {task, {}};
}

Words make_array(LargeTask task, Keeps keeps) {
  LargeBody body(task);
  return make(body, task, keeps);
}

Words make_array_of_item(LargeTask task) { return make_array(task, Keeps::nothing); }

void make_and_keep(LargeTask task, Keeps keeps) {
  LargeBody body(task);
  make(body, task, keeps);
}

void keep_array(LargeTask task, const Words& array, Keeps keeps) {
  LargeBody body(task);
  body.note_array(array);
  keep(array, keeps);
}

Words pass_on(LargeTask task, const Words& array) {
  LargeBody body(task);
  body.note_array(array);
  return array;
}

std::uint64_t write_array(LargeTask task, const Words& array) {
  LargeBody body(task);
  body.note_array(array);
  fill(task.ticket.index, array.span(), 1);
  return array.size();
}

std::uint64_t look_at_array(LargeTask task, const ConstWords& array, std::uint32_t made_by,
                            test_support::SharedGate now) {
  LargeBody body(task);
  body.note_array(array);
  now.wait();
  return right_words(made_by, array.span());
}

std::uint64_t right_words_of(std::uint32_t made_by, const ConstWords& array) {
  return right_words(made_by, array.span());
}

}  // namespace prove

void muster::Codec<prove::Stepwise>::encode(Encoder& out, const prove::Stepwise& value) {
  const auto& [ticket, words, says_its_size] = value.task;
  if (says_its_size) out.expect(16 + words * sizeof(std::uint64_t));
  out.write(words);
  out.align(alignof(std::uint64_t));
  prove::write_words(ticket.index, words, 0, [&](std::uint64_t count) {
    return reinterpret_cast<std::uint64_t*>(out.extend(count * sizeof(std::uint64_t)));
  });
}

prove::Stepwise muster::Codec<prove::Stepwise>::decode(Decoder& in) {
  prove::Stepwise value;
  value.words.resize(in.read<std::uint64_t>());
  in.align(alignof(std::uint64_t));
  in.read(value.words.data(), value.words.size() * sizeof(std::uint64_t));
  return value;
}
