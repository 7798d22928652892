import { spawnSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** Where figures come from. */
export interface Environment {
  readonly cpu: string;
  readonly cores: number;
  /** GB */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
  /** Of this project; `+` where the working tree differs. */
  readonly commit: string;
  readonly date: string;
  /** Runnable processes in the minute before: figures of a busy machine are worth nothing. */
  readonly load: number;
  readonly peers: Readonly<Record<string, string>>;
}

function git(...args: string[]): string {
  return spawnSync('git', args, { encoding: 'utf8' }).stdout?.trim() ?? '';
}

export function environment(peers: Readonly<Record<string, string>>): Environment {
  const all = cpus();
  const changed = git('status', '--porcelain', '--untracked-files=no', 'src', 'bench') === '' ? '' : '+';
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memory: Math.round(totalmem() / 1e9),
    system: `${type()} ${release().split('-')[0]}`,
    node: process.versions.node,
    commit: `${git('rev-parse', '--short', 'HEAD') || 'unknown'}${changed}`,
    date: new Date().toISOString().slice(0, 10),
    load: Math.round(10 * loadavg()[0]!) / 10,
    peers,
  };
}
