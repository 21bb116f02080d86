import { readFile } from 'node:fs/promises'
import { isStillAlive as isStillAliveIn, processTable } from '@shared/processes'

export const systemProcesses = processTable(
  (processId, signal) => process.kill(processId, signal),
  (file) => readFile(file, 'utf8'),
)

/**
 * Whether the process that was alive at `knownAt` still is. Numbers are given again, after a restart
 * of the machine for instance: a process that started later is another one.
 */
export function isStillAlive(processId: number, knownAt: Date): Promise<boolean> {
  return isStillAliveIn(systemProcesses, processId, knownAt)
}

/** Whether any process has this number now. */
export function isProcess(processId: number): boolean {
  return systemProcesses.exists(processId)
}
