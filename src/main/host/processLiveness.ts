import { readFile } from 'node:fs/promises'

/** Linux counts a process's start in ticks of 10 ms (USER_HZ) since the machine's start. */
const tickMs = 10

function signalReaches(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    // A process of another user answers with a refusal, and that it is there is all that counts.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** When the process was started, in milliseconds since 1970, or null where the system doesn't say. */
async function startedAt(processId: number): Promise<number | null> {
  if (process.platform !== 'linux') return null
  try {
    const [status, system] = await Promise.all([
      readFile(`/proc/${processId}/stat`, 'utf8'),
      readFile('/proc/stat', 'utf8'),
    ])
    // The second field is the program's name in brackets, which may hold spaces; field 22 is the start.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ')
    const ticks = Number(fields[19])
    const machineStart = Number(/^btime (\d+)$/m.exec(system)?.[1])
    return Number.isFinite(ticks) && Number.isFinite(machineStart) ? machineStart * 1000 + ticks * tickMs : null
  } catch {
    return null
  }
}

/** `/proc/stat` gives the machine's start in whole seconds only. */
const clockToleranceMs = 5_000

/**
 * Whether the process that was alive at `knownAt` still is. Numbers are given again, after a restart
 * of the machine for instance: a process that started later is another one.
 */
export async function isStillAlive(processId: number, knownAt: Date): Promise<boolean> {
  if (processId <= 0 || !signalReaches(processId)) return false
  const start = await startedAt(processId)
  return start === null || start <= knownAt.getTime() + clockToleranceMs
}

/** Whether any process has this number now. */
export function isProcess(processId: number): boolean {
  return signalReaches(processId)
}
