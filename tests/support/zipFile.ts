import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipMember {
  name: string
  bytes: Uint8Array
  /** A Unix mode with the type of file, e.g. `0o120777` for a link. */
  mode?: number
  /** Size that is claimed instead of the true one. */
  claimedSize?: number
  checksum?: number
  encrypted?: boolean
}

const utf8Names = 0x800
const encryptedFlag = 1
const deflated = 8
const unix = 3 << 8

/** A zip archive as APPNOTE 6.3 has it, with whatever names, sizes and checksums a test wants. */
export function zipFile(members: readonly ZipMember[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, bytes, mode = 0o100644, claimedSize, checksum, encrypted } of members) {
    const packed = deflateRawSync(bytes)
    const nameBytes = Buffer.from(name)
    // Flags, method, time, date, checksum, sizes: the same in both headers.
    const common = Buffer.alloc(22)
    common.writeUInt16LE(utf8Names | (encrypted === true ? encryptedFlag : 0), 0)
    common.writeUInt16LE(deflated, 2)
    common.writeUInt32LE(checksum ?? crc32(bytes), 8)
    common.writeUInt32LE(packed.length, 12)
    common.writeUInt32LE(claimedSize ?? bytes.length, 16)
    common.writeUInt16LE(nameBytes.length, 20)
    const local = Buffer.concat([Buffer.from('PK\x03\x04\x14\0', 'latin1'), common, Buffer.alloc(2), nameBytes, packed])
    const tail = Buffer.alloc(16)
    tail.writeUInt32LE((mode << 16) >>> 0, 8)
    tail.writeUInt32LE(offset, 12)
    const made = Buffer.alloc(4)
    made.writeUInt16LE(unix, 0)
    made.writeUInt16LE(20, 2)
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), made, common, tail, nameBytes]))
    parts.push(local)
    offset += local.length
  }
  const entries = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(entries.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, entries, end])
}
