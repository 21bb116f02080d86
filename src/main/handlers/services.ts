import type { DatasetStore } from '../host/datasetStore'
import type { Inspector } from '../host/inspector'
import type { Jobs } from '../host/jobs'
import type { OpenRequests } from '../host/openRequests'
import type { RecentFiles } from '../host/recentFiles'
import type { RunStore } from '../host/runStore'
import type { TrainingQueue } from '../host/trainingQueue'
import type { Settings } from '@shared/contract/settings'
import type { WindowEvent, WindowOutput, WindowRequest, WindowRoute } from '@shared/contract/windowRoutes'

/** What handlers need of the desktop; the shell provides it, so that handlers run without Electron. */
export interface Desktop {
  appInfo(): WindowOutput<'app.info'>
  chooseFolder(title: string): Promise<string | null>
  /** An archive of images, or a file of their labels. */
  chooseDatasetFile(): Promise<string | null>
  chooseImages(): Promise<string[]>
  chooseCheckpoint(): Promise<string | null>
  /** Where to save a file; the dialog begins with the suggested name. */
  chooseSavePath(suggestedName: string, filter: { name: string; extensions: string[] }): Promise<string | null>
  /** Shows a file or folder in the system's file manager. */
  reveal(file: string): void
}

export interface SettingsAccess {
  get(): Settings
  set(settings: Settings): Promise<Settings>
}

/** Everything that requests of the window are answered with. */
export interface Services {
  desktop: Desktop
  settings: SettingsAccess
  runs: RunStore
  datasets: DatasetStore
  jobs: Jobs
  /** Files that the system asked to open. */
  openRequests: OpenRequests
  recent: Pick<RecentFiles, 'list' | 'add' | 'clear'>
  queue: TrainingQueue
  inspector: Inspector
  /** Folder that new datasets are prepared into. */
  datasetsFolder: string
  /** Folder that archives of datasets are fetched into. */
  downloadsFolder: string
  announce: (event: WindowEvent) => void
}

/** Answers one route; may throw, `dispatch` makes a failure of it. */
export type WindowHandler<R extends WindowRoute> = (
  input: WindowRequest<R>,
) => WindowOutput<R> | Promise<WindowOutput<R>>

export type WindowHandlers = { readonly [R in WindowRoute]: WindowHandler<R> }
