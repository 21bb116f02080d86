import { deflateRawSync } from 'node:zlib'

export interface ArchiveEntry {
  name: string
  contents: Uint8Array
  deflate?: boolean
  /** What the list of contents says of the size, where that is a lie. */
  declaredBytes?: number
}

/** A zip archive, as well-formed as its entries. */
export function zipArchive(entries: readonly ArchiveEntry[]): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const { name, contents, deflate = false, declaredBytes } of entries) {
    const packed = deflate ? deflateRawSync(contents) : contents
    const nameBytes = Buffer.from(name)
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50)
    local.writeUInt16LE(deflate ? 8 : 0, 8)
    local.writeUInt16LE(nameBytes.length, 26)
    const listed = Buffer.alloc(46)
    listed.writeUInt32LE(0x02014b50)
    listed.writeUInt16LE(deflate ? 8 : 0, 10)
    listed.writeUInt32LE(packed.length, 20)
    listed.writeUInt32LE(declaredBytes ?? contents.length, 24)
    listed.writeUInt16LE(nameBytes.length, 28)
    listed.writeUInt32LE(offset, 42)
    locals.push(local, nameBytes, Buffer.from(packed))
    central.push(listed, nameBytes)
    offset += local.length + nameBytes.length + packed.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}
