/** What workers can do. A task is a module that is loaded where it runs, so that nobody pays for the others. */

/**
 * A kind of work on many items. `create` is called once a worker, with what all items have in common, and gives
 * the function for one item; a worker never calls that for a second item before the first is done.
 *
 * An item fails alone by throwing an EngineError (not a DeviceError) or by asking for more memory than there is;
 * anything else that is thrown ends the whole.
 */
export interface TaskModule<Setup, Item, Result> {
  create(setup: Setup): Run<Item, Result> | Promise<Run<Item, Result>>;
  /** Buffers of a result that move to the caller instead of being copied. */
  transfer?(result: Result): ArrayBuffer[];
}

export type Run<Item, Result> = (item: Item) => Result | Promise<Result>;

/** Any table of tasks by name. */
export type TaskTable = Readonly<Record<string, () => Promise<TaskModule<never, never, unknown>>>>;

/** The tasks there are. Setups, items and results are copied between threads: plain values and typed arrays. */
export const TASKS = {
  extract: () => import('./extract.ts'),
  inspect: () => import('../inspect/facts.ts'),
  compare: () => import('../inspect/pairs.ts'),
} as const satisfies TaskTable;

type ModuleOf<Table extends TaskTable, Name extends keyof Table> = Awaited<ReturnType<Table[Name]>>;
type RunOf<Table extends TaskTable, Name extends keyof Table> = Awaited<
  ReturnType<ModuleOf<Table, Name>['create']>
>;

export type SetupOf<Table extends TaskTable, Name extends keyof Table> = Parameters<
  ModuleOf<Table, Name>['create']
>[0];
export type ItemOf<Table extends TaskTable, Name extends keyof Table> = Parameters<RunOf<Table, Name>>[0];
export type ResultOf<Table extends TaskTable, Name extends keyof Table> = Awaited<
  ReturnType<RunOf<Table, Name>>
>;
