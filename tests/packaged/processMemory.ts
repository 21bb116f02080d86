import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'

export interface ProcessMemory {
  pid: number
  name: string
  /** Proportional set size: each page that several processes share counts in parts that add up to one. */
  bytes: number
}

/** Parents of all processes. */
async function parents(): Promise<Map<number, number>> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger)
  const entries = await Promise.all(
    pids.map(async (pid): Promise<[number, number]> => {
      const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      // The name stands in parentheses and may hold any character.
      const [, parent = '0'] = text.slice(text.lastIndexOf(')') + 2).split(' ')
      return [pid, Number(parent)]
    }),
  )
  return new Map(entries)
}

/** A process, all that it has started, and those that they have. */
async function familyOf(root: number): Promise<number[]> {
  const parentOf = await parents()
  const isBelow = (pid: number): boolean => {
    for (let at = pid; at > 1; at = parentOf.get(at) ?? 0) if (at === root) return true
    return false
  }
  return [...parentOf.keys()].filter(isBelow)
}

async function memoryOf(pid: number): Promise<ProcessMemory | null> {
  try {
    const [rollup, words] = await Promise.all([
      readFile(`/proc/${pid}/smaps_rollup`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ])
    const kibibytes = Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0)
    // Chromium's own processes rewrite theirs to one word.
    const [program = '', ...rest] = words.split(/[\0 ]/)
    const kind = rest.find((word) => word.startsWith('--type=') || word.endsWith('.js')) ?? ''
    return { pid, name: `${path.basename(program)} ${kind}`.trim(), bytes: kibibytes * 1024 }
  } catch {
    // It has ended meanwhile.
    return null
  }
}

/** Memory of a process and of every one below it. */
export async function memoryOfFamily(root: number): Promise<ProcessMemory[]> {
  const found = await Promise.all((await familyOf(root)).map(memoryOf))
  return found.flatMap((memory) => (memory !== null && memory.bytes > 0 ? [memory] : []))
}
