/** How much disk a framework takes, with everything that it needs. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderBytes } from '../../scripts/budgets/folder.ts';

/** Bytes of packages of npm and of all that they depend on; the reason where one of them is not there. */
export function packageBytes(nodeModules: string, names: readonly string[]): number | string {
  const absent = names.find((name) => !existsSync(join(nodeModules, name)));
  if (absent !== undefined) return `missing: ${absent} is not in ${nodeModules}`;
  const reached = new Set<string>();
  const open = [...names];
  while (open.length > 0) {
    const name = open.pop()!;
    const folder = join(nodeModules, name);
    // What is not hoisted lies in a folder that is counted already; what is optional may not be there.
    if (reached.has(name) || !existsSync(folder)) continue;
    reached.add(name);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    open.push(...Object.keys(manifest.dependencies ?? {}));
  }
  return [...reached].reduce((sum, name) => sum + folderBytes(join(nodeModules, name))!, 0);
}

const SCRIPT = `
import re, sys
from importlib.metadata import PackageNotFoundError, distribution
seen, todo, total = set(), list(sys.argv[1:]), 0
while todo:
    name = re.sub(r'[-_.]+', '-', todo.pop()).lower()
    if name in seen: continue
    seen.add(name)
    try: found = distribution(name)
    except PackageNotFoundError: continue
    for file in found.files or []:
        path = found.locate_file(file)
        if path.is_file() and '__pycache__' not in str(file): total += path.stat().st_size
    for need in found.requires or []:
        if 'extra ==' not in need: todo.append(re.match(r'[A-Za-z0-9._-]+', need).group(0))
print(total)
`;

/** Bytes of distributions of Python and of all that they require here, without compiled caches. */
export function distributionBytes(python: string, names: readonly string[]): number | string {
  const { status, stdout, error, stderr } = spawnSync(python, ['-c', SCRIPT, ...names], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : `missing: ${error ?? stderr.trim().split('\n').at(-1)}`;
}
