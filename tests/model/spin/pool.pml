/* A process pool's shared memory: slot words, ring of hints, reservations, sweep, parking, kills,
 * deaths and recovery. See README.md for what is left out and why that is sound.
 *
 * Built with -DFINE, one step is one atomic access to shared memory, together with what its process
 * does privately until the next. Without, neighbouring accesses of one process are one step where
 * README.md argues that what may come between them makes no difference, and values that nobody will
 * use any more are cleared (TIDY): fewer states, for larger worlds. A CUT is where a fine step ends
 * and a coarse one goes on; NEXT ends both. The C++ function that steps belong to stands above them.
 *
 * A worker may die before any of its steps, and so may the supervisor, as long as the
 * configuration's deaths last. Sleeps have no bound here: a lost wake-up ends in a state in which
 * nobody can move, which spin reports as an invalid end state.
 *
 * Set by run.sh: the size of the world, what may happen in it, and at most one MUTANT_ or WITNESS_.
 */

#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef SLOTS
#define SLOTS 3
#endif
#ifndef CELLS          /* of the ring, a power of two */
#define CELLS 2
#endif
#ifndef TASKS
#define TASKS 3
#endif
#ifndef RESERVED       /* kMaxReserved: 1 or 2 */
#define RESERVED 2
#endif
#ifndef RETRIED        /* tasks that may run once more, one bit each */
#define RETRIED 0
#endif
#ifndef CRASHES        /* workers that may die of themselves */
#define CRASHES 0
#endif
#ifndef SUPERVISOR_DIES
#define SUPERVISOR_DIES 0
#endif
#ifndef CANCELS        /* how often the client cancels what has not begun */
#define CANCELS 0
#endif
#ifndef KILLS          /* how often it has a worker killed for its task */
#define KILLS 0
#endif
#ifndef THREADS        /* that submit */
#define THREADS 1
#endif
#ifndef LIMIT          /* max_tasks_per_child; 0: none */
#define LIMIT 0
#endif
#ifndef TAG_BITS       /* in which tags are compared, 2 or fewer */
#define TAG_BITS 2
#endif
/* BREAKS           OnWorkerDeath::break_pool: the death of a worker ends the pool
 * TWICE            recovery may be run again from its start
 * SLOW_START       a successor's initializer may take as long as any other worker is there
 * LONG             tasks may run until no task waits while a worker sleeps
 * NO_MEMBARRIER    the kernel refuses heavy fences from the start
 * REFUSED_LATER    it refuses any of them, now or later
 * REPLAY           what can be seen happens as in a run of the code, or not at all; with FINE
 */

/* ---- a run of the code, see README.md -------------------------------------------------------- */

/* Who does something: a Client by its id, a Worker, the supervisor. */
#define WORKER_IS(w) (16 + (w))
#define SUPERVISOR_IS 8
#define EV_WORD     1
#define EV_CELL     2
#define EV_TAIL     3
#define EV_HEAD     4
#define EV_EPOCH    5
#define EV_CLOSED   6
#define EV_PARK     7
#define EV_SLEEPERS 8
#define EV_COUNT    9
#define EV_BEGUN   10
#define EV_HINT    11
#define EV_SLEEPS  12
#define EV_WAKES   13
#define EV_DIES    14
#define EV_STARTS  15
#define EV_LEAVES  16
#define EV_ASKS    17
#define EV_TELLS   18
#define EV_BREAKS  19
#define EV_ENDS    20

#ifdef REPLAY
#define EVENTS 4000
#define EVENT(kind, who, a, b) (((kind) << 21) | ((who) << 16) | ((a) << 8) | (b))
c_decl { \#include "replay.h" };
hidden int expected[EVENTS];   /* replay.h fills it in */
hidden byte hides_reservations;
short shown;                   /* the next of them */
bit refused = 1;               /* nothing goes on any more; first until replay.h is ready */
#define IN_REPLAY provided (!refused)
inline expect(event) {
  if
  :: expected[shown] == (event) -> shown++; c_code { replay_reached(now.shown); }
  :: else -> refused = 1; false
  fi
}
/* What others can see of a step: it happens now in the run, too, or this is not what happened. */
#define SHOWS(kind, who, a, b) expect(EVENT(kind, who, a, b));
#define SET(place, value, kind, who, a) \
  if :: (place) == (value) :: else -> expect(EVENT(kind, who, a, value)); place = value fi
#define RESERVE(place, value, kind, a) \
  if :: (place) == (value) \
     :: else -> \
        if :: hides_reservations :: else -> expect(EVENT(kind, WORKER_IS(me), a, value)) fi; \
        place = value \
  fi
#define ANY_THREAD true        /* every thread of the client does all that a client does */
#define DEATHS_TOLD 8
#else
#define IN_REPLAY
#define SHOWS(kind, who, a, b)
#define SET(place, value, kind, who, a) place = value
#define RESERVE(place, value, kind, a) place = value
#define ANY_THREAD (id == 0)
#define DEATHS_TOLD WORKERS
#endif

/* ---- slot_word.hpp: {tag, owner, status} ----------------------------------------------------- */

#define FREE     0
#define PENDING  1
#define RUNNING  2
#define DONE     3     /* and failed: to the protocol they are one */
#define KILLING  4
#define KILLED   5
#define DIED     6
#define WORD(status, owner, tag) ((status) | ((owner) << 3) | ((tag) << 5))
#define STATUS(word) ((word) & 7)
#define OWNER(word)  (((word) >> 3) & 3)
#define TAG(word)    ((word) >> 5)
/* Tags count the publications into a slot, and are kept whole, but compared in TAG_BITS bits: a
 * claim by a hint of an earlier publication would succeed here, and is told. */
#define EQUAL(a, b) ((((a) ^ (b)) & ((1 << (5 + TAG_BITS)) - 1)) == 0)

#ifdef FINE
#define TIDY(...)
#else
#define TIDY(...) __VA_ARGS__
#endif

#define NONE 7
#define BIT(i) (1 << (i))
#define ALL_TASKS (BIT(TASKS) - 1)
#define ALL_WORKERS (BIT(WORKERS) - 1)
#if WORKERS == 1
#define COUNT(map) ((map) & 1)
#else
#define COUNT(map) (((map) & 1) + (((map) >> 1) & 1) + (((map) >> 2) & 1))
#endif
#define LOWEST(map) ((map) & 1 -> 0 : ((map) & 2 -> 1 : 2))

byte word[SLOTS];

/* ---- hint_ring.hpp --------------------------------------------------------------------------- */

byte cells[CELLS];   /* {tag, slot:2, lap bit}; a hint is a cell without its lap bit */
byte head;
byte tail;
byte sweep_epoch;
bit closed;
#define LAP_BIT(position) (1 - (((position) / CELLS) % 2))
#define HINT(slot, tag) (((tag) << 2) | (slot))
#define HINT_SLOT(hint) ((hint) & 3)
#define HINT_TAG(hint)  ((hint) >> 2)

/* ---- reservation.hpp ------------------------------------------------------------------------- */

typedef Reservation {
  byte count;
  byte begun;
  byte hints[RESERVED]
}
Reservation reservation[WORKERS];

/* ---- parking.hpp ----------------------------------------------------------------------------- */

#define AWAKE  0
#define PARKED 1
#define WOKEN  2
byte park_word[WORKERS];
byte sleepers = ALL_WORKERS;   /* ProcessCore::make_tables: forget() for all */
#ifdef NO_MEMBARRIER
bit full_fences = 1;
#elif defined(REFUSED_LATER)
byte full_fences;              /* 1: publishers use them from now on; 2: they have been told */
byte awaited[WORKERS];         /* stores that were on their way when its pause began, and are still */
#else
bit full_fences;
#endif
bit in_futex[WORKERS];         /* the kernel's: sleeps in futex_wait on its park word */

/* ---- processes, as the kernel knows them ----------------------------------------------------- */

#define ABSENT 0
#define ALIVE  1
#define GONE   2               /* not reaped */
byte life[WORKERS] = ALIVE;
bit ended_in_order[WORKERS];   /* WorkerPhase::ended */
bit admitted[WORKERS] = 1;
bit signalled[WORKERS];        /* a signal is on its way */
#ifdef SLOW_START
bit slow[WORKERS];
#endif
byte crashes = CRASHES;
byte supervisor_deaths = SUPERVISOR_DIES;
bit supervisor_gone;
bit supervisor_left;           /* it has said that all have ended */
#ifdef BREAKS
bit stopping;                  /* all workers have been signalled */
bit told_broken;
#define STOPPING stopping
#else
#define STOPPING 0
#endif
bit kill_asked;                /* a kill_task message is in the socket */
bit told[WORKERS] = 1;         /* the client has the pidfd of the latest incarnation, or will, by
                                * the order of messages, before it hears that the socket closed */
chan deaths = [DEATHS_TOLD] of { byte, bit };   /* death messages: slot; was it killing */

/* ---- the client's own ------------------------------------------------------------------------ */

bit lock;
byte next_task;                /* tasks from here on wait in the backlog, or are not submitted yet */
#ifdef FINE
byte free_slots[SLOTS];        /* a stack, as InFlight::free_ */
#endif
byte free_count = SLOTS;
byte task_of[SLOTS] = NONE;
byte tag_of[SLOTS];            /* Shadow::tag */
byte kill_reason[SLOTS];
#define NO_REASON 0
#define BY_CANCEL 1            /* the future is cancelled already */
#define BY_TIMEOUT 2
byte may_retry = RETRIED;
byte in_slots;                 /* InFlight::size */
byte next_position;            /* HintRing::next_ */
#ifdef FINE
byte known_head;                /* a copy of head, loaded where there seems to be no room */
#endif
byte cancels = CANCELS;
byte kills = KILLS;
bit broken;

/* The store buffer of the core that publishes: one publication. Only one thread's can hold
 * anything, since the lock passes on only with what was stored under it. */
bit buffered_word;
bit buffered_cell;
bit buffered_tail;
byte buffered_slot;
byte buffer_owner;
#define DRAINED (!buffered_word && !buffered_cell && !buffered_tail)
#ifdef REFUSED_LATER
#define ON_THEIR_WAY (buffered_word | (buffered_cell << 1) | (buffered_tail << 2))
#define ARRIVED(store) \
  awaited[0] = awaited[0] & ~(store); awaited[WORKERS - 1] = awaited[WORKERS - 1] & ~(store)
#if WORKERS > 2
#error "ARRIVED knows of two workers"
#endif
#else
#define ARRIVED(store) skip
#endif

/* ---- what must hold -------------------------------------------------------------------------- */

byte begun_tasks;              /* ghost: tasks that were begun and may not begin again */
byte ended_tasks;              /* ghost: tasks whose future is done */

inline task_ends(task) {
  assert(!(ended_tasks & BIT(task)));   /* each task ends exactly once */
  ended_tasks = ended_tasks | BIT(task)
}

inline claim(slot, tag, worker, got) {
  /* SlotTable::claim, from the hint alone. */
  if
  :: EQUAL(word[slot], WORD(PENDING, 0, tag)) ->
#if !defined(LATE_CLAIMS_ALLOWED) || defined(WITNESS_no_tag_again)
     assert(word[slot] == WORD(PENDING, 0, tag));   /* whoever comes late hits nothing */
#endif
     SET(word[slot], WORD(RUNNING, worker, TAG(word[slot])), EV_WORD, WORKER_IS(worker), slot);
     assert(task_of[slot] != NONE);
     assert(!(begun_tasks & BIT(task_of[slot])));   /* none runs twice without permission */
     begun_tasks = begun_tasks | BIT(task_of[slot]);
     got = 1
  :: else -> got = 0
  fi
}

/* A store leaves the buffer, the oldest first. */
inline flush_word() {
  SET(word[buffered_slot], WORD(PENDING, 0, tag_of[buffered_slot]), EV_WORD, buffer_owner,
      buffered_slot);
  buffered_word = 0;
  ARRIVED(1)
}
inline flush_cell() {
  SET(cells[(next_position - 1) % CELLS],
      ((HINT(buffered_slot, tag_of[buffered_slot]) << 1) | LAP_BIT(next_position - 1)), EV_CELL,
      buffer_owner, (next_position - 1) % CELLS);
  buffered_cell = 0;
  ARRIVED(2)
}
inline flush_tail() {
  SET(tail, next_position, EV_TAIL, buffer_owner, 0);
  buffered_tail = 0;
  ARRIVED(4)
}
inline drain() {
#ifdef MUTANT_hint_before_pending
  if :: buffered_cell -> flush_cell() :: else fi;
  if :: buffered_tail -> flush_tail() :: else fi;
  if :: buffered_word -> flush_word() :: else fi;
#else
  if :: buffered_word -> flush_word() :: else fi;
  if :: buffered_cell -> flush_cell() :: else fi;
  if :: buffered_tail -> flush_tail() :: else fi;
#endif
  buffered_slot = 0;
  buffer_owner = 0
}

active proctype StoreBuffer() IN_REPLAY {
end_memory:
  do
#ifdef MUTANT_hint_before_pending
  :: atomic { buffered_cell -> flush_cell() }
  :: atomic { !buffered_cell && buffered_tail -> flush_tail() }
  :: atomic { !buffered_cell && !buffered_tail && buffered_word -> flush_word();
     buffered_slot = 0; buffer_owner = 0 }
#else
#ifndef FINE
  :: atomic { !DRAINED -> drain() }
#else
  :: atomic { buffered_word -> flush_word();
     if :: !buffered_cell -> buffered_slot = 0; buffer_owner = 0 :: else fi }
  :: atomic { !buffered_word && buffered_cell -> flush_cell();
     if :: !buffered_tail -> buffered_slot = 0; buffer_owner = 0 :: else fi }
  :: atomic { !buffered_word && !buffered_cell && buffered_tail -> flush_tail();
     buffered_slot = 0; buffer_owner = 0 }
#endif
#endif
  od
}

/* ==== worker/ ================================================================================= */

#define MAY_DIE(me) (signalled[me] || STOPPING || supervisor_gone || crashes > 0)
/* A step of a worker, or its end before it. */
#define STEP(...) if :: atomic { __VA_ARGS__ } :: atomic { MAY_DIE(me) -> dies(me); goto clean } fi
#define NEXT } :: atomic { MAY_DIE(me) -> dies(me); goto clean } fi; if :: atomic {
#ifdef FINE
#define CUT NEXT
#define CUT_AT(label) } :: atomic { MAY_DIE(me) -> dies(me); goto clean } fi; label: if :: atomic {
#else
#define CUT
#define CUT_AT(label) label:
#endif

/* Parking::fence_after_prepare: every core that runs a publisher executes a full fence. */
#ifdef NO_MEMBARRIER
#define FENCE_PUBLISHERS
#elif defined(REFUSED_LATER)
#ifdef MUTANT_no_pause_when_refused
#define PAUSE
#else
#define PAUSE awaited[me] == 0;
#endif
#define FENCE_PUBLISHERS \
  if :: drain() :: got = 1 fi; \
  NEXT \
  if :: got && full_fences != 2 -> full_fences = 1; awaited[me] = ON_THEIR_WAY :: else -> got = 0 fi; \
  NEXT \
  PAUSE \
  if :: got -> got = 0; awaited[me] = 0; full_fences = 2 :: else fi; \
  CUT
#else
#define FENCE_PUBLISHERS drain(); CUT
#endif

#define ASLEEP(w) (life[w] == ALIVE && in_futex[w] && park_word[w] == PARKED)
#if WORKERS == 1
#define ANY_ASLEEP (ASLEEP(0))
#define ANY_WOKEN (park_word[0] == WOKEN)
#define ALONE(me) 1
#elif WORKERS == 2
#define ANY_ASLEEP (ASLEEP(0) || ASLEEP(1))
#define ANY_WOKEN (park_word[0] == WOKEN || park_word[1] == WOKEN)
#define ALONE(me) (life[1 - me] != ALIVE || slow[1 - me])
#else
#define ANY_ASLEEP (ASLEEP(0) || ASLEEP(1) || ASLEEP(2))
#define ANY_WOKEN (park_word[0] == WOKEN || park_word[1] == WOKEN || park_word[2] == WOKEN)
#endif
#if SLOTS == 1
#define ANY_SLOT(condition) (condition(0))
#elif SLOTS == 2
#define ANY_SLOT(condition) (condition(0) || condition(1))
#elif SLOTS == 3
#define ANY_SLOT(condition) (condition(0) || condition(1) || condition(2))
#else
#define ANY_SLOT(condition) (condition(0) || condition(1) || condition(2) || condition(3))
#endif
#define IS_PENDING(s) (STATUS(word[s]) == PENDING)
#define KILLS_ME(s) (STATUS(word[s]) == KILLING && OWNER(word[s]) == me)
#define RUNS_IN_ME(s) (STATUS(word[s]) == RUNNING && OWNER(word[s]) == me)

inline dies(me) {
  if
  :: supervisor_gone ->         /* PR_SET_PDEATHSIG */
     SHOWS(EV_DIES, WORKER_IS(me), 0, 0)
     skip
  :: !supervisor_gone && (signalled[me] || STOPPING) ->
     SHOWS(EV_DIES, WORKER_IS(me), 1, 0)
     /* No innocent task is killed: the worker is in the task that it is killed for. */
     assert(STOPPING || (ANY_SLOT(KILLS_ME) && !ANY_SLOT(RUNS_IN_ME)))
  :: else ->
     SHOWS(EV_DIES, WORKER_IS(me), 0, 0)
     crashes--
  fi;
  life[me] = GONE;
  in_futex[me] = 0
}

#ifdef SLOW_START
#define STARTED(me) (!slow[me] || ended_tasks == ALL_TASKS || ALONE(me))
#else
#define STARTED(me) 1
#endif

/* Where wake_next() returns to. */
#define TO_TRY  0
#define TO_RUN  1
#define TO_EXIT 2
#define RETURN \
  if :: back == TO_TRY -> goto begin_reserved \
     :: back == TO_RUN -> back = TO_TRY; goto run_task \
     :: back == TO_EXIT -> back = TO_TRY; goto exit \
  fi

proctype Worker(byte me) IN_REPLAY {
  byte reserved[RESERVED];     /* WorkerQueue's members, trailing underscores left out */
  byte reserved_count;
  byte begun;
  byte seen_epoch;
  byte sweep_at = SLOTS;
#if LIMIT
  byte taken_in_all;
#endif
  byte hint;                   /* in hand */
  byte at;                     /* head as it was read; else what a loop is at */
  byte n;
  byte seen;
  byte other;
  bit somebody_sleeps;
  bit got;
#ifdef LONG
  bit may_be_long;
#endif
  byte back;

#if LIMIT
#define LEFT (LIMIT - taken_in_all)
#define COUNT_TAKEN taken_in_all++
#else
#define LEFT RESERVED
#define COUNT_TAKEN skip
#endif
/* Steps of Parking. */
#define SETS_BIT SET(sleepers, (sleepers | BIT(me)), EV_SLEEPERS, WORKER_IS(me), 0)
#define CLEARS_BIT SET(sleepers, (sleepers & ~BIT(me)), EV_SLEEPERS, WORKER_IS(me), 0)
#define IS_AWAKE SET(park_word[me], AWAKE, EV_PARK, WORKER_IS(me), me)
/* WorkerQueue::try_pop, the turn of its loop. */
#define TRY_POP if :: begun < reserved_count -> goto begin_reserved :: else -> goto sweep fi

end_no_process:
  /* Worker::await_admission; the initializer is a part of it. */
  if
  :: atomic { life[me] == ALIVE && admitted[me] && STARTED(me) ->
     /* WorkerQueue's constructor: announce({}). */
     RESERVE(reservation[me].count, 0, EV_COUNT, me);
#ifndef FINE
     reservation[me].begun = 0;
     reservation[me].hints[0] = 0; reservation[me].hints[RESERVED - 1] = 0
#endif
     }
  :: atomic { life[me] == ALIVE && MAY_DIE(me) -> dies(me); goto clean }
  fi;

#ifdef FINE
  STEP(RESERVE(reservation[me].begun, 0, EV_BEGUN, me));
#endif

  /* WorkerQueue::arrive: Parking::leave */
  STEP(CLEARS_BIT; CUT IS_AWAKE; goto sweep);

begin_reserved:                /* WorkerQueue::begin_reserved */
  STEP(hint = reserved[begun]; reserved[begun] = 0; begun++;
       RESERVE(reservation[me].begun, begun, EV_BEGUN, me);
       TIDY(reservation[me].hints[begun - 1] = 0;
            if :: begun == reserved_count ->
                  begun = 0; reserved_count = 0;
                  reservation[me].begun = 0; reservation[me].count = 0
               :: else
            fi;)
       CUT
       claim(HINT_SLOT(hint), HINT_TAG(hint), me, got);
       if :: got -> got = 0; goto run_task :: else -> hint = 0; TRY_POP fi);

sweep:                         /* WorkerQueue::sweep */
#ifdef MUTANT_epoch_after_scan
#define NOTE_EPOCH_BEFORE
#define RESTARTS_SCAN sweep_at == SLOTS
#define NOTE_EPOCH_AFTER if :: sweep_at == SLOTS -> seen_epoch = sweep_epoch :: else fi;
#elif defined(MUTANT_epoch_not_noted)
#define RESTARTS_SCAN sweep_at == SLOTS
#define NOTE_EPOCH_BEFORE
#define NOTE_EPOCH_AFTER
#else
#define RESTARTS_SCAN true
#define NOTE_EPOCH_BEFORE seen_epoch = sweep_epoch;
#define NOTE_EPOCH_AFTER
#endif
  STEP(if :: sweep_epoch != seen_epoch && RESTARTS_SCAN -> NOTE_EPOCH_BEFORE sweep_at = 0
          :: else
       fi;
       if :: sweep_at < SLOTS -> goto sweep_look :: else fi;

       /* WorkerQueue::reserve */
       CUT_AT(reserve)
       somebody_sleeps = (WORKERS > 1 && sleepers != 0);
       /* HintRing::reserve. What it takes at most depends on measured times where nobody sleeps:
        * any number is possible. */
       CUT
       at = head; n = 0; begun = 0; reserved_count = 0;
       CUT_AT(reserve_copy)
       seen = cells[(at + n) % CELLS];
       if :: (seen & 1) == LAP_BIT(at + n) ->
             reserved[n] = seen >> 1; seen = 0; n++;
             if :: n < RESERVED && n < LEFT && !somebody_sleeps ->
                   if :: goto reserve_copy :: skip fi
                :: else
             fi
          :: else -> seen = 0
       fi;
       if :: n == 0 -> at = 0; somebody_sleeps = 0; goto reserve_none :: else fi;
       /* BasicReservation::announce */
#ifdef MUTANT_announce_after_swap
       NEXT
       if :: head == at -> SET(head, (at + n), EV_HEAD, WORKER_IS(me), 0); reserved_count = n
          :: else -> n = 0; somebody_sleeps = 0; reserved[0] = 0; reserved[RESERVED - 1] = 0;
             at = 0; goto reserve_none
       fi;
       NEXT
#endif
       CUT RESERVE(reservation[me].count, 0, EV_COUNT, me);
       CUT RESERVE(reservation[me].begun, 0, EV_BEGUN, me);
       CUT RESERVE(reservation[me].hints[0], reserved[0], EV_HINT, me * 4);
       CUT if :: n > 1 -> RESERVE(reservation[me].hints[RESERVED > 1], reserved[RESERVED > 1],
                                  EV_HINT, me * 4 + 1)
              :: else
           fi;
#if RESERVED > 2
       CUT if :: n > 2 -> RESERVE(reservation[me].hints[2], reserved[2], EV_HINT, me * 4 + 2)
              :: else
           fi;
#endif
       CUT RESERVE(reservation[me].count, n, EV_COUNT, me);
       NEXT
#ifdef WITNESS_no_third_lap
       assert(head != at || head < 2 * CELLS);
#endif
#ifndef MUTANT_announce_after_swap
       if :: head == at -> SET(head, (at + n), EV_HEAD, WORKER_IS(me), 0); reserved_count = n
          :: else -> n = 0; somebody_sleeps = 0; reserved[0] = 0; reserved[RESERVED - 1] = 0;
             at = 0; goto reserve_none
       fi;
#endif
       TIDY(cells[at % CELLS] = cells[at % CELLS] & 1;
            if :: n > 1 -> cells[(at + 1) % CELLS] = cells[(at + 1) % CELLS] & 1 :: else fi;)
       at = 0; n = 0;
       if :: somebody_sleeps -> somebody_sleeps = 0; back = TO_TRY; goto wake_next
          :: else -> goto begin_reserved
       fi);

sweep_look:
  STEP(seen = word[sweep_at];
       if :: STATUS(seen) == PENDING -> hint = HINT(sweep_at, TAG(seen)); seen = 0
          :: else -> seen = 0; sweep_at++; NOTE_EPOCH_AFTER
             if :: sweep_at < SLOTS -> goto sweep_look :: else -> goto reserve fi
       fi;
       CUT
       claim(HINT_SLOT(hint), HINT_TAG(hint), me, got); sweep_at++; NOTE_EPOCH_AFTER
       if :: got -> got = 0; back = TO_RUN; goto wake_next
          :: else -> hint = 0;
             if :: sweep_at < SLOTS -> goto sweep_look :: else -> goto reserve fi
       fi);

#ifndef FINE
  STEP(skip;
#endif
reserve_none:                  /* announce({}) */
#ifdef FINE
  STEP(
#endif
       RESERVE(reservation[me].count, 0, EV_COUNT, me);
       CUT RESERVE(reservation[me].begun, 0, EV_BEGUN, me);
       TIDY(reservation[me].hints[0] = 0; reservation[me].hints[RESERVED - 1] = 0;)
       /* HintRing::ready: another worker was faster? Then look again. */
       CUT at = head;
       CUT
       if :: (cells[at % CELLS] & 1) == LAP_BIT(at) -> at = 0; goto sweep :: else -> at = 0 fi;
       /* WorkerQueue::pop_until tries once more, or often where it spins: what it has just done. */
#ifdef FINE
       if :: goto sweep :: skip fi;
#endif
       CUT
       if :: closed -> goto depart :: else fi;

       /* WorkerQueue::park: Parking::prepare */
       NEXT
       SET(park_word[me], PARKED, EV_PARK, WORKER_IS(me), me);
       CUT SETS_BIT;
       NEXT
#ifndef MUTANT_no_fence_in_park
       FENCE_PUBLISHERS
#endif
#ifndef MUTANT_no_second_look
       /* work() */
       at = head;
       CUT if :: tail > at -> at = 0; goto leave :: else -> at = 0 fi;
       CUT if :: closed -> goto leave :: else fi;
       CUT if :: sweep_epoch != seen_epoch -> goto leave :: else fi;
       CUT
#endif
       /* WorkerQueue::steal: BasicReservation::for_each of the others */
#if WORKERS > 1
       other = 0;
       CUT_AT(steal)
       if :: other == me -> other++ :: else fi;
       if :: other < WORKERS && reservation[other].count > 0 -> n = reservation[other].count
          :: other < WORKERS && reservation[other].count == 0 -> other++; goto steal
          :: other >= WORKERS -> other = 0; n = 0; goto sleep
       fi;
       CUT at = reservation[other].begun;
       if :: at < n -> skip :: else -> at = 0; n = 0; other++; goto steal fi;
       CUT_AT(steal_look)
       hint = reservation[other].hints[at]; at++;
       CUT
       claim(HINT_SLOT(hint), HINT_TAG(hint), me, got);
       if :: got -> got = 0; at = 0; n = 0; other = 0
          :: else -> hint = 0;
             if :: at < n -> goto steal_look :: else -> at = 0; n = 0; other++; goto steal fi
       fi;
       NEXT
       CLEARS_BIT;
       CUT got = (park_word[me] == WOKEN); IS_AWAKE;
       if :: got -> got = 0; back = TO_RUN; goto wake_next :: else -> goto run_task fi
#else
       goto sleep
#endif
      );

sleep:                         /* Parking::sleep: futex_wait, without a bound */
  STEP(if :: park_word[me] == PARKED -> SHOWS(EV_SLEEPS, WORKER_IS(me), me, 0) in_futex[me] = 1
          :: else
       fi);
#ifndef CLOSES
end_asleep:
#endif
  STEP(!in_futex[me]);
leave:                         /* Parking::leave */
  STEP(CLEARS_BIT; CUT IS_AWAKE; goto sweep);

run_task:                      /* ProcessTaskRunner::run */
#ifdef LONG
  if :: may_be_long = 1 :: skip fi;
  STEP(!may_be_long || !(ANY_SLOT(IS_PENDING) && ANY_ASLEEP) -> may_be_long = 0);
#endif
#ifdef MUTANT_done_by_plain_store
#define FINISHES 1
#else
#define FINISHES EQUAL(word[HINT_SLOT(hint)], WORD(RUNNING, me, HINT_TAG(hint)))
#endif
  STEP(COUNT_TAKEN;
       if :: FINISHES ->
             SET(word[HINT_SLOT(hint)], WORD(DONE, 0, TAG(word[HINT_SLOT(hint)])), EV_WORD,
                 WORKER_IS(me), HINT_SLOT(hint));
             hint = 0;
             if :: LEFT == 0 -> goto depart :: else -> TRY_POP fi
          :: else -> hint = 0
       fi);
  /* await_kill */
  if :: atomic { MAY_DIE(me) -> dies(me); goto clean } fi;

wake_next:                     /* WorkerQueue::wake_next; Parking::wake_one */
#ifdef MUTANT_no_chain_of_wakes
  atomic { RETURN };
#endif
  STEP(
#ifndef MUTANT_unswept_forgotten
       if :: sweep_at < SLOTS || sweep_epoch != seen_epoch -> goto wake_one :: else fi;
       CUT
#endif
       at = head;
       CUT if :: tail > at -> at = 0 :: else -> at = 0; RETURN fi;
       CUT_AT(wake_one)
       /* The wake it sent last: any worker's, of which there may be one. */
       if :: ANY_WOKEN -> RETURN :: true fi;
       CUT seen = sleepers; if :: seen == 0 -> RETURN :: else fi;
       CUT_AT(wake_candidate)
       other = LOWEST(seen); seen = seen & ~BIT(other);
       if :: park_word[other] == PARKED ->
             SET(park_word[other], WOKEN, EV_PARK, WORKER_IS(me), other)
          :: else -> other = 0;
             if :: seen != 0 -> goto wake_candidate :: else -> RETURN fi
       fi;
       NEXT
       SHOWS(EV_WAKES, WORKER_IS(me), other, 0)
       if :: in_futex[other] -> in_futex[other] = 0; other = 0; seen = 0   /* futex_wake */
          :: else -> other = 0; if :: seen != 0 -> goto wake_candidate :: else fi
       fi;
       RETURN);

depart:                        /* WorkerQueue::depart: Parking::forget, wake_next */
  STEP(IS_AWAKE; CUT SETS_BIT;
#if !defined(NO_MEMBARRIER) && !defined(MUTANT_no_fence_in_depart)
       NEXT
       FENCE_PUBLISHERS
#endif
       back = TO_EXIT; goto wake_next);
exit:                          /* Worker::leave */
  STEP(SHOWS(EV_LEAVES, WORKER_IS(me), 0, 0) ended_in_order[me] = 1; life[me] = GONE; goto clean);

clean:                         /* the next process in this place begins anew */
  atomic {
    signalled[me] = 0;
    reserved[0] = 0; reserved[RESERVED - 1] = 0;
#if RESERVED > 2
    reserved[1] = 0;
#endif
    reserved_count = 0; begun = 0; seen_epoch = 0; sweep_at = SLOTS;
#if LIMIT
    taken_in_all = 0;
#endif
#ifdef LONG
    may_be_long = 0;
#endif
#ifdef REFUSED_LATER
    awaited[me] = 0;
#endif
    hint = 0; at = 0; n = 0; seen = 0; other = 0; somebody_sleeps = 0; got = 0; back = 0;
    goto end_no_process
  }
}

/* ==== lib/supervisor/supervisor.cpp =========================================================== */

#define SUPERVISOR_DIES_INSTEAD \
  atomic { supervisor_deaths > 0 -> SHOWS(EV_DIES, SUPERVISOR_IS, 0, 0) supervisor_deaths--; \
           supervisor_gone = 1; goto gone }
#define SUPERVISE(...) if :: atomic { __VA_ARGS__ } :: SUPERVISOR_DIES_INSTEAD fi
#define AND_THEN } :: SUPERVISOR_DIES_INSTEAD fi; if :: atomic {
#ifdef FINE
#define SUPERVISOR_CUT AND_THEN
#else
#define SUPERVISOR_CUT
#endif
#if WORKERS == 1
#define NO_CHILDREN (life[0] == ABSENT)
#elif WORKERS == 2
#define NO_CHILDREN (life[0] == ABSENT && life[1] == ABSENT)
#else
#define NO_CHILDREN (life[0] == ABSENT && life[1] == ABSENT && life[2] == ABSENT)
#endif
#define REAP(index) life[index] == GONE -> life[index] = ABSENT; w = index; goto handle_exit
/* A loop's turn over the slots, up to `after`. */
#define NEXT_SLOT(again, after) \
  slot++; if :: slot < SLOTS -> goto again :: else -> slot = 0; goto after fi

active proctype Supervisor() IN_REPLAY {
  byte w;
  byte slot;
  byte seen;
  byte task = NONE;
  bit was_killing;
#ifdef TWICE
  bit again;
#endif

#ifndef CLOSES
end_watch:
#endif
watch:                         /* Supervisor::watch; wait4 in handle_exit */
  if
  :: atomic { kill_asked -> kill_asked = 0; goto kill_for_tasks }
  :: atomic { REAP(0) }
#if WORKERS > 1
  :: atomic { REAP(1) }
#endif
#if WORKERS > 2
  :: atomic { REAP(2) }
#endif
  :: atomic { NO_CHILDREN -> supervisor_left = 1; goto gone }
  :: SUPERVISOR_DIES_INSTEAD
  fi;

kill_for_tasks:                /* Supervisor::kill_for_tasks */
  SUPERVISE(seen = word[slot];
            if :: STATUS(seen) == KILLING && life[OWNER(seen)] != ABSENT
               :: else -> seen = 0; NEXT_SLOT(kill_for_tasks, watch)
            fi;
            SUPERVISOR_CUT
            /* SIGTERM, and SIGKILL later: the worker dies after some more steps. */
            if :: life[OWNER(seen)] == ALIVE -> signalled[OWNER(seen)] = 1 :: else fi;
            seen = 0; NEXT_SLOT(kill_for_tasks, watch));

handle_exit:                   /* Supervisor::handle_exit; SlotTable::recover */
  SUPERVISE(seen = word[slot];
            if :: OWNER(seen) == w && (STATUS(seen) == RUNNING || STATUS(seen) == KILLING)
               :: else -> seen = 0; NEXT_SLOT(handle_exit, forget)
            fi;
            SUPERVISOR_CUT
            if :: word[slot] == seen ->
                  was_killing = (STATUS(seen) == KILLING);
                  SET(word[slot], WORD((was_killing -> KILLED : DIED), 0, TAG(seen)), EV_WORD,
                      SUPERVISOR_IS, slot);
                  task = slot; seen = 0; NEXT_SLOT(handle_exit, forget)
               :: else -> seen = 0; goto handle_exit   /* it is killing now: look again */
            fi);
forget:                        /* Parking::forget */
#ifdef BREAKS
  SUPERVISE(if :: stopping -> task = NONE; w++; goto end_all :: else fi);
#endif
#ifndef MUTANT_dead_not_forgotten
  SUPERVISE(SET(park_word[w], AWAKE, EV_PARK, SUPERVISOR_IS, w);
            SUPERVISOR_CUT SET(sleepers, (sleepers | BIT(w)), EV_SLEEPERS, SUPERVISOR_IS, 0));
#endif
  SUPERVISE(if :: ended_in_order[w] && task == NONE -> ended_in_order[w] = 0; goto replace
               :: else -> ended_in_order[w] = 0
            fi;
#ifndef MUTANT_no_sweep_after_death
            SHOWS(EV_EPOCH, SUPERVISOR_IS, 0, sweep_epoch + 1)
            sweep_epoch++
#endif
           );
wake_all:                      /* Recovery::rally: Parking::wake_all */
  SUPERVISE(if :: park_word[slot] == PARKED ->
                  SET(park_word[slot], WOKEN, EV_PARK, SUPERVISOR_IS, slot); seen = 1
#ifndef MUTANT_deaf_sleeper
               :: park_word[slot] == WOKEN -> seen = 1
#endif
               :: else
            fi;
            if :: !seen -> slot++;
                  if :: slot < WORKERS -> goto wake_all :: else -> slot = 0; goto tell fi
               :: else
            fi;
            SUPERVISOR_CUT
            SHOWS(EV_WAKES, SUPERVISOR_IS, slot, 0)
            in_futex[slot] = 0; seen = 0; slot++;
            if :: slot < WORKERS -> goto wake_all :: else -> slot = 0; goto tell fi);
tell:
#ifdef TWICE
  if :: again -> again = 0 :: !again -> again = 1; goto handle_exit :: !again fi;
#endif
#ifdef BREAKS
  SUPERVISE(if :: !was_killing -> task = NONE; w = 0; stopping = 1; goto end_all :: else fi);
#endif
  /* A death in no task is told as well; the client only harvests then, as it may at any time. */
  SUPERVISE(SHOWS(EV_TELLS, SUPERVISOR_IS, task, was_killing)
            if :: task != NONE -> deaths!task, was_killing :: else fi;
            task = NONE; was_killing = 0);
replace:
  SUPERVISE(if :: closed -> w = 0; goto watch :: else fi;
            /* Supervisor::start_worker */
            SUPERVISOR_CUT
#ifdef SLOW_START
            if :: slow[w] = 1 :: slow[w] = 0 fi;
#endif
#ifdef MUTANT_admitted_before_told
            life[w] = ALIVE; told[w] = 0; admitted[w] = 1;
#else
            life[w] = ALIVE; told[w] = 0; admitted[w] = 0;
#endif
            SUPERVISOR_CUT told[w] = 1;
            SUPERVISOR_CUT SHOWS(EV_STARTS, SUPERVISOR_IS, w, 0)
            admitted[w] = 1; w = 0; goto watch);

#ifdef BREAKS
end_all:                       /* Supervisor::end_all, break_pool: all have been signalled */
  if
  :: atomic { w < WORKERS && life[w] != ALIVE -> life[w] = ABSENT; goto handle_exit }
  :: atomic { w == WORKERS ->
       SHOWS(EV_BREAKS, SUPERVISOR_IS, 0, 0) told_broken = 1; supervisor_left = 1; goto gone }
  :: SUPERVISOR_DIES_INSTEAD
  fi;
#endif

gone:
  atomic { w = 0; slot = 0; seen = 0; task = NONE; was_killing = 0 }
}

/* ==== lib/client/ ============================================================================= */

#ifdef FINE
#define CLIENT_CUT }; atomic {
#define CLIENT_CUT_AT(label) }; label: atomic {
#else
#define CLIENT_CUT
#define CLIENT_CUT_AT(label) label:
#endif
#define LOCK_FREE (!lock && (DRAINED || buffer_owner == id))
#define ALIVE_AND_TOLD(w) (life[w] == ALIVE && told[w])
#if WORKERS == 1
#define ALL_GONE (!ALIVE_AND_TOLD(0))
#elif WORKERS == 2
#define ALL_GONE (!ALIVE_AND_TOLD(0) && !ALIVE_AND_TOLD(1))
#else
#define ALL_GONE (!ALIVE_AND_TOLD(0) && !ALIVE_AND_TOLD(1) && !ALIVE_AND_TOLD(2))
#endif

/* ProcessCore::free_slot */
inline free_slot(s) {
  SET(word[s], WORD(FREE, 0, 0), EV_WORD, id, s);
  task_of[s] = NONE;
  kill_reason[s] = NO_REASON;
#ifdef FINE
  free_slots[free_count] = s;
#endif
  free_count++;
  in_slots--
}

/* ProcessCore::put_in_slot, up to publish. Coarse: the lowest that is free; slots are alike. */
inline take_slot() {
  free_count--;
#ifdef FINE
  slot = free_slots[free_count];
  free_slots[free_count] = 0;
#else
  slot = (task_of[0] == NONE -> 0 : (task_of[SLOTS > 1] == NONE -> 1 : 2));
#endif
  task_of[slot] = next_task;
  next_task++;
  in_slots++
}

#define TAKES_RESULT(s) /* ProcessCore::harvest */ \
  task_of[s] != NONE && STATUS(word[s]) == DONE && LOCK_FREE -> \
  assert(TAG(word[s]) == tag_of[s]); task_ends(task_of[s]); free_slot(s)

#define CANCELS_PENDING(s) /* ProcessCore::cancel: SlotTable::cancel */ \
  cancels > 0 && task_of[s] != NONE && STATUS(word[s]) == PENDING && LOCK_FREE && DRAINED -> \
  assert(TAG(word[s]) == tag_of[s]); cancels--; task_ends(task_of[s]); free_slot(s)

#define BEGINS_KILL(s) /* ProcessCore::cancel, enforce_timeouts */ \
  kills > 0 && task_of[s] != NONE && STATUS(word[s]) == RUNNING && LOCK_FREE && DRAINED -> \
  lock = 1; slot = s; seen = OWNER(word[s]); goto kill_for

#define FAILS(s) /* ProcessCore::break_pool; what is done is taken in first */ \
  if :: task_of[s] != NONE -> \
        if :: kill_reason[s] != BY_CANCEL -> task_ends(task_of[s]) :: else fi; \
        free_slot(s) \
     :: else \
  fi

#ifdef MUTANT_no_fence_in_publish
/* The compiler has moved the look for sleepers up. */
#define EARLY_LOOK seen = sleepers }; atomic {
#define LOOK_FOR_SLEEPERS seen
#else
#define EARLY_LOOK
#define LOOK_FOR_SLEEPERS sleepers
#endif

proctype Client(byte id) IN_REPLAY {
  byte slot;
  byte seen;
  byte count;                  /* in_slots, as of the publication */
  bit is_retry;
  bit killing;

turn:
  if
  :: atomic {                  /* ProcessCore::place_task, refill */
       next_task < TASKS && free_count > 0 && LOCK_FREE && DRAINED ->
       lock = 1; take_slot(); goto publish }
#ifndef REPLAY
  :: atomic { THREADS > 1 && id > 0 && next_task == TASKS && !lock -> goto left }
#endif
  :: atomic { ANY_THREAD && TAKES_RESULT(0) }
#if SLOTS > 1
  :: atomic { ANY_THREAD && TAKES_RESULT(1) }
#endif
#if SLOTS > 2
  :: atomic { ANY_THREAD && TAKES_RESULT(2) }
#endif
#if SLOTS > 3
  :: atomic { ANY_THREAD && TAKES_RESULT(3) }
#endif
#if CANCELS > 0
  :: atomic { ANY_THREAD && CANCELS_PENDING(0) }
#if SLOTS > 1
  :: atomic { ANY_THREAD && CANCELS_PENDING(1) }
#endif
#if SLOTS > 2
  :: atomic { ANY_THREAD && CANCELS_PENDING(2) }
#endif
#if SLOTS > 3
  :: atomic { ANY_THREAD && CANCELS_PENDING(3) }
#endif
#endif
#if KILLS > 0
  :: atomic { ANY_THREAD && BEGINS_KILL(0) }
#if SLOTS > 1
  :: atomic { ANY_THREAD && BEGINS_KILL(1) }
#endif
#if SLOTS > 2
  :: atomic { ANY_THREAD && BEGINS_KILL(2) }
#endif
#if SLOTS > 3
  :: atomic { ANY_THREAD && BEGINS_KILL(3) }
#endif
#endif
  :: atomic {                  /* ProcessCore::handle_death */
       id == 0 && LOCK_FREE && DRAINED && nempty(deaths) ->
       deaths?slot, killing; lock = 1; goto end_attempt }
  :: atomic {                  /* ProcessCore::handle_supervisor_gone */
       id == 0 && supervisor_gone && empty(deaths) && ALL_GONE && LOCK_FREE && !broken ->
       lock = 1; goto break_pool }
#ifdef BREAKS
  :: atomic { id == 0 && told_broken && empty(deaths) && LOCK_FREE && DRAINED && !broken ->
       lock = 1; goto break_pool }
#endif
#ifdef CLOSES
  :: atomic {                  /* ProcessCore::end_workers_if_done */
       ANY_THREAD && ended_tasks == ALL_TASKS && LOCK_FREE && DRAINED && !closed ->
       SHOWS(EV_CLOSED, id, 0, 1) closed = 1; slot = 0; goto wake_all }
  :: atomic { id == 0 && closed && supervisor_left -> goto left }
#else
  /* All is done: nobody has to do anything any more. */
  :: atomic { id == 0 && ended_tasks == ALL_TASKS && LOCK_FREE -> goto left }
#endif
  fi;
  goto turn;

publish:                       /* ProcessCore::publish: SlotTable::publish, HintRing::publish */
  atomic {
    assert(DRAINED && tag_of[slot] < 7);
    tag_of[slot]++;
    EARLY_LOOK
    buffered_word = 1; buffered_slot = slot; buffer_owner = id;
    CLIENT_CUT
#ifdef FINE
    if :: next_position - known_head < CELLS -> goto put_hint :: else fi;
    CLIENT_CUT
    known_head = head;
    if :: next_position - known_head < CELLS -> goto put_hint :: else fi;
#else
    if :: next_position - head < CELLS -> goto put_hint :: else fi;
#endif
  };
  atomic {
    drain();                   /* a locked instruction */
    SHOWS(EV_EPOCH, id, 0, sweep_epoch + 1)
    sweep_epoch++;
    goto published
  };
put_hint:                      /* HintRing::publish, where there is room */
  atomic {
    buffered_slot = slot;
    buffer_owner = id;
    buffered_cell = 1;
    next_position++;
    CLIENT_CUT                 /* what is not executed yet, no heavy fence of others drains */
    buffered_slot = slot;
    buffer_owner = id;
    buffered_tail = 1
  };
published:
  atomic {
    slot = 0;
    count = in_slots;
    if
    :: is_retry                /* handle_death goes on under the lock */
    :: !is_retry -> lock = 0   /* ProcessCore::submit */
    :: !is_retry && next_task < TASKS && free_count > 0 && DRAINED ->   /* refill() moves several */
       count = 0; take_slot(); goto publish
    fi
  };

  /* ProcessCore::wake_if_needed: Parking::fence_after_publish */
#if (defined(NO_MEMBARRIER) || defined(REFUSED_LATER)) && !defined(MUTANT_no_full_fence_in_publish)
  atomic { if :: full_fences -> seen = 1 :: else -> seen = 0 fi };
  atomic { if :: seen -> seen = 0; drain() :: else fi };
#endif
  atomic {
    if :: LOOK_FOR_SLEEPERS == 0 -> goto no_wake :: else fi;
    CLIENT_CUT
    seen = WORKERS - COUNT(sleepers);
    if :: seen != 0 && count <= seen -> goto no_wake :: else -> seen = 0 fi;
    /* Parking::wake_one; the wake it sent last: any worker's, of which there may be one */
    CLIENT_CUT
    if :: ANY_WOKEN :: goto wake_somebody fi;
#ifndef MUTANT_held_back_unfenced
    CLIENT_CUT
    if :: buffer_owner == id -> drain() :: else fi;   /* full_fence */
    CLIENT_CUT
#endif
    if :: ANY_WOKEN -> goto no_wake :: else fi;
    CLIENT_CUT_AT(wake_somebody)
    seen = sleepers;
    if :: seen == 0 -> goto no_wake :: else fi;
    CLIENT_CUT_AT(wake_candidate)
    if :: buffer_owner == id -> drain() :: else fi;   /* a locked instruction */
    slot = LOWEST(seen); seen = seen & ~BIT(slot);
    if :: park_word[slot] == PARKED -> SET(park_word[slot], WOKEN, EV_PARK, id, slot)
       :: else -> slot = 0;
          if :: seen != 0 -> goto wake_candidate :: else -> goto no_wake fi
    fi
  };
  atomic {                     /* futex_wake; where nobody slept, the next one */
    SHOWS(EV_WAKES, id, slot, 0)
    if :: in_futex[slot] -> in_futex[slot] = 0
       :: else -> slot = 0; if :: seen != 0 -> goto wake_candidate :: else fi
    fi
  };
no_wake:
  atomic {
    seen = 0; count = 0; slot = 0;
    if :: is_retry -> is_retry = 0; lock = 0 :: else fi;
    goto turn
  };

kill_for:                      /* ProcessCore::kill_for: SlotTable::begin_kill, then the message */
#ifdef MUTANT_signal_before_killing
  atomic { if :: life[seen] == ALIVE -> signalled[seen] = 1 :: else fi };
#endif
  atomic {
    if :: EQUAL(word[slot], WORD(RUNNING, seen, tag_of[slot])) ->
          SET(word[slot], WORD(KILLING, seen, tag_of[slot]), EV_WORD, id, slot);
          kills--; seen = 0;
          if :: kill_reason[slot] = BY_CANCEL; task_ends(task_of[slot])
             :: kill_reason[slot] = BY_TIMEOUT
          fi
       :: else -> seen = 0; slot = 0; lock = 0; goto turn   /* it has just ended */
    fi
  };
  atomic { SHOWS(EV_ASKS, id, 0, 0) slot = 0; kill_asked = 1; lock = 0; goto turn };

end_attempt:                   /* ProcessCore::end_attempt */
  atomic {
    assert(task_of[slot] != NONE && TAG(word[slot]) == tag_of[slot]);
    assert(STATUS(word[slot]) == (killing -> KILLED : DIED));
    if
    :: killing && kill_reason[slot] == BY_CANCEL -> free_slot(slot)
    :: !killing && (may_retry & BIT(task_of[slot])) ->
       may_retry = may_retry & ~BIT(task_of[slot]);
       begun_tasks = begun_tasks & ~BIT(task_of[slot]);
#ifdef MUTANT_same_tag_on_retry
       tag_of[slot] = tag_of[slot] + 3;   /* with publish(): the same in two bits */
#endif
       is_retry = 1;
       goto publish            /* ProcessCore::go_on */
    :: else -> task_ends(task_of[slot]); free_slot(slot)
    fi;
    killing = 0; slot = 0; lock = 0; goto turn
  };

break_pool:
  atomic {
    FAILS(0);
#if SLOTS > 1
    CLIENT_CUT FAILS(1);
#endif
#if SLOTS > 2
    CLIENT_CUT FAILS(2);
#endif
#if SLOTS > 3
    CLIENT_CUT FAILS(3);
#endif
    do :: next_task < TASKS -> task_ends(next_task); next_task++ :: else -> break od;
    broken = 1; lock = 0
  };
  assert(ended_tasks == ALL_TASKS);
  goto left;

#ifdef CLOSES
wake_all:                      /* Parking::wake_all */
  atomic {
    if :: park_word[slot] == PARKED -> SET(park_word[slot], WOKEN, EV_PARK, id, slot); seen = 1
#ifndef MUTANT_deaf_sleeper
       :: park_word[slot] == WOKEN -> seen = 1
#endif
       :: else
    fi;
    if :: !seen -> slot++;
          if :: slot < WORKERS -> goto wake_all :: else -> slot = 0; goto turn fi
       :: else
    fi;
    CLIENT_CUT
    SHOWS(EV_WAKES, id, slot, 0)
    in_futex[slot] = 0; seen = 0; slot++;
    if :: slot < WORKERS -> goto wake_all :: else -> slot = 0; goto turn fi
  };
#endif

left:
  skip
}

#ifdef REPLAY
/* How tasks end is the client's own affair, so it is only looked up. */
active proctype Ledger() IN_REPLAY {
  do
  :: atomic { (expected[shown] >> 21) == EV_ENDS && (ended_tasks & BIT(expected[shown] & 7)) ->
       shown++; c_code { replay_reached(now.shown); } }
  od
}
#endif

init {
  atomic {
#ifdef REPLAY
    c_code { replay_begin(expected, EVENTS, &hides_reservations); };
    refused = 0;
#endif
#ifdef FINE
    free_slots[0] = SLOTS - 1;
#if SLOTS > 1
    free_slots[1] = SLOTS - 2;
#endif
#if SLOTS > 2
    free_slots[2] = SLOTS - 3;
#endif
#if SLOTS > 3
    free_slots[3] = SLOTS - 4;
#endif
#endif
    run Worker(0);
#if WORKERS > 1
    run Worker(1);
#endif
#if WORKERS > 2
    run Worker(2);
#endif
    run Client(0)
#if THREADS > 1
    ; run Client(1)
#endif
#if THREADS > 2
    ; run Client(2)
#endif
  }
}
