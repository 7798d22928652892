/** Small valid WAV files, one of each kind that the reader knows, as starting points for damage. */

type Field = readonly [bytes: number, value: number] | string;

function bytesOf(fields: readonly Field[], little: boolean): number[] {
  return fields.flatMap((field) => {
    if (typeof field === 'string') return [...field].map((letter) => letter.charCodeAt(0));
    const [size, value] = field;
    const out = Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);
    return little ? out : out.reverse();
  });
}

interface Kind {
  readonly magic?: 'RIFF' | 'RIFX' | 'RF64';
  readonly tag: number;
  readonly bits: number;
  readonly channels?: number;
  readonly align?: number;
  /** Behind the sixteen bytes that every format chunk has. */
  readonly extra?: readonly Field[];
  /** Bytes of sound. */
  readonly data: number;
  /** What each block of `align` bytes begins with, where it is no plain sample. */
  readonly head?: readonly number[];
  readonly order?: 'data-first' | 'junk';
  /** What stands where the size of `data` should. */
  readonly claims?: number;
}

function fileOf({
  magic = 'RIFF',
  tag,
  bits,
  channels = 1,
  align,
  extra = [],
  data,
  head = [],
  order,
  claims,
}: Kind): Uint8Array {
  const little = magic !== 'RIFX';
  const chunk = (id: string, body: number[], size = body.length) => [
    ...bytesOf([id, [4, size]], little),
    ...body,
    ...(body.length % 2 ? [0] : []),
  ];
  const block = align ?? Math.ceil(bits / 8) * channels;
  const format = chunk(
    'fmt ',
    bytesOf([[2, tag], [2, channels], [4, 2000], [4, 2000 * block], [2, block], [2, bits], ...extra], little),
  );
  // Multiplied by an odd number, bytes take all values and no two neighbours are alike.
  const sound = Array.from({ length: data }, (_, i) => head[i % block] ?? (i * 97 + 13) & 0xff);
  const body = chunk('data', sound, claims ?? (magic === 'RF64' ? 0xffffffff : data));
  const junk =
    order === 'junk' ? [...chunk('JUNK', [1, 2, 3]), ...chunk('LIST', bytesOf(['INFO'], little))] : [];
  const ds64 =
    magic === 'RF64'
      ? chunk(
          'ds64',
          bytesOf(
            [
              [8, 0],
              [8, data],
              [8, data],
              [4, 0],
            ],
            little,
          ),
        )
      : [];
  const chunks = order === 'data-first' ? [...body, ...format] : [...ds64, ...junk, ...format, ...body];
  return Uint8Array.from([
    ...bytesOf([magic, [4, magic === 'RF64' ? 0xffffffff : 4 + chunks.length], 'WAVE'], little),
    ...chunks,
  ]);
}

const GUID: readonly Field[] = [
  [2, 0],
  [2, 0x10],
  [1, 0x80],
  [1, 0],
  [1, 0],
  [1, 0xaa],
  [1, 0],
  [1, 0x38],
  [1, 0x9b],
  [1, 0x71],
];
const extensible = (tag: number, valid: number): readonly Field[] => [
  [2, 22],
  [2, valid],
  [4, 0],
  [4, tag],
  ...GUID,
];
/** The seven pairs of coefficients of Microsoft's ADPCM. */
const COEFFICIENTS = [256, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232];

export function wavSeeds(): Uint8Array[] {
  return [
    ...[8, 16, 24, 32].map((bits) => fileOf({ tag: 1, bits, data: bits * 4 })),
    fileOf({ tag: 1, bits: 12, channels: 3, data: 36 }),
    fileOf({ tag: 1, bits: 16, channels: 2, data: 64, magic: 'RIFX' }),
    fileOf({ tag: 1, bits: 24, channels: 1, data: 48, magic: 'RF64' }),
    fileOf({ tag: 3, bits: 32, data: 64 }),
    fileOf({ tag: 3, bits: 64, data: 64, channels: 2 }),
    fileOf({ tag: 6, bits: 8, data: 33, extra: [[2, 0]] }),
    fileOf({ tag: 7, bits: 8, data: 32, channels: 2, extra: [[2, 0]] }),
    fileOf({ tag: 0xfffe, bits: 32, channels: 2, data: 64, extra: extensible(1, 24) }),
    fileOf({ tag: 0xfffe, bits: 32, data: 64, extra: extensible(3, 32) }),
    fileOf({
      tag: 17,
      bits: 4,
      align: 32,
      head: [13, 110, 7, 0],
      data: 96,
      extra: [
        [2, 2],
        [2, 57],
      ],
    }),
    fileOf({
      tag: 17,
      bits: 4,
      align: 64,
      channels: 2,
      head: [13, 110, 7, 0, 40, 1, 60, 0],
      data: 128,
      extra: [
        [2, 2],
        [2, 57],
      ],
    }),
    fileOf({
      tag: 2,
      bits: 4,
      align: 32,
      head: [2],
      data: 96,
      extra: [
        [2, 32],
        [2, 52],
        [2, 7],
        ...COEFFICIENTS.map((value): Field => [2, value < 0 ? value + 65536 : value]),
      ],
    }),
    fileOf({ tag: 1, bits: 16, data: 64, order: 'data-first' }),
    fileOf({ tag: 1, bits: 16, data: 64, order: 'junk' }),
    fileOf({ tag: 1, bits: 16, data: 64, claims: 0 }),
    fileOf({ tag: 1, bits: 16, data: 64, claims: 0xffffffff }),
  ];
}
