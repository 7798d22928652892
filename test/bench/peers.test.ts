/** Peers in processes of their own, and what they are handed. */
import { expect, it } from 'vitest';
import { parsePeers } from '../../bench/options.ts';
import { FRAMEWORKS, findPeers } from '../../bench/peers/find.ts';
import { Peer } from '../../bench/peers/peer.ts';
import { folded } from '../../bench/peers/weights.ts';

/** A process that answers each request with what `body` makes of it. */
const script = (body: string) => `
  console.log(JSON.stringify({ version: '1' }));
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const request = JSON.parse(line);
    ${body}
  });`;
const start = (text: string) => Peer.start(process.execPath, ['-e', text]);

it('asks a process, one request after another', async () => {
  const peer = (await start(script('console.log(JSON.stringify({ value: request.n + 1 }))'))) as Peer;
  expect(peer.versions).toEqual({ version: '1' });
  expect(await peer.ask({ n: 1 })).toBe(2);
  expect(await peer.ask({ n: 2 })).toBe(3);
  peer.close();
});

it('times by what the process itself says', async () => {
  const peer = (await start(
    script('console.log(JSON.stringify({ value: [request.seconds, request.command] }))'),
  )) as Peer;
  const contestant = peer.contestant('somebody', { task: 'train' });
  expect(contestant.name).toBe('somebody');
  expect(await contestant.turn(0.25)).toEqual([0.25, 'time']);
  peer.close();
});

it('passes on why a request failed, and that a process has ended', async () => {
  const failing = (await start(script("console.log(JSON.stringify({ error: 'no such kernel' }))"))) as Peer;
  await expect(failing.ask({})).rejects.toThrow('no such kernel');
  failing.close();
  const ending = (await start(script('process.exit(0)'))) as Peer;
  await expect(ending.ask({})).rejects.toThrow('the peer has ended');
});

it('says why a process does not start', async () => {
  expect(await start("console.error('first'); console.error('no such package'); process.exit(1)")).toBe(
    'no such package',
  );
  expect(await start('process.exit(1)')).toBe('it ended without a word');
  expect(await Peer.start('/nowhere/python', [])).toBe('it does not start: ENOENT');
});

it('names everybody who is not wanted', async () => {
  const peers = await findPeers(parsePeers(['none']));
  expect(await peers.python()).toBe('not asked for (--peers)');
  expect(peers.pythonPath).toBeNull();
  expect(peers.onnx).toBe('not asked for (--peers)');
  for (const name of FRAMEWORKS)
    expect(await peers.framework(name)).toEqual({ name, peer: 'not asked for (--peers)' });
  expect(peers.versions).toEqual({});
  peers.close();
});

it('says where it has looked', async () => {
  const peers = await findPeers(parsePeers(['none,python=/nowhere/python,onnx=/nowhere']));
  expect(await peers.python()).toBe('/nowhere/python is not there (--peers python=…)');
  expect(peers.pythonPath).toBeNull();
  expect(peers.onnx).toBe('not installed: npm ci --ignore-scripts --prefix /nowhere');
  peers.close();
});

it('folds batch normalisation into the convolution before it', () => {
  const of = (shape: number[], ...values: number[]) => ({ shape, values: Float32Array.from(values) });
  const norm = {
    'block.norm.weight': of([2], 2, 3),
    'block.norm.bias': of([2], 0.5, -0.5),
    'block.norm.running_mean': of([2], 1, 2),
    'block.norm.running_var': of([2], 4 - 1e-5, 9 - 1e-5),
  };
  const weights = new Map(
    Object.entries({
      'block.conv.weight': of([2, 1, 1, 2], 1, 2, 3, 4),
      'block.conv.bias': of([2], 3, 5),
      ...norm,
      'head.weight': of([1, 2], 7, 8),
    }),
  );
  const result = folded(weights);
  expect([...result.keys()].sort()).toEqual(['block.conv.bias', 'block.conv.weight', 'head.weight']);
  // Scales are 2/√4 and 3/√9.
  expect([...result.get('block.conv.weight')!.values]).toEqual([1, 2, 3, 4]);
  expect(result.get('block.conv.bias')!.values[0]).toBeCloseTo(0.5 + (3 - 1), 6);
  expect(result.get('block.conv.bias')!.values[1]).toBeCloseTo(-0.5 + (5 - 2), 6);
  expect(result.get('head.weight')).toBe(weights.get('head.weight'));
  weights.delete('block.conv.bias');
  expect(folded(weights).get('block.conv.bias')!.values[0]).toBeCloseTo(0.5 - 1, 6);
});
