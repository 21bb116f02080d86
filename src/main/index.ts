import path from 'node:path'
import { app, net, session, shell, type BrowserWindow } from 'electron'
import type { Settings } from '@shared/contract/settings'
import { homeFolder, homeFolders } from '@shared/folders'
import { windowHandlers } from './handlers/table'
import { artifactsFolder, removeArtifacts, removeDeadArtifacts } from './host/artifacts'
import { DatasetStore } from './host/datasetStore'
import { locateEngine } from './host/engineLocation'
import { EngineProcess } from './host/engineProcess'
import { engineSettings } from './host/engineSettings'
import { Inspector } from './host/inspector'
import { Jobs } from './host/jobs'
import { currentLogFile, keepLogIn, logWarning } from './host/log'
import { filesOnCommandLine, OpenRequests } from './host/openRequests'
import { RecentFiles } from './host/recentFiles'
import { RunStore } from './host/runStore'
import { RunWatcher } from './host/runWatcher'
import { Training } from './host/training'
import { trainingNotices } from './host/trainingNotices'
import { TrainingQueue } from './host/trainingQueue'
import { TrainingQueueFolder } from './host/trainingQueueFolder'
import { newerVersion } from './host/updates'
import { WindowEvents } from './host/windowEvents'
import { Attention } from './shell/attention'
import { chooseToOpen, electronDesktop, moveToTrash } from './shell/desktop'
import { sendEvents, serveRequests } from './shell/ipc'
import { installMenu, type MenuActions } from './shell/menu'
import { registerScheme, serveScheme } from './shell/protocol'
import { superviseQuit, type QuitSupervision } from './shell/quit'
import { restrictContents, restrictPermissions } from './shell/security'
import { SettingsFile } from './shell/settings'
import { openWindow } from './shell/window'

/** The composition of main: who knows whom. What each part does is in the part. */

const appFolder = path.join(import.meta.dirname, '..', '..')
/** The development server's page; a packaged app has only its own. */
const developmentUrl = app.isPackaged ? null : (process.env['ELECTRON_RENDERER_URL'] ?? null)
const prewarmAfterMs = 3_000
const stopDeadlineMs = 15_000
const inspectorDeadlineMs = 1_000

let window: BrowserWindow | null = null
let quitting: QuitSupervision | null = null
const currentWindow = (): BrowserWindow | null => (window === null || window.isDestroyed() ? null : window)
const openRequests = new OpenRequests(() => sendEvents(currentWindow(), [{ type: 'files-requested' }]))

function userDataFolder(): string {
  const chosen = app.commandLine.getSwitchValue('user-data-dir') || process.env['VITRINE_USER_DATA']
  return chosen ? path.resolve(chosen) : path.join(app.getPath('appData'), app.getName())
}

/** Where runs and datasets are: what the environment names goes before what the person has set. */
function dataFolder({ dataFolder: chosen }: Settings): string {
  const named = process.env['VITRINE_HOME']
  return path.resolve(named || (chosen ?? homeFolder(process.env, process.platform)))
}

async function start(): Promise<void> {
  await app.whenReady()
  keepLogIn(app.getPath('logs'))
  const settings = await SettingsFile.open(app.getPath('userData'))
  const home = dataFolder(settings.get())
  async function startEngine(work: 'interactive' | 'background'): Promise<EngineProcess> {
    const places = { appFolder, packaged: app.isPackaged, resourcesPath: process.resourcesPath }
    const location = await locateEngine(places, process.env)
    const environment = { ...process.env, ...engineSettings(settings.get()) }
    return new EngineProcess({ ...location, home, environment, yields: work === 'background' })
  }
  const events = new WindowEvents((batch) => sendEvents(currentWindow(), batch))
  const attention = new Attention({ currentWindow, raise: showWindow, notifies: () => settings.get().notifies })
  const jobs = new Jobs({
    start: () => startEngine('background'),
    onChange(job) {
      events.send({ type: 'job', job })
      attention.follow(job)
      quitting?.jobChanged()
    },
    onRemoved: (jobId) => events.send({ type: 'job-removed', jobId }),
    onMetrics: (runId, lines) => events.send({ type: 'metrics', runId, lines }),
  })
  const inspector = new Inspector({
    start: () => startEngine('interactive'),
    onRestart: (message) => events.send({ type: 'inspector-restarted', message }),
    onExit: (pid) => void removeArtifacts(home, pid).catch(warn('artifacts')),
  })
  const runs = new RunStore({ home, trash: moveToTrash })
  const datasets = new DatasetStore({ home, trash: moveToTrash })
  const notices = trainingNotices(home)
  const training = new Training({ jobs, runs, notices, announce: (event) => events.send(event) })
  const queue = new TrainingQueue({
    folder: new TrainingQueueFolder(path.join(home, homeFolders.queue), runs.folder),
    train: (run) => training.start(run),
    others: () => notices.others(),
    onChange: (state) => events.send({ type: 'queue', queue: state }),
  })
  const watcher = new RunWatcher(runs.folder, () => events.send({ type: 'runs-changed' }))

  quitting = superviseQuit({
    activeJobs: () => jobs.active(),
    currentWindow,
    prompt: process.env['VITRINE_NO_QUIT_PROMPT'] !== '1',
    async shutdown() {
      watcher.close()
      queue.close()
      events.close()
      await Promise.all([jobs.stopAll(stopDeadlineMs), inspector.stop(inspectorDeadlineMs)])
      await queue.settled()
    },
  })

  const recent = await RecentFiles.open(app.getPath('userData'), (paths) => installMenu(menuActions, paths))
  const menuActions: MenuActions = {
    show: (what) => events.send({ type: 'show', what }),
    open: (what) => void chooseToOpen(currentWindow(), what).then((files) => openRequests.add(files)),
    openRecent: (file) => openRequests.add([file]),
    clearRecent: () => void recent.clear().catch(warn('recent files')),
    openLogs() {
      const file = currentLogFile()
      if (file !== null) shell.showItemInFolder(file)
    },
  }
  restrictPermissions(session.defaultSession)
  serveScheme({
    pageFolder: path.join(appFolder, 'out', 'renderer'),
    artifactsFolder: artifactsFolder(home),
    runsFolder: runs.folder,
    readRecord: (dataset, index) => datasets.readRecord(dataset, index),
  })
  const handlers = windowHandlers({
    desktop: electronDesktop(home, currentWindow),
    settings,
    runs,
    datasets,
    jobs,
    queue,
    openRequests,
    recent,
    inspector,
    datasetsFolder: path.join(home, homeFolders.datasets),
    downloadsFolder: path.join(home, homeFolders.downloads),
    announce: (event) => events.send(event),
  })
  // Before the first request, which waits for its end.
  queue.open().catch(warn('queue'))
  serveRequests(handlers, developmentUrl)
  installMenu(menuActions, recent.list())
  window = await openWindow({
    userDataFolder: app.getPath('userData'),
    preload: path.join(appFolder, 'out', 'preload', 'index.cjs'),
    developmentUrl,
  })
  // What the first picture does not need waits for it.
  window.once('show', () => setTimeout(() => inspector.prewarm(), prewarmAfterMs))
  watcher.start().catch(warn('runs'))
  removeDeadArtifacts(home).catch(warn('artifacts'))
  const { looksForUpdates, updateAddress } = settings.get()
  if (looksForUpdates && updateAddress !== null) {
    newerVersion(app.getVersion(), updateAddress, (address, options) => net.fetch(address, options)).then((version) => {
      if (version !== null) events.send({ type: 'update-available', version })
    }, warn('updates'))
  }
}

function warn(subject: string): (error: unknown) => void {
  return (error) => logWarning(subject, String(error))
}

/** Also a window that went away while its training went on. */
function showWindow(): void {
  const current = currentWindow()
  if (current === null) return
  if (current.isMinimized()) current.restore()
  if (!current.isVisible()) current.show()
  current.focus()
  quitting?.windowShown()
}

app.setPath('userData', userDataFolder())
// Two windows on one folder would train over each other's heads: the second shows the first.
if (app.requestSingleInstanceLock()) {
  registerScheme()
  restrictContents(developmentUrl)
  app.on('second-instance', (_event, words, folder) => {
    showWindow()
    openRequests.add(filesOnCommandLine(words, folder, appFolder))
  })
  app.on('open-file', (event, file) => {
    event.preventDefault()
    openRequests.add([file])
  })
  openRequests.add(filesOnCommandLine(process.argv, process.cwd(), appFolder))
  start().catch((error: unknown) => {
    logWarning('start', error instanceof Error ? (error.stack ?? error.message) : String(error))
    app.exit(1)
  })
} else {
  app.quit()
}
