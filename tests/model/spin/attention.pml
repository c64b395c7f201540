/* How the client hears of the end of a task: attention words, the workers' completion rings, the
 * pump's sleep, and threads that sleep on an attention word while others free and republish the
 * slot. What pool.pml proves is taken for granted: a pending task is claimed by a worker that lives,
 * and the death of a worker is told to the client after its word was recovered. See README.md.
 *
 * Each thread of WAITERS submits one task and waits for it. Tasks of the number OBSERVED have nobody
 * who waits, but a hook: the pump must end them. Where all slots are taken, tasks wait behind.
 */

#ifndef WORKERS
#define WORKERS 2
#endif
#ifndef SLOTS          /* 1 or 2 */
#define SLOTS 1
#endif
#ifndef WAITERS        /* 1 or 2 */
#define WAITERS 2
#endif
#ifndef OBSERVED       /* 0 or 1 */
#define OBSERVED 1
#endif
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef RETRIES
#define RETRIES 0
#endif
#ifndef SUPERVISOR_DIES
#define SUPERVISOR_DIES 0
#endif
#ifndef COMPLETIONS    /* cells of a worker's ring */
#define COMPLETIONS 2
#endif
/* SECOND_LOOK    one more thread waits for the first task
 * LONG           a task may run until nobody sleeps on its slot who waits for another
 */

#define TASKS (WAITERS + OBSERVED)
#ifdef SECOND_LOOK
#define THREADS (WAITERS + 1)
#else
#define THREADS WAITERS
#endif

#define FREE     0
#define PENDING  1
#define RUNNING  2
#define DONE     3
#define DIED     4
#define NONE 7
#define NOWHERE 7

/* ---- slot_table.hpp -------------------------------------------------------------------------- */

byte status[SLOTS];            /* the slot word's parts, which are read and swapped together */
byte owner[SLOTS];
byte tag[SLOTS];
byte attention[SLOTS];         /* {tag, told, notify, waiter} */
#define WAITER 1
#define NOTIFY 2
/* Who wakes those who sleep on the word sets a bit first, on the word of the task that he means and no
 * other, and it stays until the slot is published anew: the word never again has the value on which
 * somebody is about to sleep, and whoever frees the slot sees that there may be sleepers. */
#define TOLD 4
#ifdef MUTANT_waiter_bit_taken_back
#define TELL(word, tag) word = word & ~WAITER
#else
#define TELL(word, tag) if :: SAME_TAG(word, tag) -> word = word | TOLD :: else fi
#endif
#ifdef MUTANT_no_tag_in_attention
#define ATTENTION(tag, bits) (bits)
#define SAME_TAG(attention, tag) true
#else
#define ATTENTION(tag, bits) (((tag) << 3) | (bits))
#define SAME_TAG(attention, tag) (attention >> 3) == tag
#endif
byte in_futex[THREADS] = NOWHERE;   /* the kernel's: which slot's attention word a thread sleeps on */

/* ---- layout.hpp ------------------------------------------------------------------------------ */

byte completed[WORKERS];
typedef Ring {
  byte slot[COMPLETIONS]
}
Ring completions[WORKERS];
bit pump_sleeps;
bit doorbell;

/* ---- the client's own ------------------------------------------------------------------------ */

bit lock;
byte tag_of[SLOTS];
byte task_of[SLOTS] = NONE;
bit in_backlog[TASKS];
byte backlog;                  /* how many wait behind */
bit notify_of[TASKS];          /* Behind::notify */
bit submitted[TASKS];
bit ended[TASKS];              /* the state is done, and who sleeps on it is awake */
bit tells[SLOTS];
byte completions_seen[WORKERS];
byte retries = RETRIES;
bit broken;

/* ---- processes ------------------------------------------------------------------------------- */

bit dead[WORKERS];
byte crashes = CRASHES;
bit supervisor_gone;
byte supervisor_deaths = SUPERVISOR_DIES;
chan deaths = [WORKERS] of { byte };

#if WORKERS == 1
#define ALL_DEAD dead[0]
#else
#define ALL_DEAD (dead[0] && dead[1])
#endif

inline futex_wake_all(s) {
  if :: in_futex[0] == s -> in_futex[0] = NOWHERE :: else fi;
#if THREADS > 1
  if :: in_futex[1] == s -> in_futex[1] = NOWHERE :: else fi;
#endif
#if THREADS > 2
  if :: in_futex[2] == s -> in_futex[2] = NOWHERE :: else fi;
#endif
}

/* ==== worker/task_runner.cpp ================================================================== */

#ifdef LONG
#define STRAY(id, waits_for) (in_futex[id] == slot && task_of[slot] != waits_for)
#if WAITERS == 1
#define STRAYS STRAY(0, 0)
#elif !defined(SECOND_LOOK)
#define STRAYS (STRAY(0, 0) || STRAY(1, 1))
#else
#define STRAYS (STRAY(0, 0) || STRAY(1, 1) || STRAY(2, 0))
#endif
#endif
#define MAY_DIE (supervisor_gone || crashes > 0)
inline dies(me) {
  if :: supervisor_gone :: else -> crashes-- fi;
  dead[me] = 1
}
#define STEP(...) if :: atomic { __VA_ARGS__ } :: atomic { MAY_DIE -> dies(me); goto died } fi
#define IS_PENDING(s) status[s] == PENDING -> status[s] = RUNNING; owner[s] = me; slot = s; mine = tag[s]

proctype Worker(byte me) {
  byte slot;
  byte asked;
  byte mine;                   /* the tag of its task */

end_idle:                      /* how it finds and claims a task is pool.pml's */
  if
  :: atomic { IS_PENDING(0) }
#if SLOTS > 1
  :: atomic { IS_PENDING(1) }
#endif
  :: atomic { MAY_DIE -> dies(me); goto died }
  fi;

#ifdef LONG
  if :: STEP(!(STRAYS) -> skip) :: true fi;
#endif
  /* ProcessTaskRunner::run: SlotTable::finish, SlotTable::attention */
#ifdef MUTANT_attention_before_finish
  STEP(asked = attention[slot] & 3);
  STEP(status[slot] = DONE);
#else
  STEP(status[slot] = DONE);
  STEP(asked = attention[slot] & 3);
#endif
  if :: asked == 0 -> atomic { slot = 0; mine = 0; goto end_idle } :: asked != 0 fi;

  /* ProcessTaskRunner::tell: SlotTable::tell_sleepers */
  STEP(asked = attention[slot] & 3);
  if
  :: asked & WAITER ->
     STEP(TELL(attention[slot], mine));
     STEP(futex_wake_all(slot))
  :: !(asked & WAITER)
  fi;
  if :: !(asked & NOTIFY) -> atomic { asked = 0; slot = 0; mine = 0; goto end_idle } :: asked & NOTIFY fi;
  STEP(completions[me].slot[completed[me] % COMPLETIONS] = slot; slot = 0; asked = 0; mine = 0);
  STEP(completed[me]++);
#ifndef MUTANT_no_bell
  STEP(if :: pump_sleeps == 0 -> goto end_idle :: else fi);
  STEP(asked = pump_sleeps; pump_sleeps = 0; if :: asked == 0 -> goto end_idle :: else -> asked = 0 fi);
  STEP(doorbell = 1);
#endif
  goto end_idle;

died:
  atomic { slot = 0; asked = 0; mine = 0 };
end_dead:
  atomic { !dead[me] -> goto end_idle }
}

/* Recovery, as the client sees it: the word first, then the message, then a successor. */
#define RECOVER(s) if :: status[s] == RUNNING && owner[s] == w -> status[s] = DIED; slot = s :: else fi

active proctype Supervisor() {
  byte w;
  byte slot;

end_watch:
  if
  :: atomic { dead[0] -> w = 0 }
#if WORKERS > 1
  :: atomic { dead[1] -> w = 1 }
#endif
  :: atomic { supervisor_deaths > 0 -> supervisor_deaths--; supervisor_gone = 1; goto gone }
  fi;
  atomic {
    slot = NONE;
    RECOVER(0);
#if SLOTS > 1
    RECOVER(1);
#endif
  };
  deaths!slot;
  atomic { dead[w] = 0; w = 0; slot = 0; goto end_watch };
gone:
  skip
}

/* ==== lib/client/ ============================================================================= */

#define ACQUIRE atomic { !lock -> lock = 1 }
#define RELEASE lock = 0
#define IS_UNFINISHED(s) (status[s] == PENDING || status[s] == RUNNING)
#if SLOTS == 1
#define FULL (task_of[0] != NONE)
#define A_FREE_SLOT 0
#define NOBODY_TELLS (!tells[0])
#else
#define FULL (task_of[0] != NONE && task_of[1] != NONE)
#define A_FREE_SLOT (task_of[0] == NONE -> 0 : 1)
#define NOBODY_TELLS (!tells[0] && !tells[1])
#endif

/* SlotTable::rouse. Shadow::sleepers counts at least those who have set the bit and may sleep. */
inline rouse_waiters(s) {
#ifndef MUTANT_no_rouse
  if
  :: atomic { attention[s] & WAITER -> skip };
     atomic { TELL(attention[s], tag_of[s]) };
     atomic { futex_wake_all(s) }
  :: atomic { !(attention[s] & WAITER) -> skip }
  fi
#else
  skip
#endif
}

/* ProcessCore::free_slot */
inline free_slot(s) {
  rouse_waiters(s);
  atomic { tells[s] = 0; status[s] = FREE; task_of[s] = NONE }
}

/* ProcessCore::publish: SlotTable::publish */
inline publish(s, notify) {
  atomic { tells[s] = notify; tag_of[s]++; attention[s] = ATTENTION(tag_of[s], (notify -> NOTIFY : 0)) };
  atomic { status[s] = PENDING; tag[s] = tag_of[s] }
}

/* ProcessCore::harvest. free_slot comes before the state is completed, all of it under the lock. */
inline harvest(s) {
  if
  :: atomic { task_of[s] != NONE && status[s] == DONE ->
       assert(tag[s] == tag_of[s]);
       assert(!ended[task_of[s]]); t = task_of[s] };
     free_slot(s);
     ended[t] = 1
  :: atomic { !(task_of[s] != NONE && status[s] == DONE) -> skip }
  fi
}

inline harvest_all() {
  harvest(0);
#if SLOTS > 1
  harvest(1);
#endif
}

/* The first in the backlog, in the order of tasks. */
#if TASKS == 1
#define FRONT 0
#elif TASKS == 2
#define FRONT (in_backlog[0] -> 0 : 1)
#else
#define FRONT (in_backlog[0] -> 0 : (in_backlog[1] -> 1 : 2))
#endif

/* ProcessCore::refill, with ask_one_to_tell */
inline refill() {
  do
  :: atomic { backlog == 0 -> break }
  :: atomic { backlog > 0 && FULL };
     harvest_all();
     if :: FULL && NOBODY_TELLS ->
           attention[0] = attention[0] | NOTIFY;   /* SlotTable::ask, in_flight_.middle() */
           tells[0] = 1;
           if :: atomic { status[0] == DONE -> skip } :: atomic { status[0] != DONE -> break } fi
        :: FULL && !NOBODY_TELLS -> break
        :: !FULL
     fi
  :: atomic { backlog > 0 && !FULL ->
       t = FRONT; in_backlog[t] = 0; backlog--; s = A_FREE_SLOT; task_of[s] = t };
     publish(s, notify_of[t])
  od
}

/* A thread of the program. */
proctype Waiter(byte id; byte task; bit submits) {
  byte s;
  byte t;
  byte asked;
  byte mine;

  if
  :: submits ->                /* ProcessCore::place_task */
     ACQUIRE;
     if
     :: broken -> ended[task] = 1
     :: !broken && backlog == 0 && !FULL ->
        s = A_FREE_SLOT; task_of[s] = task; publish(s, 0)
     :: !broken && !(backlog == 0 && !FULL) ->
        in_backlog[task] = 1; backlog++;
        refill()
     fi;
     atomic { submitted[task] = 1; s = 0; RELEASE }
  :: else -> submitted[task]
  fi;

  do                           /* ProcessSource::wait */
  :: ACQUIRE;
     if :: ended[task] -> RELEASE; break :: !ended[task] fi;
     /* ProcessCore::wait */
     if
     :: in_backlog[task] ->
        refill();
        if :: in_backlog[task] -> notify_of[task] = 1; RELEASE; ended[task] == 1
           :: !in_backlog[task] -> RELEASE
        fi
     :: !in_backlog[task] ->
        s = 0;
#if SLOTS > 1
        if :: task_of[1] == task -> s = 1 :: task_of[1] != task fi;
#endif
        harvest(s);
        if
        :: ended[task] -> refill(); RELEASE
        :: !ended[task] && status[s] == DIED -> RELEASE; ended[task] == 1   /* StateBase::park */
        :: !ended[task] && status[s] != DIED ->
           /* ProcessCore::wait_for_slot */
           atomic { mine = tag_of[s]; RELEASE };
           /* SlotTable::ask */
           atomic { asked = attention[s] | WAITER; attention[s] = asked };
           if :: atomic { tag[s] == mine && IS_UNFINISHED(s) && (SAME_TAG(asked, mine)) -> skip };
                 atomic { if :: attention[s] == asked -> in_futex[id] = s :: else fi };
                 in_futex[id] == NOWHERE
              :: else
           fi;
           atomic { asked = 0; mine = 0 }
        fi
     fi;
     atomic { s = 0; t = 0 }
  od
}

#if OBSERVED
/* Submits one and hangs a hook on it, that is observes it. */
proctype Observer(byte task) {
  byte s;
  byte t;

  ACQUIRE;
  if
  :: broken -> ended[task] = 1
  :: !broken && backlog == 0 && !FULL -> s = A_FREE_SLOT; task_of[s] = task; publish(s, 0)
  :: !broken && !(backlog == 0 && !FULL) -> in_backlog[task] = 1; backlog++; refill()
  fi;
  RELEASE;
  ACQUIRE;                     /* ProcessCore::observe */
  if
  :: ended[task]
  :: !ended[task] && in_backlog[task] -> notify_of[task] = 1
  :: !ended[task] && !in_backlog[task] ->
     s = 0;
#if SLOTS > 1
     if :: task_of[1] == task -> s = 1 :: task_of[1] != task fi;
#endif
     atomic { attention[s] = attention[s] | NOTIFY; tells[s] = 1 };
     harvest(s);
     refill()
  fi;
  RELEASE;
  ended[task] == 1             /* the pump calls the hook */
}
#endif

#define MAKE_FREE(s) atomic { if :: task_of[s] != NONE -> status[s] = FREE :: else fi }

/* lib/client/core_pump.cpp */
active proctype Pump() {
  byte w;
  byte i;
  byte written;
  byte s;
  byte t;

  do                           /* ProcessCore::pump_until_end */
  :: ACQUIRE;
     /* ProcessCore::take_completions */
     do
     :: w < WORKERS ->
        atomic { written = completed[w]; i = completions_seen[w]; completions_seen[w] = written };
        do
        :: atomic { i != written && written - i < COMPLETIONS -> s = completions[w].slot[i % COMPLETIONS] };
           harvest(s);
           if :: atomic { completed[w] - i >= COMPLETIONS -> i = written }; harvest_all()
              :: atomic { completed[w] - i < COMPLETIONS -> i++ }
           fi
        :: atomic { i != written && written - i >= COMPLETIONS -> i = written }; harvest_all()
        :: atomic { i == written -> break }
        od;
        w++
     :: else -> break
     od;
     w = 0;
     refill();
     atomic { w = 0; i = 0; written = 0; s = 0; t = 0; RELEASE };
     pump_sleeps = 1;
#ifndef MUTANT_pump_does_not_look
     /* ProcessCore::completions_waiting */
     if
     :: atomic { completed[0] != completions_seen[0] -> w = 1 }
     :: atomic { completed[0] == completions_seen[0] -> w = 0 }
     fi;
#if WORKERS > 1
     if
     :: atomic { w == 0 && completed[1] != completions_seen[1] -> w = 1 }
     :: atomic { w == 1 || completed[1] == completions_seen[1] -> skip }
     fi;
#endif
     if :: w == 1 -> w = 0; pump_sleeps = 0; goto again :: w == 0 fi;
#endif
end_poll:                      /* ProcessCore::sleep_in_pump */
     if
     :: atomic { doorbell -> doorbell = 0 }
     :: atomic { nempty(deaths) -> skip }
     :: supervisor_gone && ALL_DEAD && !broken   /* handle_supervisor_gone waits for all */
     fi;
     pump_sleeps = 0;
     /* ProcessCore::handle_messages */
     do
     :: atomic { nempty(deaths) -> deaths?i };
        ACQUIRE;               /* ProcessCore::handle_death */
        harvest_all();
        if
        :: i == NONE
        :: i != NONE ->        /* end_attempt */
           assert(task_of[i] != NONE && status[i] == DIED);
           if
           :: retries > 0 -> retries--; rouse_waiters(i); publish(i, 1)   /* go_on */
           :: t = task_of[i]; free_slot(i); ended[t] = 1
           fi
        fi;
        refill();
        atomic { i = 0; s = 0; t = 0; RELEASE }
     :: atomic { supervisor_gone && ALL_DEAD && !broken && empty(deaths) -> skip };
        ACQUIRE;               /* ProcessCore::break_pool */
        harvest_all();
        broken = 1;
#ifndef MUTANT_rouse_before_release
        /* ProcessCore::free_slot releases first and rouses then: nobody ends these tasks any more, and
         * who asks now must see it. */
        MAKE_FREE(0);
#if SLOTS > 1
        MAKE_FREE(1);
#endif
#endif
        s = 0;
        do
        :: s < SLOTS ->
           if :: task_of[s] != NONE -> t = task_of[s]; free_slot(s); ended[t] = 1 :: task_of[s] == NONE fi;
           s++
        :: else -> break
        od;
        do :: backlog > 0 -> atomic { t = FRONT; in_backlog[t] = 0; backlog--; ended[t] = 1 }
           :: backlog == 0 -> break
        od;
        atomic { s = 0; t = 0; RELEASE }
     :: atomic { (!supervisor_gone || !(ALL_DEAD) || broken) && empty(deaths) -> break }
     od;
again:
     skip
  od
}

init {
  atomic {
    run Worker(0);
#if WORKERS > 1
    run Worker(1);
#endif
    run Waiter(0, 0, 1);
#if WAITERS > 1
    run Waiter(1, 1, 1);
#endif
#ifdef SECOND_LOOK
    run Waiter(WAITERS, 0, 0);
#endif
#if OBSERVED
    run Observer(WAITERS);
#endif
  }
}
