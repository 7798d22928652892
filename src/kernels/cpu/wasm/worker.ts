/**
 * Sharing one job between threads. A job is a kernel called once for every piece 0 … pieces−1, in any order, by
 * any thread. The control block, a cache line a field so that threads do not fight over lines:
 *
 *   next       pieces not yet taken. Threads take some by counting down: a result > 0 means pieces of the job whose
 *              description stands in `job`, and that job cannot end before they are done; so a thread that comes
 *              late either gets pieces of the present job or none, never any of a past job.
 *   front,     pieces taken from either end. Even threads begin with the first piece and odd ones with the last, so
 *   back       that with two threads each finds in its cache what it made of the same part in the job before.
 *   done       pieces finished. The host goes on when it equals `pieces`.
 *   signal     grows with every job; idle threads sleep on it.
 *   sleepers   threads that sleep, or are about to.
 *   waiting    1 while the host sleeps on `done`.
 *   state      1: stop; 2: a kernel trapped in a worker.
 *   job        kernel (table index), args, pieces, scratch of thread 0, bytes of scratch a thread,
 *              pieces taken at once.
 */
const NEXT: usize = 0;
const DONE: usize = 64;
const SIGNAL: usize = 128;
const SLEEPERS: usize = 192;
const WAITING: usize = 256;
const STATE: usize = 320;
const JOB: usize = 384;
const FRONT: usize = 448;
const BACK: usize = 512;

/**
 * Polls before a worker sleeps: some 120 µs, longer than a run of ops too small to share. Waking it again takes 10 to 40.
 */
const SPINS: i32 = 90000;
/** Polls before the host sleeps on the last pieces: some 40 µs. It sleeps when workers have lost their cores to others. */
const HOST_SPINS: i32 = 30000;

// @ts-ignore: decorator
@inline
function takePieces(control: usize, thread: i32): void {
  for (;;) {
    // This may still be the number of the last job: any will do.
    const share = max(1, load<i32>(control + JOB, 20));
    const left = atomic.sub<i32>(control + NEXT, share);
    if (left <= 0) return;
    const taken = min(left, share);
    const kernel = load<u32>(control + JOB);
    const args = <usize>load<u32>(control + JOB, 4);
    const pieces = load<i32>(control + JOB, 8);
    const scratch = <usize>load<u32>(control + JOB, 12) + <usize>thread * <usize>load<u32>(control + JOB, 16);
    const first = thread & 1
      ? pieces - taken - atomic.add<i32>(control + BACK, taken)
      : atomic.add<i32>(control + FRONT, taken);
    for (let i = 0; i < taken; i++) call_indirect<void>(kernel, args, first + i, scratch);
    const done = atomic.add<i32>(control + DONE, taken) + taken;
    if (done == pieces && atomic.load<i32>(control + WAITING) != 0) atomic.notify(control + DONE, 1);
  }
}

/** A worker's whole life. `thread` counts from 1; the host is thread 0. */
export function work(control: usize, thread: i32): void {
  for (;;) {
    const seen = atomic.load<i32>(control + SIGNAL);
    if (atomic.load<i32>(control + STATE) == 1) return;
    takePieces(control, thread);
    let spins = SPINS;
    while (spins > 0 && atomic.load<i32>(control + SIGNAL) == seen) spins--;
    if (spins > 0) continue;
    atomic.add<i32>(control + SLEEPERS, 1);
    atomic.wait<i32>(control + SIGNAL, seen, -1);
    atomic.sub<i32>(control + SLEEPERS, 1);
  }
}

/** Runs the job described in the control block with the help of the workers. Returns 0 if a worker trapped. */
export function runJob(control: usize): i32 {
  const pieces = load<i32>(control + JOB, 8);
  atomic.store<i32>(control + DONE, 0);
  atomic.store<i32>(control + FRONT, 0);
  atomic.store<i32>(control + BACK, 0);
  atomic.store<i32>(control + NEXT, pieces);
  wake(control, pieces - 1);
  takePieces(control, 0);
  let spins = HOST_SPINS;
  for (;;) {
    const done = atomic.load<i32>(control + DONE);
    if (done >= pieces) break;
    if (atomic.load<i32>(control + STATE) == 2) return 0;
    if (--spins > 0) continue;
    atomic.store<i32>(control + WAITING, 1);
    atomic.wait<i32>(control + DONE, done, 1000000);
    atomic.store<i32>(control + WAITING, 0);
  }
  return atomic.load<i32>(control + STATE) == 2 ? 0 : 1;
}

/** Runs the job on this thread alone. */
export function runAlone(control: usize): void {
  const kernel = load<u32>(control + JOB);
  const args = <usize>load<u32>(control + JOB, 4);
  const pieces = load<i32>(control + JOB, 8);
  const scratch = <usize>load<u32>(control + JOB, 12);
  for (let piece = 0; piece < pieces; piece++) call_indirect<void>(kernel, args, piece, scratch);
}

// @ts-ignore: decorator
@inline
function wake(control: usize, count: i32): void {
  atomic.add<i32>(control + SIGNAL, 1);
  if (atomic.load<i32>(control + SLEEPERS) > 0) atomic.notify(control + SIGNAL, count);
}

/** Sends every worker home. */
export function stop(control: usize): void {
  atomic.store<i32>(control + STATE, 1);
  wake(control, i32.MAX_VALUE);
}

/** Called by a worker whose kernel trapped. */
export function trapped(control: usize): void {
  atomic.store<i32>(control + STATE, 2);
  atomic.notify(control + DONE, 1);
}

/** Where the module's own data end. */
export function heapBase(): usize {
  return __heap_base;
}
