/** Checksums of FLAC (RFC 9639, 9.1.8 and 9.3): x⁸+x²+x+1 over headers, x¹⁶+x¹⁵+x²+1 over frames, from 0, high bit first. */

function table(bits: 8 | 16, polynomial: number): Uint16Array {
  const top = 1 << (bits - 1);
  const mask = (1 << bits) - 1;
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (bits - 8);
    for (let i = 0; i < 8; i++) crc = crc & top ? ((crc << 1) ^ polynomial) & mask : (crc << 1) & mask;
    return crc;
  });
}

const TABLE_8 = table(8, 0x07);

/** For `crc = ((crc << 8) & 0xffff) ^ CRC_16[(crc >> 8) ^ byte]`, which is 0 after bytes and their checksum. */
export const CRC_16: Uint16Array = table(16, 0x8005);

export function crc8(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let i = start; i < end; i++) crc = TABLE_8[crc ^ bytes[i]!]!;
  return crc;
}

export function crc16(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let i = start; i < end; i++) crc = ((crc << 8) & 0xffff) ^ CRC_16[(crc >> 8) ^ bytes[i]!]!;
  return crc;
}
