// What is known of a pool, as its messages have told it.

// Ends of tasks, the last so many of them, in the order in which they came, which is that of time
// but for a little.
class Tasks {
  constructor(capacity = 1 << 18) {
    this.capacity = capacity;
    this.end = new Float64Array(capacity);
    this.run = new Float64Array(capacity);
    this.wait = new Float32Array(capacity);
    this.id = new Float64Array(capacity);
    this.worker = new Uint16Array(capacity);
    this.name = new Uint16Array(capacity);
    this.attempt = new Uint16Array(capacity);
    this.kind = new Uint8Array(capacity);
    this.total = 0;
  }
  get first() {
    return Math.max(0, this.total - this.capacity);
  }
  at(number) {
    return number % this.capacity;
  }
  add(end, run, wait, id, worker, name, attempt, kind) {
    const i = this.at(this.total++);
    this.end[i] = end;
    this.run[i] = run;
    this.wait[i] = wait;
    this.id[i] = id;
    this.worker[i] = worker;
    this.name[i] = name;
    this.attempt[i] = attempt;
    this.kind[i] = kind;
  }
  // The first one that may have ended after that.
  from(time) {
    let low = this.first;
    let high = this.total;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.end[this.at(middle)] < time - 1) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const finished = 0;
const failed = 1;
const died = 2;

class Pool {
  constructor(id) {
    this.id = id;
    this.numbers = null;
    this.history = [];  // {at, queued, running, done, failed}: the sums
    this.workers = [];
    this.workersAt = 0;
    this.workersBefore = [];  // {at, cpu by worker}
    this.detail = null;
    this.deaths = [];
    this.ended = null;
    this.unreadable = "";  // why, since it was read last
    this.tasks = new Tasks();
    this.names = [];
    this.numbersOfNames = new Map();
    this.colours = new Colours();
    this.lost = 0;
    this.cut = 0;
    this.lastCut = 0;
    this.offset = 0;  // of the pool's clock to this page's
  }

  take(event, data, isNow) {
    const take = this[`take_${event}`];
    if (take) take.call(this, data, isNow);
  }

  take_pool(data, isNow) {
    this.numbers = data;
    this.unreadable = "";
    const {at, queued, running, finished: done, failed: threw} = data;
    this.history.push({at, queued, running, done: done + threw, failed: threw});
    if (this.history.length > 4096) this.history.splice(0, 1024);
    this.hear(at, isNow);
  }

  take_workers(data) {
    this.workersBefore.push({at: data.at, cpu: data.workers.map((worker) => worker.cpu)});
    while (this.workersBefore.length > 2 && data.at - this.workersBefore[1].at >= 1) {
      this.workersBefore.shift();
    }
    this.workers = data.workers;
    this.workersAt = data.at;
  }

  take_detail(data) {
    this.detail = data;
  }

  take_deaths(data) {
    this.deaths = data.deaths;
  }

  take_ended(data) {
    this.ended = data;
  }

  take_unreadable(data) {
    this.unreadable = data;
  }

  take_events(data) {
    const numbers = data.names.map((name) => this.numberOf(name));
    for (let i = 0; i < data.end.length; ++i) {
      this.tasks.add(data.base + data.end[i] * 1e-6, data.run[i] * 1e-9, data.wait[i] * 1e-9,
                     data.task[i], data.worker[i], numbers[data.name[i]], data.attempt[i],
                     data.kind[i]);
    }
    this.lost += data.lost;
    this.cut += data.cut;
    this.lastCut = data.cut;
  }

  numberOf(name) {
    let number = this.numbersOfNames.get(name);
    if (number === undefined) {
      // Later ones share the last: no pool has so many.
      number = Math.min(this.names.length, 65535);
      this.numbersOfNames.set(name, number);
      this.names[number] = name;
    }
    return number;
  }

  // The clocks differ, and messages take a while: what came fastest is believed.
  hear(at, isNow) {
    if (!isNow) {
      this.stopped = at;
      return;
    }
    this.stopped = undefined;
    const offset = at - performance.now() / 1000;
    this.offset = Math.max(this.offset - 1e-4, offset, offset - 0.05);
    if (Math.abs(this.offset - offset) > 5) this.offset = offset;
  }

  now() {
    if (this.ended) return this.ended.at;
    if (this.stopped !== undefined) return this.stopped;
    return performance.now() / 1000 + this.offset;
  }

  // Per second, over the time before the point `i` of the history.
  rate(i, of, over = 1) {
    const last = this.history[i];
    let j = i;
    while (j > 0 && last.at - this.history[j].at < over) --j;
    const before = this.history[j];
    return last.at > before.at ? Math.max(0, (last[of] - before[of]) / (last.at - before.at)) : 0;
  }

  // Of one processor: 1. Not known before there were two looks.
  cpuOf(index) {
    const before = this.workersBefore[0];
    const row = this.workers[index];
    if (!before || before.at === this.workersAt || before.cpu[index] === undefined) return null;
    const used = row.cpu - before.cpu[index];
    return used < 0 ? null : used / (this.workersAt - before.at);  // less: another process
  }
}
