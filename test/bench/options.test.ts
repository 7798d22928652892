/** What `npm run bench` can be told, and what it says of that. */
import { expect, it } from 'vitest';
import { parseOptions, parsePeers, usage } from '../../bench/options.ts';

const names = ['steps', 'sizes'];
const everybody = {
  all: false,
  python: 'bench/peers/.venv/bin/python',
  onnx: 'bench/peers',
  tfjs: true,
  jax: true,
};

it('looks for everybody unless told otherwise', () => {
  expect(parseOptions([], names)).toEqual({
    ...{
      only: null,
      rounds: 5,
      seconds: 1,
      peers: everybody,
      data: null,
      publish: false,
      page: false,
      help: false,
    },
  });
  expect(parsePeers(['all'])).toEqual({ ...everybody, all: true });
});

it('takes peers in one list or one by one', () => {
  const expected = { ...everybody, all: true, python: '/opt/python=3', tfjs: false };
  expect(parsePeers(['all,python=/opt/python=3,tfjs=none'])).toEqual(expected);
  expect(parsePeers(['tfjs=none', 'python=/opt/python=3', 'all'])).toEqual(expected);
  expect(parsePeers(['onnx=elsewhere,jax=none'])).toEqual({ ...everybody, onnx: 'elsewhere', jax: false });
});

it('leaves everybody out but whom it is told of', () => {
  const nobody = { all: false, python: null, onnx: null, tfjs: false, jax: false };
  expect(parsePeers(['none'])).toEqual(nobody);
  expect(parsePeers(['none,python=python3'])).toEqual({ ...nobody, python: 'python3' });
  expect(parsePeers(['python=none'])).toEqual({ ...everybody, python: null });
});

it.each([
  ['torch=x', "--peers knows all, none, python, onnx, tfjs, jax, not 'torch'"],
  ['python', '--peers python needs a value: python=…, or python=none'],
  ['onnx=', '--peers onnx needs a value: onnx=…, or onnx=none'],
  ['jax=somewhere', "--peers knows jax=none, not 'jax=somewhere'"],
  ['toString=x', "not 'toString'"],
])('refuses --peers %s', (list, message) => {
  expect(() => parsePeers([list])).toThrow(message);
});

it.each([
  [['--only', 'steps,speed'], "There is no question 'speed'; there are steps, sizes"],
  [['--rounds', '0'], '--rounds is 0, not a positive number'],
  [['--rounds', '2.5'], '--rounds is 2.5, not a whole number'],
  [['--seconds', 'x'], '--seconds is x, not a positive number'],
  [['--seconds', 'Infinity'], '--seconds is Infinity'],
  [['--speed'], '--speed'],
])('refuses %s', (args, message) => {
  expect(() => parseOptions(args, names)).toThrow(message);
});

it('says of every option what it is', () => {
  const text = usage(names, 'results.json', 'page.md');
  for (const option of ['only', 'rounds', 'seconds', 'peers', 'data', 'publish', 'sources', 'help'])
    expect(text).toContain(`--${option} `);
  expect(text).toContain('some of: steps, sizes');
  for (const peer of ['all ', 'none ', 'python=', 'onnx=', 'tfjs', 'jax']) expect(text).toContain(peer);
});
