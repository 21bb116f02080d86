import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { homeFolders } from '@shared/folders'
import { TrainingNotices } from '@shared/trainingNotices'
import { writeFileAtomic } from '@engine/formats/atomicWrite'
import { systemProcesses } from './processTable'

/** The notices in a home folder of who trains on this machine. */
export function trainingNotices(home: string): TrainingNotices {
  const folder = join(home, homeFolders.inTraining)
  const files = {
    list: () => readdir(folder).catch(() => []),
    read: (name: string) => readFile(join(folder, name), 'utf8'),
    async write(name: string, text: string) {
      await mkdir(folder, { recursive: true })
      await writeFileAtomic(join(folder, name), text)
    },
    remove: (name: string) => rm(join(folder, name), { force: true }),
  }
  return new TrainingNotices(files, systemProcesses, process.pid)
}
