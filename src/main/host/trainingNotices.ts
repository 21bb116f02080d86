import { readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { homeFolders } from '@shared/folders'
import { TrainingNotices } from '@shared/trainingNotices'
import { writeFileAtomic } from './atomicFile'
import { systemProcesses } from './processLiveness'

/** The notices in a home folder of who trains on this machine. */
export function trainingNotices(home: string): TrainingNotices {
  const folder = path.join(home, homeFolders.inTraining)
  const files = {
    list: () => readdir(folder).catch(() => []),
    read: (name: string) => readFile(path.join(folder, name), 'utf8'),
    write: (name: string, text: string) => writeFileAtomic(path.join(folder, name), text),
    remove: (name: string) => rm(path.join(folder, name), { force: true }),
  }
  return new TrainingNotices(files, systemProcesses, process.pid)
}
