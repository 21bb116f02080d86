import { takeRunLock } from '@engine/runs/runLock'
import { trainingNotices } from '@engine/runs/trainingNotices'

/** Takes the lock of a run's folder like a training in a terminal, says whether it got it, and stays until it is killed. */

const [folder = '', home = ''] = process.argv.slice(2)
try {
  await takeRunLock(folder)
  if (home !== '') await trainingNotices(home).put('Child', 'terminal')
  process.stdout.write('held\n')
  setInterval(() => undefined, 1_000)
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`)
}
