import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { runRecordSchema, type RunRecord } from '@shared/contract/records'
import { defaultSettings, type Settings } from '@shared/contract/settings'
import type { JobState, WindowEvent, WindowRoute } from '@shared/contract/windowRoutes'
import type { Result } from '@shared/errors'
import { dispatch } from '../../src/main/handlers/dispatch'
import type { WindowHandlers } from '../../src/main/handlers/services'
import { windowHandlers } from '../../src/main/handlers/table'
import { DatasetStore } from '../../src/main/host/datasetStore'
import { EngineProcess } from '../../src/main/host/engineProcess'
import { Inspector } from '../../src/main/host/inspector'
import { Jobs } from '../../src/main/host/jobs'
import { OpenRequests } from '../../src/main/host/openRequests'
import { RunStore } from '../../src/main/host/runStore'
import { Training } from '../../src/main/host/training'
import { trainingNotices } from '../../src/main/host/trainingNotices'
import { TrainingQueue } from '../../src/main/host/trainingQueue'
import { TrainingQueueFolder } from '../../src/main/host/trainingQueueFolder'

/** Everything that main has, without Electron: stores on a real folder and real engine processes. */
export class HeadlessMain implements AsyncDisposable {
  readonly events: WindowEvent[] = []
  readonly handlers: WindowHandlers
  readonly openRequests: OpenRequests
  private readonly jobs: Jobs
  private readonly queue: TrainingQueue
  private readonly inspector: Inspector
  private settings: Settings = defaultSettings
  private recent: readonly string[] = []

  /** @param engineEntry built program of the engines */
  constructor(
    readonly home: string,
    engineEntry: string,
  ) {
    const start = () =>
      Promise.resolve(
        new EngineProcess({
          node: process.execPath,
          entry: engineEntry,
          resources: '/resources',
          home,
          environment: process.env,
          yields: false,
        }),
      )
    const announce = (event: WindowEvent) => void this.events.push(event)
    this.openRequests = new OpenRequests(() => announce({ type: 'files-requested' }))
    const trash = () => Promise.reject(new Error('no trash here'))
    this.jobs = new Jobs({
      start,
      onChange: (job) => announce({ type: 'job', job }),
      onRemoved: (jobId) => announce({ type: 'job-removed', jobId }),
      onMetrics: (runId, lines) => announce({ type: 'metrics', runId, lines }),
    })
    this.inspector = new Inspector({
      start,
      onRestart: (message) => announce({ type: 'inspector-restarted', message }),
    })
    const runs = new RunStore({ home, trash })
    const notices = trainingNotices(home)
    const training = new Training({ jobs: this.jobs, runs, notices, announce })
    this.queue = new TrainingQueue({
      folder: new TrainingQueueFolder(path.join(home, 'queue'), runs.folder),
      train: (run) => training.start(run),
      others: () => notices.others(),
      onChange: (state) => announce({ type: 'queue', queue: state }),
    })
    void this.queue.open()
    this.handlers = windowHandlers({
      desktop: {
        appInfo: () => ({
          version: '0.1.0',
          electron: '',
          chromium: '',
          node: process.versions.node,
          platform: process.platform,
          home,
          memoryBytes: 1,
          cores: 1,
          processor: 'a processor',
        }),
        chooseFolder: () => Promise.resolve(null),
        chooseDatasetFile: () => Promise.resolve(null),
        chooseImages: () => Promise.resolve([]),
        chooseCheckpoint: () => Promise.resolve(null),
        chooseSavePath: () => Promise.resolve(null),
        reveal: () => undefined,
      },
      settings: {
        get: () => this.settings,
        set: (settings) => {
          this.settings = settings
          return Promise.resolve(settings)
        },
      },
      runs,
      datasets: new DatasetStore({ home, trash }),
      jobs: this.jobs,
      queue: this.queue,
      openRequests: this.openRequests,
      recent: {
        list: () => this.recent,
        add: (file) => {
          this.recent = [file, ...this.recent]
          return Promise.resolve()
        },
        clear: () => {
          this.recent = []
          return Promise.resolve()
        },
      },
      inspector: this.inspector,
      datasetsFolder: path.join(home, 'datasets'),
      downloadsFolder: path.join(home, 'downloads'),
      announce,
    })
  }

  ask(route: WindowRoute, input: unknown = {}): Promise<Result<unknown>> {
    return dispatch(this.handlers, route, input)
  }

  /** Titles of the jobs that are so far. */
  titlesOf(phase: JobState['phase']): string[] {
    return this.jobs.list().flatMap((job) => (job.phase === phase ? [job.title] : []))
  }

  async record(runId: string): Promise<RunRecord> {
    return runRecordSchema.parse(JSON.parse(await readFile(path.join(this.home, 'runs', runId, 'run.json'), 'utf8')))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.queue.close()
    await Promise.all([this.jobs.stopAll(5_000), this.inspector.stop(5_000)])
    await this.queue.settled()
  }
}
