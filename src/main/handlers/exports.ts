import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { checkpointFile } from '@shared/checkpointNames'
import type { EngineInput } from '@shared/contract/engineRoutes'
import type { SavedKind, WindowExport } from '@shared/contract/exportRoutes'
import type { CheckpointRef } from '@shared/contract/records'
import { slug } from '@shared/folderNames'
import { writeFileAtomic } from '../host/atomicFile'
import type { Services, WindowHandlers } from './services'

const kindWords: Record<SavedKind, string> = {
  png: 'PNG picture',
  svg: 'SVG drawing',
  npy: 'NumPy array',
  csv: 'CSV table',
  json: 'JSON file',
}

/** What of the services exports need. */
type ExportServices = Pick<Services, 'desktop' | 'jobs' | 'runs'>

export function exportHandlers(services: ExportServices): Pick<WindowHandlers, 'files.save' | 'exports.start'> {
  const { desktop, jobs } = services
  return {
    async 'files.save'({ name, kind, bytes }) {
      const filter = { name: kindWords[kind], extensions: [kind] }
      const chosen = await desktop.chooseSavePath(`${name}.${kind}`, filter)
      if (chosen !== null) await writeFileAtomic(chosen, bytes)
      return { path: chosen }
    },

    async 'exports.start'({ subject }) {
      const plan = await planOf(subject, services)
      const out = await chosenPlace(plan, services)
      if (out === null) return { started: null }
      const { title, runId } = plan
      const job = jobs.start({
        route: 'export',
        input: { subject: plan.subject, out },
        title,
        ...(runId === undefined ? {} : { runId }),
      })
      return { started: { jobId: job.id, path: out } }
    },
  }
}

/** What is asked of the engine, and what the dialog begins with. */
interface ExportPlan {
  subject: EngineInput<'export'>['subject']
  title: string
  runId?: string
  /** A report is one file; everything else goes into a folder, this one below the chosen one. */
  place: { file: string } | { title: string; below: string | null }
}

async function planOf(subject: WindowExport, { runs }: ExportServices): Promise<ExportPlan> {
  switch (subject.kind) {
    case 'run-report': {
      const { record, folder } = await runs.get(subject.runId)
      return {
        subject: { kind: 'run-report', runFolder: folder },
        title: `Report of ${record.name || record.id}`,
        runId: subject.runId,
        place: { file: `${slug(record.name || record.id)}-report.html` },
      }
    }
    case 'model-report': {
      const checkpoint = checkpointPath(subject.checkpoint, (runId) => runs.folderOf(runId))
      return {
        subject: { kind: 'model-report', checkpoint, images: subject.images },
        title: `Report of ${subject.title}`,
        place: { file: `${slug(subject.title)}-report.html` },
      }
    }
    case 'history': {
      const { record, folder } = await runs.get(subject.runId)
      return {
        subject: { kind: 'history', runFolder: folder },
        title: `Numbers of ${record.name || record.id}`,
        runId: subject.runId,
        place: { title: 'Choose a folder for the numbers', below: record.id },
      }
    }
    case 'tensorboard': {
      const chosen = await Promise.all(subject.runIds.map((runId) => runs.get(runId)))
      const [first] = chosen
      const one = first !== undefined && chosen.length === 1 ? first.record : null
      return {
        subject: { kind: 'tensorboard', runFolders: chosen.map(({ folder }) => folder) },
        title: `TensorBoard events of ${one === null ? `${chosen.length} runs` : one.name || one.id}`,
        ...(one === null ? {} : { runId: one.id }),
        // Every run gets a folder of its own there.
        place: { title: 'Choose a folder for TensorBoard’s event files', below: null },
      }
    }
  }
}

async function chosenPlace({ place }: ExportPlan, { desktop }: ExportServices): Promise<string | null> {
  if ('file' in place) return desktop.chooseSavePath(place.file, { name: 'HTML page', extensions: ['html'] })
  const folder = await desktop.chooseFolder(place.title)
  if (folder === null || place.below === null) return folder
  const out = path.join(folder, place.below)
  await mkdir(out, { recursive: true })
  return out
}

function checkpointPath(ref: CheckpointRef, folderOf: (runId: string) => string): string {
  return ref.from === 'file' ? ref.path : path.join(folderOf(ref.runId), ...checkpointFile(ref.name))
}
