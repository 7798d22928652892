import type { Tensor } from './tensor.ts';

/**
 * Scopes own tensors. What an op makes belongs to the innermost scope; when the scope ends, everything it
 * owns is freed but what its function returns, which passes to the scope outside. Scopes survive `await`:
 * where the host has AsyncLocalStorage (Node ≥ 20.16, Bun, Deno) every asynchronous chain sees its own, so
 * concurrent scopes do not mix; elsewhere (browsers) a plain stack is used, and scopes that overlap in time
 * without being nested are not supported.
 */
export class Scope {
  readonly owned = new Set<Tensor>();
  readonly parent: Scope | null;
  constructor(parent: Scope | null) {
    this.parent = parent;
  }
}

interface State {
  readonly scope: Scope | null;
  readonly recording: boolean;
}

interface Carrier {
  get(): State;
  run<T>(state: State, body: () => T): T;
}

const OUTSIDE: State = { scope: null, recording: true };

function stackCarrier(): Carrier {
  let current = OUTSIDE;
  return {
    get: () => current,
    run<T>(state: State, body: () => T): T {
      const before = current;
      current = state;
      let result: T;
      try {
        result = body();
      } catch (error) {
        current = before;
        throw error;
      }
      if (!isPromise(result)) {
        current = before;
        return result;
      }
      return result.finally(() => {
        current = before;
      }) as T;
    },
  };
}

function asyncCarrier(): Carrier | null {
  const host = globalThis as {
    process?: { getBuiltinModule?: (id: string) => typeof import('node:async_hooks') | undefined };
  };
  const hooks = host.process?.getBuiltinModule?.('node:async_hooks');
  if (!hooks) return null;
  const storage = new hooks.AsyncLocalStorage<State>();
  return {
    get: () => storage.getStore() ?? OUTSIDE,
    run: (state, body) => storage.run(state, body),
  };
}

const carrier = asyncCarrier() ?? stackCarrier();

/** The innermost open scope, or null outside of any. */
export function currentScope(): Scope | null {
  return carrier.get().scope;
}

/** Whether ops on tensors that require a gradient are recorded on the tape. */
export function isRecording(): boolean {
  return carrier.get().recording;
}

/** Runs `body` without recording: nothing inside can be differentiated. Works across `await`. */
export function noGrad<T>(body: () => T): T {
  return withRecording(false, body);
}

/** Runs `body` with recording on, whatever is set outside. */
export function withGrad<T>(body: () => T): T {
  return withRecording(true, body);
}

function withRecording<T>(recording: boolean, body: () => T): T {
  const { scope, recording: before } = carrier.get();
  return recording === before ? body() : carrier.run({ scope, recording }, body);
}

/**
 * Runs `body` in a scope of its own and frees, when it ends, fails or rejects, every tensor made inside but
 * those in its result (a tensor, or arrays and plain objects of them), which pass to the scope outside.
 *
 * @example const loss = await scope(async () => { … return step.loss; });
 */
export function scope<T>(body: () => T): T {
  const { scope: parent, recording } = carrier.get();
  const inner = new Scope(parent);
  let result: T;
  try {
    result = carrier.run({ scope: inner, recording }, body);
  } catch (error) {
    close(inner, undefined);
    throw error;
  }
  if (!isPromise(result)) {
    close(inner, result);
    return result;
  }
  return result.then(
    (value) => {
      close(inner, value);
      return value;
    },
    (error) => {
      close(inner, undefined);
      throw error;
    },
  ) as T;
}

function close(inner: Scope, result: unknown): void {
  forTensorsIn(result, (tensor) => {
    if (!inner.owned.delete(tensor)) return;
    tensor.owner = inner.parent;
    inner.parent?.owned.add(tensor);
  });
  // A set may lose what is being visited.
  for (const tensor of inner.owned) tensor.dispose();
}

/** Visits the tensors in a value: the value itself, or elements of arrays, maps and plain objects, at any depth. */
function forTensorsIn(value: unknown, visit: (tensor: Tensor) => void, seen = new Set<unknown>()): void {
  if (value === null || typeof value !== 'object' || seen.has(value)) return;
  seen.add(value);
  if (isTensor(value)) visit(value);
  else if (Array.isArray(value)) for (const element of value) forTensorsIn(element, visit, seen);
  else if (value instanceof Map) for (const element of value.values()) forTensorsIn(element, visit, seen);
  else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const element of Object.values(value)) forTensorsIn(element, visit, seen);
  }
}

function isTensor(value: object): value is Tensor {
  return 'isTensor' in value && value.isTensor === true;
}

function isPromise<T>(value: T): value is T & Promise<Awaited<T>> {
  return (
    value !== null && typeof value === 'object' && typeof (value as { then?: unknown }).then === 'function'
  );
}
