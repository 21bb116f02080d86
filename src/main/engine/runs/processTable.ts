import { readFile } from 'node:fs/promises'
import { processTable } from '@shared/processes'

export const systemProcesses = processTable(
  (processId, signal) => process.kill(processId, signal),
  (file) => readFile(file, 'utf8'),
)
