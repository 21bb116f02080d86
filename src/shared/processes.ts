import { z } from 'zod'

/** Telling a process from a later one that got its number. */

/** A process, as a file names it that outlives it. */
export const processOwnerSchema = z.object({
  processId: z.int().positive(),
  /** Another process with the same number has another mark; null where the system gives none. */
  startMark: z.string().nullable(),
})
export type ProcessOwner = z.infer<typeof processOwnerSchema>

/** What the system tells about processes. */
export interface ProcessTable {
  /** Whether any process has this number now. */
  exists(processId: number): boolean
  /** A file of the system's, or null where it can't be read. */
  read(file: string): Promise<string | null>
}

/**
 * The processes of this system.
 * @param signal sends a signal to a process; throws where there is none
 * @param readFile rejects for a file that can't be read
 */
export function processTable(
  signal: (processId: number, signal: 0) => unknown,
  readFile: (file: string) => Promise<string>,
): ProcessTable {
  return {
    exists(processId) {
      try {
        signal(processId, 0)
        return true
      } catch (error) {
        // A process of another user answers with a refusal, and that it is there is all that counts.
        return error instanceof Error && 'code' in error && error.code === 'EPERM'
      }
    },
    read: (file) => readFile(file).catch(() => null),
  }
}

/** Linux counts a process's start in ticks of 10 ms (USER_HZ) since the machine's start. */
const tickMs = 10

/** `/proc/stat` gives the machine's start in whole seconds only. */
const clockToleranceMs = 5_000

/** State and start of a process from Linux's `/proc`; null on other systems. */
async function statusOf(table: ProcessTable, processId: number): Promise<{ state: string; startTicks: number } | null> {
  const text = await table.read(`/proc/${processId}/stat`)
  if (text === null) return null
  // The second field is the program's name in brackets, which may hold spaces; 3 is the state, 22 the start.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const startTicks = Number(fields[19] ?? NaN)
  return Number.isFinite(startTicks) ? { state: fields[0] ?? '', startTicks } : null
}

/** A process that has ended but was not yet asked for its end still has its number. */
function hasEnded(state: string): boolean {
  return state === 'Z' || state === 'X'
}

async function startMarkOf(table: ProcessTable, processId: number): Promise<string | null> {
  const status = await statusOf(table, processId)
  const boot = await table.read('/proc/sys/kernel/random/boot_id')
  return status === null || boot === null ? null : `${boot.trim()} ${status.startTicks}`
}

export async function ownerOf(table: ProcessTable, processId: number): Promise<ProcessOwner> {
  return { processId, startMark: await startMarkOf(table, processId) }
}

/** Whether this very process still runs; where the system gives no marks, whether one with its number does. */
export async function isOwnerAlive(table: ProcessTable, owner: ProcessOwner): Promise<boolean> {
  const { processId, startMark } = owner
  if (!table.exists(processId)) return false
  const status = await statusOf(table, processId)
  if (status !== null && hasEnded(status.state)) return false
  return startMark === null || status === null || startMark === (await startMarkOf(table, processId))
}

/**
 * Whether the process that was alive at `knownAt` still is: one that started later is another one.
 * For records that don't keep the mark of their process.
 */
export async function isStillAlive(table: ProcessTable, processId: number, knownAt: Date): Promise<boolean> {
  if (processId <= 0 || !table.exists(processId)) return false
  const status = await statusOf(table, processId)
  if (status === null) return true
  if (hasEnded(status.state)) return false
  const machineStart = Number(/^btime (\d+)$/m.exec((await table.read('/proc/stat')) ?? '')?.[1] ?? NaN)
  if (!Number.isFinite(machineStart)) return true
  return machineStart * 1000 + status.startTicks * tickMs <= knownAt.getTime() + clockToleranceMs
}
