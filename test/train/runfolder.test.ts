import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EventLog, readEvents } from '../../src/train/events.ts';
import { fileError, writeFileAtomic } from '../../src/train/files.ts';
import { readJson, toJson } from '../../src/train/json.ts';
import { createRunFolder, nextRunFolder, openRunFolder } from '../../src/train/runfolder.ts';
import { splitOf } from '../../src/train/split.ts';
import { errorOf, temporaryFolder } from './temporary.ts';

describe('a run folder', () => {
  it('is made with the folders above it, and written and read file by file', () => {
    const path = join(temporaryFolder(), 'runs', 'deep', 'first');
    const run = createRunFolder(path);
    run.writeJson('run', { seed: 1 });
    run.writeSplit(splitOf({ train: ['a'], validation: ['b'], test: ['c'] }, 1));
    run.events.append({ event: 'epoch', epoch: 1, trainLoss: 0.5 });
    run.write('curves', '<svg/>');
    expect(readdirSync(path)).toEqual(['curves.svg', 'events.ndjson', 'run.json', 'split.json']);
    const again = openRunFolder(path);
    expect(again.readJson('run')).toEqual({ seed: 1 });
    expect(again.has('metrics')).toBe(false);
    expect(readEvents(again.file('events'))).toEqual([{ event: 'epoch', epoch: 1, trainLoss: 0.5 }]);
  });

  it('takes an empty folder', () => {
    const path = temporaryFolder();
    expect(createRunFolder(path).path).toBe(path);
  });

  it('never overwrites, and says which name is free', () => {
    const root = temporaryFolder({ 'first/run.json': 'old', 'first-2/run.json': 'old' });
    const error = errorOf(() => createRunFolder(join(root, 'first')));
    expect(error.code).toBe('run/exists');
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain(join(root, 'first-3'));
    expect(readFileSync(join(root, 'first/run.json'), 'utf8')).toBe('old');
    expect(readdirSync(join(root, 'first'))).toEqual(['run.json']);
  });

  it('that cannot be made is a typed error', () => {
    const root = temporaryFolder({ file: 'x' });
    for (const path of [join(root, 'file'), join(root, 'file/below')]) {
      const error = errorOf(() => createRunFolder(path));
      expect(error.code).toBe('run/unwritable');
      expect(error.message).toContain(path);
      expect(error.exitCode).toBe(2);
    }
  });

  it('that is not there, or never started, cannot be opened', () => {
    const root = temporaryFolder();
    expect(errorOf(() => openRunFolder(join(root, 'none'))).code).toBe('run/missing');
    expect(errorOf(() => openRunFolder(root)).code).toBe('run/incomplete');
  });
});

describe('nextRunFolder', () => {
  it('counts on from the highest number, and ignores other names', () => {
    const root = temporaryFolder();
    const base = join(root, 'runs');
    expect(nextRunFolder(base)).toBe(join(base, '001'));
    for (const name of ['001', '007', 'first', '7', '12x']) mkdirSync(join(base, name), { recursive: true });
    expect(nextRunFolder(base)).toBe(join(base, '008'));
    mkdirSync(join(base, '999'));
    expect(nextRunFolder(base)).toBe(join(base, '1000'));
    mkdirSync(join(base, '1000'));
    expect(nextRunFolder(base)).toBe(join(base, '1001'));
  });

  it('where runs cannot be is a typed error', () => {
    const root = temporaryFolder({ file: 'x' });
    expect(errorOf(() => nextRunFolder(join(root, 'file'))).code).toBe('run/unwritable');
  });
});

describe('events', () => {
  it('go on after a line that a killed process left half written', () => {
    const path = join(temporaryFolder(), 'events.ndjson');
    new EventLog(path).append({ event: 'start' });
    appendFileSync(path, '{"event":"epo');
    expect(readEvents(path)).toEqual([{ event: 'start' }]);
    new EventLog(path).append({ event: 'resume', epoch: 2 });
    expect(readFileSync(path, 'utf8')).toBe('{"event":"start"}\n{"event":"resume","epoch":2}\n');
  });

  it('name the line that is none', () => {
    const path = join(temporaryFolder({ e: '{"event":"a"}\nnonsense\n{"event":"b"}\n' }), 'e');
    const error = errorOf(() => readEvents(path));
    expect(error.code).toBe('events/invalid');
    expect(error.message).toContain(`${path}:2`);
  });

  it('refuse a number that is none, and write nothing of it', () => {
    const path = join(temporaryFolder(), 'events.ndjson');
    const log = new EventLog(path);
    log.append({ event: 'start' });
    const error = errorOf(() => log.append({ event: 'epoch', losses: { train: [1, Number.NaN] } }));
    expect(error.code).toBe('json/not-finite');
    expect(error.message).toContain('NaN at losses.train.1');
    expect(readEvents(path)).toHaveLength(1);
  });
});

describe('files', () => {
  it('are replaced whole, and left as they were when that fails', () => {
    const folder = temporaryFolder({ old: 'before' });
    writeFileAtomic(join(folder, 'old'), 'after');
    expect(readFileSync(join(folder, 'old'), 'utf8')).toBe('after');
    mkdirSync(join(folder, 'taken'));
    writeFileSync(join(folder, 'taken/x'), '');
    expect(errorOf(() => writeFileAtomic(join(folder, 'taken'), 'x')).code).toMatch(/^file\//);
    expect(readdirSync(folder)).toEqual(['old', 'taken']);
  });

  it.each([
    ['EACCES', 'file/denied'],
    ['EROFS', 'file/read-only'],
    ['ENOSPC', 'file/disk-full'],
    ['EIO', 'file/failed'],
  ])('%s is %s', (system, code) => {
    const error = fileError('write', '/some/path', Object.assign(new Error('boom'), { code: system }));
    expect(error.code).toBe(code);
    expect(error.message).toContain('cannot write /some/path');
  });

  it('of JSON end with a line end and have no NaN', () => {
    expect(toJson({ a: [1, null] })).toBe('{\n  "a": [\n    1,\n    null\n  ]\n}\n');
    expect(errorOf(() => toJson(Number.POSITIVE_INFINITY)).message).toContain('at the top');
    const root = temporaryFolder({ 'bad.json': '{"a":' });
    expect(errorOf(() => readJson(join(root, 'bad.json'))).message).toContain('bad.json');
  });
});
