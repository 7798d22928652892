import { deflateSync } from 'node:zlib';

/** Anchors of a scale from dark to light that is even to the eye and to colour-blind readers, after viridis. */
const ANCHORS = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
] as const;

/**
 * A PNG (W3C, "Portable Network Graphics", 2nd ed.) of 8-bit values, 0 dark to 255 light, in false colours.
 * @param pixels [height, width], row-major, the top row first
 */
export function falseColourPng(pixels: Uint8Array, width: number, height: number): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // 8 bits, palette, deflate, filters a row, not interlaced
  header.set([8, 3, 0, 0, 0], 8);
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const parts = [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('PLTE', palette()),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ];
  return Buffer.concat(parts);
}

function palette(): Uint8Array {
  const colours = new Uint8Array(768);
  for (let i = 0; i < 256; i++) {
    const place = (i / 255) * (ANCHORS.length - 1);
    const k = Math.min(Math.floor(place), ANCHORS.length - 2);
    for (let c = 0; c < 3; c++) {
      const [from, to] = [ANCHORS[k]![c]!, ANCHORS[k + 1]![c]!];
      colours[3 * i + c] = Math.round(from + (place - k) * (to - from));
    }
  }
  return colours;
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(body.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(body, 8);
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)));
  return bytes;
}

/** CRC-32 with the polynomial 0xedb88320, as PNG wants it. Node 20.0 has none in its zlib. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
