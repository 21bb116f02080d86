/**
 * A reader of Python's pickle (protocols 2 to 5, "pickletools") that can only build plain values.
 * A pickle is a program for a stack machine, and two of its instructions call Python functions.
 * Here nothing is ever called: a function's name is looked up in a table of ours, and what is not
 * in the table is refused by name.
 */

/** A value that a pickle builds. Dictionaries are maps, tuples and lists are arrays. */
export type PickleValue =
  null | boolean | number | string | PickleValue[] | Map<PickleValue, PickleValue> | PickleObject

/** A value that an allowed function or a persistent id stands for. */
export class PickleObject {
  constructor(readonly kind: string) {}
}

interface PickleRules {
  /** What `module.name` means; undefined refuses it. */
  global(qualifiedName: string): PickleFunction | undefined
  /** What stands in place of a persistent id: something that is stored outside the pickle. */
  persistent(id: PickleValue): PickleValue
}

/** Stands in the program for a Python class or function. */
export class PickleFunction extends PickleObject {
  constructor(
    name: string,
    readonly call: (args: readonly PickleValue[]) => PickleValue,
  ) {
    super(name)
  }
}

/** Why a pickle can't be read, as a clause that follows "because". */
export class PickleDamage extends Error {}

/** Marks where a group of values begins on the stack. */
const mark = Symbol('mark')
type StackItem = PickleValue | typeof mark

/** Names of the instructions that are refused, so that the sentence can tell which it was. */
const refusedNames: ReadonlyMap<number, string> = new Map(
  Object.entries({
    INST: 'i',
    OBJ: 'o',
    NEWOBJ: '\x81',
    NEWOBJ_EX: '\x92',
    PERSID: 'P',
    EXT1: '\x82',
    EXT2: '\x83',
    EXT4: '\x84',
    DUP: '2',
    POP: '0',
    POP_MARK: '1',
    INT: 'I',
    LONG: 'L',
    FLOAT: 'F',
    STRING: 'S',
    UNICODE: 'V',
    DICT: 'd',
    LIST: 'l',
    GET: 'g',
    PUT: 'p',
    LONG4: '\x8b',
    BINSTRING: 'T',
    SHORT_BINSTRING: 'U',
    BINBYTES: 'B',
    SHORT_BINBYTES: 'C',
    BINBYTES8: '\x8e',
    BYTEARRAY8: '\x96',
    EMPTY_SET: '\x8f',
    ADDITEMS: '\x90',
    FROZENSET: '\x91',
    NEXT_BUFFER: '\x97',
    READONLY_BUFFER: '\x98',
  }).map(([name, code]) => [code.charCodeAt(0), name]),
)

/**
 * Runs a pickle to its end.
 *
 * @throws PickleDamage for a broken program and for every instruction or name that is not allowed
 */
export function readPickle(bytes: Uint8Array, rules: PickleRules): PickleValue {
  return new PickleMachine(bytes, rules).run()
}

/** The state dict of the largest models takes some hundred thousand. */
const maxInstructions = 2_000_000

/** Every instruction makes at most one value, so their number bounds the memory. */
class PickleMachine {
  private readonly bytes: Buffer
  private readonly stack: StackItem[] = []
  private readonly memo = new Map<number, PickleValue>()
  private at = 0

  constructor(
    bytes: Uint8Array,
    private readonly rules: PickleRules,
  ) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  run(): PickleValue {
    for (let count = 0; count < maxInstructions; count++) {
      const code = this.unsigned(1)
      if (code === 0x2e /* STOP */) {
        const result = this.pop()
        if (this.stack.length > 0) throw new PickleDamage('its program ends in the middle')
        return result
      }
      this.step(code)
    }
    throw new PickleDamage('its program is longer than that of any model')
  }

  private step(code: number): void {
    switch (String.fromCharCode(code)) {
      case '\x80': // PROTO
        return this.protocol(this.unsigned(1))
      case '\x95': // FRAME: only a hint for buffering
        this.take(8)
        return
      case '(': // MARK
        this.stack.push(mark)
        return
      case 'N': // NONE
        return this.push(null)
      case '\x88': // NEWTRUE
        return this.push(true)
      case '\x89': // NEWFALSE
        return this.push(false)
      case 'J': // BININT
        return this.push(this.take(4).readInt32LE())
      case 'K': // BININT1
        return this.push(this.unsigned(1))
      case 'M': // BININT2
        return this.push(this.unsigned(2))
      case '\x8a': // LONG1
        return this.push(this.longInteger(this.unsigned(1)))
      case 'G': // BINFLOAT
        return this.push(this.take(8).readDoubleBE())
      case 'X': // BINUNICODE
        return this.push(this.text(this.unsigned(4)))
      case '\x8c': // SHORT_BINUNICODE
        return this.push(this.text(this.unsigned(1)))
      case '}': // EMPTY_DICT
        return this.push(new Map())
      case ']': // EMPTY_LIST
      case ')': // EMPTY_TUPLE
        return this.push([])
      case '\x85': // TUPLE1
        return this.push(this.popMany(1))
      case '\x86': // TUPLE2
        return this.push(this.popMany(2))
      case '\x87': // TUPLE3
        return this.push(this.popMany(3))
      case 't': // TUPLE
        return this.push(this.popToMark())
      case 'a': // APPEND
        return this.append([this.pop()])
      case 'e': // APPENDS
        return this.append(this.popToMark())
      case 's': // SETITEM
        return this.setItems(this.popMany(2))
      case 'u': // SETITEMS
        return this.setItems(this.popToMark())
      case 'q': // BINPUT
        return this.remember(this.unsigned(1))
      case 'r': // LONG_BINPUT
        return this.remember(this.unsigned(4))
      case '\x94': // MEMOIZE
        return this.remember(this.memo.size)
      case 'h': // BINGET
        return this.recall(this.unsigned(1))
      case 'j': // LONG_BINGET
        return this.recall(this.unsigned(4))
      case 'c': // GLOBAL
        return this.pushGlobal(this.line(), this.line())
      case '\x93': // STACK_GLOBAL
        return this.pushStackGlobal()
      case 'Q': // BINPERSID
        return this.push(this.rules.persistent(this.pop()))
      case 'R': // REDUCE
        return this.reduce()
      case 'b': // BUILD
        return this.build()
      default:
        throw new PickleDamage(`it holds the pickle instruction ${instructionName(code)}, which tensors don't need`)
    }
  }

  private protocol(version: number): void {
    if (version < 2 || version > 5) throw new PickleDamage(`its pickle protocol ${version} is not known`)
  }

  private append(values: PickleValue[]): void {
    const list = this.top()
    if (!Array.isArray(list)) throw new PickleDamage('its program appends to what is no list')
    for (const value of values) list.push(value)
  }

  private setItems(pairs: PickleValue[]): void {
    const target = this.top()
    if (!(target instanceof Map) || pairs.length % 2 !== 0)
      throw new PickleDamage('its program fills what is no dictionary')
    for (let i = 0; i < pairs.length; i += 2) target.set(pairs[i] ?? null, pairs[i + 1] ?? null)
  }

  private pushStackGlobal(): void {
    const [module, name] = this.popMany(2)
    if (typeof module !== 'string' || typeof name !== 'string') throw new PickleDamage('its program names no function')
    this.pushGlobal(module, name)
  }

  private pushGlobal(module: string, name: string): void {
    const qualified = `${module}.${name}`
    const found = this.rules.global(qualified)
    if (found === undefined) {
      throw new PickleDamage(`it wants to use Python's "${printable(qualified)}", and only tensors are read`)
    }
    this.push(found)
  }

  private reduce(): void {
    const [called, args] = this.popMany(2)
    if (!(called instanceof PickleFunction)) throw new PickleDamage('its program calls what is no function')
    if (!Array.isArray(args)) throw new PickleDamage(`its program calls ${called.kind} without arguments`)
    this.push(called.call(args))
  }

  /** Attributes of a dictionary, such as the version numbers of a state dict: no tensor is among them. */
  private build(): void {
    this.pop()
    if (!(this.top() instanceof Map)) throw new PickleDamage('it sets attributes of what is no dictionary (BUILD)')
  }

  private remember(index: number): void {
    this.memo.set(index, this.top())
  }

  private recall(index: number): void {
    const value = this.memo.get(index)
    if (value === undefined) throw new PickleDamage('its program recalls a value that it did not keep')
    this.push(value)
  }

  private push(value: PickleValue): void {
    this.stack.push(value)
  }

  private pop(): PickleValue {
    return checkedValue(this.stack.pop())
  }

  private top(): PickleValue {
    return checkedValue(this.stack.at(-1))
  }

  private popMany(count: number): PickleValue[] {
    if (this.stack.length < count) throw new PickleDamage('its program takes more values than there are')
    return this.stack.splice(this.stack.length - count).map(checkedValue)
  }

  private popToMark(): PickleValue[] {
    const start = this.stack.lastIndexOf(mark)
    if (start < 0) throw new PickleDamage('its program closes a group that it did not open')
    return this.stack.splice(start).slice(1).map(checkedValue)
  }

  private take(count: number): Buffer {
    if (this.at + count > this.bytes.length) throw new PickleDamage('its program is cut off')
    this.at += count
    return this.bytes.subarray(this.at - count, this.at)
  }

  private unsigned(bytes: 1 | 2 | 4): number {
    return this.take(bytes).readUIntLE(0, bytes)
  }

  private text(length: number): string {
    return this.take(length).toString('utf8')
  }

  /** Up to the line feed, which is left out. */
  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.at)
    if (end < 0) throw new PickleDamage('its program is cut off')
    const text = this.text(end - this.at)
    this.take(1)
    return text
  }

  /** Two's complement, little endian, as long as it says. */
  private longInteger(length: number): number {
    if (length > 8) throw new PickleDamage('it holds an integer of more than 64 bits')
    const bytes = this.take(length)
    let value = 0n
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0)
    return Number(BigInt.asIntN(8 * length, value))
  }
}

function checkedValue(item: StackItem | undefined): PickleValue {
  if (item === undefined || item === mark) throw new PickleDamage('its program takes more values than there are')
  return item
}

function instructionName(code: number): string {
  return refusedNames.get(code) ?? `0x${code.toString(16).padStart(2, '0')}`
}

/** A name from a file, fit for a sentence. */
function printable(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)
}
