import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readTensorFile } from '@engine/formats/tensorFile'
import { temporaryFolder } from './temporaryFolder'
import { zipArchive } from './zipArchive'

/** Pickles by hand: a pickle is a program, written here as its instructions. */

const ascii = (text: string) => Buffer.from(text, 'latin1')
const proto = ascii('\x80\x02')
const stop = ascii('.')

function text(value: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(Buffer.byteLength(value))
  return Buffer.concat([ascii('X'), length, Buffer.from(value)])
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt(value))
  return Buffer.concat([ascii('\x8a\x08'), bytes])
}

const tuple = (...items: Buffer[]) => Buffer.concat([ascii('('), ...items, ascii('t')])
const global = (module: string, name: string) => ascii(`c${module}\n${name}\n`)
const call = (called: Buffer, ...args: Buffer[]) => Buffer.concat([called, tuple(...args), ascii('R')])
const dictionary = (...items: Buffer[]) => Buffer.concat([ascii('}('), ...items, ascii('u')])
const program = (...parts: Buffer[]) => Buffer.concat([proto, ...parts, stop])

function storage(key: string, count: number, kind = 'FloatStorage'): Buffer {
  return Buffer.concat([
    tuple(text('storage'), global('torch', kind), text(key), text('cpu'), integer(count)),
    ascii('Q'),
  ])
}

function tensor(from: Buffer, offset: number, shape: number[], strides: number[]): Buffer {
  const numbers = (values: number[]) => tuple(...values.map(integer))
  const hooks = call(global('collections', 'OrderedDict'))
  const args = [from, integer(offset), numbers(shape), numbers(strides), ascii('\x89'), hooks]
  return call(global('torch._utils', '_rebuild_tensor_v2'), ...args)
}

/** Six values in the storage "0". */
const memory = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)

async function readProgram(pickle: Uint8Array) {
  const path = join(await temporaryFolder(), 'model.pth')
  await writeFile(
    path,
    zipArchive([
      { name: 'model/data.pkl', contents: pickle },
      { name: 'model/data/0', contents: memory },
      { name: 'model/version', contents: ascii('3\n') },
    ]),
  )
  return (await readTensorFile(path)).tensors
}

describe('a PyTorch file', () => {
  it('gives tensors by their strides, in any order of the axes', async () => {
    const whole = storage('0', 6)
    const tensors = await readProgram(
      program(
        dictionary(
          text('rows'),
          tensor(whole, 0, [2, 3], [3, 1]),
          text('turned'),
          tensor(whole, 0, [3, 2], [1, 3]),
          text('part'),
          tensor(whole, 2, [2], [1]),
          text('scalar'),
          tensor(whole, 5, [], []),
        ),
      ),
    )
    expect(tensors.get('rows')).toEqual({ dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) })
    expect(tensors.get('turned')).toEqual({ dtype: 'F32', shape: [3, 2], data: Float32Array.of(1, 4, 2, 5, 3, 6) })
    expect(tensors.get('part')?.data).toEqual(Float32Array.of(3, 4))
    expect(tensors.get('scalar')).toEqual({ dtype: 'F32', shape: [], data: Float32Array.of(6) })
    expect([...tensors.keys()]).toEqual(['rows', 'turned', 'part', 'scalar'])
  })

  it('is searched for the state dict that a training script wrapped, beside other values', async () => {
    const state = dictionary(
      text('w'),
      call(global('torch._utils', '_rebuild_parameter'), tensor(storage('0', 6), 0, [6], [1])),
    )
    const checkpoint = dictionary(text('epoch'), integer(-3), text('done'), ascii('\x88'), text('model'), state)
    const tensors = await readProgram(program(checkpoint))
    expect([...tensors.keys()]).toEqual(['w'])
  })
})

/** `(object, name)` pairs of a dictionary that holds itself, and lists whose spelled-out length is 2⁴⁰. */
const itself = Buffer.concat([ascii('}q\x00'), text('model'), ascii('h\x00s')])
const doubling = Buffer.concat([ascii(']q\x00'), ...Array.from({ length: 40 }, () => ascii(']h\x00ah\x00aq\x00'))])
const deep = Buffer.concat([Buffer.alloc(500_000, ']'), Buffer.alloc(499_999, 'a')])

const hostile: [string, Buffer, RegExp][] = [
  ['os.system', program(call(global('posix', 'system'), text('id'))), /"posix\.system"/],
  ['a name from the stack', program(text('builtins'), text('eval'), ascii('\x93')), /"builtins\.eval"/],
  ['a class of its own (__reduce__)', program(call(global('evil', 'Payload'))), /"evil\.Payload"/],
  ['training arguments', program(call(global('argparse', 'Namespace'))), /"argparse\.Namespace"/],
  ['a function with a line feed in disguise', program(ascii('cos\nsystem\x00\n')), /"os\.system\?"/],
  ['INST', program(ascii('(ios\nsystem\n')), /instruction INST/],
  ['OBJ', program(ascii('(o')), /instruction OBJ/],
  ['NEWOBJ', program(ascii(')\x81')), /instruction NEWOBJ/],
  ['EXT1', program(ascii('\x82\x01')), /instruction EXT1/],
  ['an instruction that does not exist', program(ascii('\xff')), /instruction 0xff/],
  ['an empty program', Buffer.alloc(0), /cut off/],
  ['a text longer than the program', ascii('\x80\x02X\xff\xff\xff\xff'), /cut off/],
  ['a call of a type', program(call(global('torch', 'FloatStorage'))), /only names a type/],
  ['a call of a text', program(call(text('os.system'))), /calls what is no function/],
  ['attributes of a function', program(global('collections', 'OrderedDict'), ascii('}b')), /BUILD/],
  ['a memo that was not kept', program(ascii('h\x07')), /recalls/],
  ['a group that was not opened', program(ascii('t')), /did not open/],
  ['an empty stack', program(ascii('a')), /more values than there are/],
  ['a dictionary that holds itself', program(itself), /no dictionary of tensors/],
  ['lists of lists of lists', program(doubling), /no dictionary of tensors|in the middle/],
  ['half a million nested lists', program(deep), /no dictionary of tensors/],
  ['a program without an end', Buffer.concat([proto, Buffer.alloc(2_500_000, 'N')]), /longer than that of any model/],
  [
    'a tensor of a small storage repeated',
    program(dictionary(text('w'), tensor(storage('0', 6), 0, [2 ** 40], [0]))),
    /outside its storage/,
  ],
  [
    'a tensor behind its storage',
    program(dictionary(text('w'), tensor(storage('0', 6), 4, [3], [1]))),
    /outside its storage/,
  ],
  [
    'a shape that overflows',
    program(dictionary(text('w'), tensor(storage('0', 6), 0, [2 ** 52, 2 ** 52], [1, 1]))),
    /outside its storage/,
  ],
  ['a negative shape', program(dictionary(text('w'), tensor(storage('0', 6), 0, [-1], [1]))), /not known/],
  [
    'a storage that is missing',
    program(dictionary(text('w'), tensor(storage('../../secret', 6), 0, [6], [1]))),
    /missing/,
  ],
  ['a storage of another size', program(dictionary(text('w'), tensor(storage('0', 7), 0, [6], [1]))), /size/],
  ['a whole model instead of its weights', program(global('__torch__.Model', 'Model')), /"__torch__\.Model\.Model"/],
]

describe('a hostile PyTorch file', () => {
  it.each(hostile)('with %s is refused in one sentence', async (_, pickle, reason) => {
    const failure = readProgram(pickle)
    await expect(failure).rejects.toMatchObject({ kind: 'unreadable', message: expect.stringMatching(reason) })
    await expect(failure).rejects.toThrow(/^model\.pth can't be read as a PyTorch file, because [^\n]*\.$/)
  })

  it('with many tensors on one storage takes no more memory than that', async () => {
    const whole = tensor(storage('0', 6), 0, [6], [1])
    const many = Array.from({ length: 5 }, (_, index) => [text(`w${index}`), whole]).flat()
    await expect(readProgram(program(dictionary(...many)))).rejects.toThrow(/too many tensors share one storage/)
  })
})
